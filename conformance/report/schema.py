"""The JSON Schema of reports, for everybody who reads them; ``python -m conformance.report.schema > …`` writes it."""

import json
import sys
from pathlib import Path
from typing import Any

from conformance.report.model import Report

SCHEMA_FILE = Path(__file__).resolve().parent / "report.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a report as it is written: every key of the model is there."""
    shape = Report.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": DIALECT, "$id": SCHEMA_FILE.name, **shape}


def schema_text() -> str:
    """Return the schema as it is published."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
