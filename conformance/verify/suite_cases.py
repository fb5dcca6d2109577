"""The cases of a report held against those of the suite at hand."""

from collections.abc import Iterator, Sequence
from typing import Any

from conformance.case.digest import asked_digest, cases_digest
from conformance.case.model import Case
from conformance.report.model import CaseRecord, Report
from conformance.verify.model import Findings, Problem, Unchecked
from conformance.verify.recomputation import is_traffic

SHOWN = 3
"""Ids of cases in one message."""

Demand = tuple[str, dict[str, Any] | None, dict[str, Any]]
"""The outcome, what the backend must receive, and what else is expected, as a report has them."""


def against_cases(report: Report, cases: Sequence[Case], version: str) -> Findings:
    """Yield where the report's cases are not these ``cases``, of suite ``version``."""
    if report.suite.version != version:
        what = f"what the cases demand: the report is of suite {report.suite.version}, and this is {version}"
        yield Unchecked(check="cases", what=what)
        return
    if report.suite.options.get("invert") or report.suite.options.get("repeat", 1) != 1:
        what = "what the cases demand: the run turned their expectations round, or judged each several times"
        yield Unchecked(check="cases", what=what)
        return
    known = {case.id: case for case in cases}
    strange = [case.id for case in report.cases if case.id not in known]
    if strange:
        counted = "1 case is" if len(strange) == 1 else f"{len(strange)} cases are"
        what = f"{counted} not of this suite; with cases of your own, name them with --cases"
        yield Problem(check="cases", place=", ".join(strange[:SHOWN]), what=what)
        return
    if not report.run.complete:
        yield Unchecked(check="cases", what="the digest of the cases: the run was cut short, and lacks some of them")
    elif report.suite.cases_digest != cases_digest(known[case.id] for case in report.cases):
        others = [case.id for case in report.cases if not _asks_as_here(case, known[case.id])]
        which = f", of which {len(others)} ask something else: {', '.join(others[:SHOWN])}" if others else ""
        what = f"is not the digest of these {len(report.cases)} cases as this suite has them{which}"
        made = f"made with other cases it can be held only against those of its own revision, {report.suite.revision}"
        yield Problem(check="cases", place="suite.casesDigest", what=f"{what}; {made}")
        return
    for record in report.cases:
        yield from _case(record, known[record.id])


def _asks_as_here(record: CaseRecord, case: Case) -> bool:
    """Tell whether the case asks what it asked when it was judged; older records do not say what that was."""
    return record.asked_digest in {"", asked_digest(case)}


def _case(record: CaseRecord, case: Case) -> Findings:
    if not _asks_as_here(record, case):
        yield Problem(check="cases", place=f"{record.id}: askedDigest", what="is not the digest of what the case asks")
    pairs = {
        "statements": (record.statements, case.statements),
        "level": (record.level, case.level),
        "title": (record.title, case.title),
        "specUrl": (record.spec_url, case.spec_url),
        "placement": (record.placement, case.placement),
    }
    for key, (written, wanted) in pairs.items():
        if written != wanted:
            yield Problem(check="cases", place=f"{record.id}: {key}", what="is not what the case says")
    yield from _probes(record, case)


def _probes(record: CaseRecord, case: Case) -> Findings:
    wanted, sent = dict(_demands(case)), {probe.id: probe for probe in record.probes}
    # A case of which nothing could be sent has no probe at all, and says so with its verdict.
    lost = [name for name in wanted if name not in sent] if record.probes else []
    if lost:
        what = f"the case has this probe, and {len(lost) - 1} more, but the report does not"
        yield Problem(check="cases", place=f"{record.id}: {lost[0]}", what=what)
    for name, demand in wanted.items():
        if name in sent:
            expected = sent[name].expected
            if (expected.outcome, expected.received, expected.more) != demand:
                yield Problem(check="cases", place=f"{record.id}: {name}", what="the case expects something else")
    strange = [probe.id for probe in record.probes if probe.id not in wanted and not is_traffic(probe)]
    if strange:
        yield Problem(check="cases", place=f"{record.id}: {strange[0]}", what="the case has no such probe")


def _demands(case: Case) -> Iterator[tuple[str, Demand]]:
    """Yield the name of each probe in a report, and what it expects: outcome, and what the backend must receive."""
    for submission in case.submissions:
        keys = {"status", "field", "stored", "shown"}
        asked = submission.model_dump(mode="json", exclude_defaults=True, include=keys)
        yield submission.id, (submission.outcome, None, asked)
    numbered = enumerate((case.probes, *(step.probes for step in case.steps)))
    for step, probe in ((step, probe) for step, probes in numbered for probe in probes):
        received = probe.expect.received
        wanted = received.model_dump(mode="json", exclude_defaults=True) if received else None
        more = probe.expect.model_dump(mode="json", exclude_defaults=True, exclude={"outcome", "received"})
        demand = probe.expect.outcome, wanted, more
        for copy in range(1, case.copies + 1):
            name = f"{probe.id} (copy {copy})" if case.copies > 1 else probe.id
            yield f"step {step}: {name}" if step else name, demand
