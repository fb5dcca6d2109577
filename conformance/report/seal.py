"""Digests over the evidence, written with the report, so that a changed byte is found.

Each case has a digest over everything else that the report says of it; the report has one over everything else in it,
its cases by their digests. A digest is no signature: whoever changes a report on purpose can write new digests.
"""

from typing import Any

from conformance.report.canonical import digest
from conformance.report.model import Report

KEY = "digest"


def digest_of(written: dict[str, Any]) -> str:
    """Return the digest of a report, or of one of its cases, as it is written: of everything but the digest itself."""
    return digest({key: _short(value) if key == "cases" else value for key, value in written.items() if key != KEY})


def _short(cases: Any) -> Any:
    """Return the cases' digests, which stand for them: what is wrong with one is found there."""
    if not isinstance(cases, list):
        return cases
    return [case[KEY] if isinstance(case, dict) and isinstance(case.get(KEY), str) else case for case in cases]


def sealed(report: Report) -> Report:
    """Return the report with the digests of its cases and of the whole."""
    written = report.model_dump(mode="json", by_alias=True)
    for case in written["cases"]:
        case[KEY] = digest_of(case)
    cases = tuple(
        record.model_copy(update={KEY: case[KEY]}) for record, case in zip(report.cases, written["cases"], strict=True)
    )
    return report.model_copy(update={"cases": cases, KEY: digest_of(written)})
