"""The JSON Schema of an entry's file, for editors; ``python -m conformance.controllers.schema`` writes it anew."""

import json
from pathlib import Path

from pydantic import TypeAdapter

from conformance.controllers.entry import NewEntry, Variant

SCHEMA_FILE = Path(__file__).resolve().parent / "controller.schema.json"


def schema_text() -> str:
    """Return the schema as it is published."""
    shape = TypeAdapter[NewEntry | Variant](NewEntry | Variant).json_schema()
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A controller of ingress-conformance's catalogue",
        **shape,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
