"""All checks of one report."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from conformance.case.model import Case
from conformance.report.canonical import canonical
from conformance.report.events import Event
from conformance.report.model import Report
from conformance.verify.consistency import inconsistencies
from conformance.verify.event_log import against_events
from conformance.verify.model import Check, Findings, Problem, Unchecked, Verification
from conformance.verify.seals import against_digests, against_schema
from conformance.verify.suite_cases import against_cases
from conformance.verify.verdicts import against_evidence


def verification(
    name: str, written: dict[str, Any], cases: Sequence[Case], version: str, events: Iterable[Event] | None = None
) -> Verification:
    """Check a report as it is ``written``, against ``cases`` of suite ``version`` and, where given, its events."""
    found = [*against_schema(written), *against_digests(written)]
    report = _report(written)
    checked = ["the published schema", "the digests of each case and of the whole"]
    if isinstance(report, Report):
        found += _readable("consistency", inconsistencies(report))
        found += against_cases(report, cases, version)
        found += _readable("verdicts", against_evidence(report))
        probes = sum(len(case.probes) for case in report.cases)
        attempts = sum(len(probe.attempts) for case in report.cases for probe in case.probes)
        checked += [
            "counts, times and verdicts against each other",
            f"the verdicts of {len(report.cases)} cases and {probes} probes, computed again from {attempts} attempts",
        ]
        if report.suite.version == version:
            checked.append(f"what the cases demand, as suite {version} has them")
    else:
        found += report
    if events is None:
        what = "the events of the run: name them with --events. Whoever changes a report can write new digests into it"
        found.append(Unchecked(check="events", what=what))
    else:
        found += against_events(written, events)
        checked.append("the events of the run")
    problems = tuple(problem for problem in found if isinstance(problem, Problem))
    return Verification(
        report=name,
        sound=not problems,
        checked=tuple(checked),
        problems=problems,
        unchecked=tuple(part for part in found if isinstance(part, Unchecked)),
    )


def _readable(check: Check, findings: Findings) -> Findings:
    """Yield findings; evidence whose parts are of another kind than any run writes is a problem, and ends the check."""
    try:
        yield from findings
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        what = f"some evidence has a shape that no run writes: {type(error).__name__}: {error!s:.120}"
        yield Problem(check=check, place="the report", what=what)


def _report(written: dict[str, Any]) -> Report | list[Problem | Unchecked]:
    try:
        return Report.model_validate_json(canonical(written), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        unread = Unchecked(check="verdicts", what="consistency, cases and verdicts: the report cannot be read")
        return [Problem(check="schema", place=place, what=first["msg"]), unread]
