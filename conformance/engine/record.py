"""From what was seen of a unit to the records of its cases. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from conformance.case.model import Case
from conformance.engine.rounds import Watch
from conformance.judge.cases import CaseVerdict, judge_case, with_claims
from conformance.judge.probes import Attempt, ProbeVerdict, judge_again, judge_probe, recorded_outcome
from conformance.plan.objects import marker_host
from conformance.plan.units import PlannedProbe
from conformance.probes.answer import Answer, Endpoint
from conformance.probes.curl import curl_line
from conformance.report.model import (
    AttemptRecord,
    CaseRecord,
    Expected,
    Finding,
    MarkerRecord,
    ObjectRecord,
    Observed,
    ProbeRecord,
)

BODY_KEPT = 2048
HEADERS_KEPT = 100
VALUE_KEPT = 1024


@dataclass(frozen=True)
class Judgement:
    """A case, the watch that its verdict rests on, and what else was noticed.

    ``override`` replaces the verdict of the probes (a crash, a refusal by the API server).
    """

    case: Case
    watch: Watch
    seconds: float
    alone: bool
    findings: tuple[Finding, ...] = ()
    override: CaseVerdict | None = None
    second_look: Mapping[tuple[str, str], Attempt] = field(default_factory=dict)

    def planned(self) -> list[PlannedProbe]:
        """Return the planned probes of the case."""
        return [planned for planned in self.watch.unit.probes if planned.case_id == self.case.id]


def probe_verdict(judgement: Judgement, planned: PlannedProbe) -> ProbeVerdict:
    """Return the verdict of one probe, the second look included where there was one."""
    attempts = judgement.watch.of(planned)
    first = judge_probe(planned.probe, attempts, planned.ending)
    again = judgement.second_look.get(planned.key)
    counted = [attempt for attempt in attempts if attempt.counted]
    if again is None or not counted:
        return first
    return judge_again(planned.probe, first, counted[-1], again, planned.ending)


def case_verdict(judgement: Judgement) -> CaseVerdict:
    """Return the verdict of the case, before any claim is applied."""
    if judgement.override is not None:
        return judgement.override
    return judge_case([(planned.probe.id, probe_verdict(judgement, planned)) for planned in judgement.planned()])


def case_record(judgement: Judgement, unsupported: Mapping[str, str], shown_at: Endpoint, began: float) -> CaseRecord:
    """Return the record of a case. ``shown_at`` is the endpoint that curl lines name, ``began`` the run's start."""
    case = judgement.case
    verdict = with_claims(case_verdict(judgement), case.statements, unsupported)
    return CaseRecord(
        id=case.id,
        statements=case.statements,
        level=case.level,
        title=case.title,
        spec_url=case.spec_url,
        placement=case.placement,
        judged_alone=judgement.alone,
        verdict=verdict.verdict,
        reason=verdict.reason,
        detail=printable(verdict.detail),
        contradiction=verdict.contradiction,
        seconds=round(judgement.seconds, 3),
        objects=tuple(_object_records(judgement.watch)),
        probes=tuple(_probe_record(judgement, planned, shown_at, began) for planned in judgement.planned()),
        findings=judgement.findings,
    )


def printable(text: str) -> str:
    """Return text that no terminal obeys: control characters are shown as escapes."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def _object_records(watch: Watch) -> Sequence[ObjectRecord]:
    unit = watch.unit
    records = []
    for index, manifest in enumerate(unit.objects):
        marker = None
        if index in unit.marked:
            host = marker_host(manifest["metadata"]["name"], unit.revision, unit.realm)
            last = watch.marker_attempts[-1].seen.outcome if watch.marker_attempts else "not looked at"
            live = None if watch.live_after is None else round(watch.live_after, 3)
            marker = MarkerRecord(host=host, live_after=live, looks=len(watch.marker_attempts), last_outcome=last)
        records.append(ObjectRecord(manifest=manifest, marker=marker))
    return records


def _probe_record(judgement: Judgement, planned: PlannedProbe, shown_at: Endpoint, began: float) -> ProbeRecord:
    attempts = judgement.watch.of(planned)
    verdict = probe_verdict(judgement, planned)
    again = judgement.second_look.get(planned.key)
    shown = [*attempts, *([again] if again else [])]
    counted = [attempt for attempt in shown if attempt.counted]
    received = planned.probe.expect.received
    return ProbeRecord(
        id=planned.probe.id,
        expected=Expected(
            outcome=planned.probe.expect.outcome,
            received=received.model_dump(exclude_defaults=True) if received else None,
        ),
        observed=_observed((counted or shown)[-1], recorded_outcome(planned.probe, shown)) if shown else None,
        verdict=verdict.verdict,
        reason=verdict.reason,
        detail=printable(verdict.detail),
        witness=planned.probe.witness,
        attempts=tuple(_attempt_record(attempt, began, attempt is again) for attempt in shown),
        curl=curl_line(planned.wire, shown_at),
    )


def _attempt_record(attempt: Attempt, began: float, second_look: bool) -> AttemptRecord:
    return AttemptRecord(
        at=round(attempt.at - began, 3),
        seconds=round(attempt.answer.seconds, 4),
        outcome=printable(attempt.seen.outcome),
        counted=attempt.counted,
        revision=attempt.revision,
        second_look=second_look,
    )


def _observed(attempt: Attempt, outcome: str) -> Observed:
    answer: Answer = attempt.answer
    return Observed(
        outcome=printable(outcome),
        status=answer.status or None,
        backend=printable(attempt.seen.backend) or None,
        namespace=printable(attempt.seen.namespace) or None,
        pod=printable(attempt.seen.pod) or None,
        headers=tuple((printable(n)[:VALUE_KEPT], printable(v)[:VALUE_KEPT]) for n, v in answer.headers[:HEADERS_KEPT]),
        body=None if attempt.seen.matched else printable(answer.body[:BODY_KEPT].decode(errors="replace")),
        received=attempt.seen.account or None,
        detail=printable(answer.detail),
    )
