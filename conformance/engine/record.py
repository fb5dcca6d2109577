"""From what was seen of a case to its record. Pure."""

from collections.abc import Mapping, Sequence

from conformance.case.digest import asked_digest
from conformance.case.model import Case, Level
from conformance.engine.judgement import Judgement, case_verdict
from conformance.engine.probe_record import probe_record
from conformance.engine.rounds import Watch
from conformance.engine.step_record import measurements, step_records, traffic_records, without_keys
from conformance.judge.cases import CaseVerdict, with_claims
from conformance.probes.answer import Endpoint
from conformance.report.model import CaseRecord, MarkerRecord, ObjectRecord, ProbeRecord
from conformance.visible import visible


def case_record(judgement: Judgement, unsupported: Mapping[str, str], shown_at: Endpoint, began: float) -> CaseRecord:
    """Return the record of a case. ``shown_at`` is the endpoint that curl lines name, ``began`` the run's start."""
    case = judgement.case
    # Where nothing is judged, nothing can contradict a claim.
    claims = {} if case.level is Level.OBSERVED else unsupported
    verdict = case_verdict(judgement)
    if case.level is not Level.PARITY:
        # No project claims to be like ingress-nginx in every way.
        verdict = with_claims(verdict, case.claimed_as, claims)
    probes = (
        *(probe_record(judgement, planned, seen, shown_at, began) for planned, seen in judgement.observed()),
        *traffic_records(judgement, shown_at, began),
    )
    objects = tuple(_object_records(judgement.watch))
    seconds = judgement.seconds or _waited_for(judgement.watch)
    bare = bare_record(case, verdict, alone=judgement.alone, seconds=seconds, objects=objects, probes=probes)
    return bare.model_copy(
        update={
            "steps": step_records(judgement, began),
            "measurements": measurements(judgement),
            "findings": judgement.findings,
        }
    )


def _waited_for(watch: Watch) -> float:
    """Return for how many seconds the markers were looked at of what was never live, or was not for long."""
    looks = watch.marker_attempts
    return looks[-1].at + looks[-1].answer.seconds - looks[0].at if looks else 0.0


def bare_record(
    case: Case,
    verdict: CaseVerdict,
    *,
    alone: bool,
    seconds: float,
    objects: tuple[ObjectRecord, ...] = (),
    probes: tuple[ProbeRecord, ...] = (),
) -> CaseRecord:
    """Return the record of a case with this verdict: what the case says of itself, and the evidence that is given."""
    return CaseRecord(
        id=case.id,
        statements=case.statements,
        level=case.level,
        title=case.title,
        spec_url=case.spec_url,
        placement=case.placement,
        asked_digest=asked_digest(case),
        judged_alone=alone,
        verdict=verdict.verdict,
        reason=verdict.reason,
        detail=visible(verdict.detail),
        contradiction=verdict.contradiction,
        seconds=round(seconds, 3),
        objects=objects,
        probes=probes,
    )


def _object_records(watch: Watch) -> Sequence[ObjectRecord]:
    unit = watch.unit
    records = []
    for index, manifest in enumerate(unit.objects):
        if not manifest:
            continue
        marker = None
        if index in unit.marked:
            host = unit.marker_of(index)
            last = watch.marker_attempts[-1].seen.outcome if watch.marker_attempts else "not looked at"
            live = None if watch.live_after is None else round(watch.live_after, 3)
            marker = MarkerRecord(host=host, live_after=live, looks=len(watch.marker_attempts), last_outcome=last)
        records.append(ObjectRecord(manifest=without_keys(manifest), marker=marker))
    return records
