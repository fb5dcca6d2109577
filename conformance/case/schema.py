"""The published JSON Schemas, generated from the models.

``python -m conformance.case.schema > cases/case-file.schema.json`` writes the one of case files anew,
``python -m conformance.case.schema statements > cases/statements.schema.json`` that of the statements.
"""

import json
import sys
from typing import Any

from pydantic import BaseModel

from conformance.case.file_format import CaseFile
from conformance.case.statements import StatementsFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MODELS: dict[str, type[BaseModel]] = {"case-file": CaseFile, "statements": StatementsFile}


def json_schema(name: str = "case-file") -> dict[str, Any]:
    """Return the JSON Schema of a kind of file: ``case-file`` or ``statements``."""
    return {"$schema": DIALECT, "$id": f"{name}.schema.json", **MODELS[name].model_json_schema()}


def schema_text(name: str = "case-file") -> str:
    """Return the JSON Schema as it is published."""
    return json.dumps(json_schema(name), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text(*sys.argv[1:2]))
