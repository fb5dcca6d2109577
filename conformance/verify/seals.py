"""The schema and the digests: the report as it is written."""

from functools import cache
from typing import Any

import jsonschema

from conformance.report.model import SCHEMA_VERSION
from conformance.report.schema import json_schema
from conformance.report.seal import KEY, digest_of
from conformance.verify.model import Findings, Problem

SHOWN = 20


def against_schema(written: dict[str, Any]) -> Findings:
    """Yield what the published schema refuses."""
    if written.get("schemaVersion") != SCHEMA_VERSION:
        said = f"is {written.get('schemaVersion')!r:.40}, and this suite knows {SCHEMA_VERSION!r}"
        yield Problem(check="schema", place="schemaVersion", what=said)
    errors = list(_published().iter_errors(written))
    for error in errors[:SHOWN]:
        yield Problem(check="schema", place=error.json_path, what=f"{error.message:.200}")
    if len(errors) > SHOWN:
        yield Problem(check="schema", place="$", what=f"{len(errors) - SHOWN} more")


@cache
def _published() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json_schema())


def against_digests(written: dict[str, Any]) -> Findings:
    """Yield the parts that are not what they were when the report was written."""
    cases = written.get("cases")
    changed = [
        Problem(check="digest", place=f"cases[{number}] {case.get('id')!s:.80}", what=_said(case))
        for number, case in enumerate(cases if isinstance(cases, list) else [])
        if isinstance(case, dict) and case.get(KEY) != digest_of(case)
    ]
    yield from changed[:SHOWN]
    if len(changed) > SHOWN:
        yield Problem(check="digest", place="cases", what=f"and {len(changed) - SHOWN} more")
    if written.get(KEY) != digest_of(written):
        yield Problem(check="digest", place="the report", what=_said(written))


def _said(part: dict[str, Any]) -> str:
    if not part.get(KEY):
        return "has no digest, so a change could not be noticed"
    return "something in it was changed after it was written: its digest is another one"
