"""From the attempts of a probe to its record. Pure."""

from conformance.case.model import Expectation
from conformance.engine.judgement import Judgement, probe_verdict
from conformance.judge.evidence import looked_at, of_the_answer
from conformance.judge.facts import Facts
from conformance.judge.probes import Attempt, recorded_outcome
from conformance.judge.transport import presented
from conformance.plan.units import PlannedProbe
from conformance.probes.answer import Answer, Endpoint
from conformance.probes.certificates import certificate_facts
from conformance.probes.curl import curl_line
from conformance.report.model import AttemptRecord, CertificateRecord, Expected, Observed, ProbeRecord
from conformance.visible import visible

BODY_KEPT = 2048
HEADERS_KEPT = 100
VALUE_KEPT = 1024


def probe_record(
    judgement: Judgement, planned: PlannedProbe, attempts: list[Attempt], shown_at: Endpoint, began: float
) -> ProbeRecord:
    """Return the record of one probe with its attempts. ``shown_at`` is the endpoint that its curl line names."""
    verdict = probe_verdict(judgement, planned, attempts)
    again = judgement.second_look.get(planned.key)
    shown = [*attempts, *([again] if again else [])]
    counted = [attempt for attempt in shown if attempt.counted]
    return ProbeRecord(
        id=planned.probe.id,
        step=planned.step,
        expected=expected(planned.probe.expect),
        observed=observed((counted or shown)[-1], recorded_outcome(planned.probe, shown), planned.facts)
        if shown
        else None,
        verdict=verdict.verdict,
        reason=verdict.reason,
        detail=visible(verdict.detail),
        witness=planned.probe.witness,
        attempts=tuple(attempt_record(attempt, planned, began) for attempt in shown),
        curl=replay_line(planned, shown_at),
    )


def replay_line(planned: PlannedProbe, shown_at: Endpoint) -> str:
    """Return the command that does once what the probe does."""
    if planned.status_of is None:
        return curl_line(planned.wire, shown_at)
    meta = planned.status_of["metadata"]
    return f"kubectl get ingress -n {meta['namespace']} {meta['name']} -o jsonpath='{{.status.loadBalancer}}'"


def expected(expect: Expectation) -> Expected:
    """Return the record of what a probe expects."""
    received = expect.received.model_dump(exclude_defaults=True) if expect.received else None
    more = expect.model_dump(exclude_defaults=True, exclude={"outcome", "received"})
    return Expected(outcome=expect.outcome, received=received, more=more)


def attempt_record(attempt: Attempt, planned: PlannedProbe, began: float) -> AttemptRecord:
    """Return the record of one attempt; ``began`` is the run's start on the clock of the attempts."""
    received = planned.probe.expect.received
    leaf = next(iter(presented(attempt.answer)), "")
    return AttemptRecord(
        at=round(attempt.at - began, 3),
        seconds=round(attempt.answer.seconds, 4),
        outcome=visible(attempt.seen.outcome),
        counted=attempt.counted,
        revision=attempt.revision,
        second_look=attempt.second_look,
        received=looked_at(received, attempt.seen.account) if received else None,
        answered=of_the_answer(planned.probe.expect, attempt),
        certificate=leaf,
        foreign=bool(leaf) and leaf not in planned.facts.minted,
    )


def observed(attempt: Attempt, outcome: str, facts: Facts) -> Observed:
    """Return the record of what an attempt saw."""
    answer: Answer = attempt.answer
    return Observed(
        outcome=visible(outcome),
        status=answer.status or None,
        backend=visible(attempt.seen.backend) or None,
        namespace=visible(attempt.seen.namespace) or None,
        pod=visible(attempt.seen.pod) or None,
        headers=tuple((visible(n)[:VALUE_KEPT], visible(v)[:VALUE_KEPT]) for n, v in answer.headers[:HEADERS_KEPT]),
        body=None if attempt.seen.matched else visible(answer.body[:BODY_KEPT].decode(errors="replace")),
        received=attempt.seen.account or None,
        certificate=_certificate(answer, facts),
        protocol=" ".join(word for word in (answer.tls_version, answer.alpn) if word),
        pods={visible(pod): count for pod, count in sorted(attempt.pods.items())},
        detail=visible(answer.detail),
    )


def _certificate(answer: Answer, facts: Facts) -> CertificateRecord | None:
    prints = presented(answer)
    if answer.certificate is None or not prints:
        return None
    read = certificate_facts(answer.certificate)
    secret = next((name for name, held in facts.certificates.items() if held[:1] == prints[:1]), "")
    return CertificateRecord(
        names=tuple(visible(name) for name in read.names),
        issuer=visible(read.issuer),
        sha256=prints[0],
        not_before=read.not_before,
        not_after=read.not_after,
        key=read.key,
        chain=len(prints),
        secret=secret,
    )
