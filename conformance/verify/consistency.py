"""What a report says in two places must agree."""

import datetime as dt
from collections import Counter

from conformance.case.model import RECORD, Level, Received
from conformance.judge.evidence import looked_at
from conformance.judge.probes import CONSECUTIVE
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, ProbeRecord, Report, RunRecord, summary_of
from conformance.verify.certificates import certificate_problems
from conformance.verify.model import Findings, Problem, Unchecked
from conformance.verify.recomputation import is_traffic

_SLACK = 1.5
"""Seconds: times of day are written without fractions, and the clock may be set meanwhile."""
_UNJUDGED = (Verdict.SKIPPED, Verdict.ERROR)


def inconsistencies(report: Report) -> Findings:
    """Yield what does not agree."""
    if not report.cases:
        yield _problem("cases", "the report holds no case")
    for case_id, count in Counter(case.id for case in report.cases).items():
        if count > 1:
            yield _problem(case_id, f"is there {count} times")
    if dict(report.summary) != summary_of(report.cases):
        yield _problem("summary", "is not the count of the verdicts of the cases")
    yield from _times(report.run)
    for case in report.cases:
        yield from _case(case, report.run.durations.total if report.run.complete else None)


def _times(run: RunRecord) -> Findings:
    spent = run.durations
    parts = {"cluster": spent.cluster, "controller": spent.controller, "apply": spent.apply, "observe": spent.observe}
    if min(spent.total, *parts.values()) < 0:
        yield _problem("run.durations", "some time is negative")
    if not run.complete:
        return
    started, finished = _instant(run.started), _instant(run.finished)
    if started is None or finished is None:
        yield _problem("run", "started and finished are not both times in ISO 8601 with a zone")
    elif finished < started:
        yield _problem("run", "it finished before it started")
    else:
        # The cluster starts before the clock of the run does, so its time may lie outside.
        slack = max(_SLACK, 0.05 * spent.total) + spent.cluster
        idle = (finished - started).total_seconds() - spent.total
        if idle < -slack:
            yield _problem("run.durations.total", "is more than the time from start to finish")
        elif idle > slack:
            yield Unchecked(check="consistency", what=f"that the run stood still for {idle:.0f} s, then went on")
    if spent.observe > spent.total:
        yield _problem("run.durations", "observing took longer than all")


def _case(case: CaseRecord, total: float | None) -> Findings:
    if (case.verdict is Verdict.PASS) != (case.reason is None) and case.verdict is not Verdict.SKIPPED:
        yield _problem(case.id, f"verdict {case.verdict.value} with reason {case.reason}")
    if case.seconds < 0:
        yield _problem(case.id, "took less than no time")
    claimed = case.level not in {Level.API, Level.PARITY}
    if case.verdict is Verdict.FAIL and claimed and not case.contradiction:
        yield _problem(case.id, "fails, and does not say that no claim covers it")
    if case.contradiction and case.verdict not in {Verdict.FAIL, Verdict.PASS}:
        yield _problem(case.id, "contradicts a claim, though its verdict does not")
    yield from certificate_problems(case)
    dead = any(part.marker is not None and part.marker.live_after is None for part in case.objects)
    for probe in case.probes:
        place = f"{case.id}: {probe.id}"
        yield from _probe(place, probe, total)
        if probe.observed is not None and probe.observed.outcome not in _possible(probe, case.level):
            yield _problem(place, f"observed {probe.observed.outcome!r:.80}, which no attempt that decides has seen")
        if dead and probe.step == 0 and any(attempt.counted for attempt in probe.attempts):
            yield _problem(place, "attempts count, though a marker never answered")


def _probe(place: str, probe: ProbeRecord, total: float | None) -> Findings:
    if (probe.verdict is Verdict.PASS) != (probe.reason is None):
        yield _problem(place, f"verdict {probe.verdict.value} with reason {probe.reason}")
    if (probe.observed is None) != (not probe.attempts):
        yield _problem(place, "an observation without an attempt, or the other way round")
    times = [attempt.at for attempt in probe.attempts]
    if times != sorted(times) or any(attempt.seconds < 0 for attempt in probe.attempts):
        yield _problem(place, "the attempts do not follow one another in time")
    if times and (times[0] < 0 or (total is not None and times[-1] > total + _SLACK)):
        yield _problem(place, "an attempt lies outside the run")
    if _received_differs(probe):
        yield _problem(place, "what the backend received is not what the deciding attempt says of it")
    looks = [attempt.second_look for attempt in probe.attempts if attempt.counted or attempt.second_look]
    if looks != sorted(looks):
        yield _problem(place, "an attempt follows the second look")


def _possible(probe: ProbeRecord, level: Level) -> set[str]:
    """Return the outcomes that may stand for all attempts."""
    if is_traffic(probe):
        return {attempt.outcome for attempt in probe.attempts}
    if level is Level.API:
        return {attempt.outcome for attempt in probe.attempts[-1:]}
    counted = [attempt.outcome for attempt in probe.attempts if attempt.counted]
    shown = counted or [attempt.outcome for attempt in probe.attempts]
    last = set(shown[-CONSECUTIVE:])
    varies = len(last) > 1 and probe.expected.outcome == RECORD
    return {"varies:" + ",".join(sorted(last))} if varies else set(shown[-1:])


def _received_differs(probe: ProbeRecord) -> bool:
    """Tell whether the whole account of the deciding attempt and the part of it that decides say two things."""
    deciding = probe.deciding
    if not probe.expected.received or probe.observed is None or deciding is None:
        return False
    wanted = Received.model_validate(probe.expected.received)
    return looked_at(wanted, probe.observed.received or {}) != deciding.received and not is_traffic(probe)


def _instant(text: str) -> dt.datetime | None:
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def _problem(place: str, what: str) -> Problem:
    return Problem(check="consistency", place=place, what=what)
