"""The report held against the events of its run: it must be the fold of them, and nothing else."""

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from conformance.report.canonical import canonical
from conformance.report.events import Event
from conformance.report.fold import report_of
from conformance.verify.model import Findings, Problem


def against_events(written: dict[str, Any], events: Iterable[Event]) -> Findings:
    """Yield where the report is not what the events amount to."""
    try:
        folded = report_of(events).model_dump(mode="json", by_alias=True)
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        yield Problem(check="events", place="the event log", what=f"amounts to no report: {error!s:.200}")
        return
    for key in sorted({*folded, *written} - {"cases", "digest"}):
        if canonical(folded.get(key)) != canonical(written.get(key)):
            yield Problem(check="events", place=key, what="is not what the events say")
    given = written.get("cases")
    cases = {str(case.get("id")): case for case in given if isinstance(case, dict)} if isinstance(given, list) else {}
    for case in folded["cases"]:
        if case["id"] not in cases:
            yield Problem(check="events", place=case["id"], what="the events have this case, the report does not")
        elif canonical(case) != canonical(cases[case["id"]]):
            yield Problem(check="events", place=case["id"], what="is not what the events say")
    for case_id in cases.keys() - {case["id"] for case in folded["cases"]}:
        yield Problem(check="events", place=case_id, what="the events do not have this case")
    if list(cases) != [case["id"] for case in folded["cases"]]:
        yield Problem(check="events", place="cases", what="they do not stand in the order of the events")
