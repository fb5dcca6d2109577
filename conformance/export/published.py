"""JSON Schemas of what is made from reports; ``python -m conformance.export.published`` writes their files."""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from conformance.compare.comparison_model import Comparison
from conformance.compare.diff_model import Diff
from conformance.export.gateway_shape import ConformanceReport
from conformance.export.shields import ShieldsEndpoint
from conformance.migrate.model import Migration
from conformance.report.schema import DIALECT
from conformance.verify.model import Verification

FOLDER = Path(__file__).resolve().parent / "schemas"
PUBLISHED: Mapping[str, type[BaseModel]] = {
    "conformance-report.schema.json": ConformanceReport,
    "comparison.schema.json": Comparison,
    "diff.schema.json": Diff,
    "migration.schema.json": Migration,
    "shields-endpoint.schema.json": ShieldsEndpoint,
    "verification.schema.json": Verification,
}
JUNIT_XSD = FOLDER / "junit.xsd"


def schema_text(name: str) -> str:
    """Return a schema as it is published."""
    shape = PUBLISHED[name].model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": DIALECT, "$id": name, **shape}, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name in PUBLISHED:
        (FOLDER / name).write_text(schema_text(name), encoding="utf-8")
