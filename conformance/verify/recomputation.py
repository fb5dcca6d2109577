"""The verdicts once more, from what the report holds of the attempts, by the judge that judges runs.

The report keeps of every attempt its outcome, the certificate's fingerprint and what the backend received as far as the
case demands something of it; and the whole answer of the deciding one. What it does not keep (which pods were ready,
what other Secrets held) rests on the report's word, and is said to.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.case.model import NO_MATCH, RECORD, Expectation, Probe, Received
from conformance.judge.facts import Facts
from conformance.judge.looks import judge_again
from conformance.judge.probes import Attempt, ProbeVerdict, judge_probe
from conformance.judge.transport import presented
from conformance.judge.words import Reason, Verdict
from conformance.probes.answer import Answer
from conformance.probes.outcome import Sighting
from conformance.report.model import AttemptRecord, CaseRecord, Observed, ProbeRecord
from conformance.report.outcomes import backend_named

OF_THE_ANSWER = frozenset({"by", "headers", "tally", "arrived"})
"""What each attempt keeps of an answer where something is expected of it."""


@dataclass(frozen=True)
class Recomputed:
    """A verdict from the evidence; ``word`` says what of it rests on the report's word, empty if nothing does."""

    verdict: ProbeVerdict
    word: str = ""


def recomputed(probe: ProbeRecord, case: CaseRecord) -> Recomputed:
    """Return the verdict of a probe of a case that a controller was asked about."""
    asked = Probe(
        id=probe.id,
        host="",
        expect=Expectation(
            outcome=probe.expected.outcome,
            received=Received.model_validate(probe.expected.received) if probe.expected.received else None,
            **{key: probe.expected.more[key] for key in OF_THE_ANSWER & probe.expected.more.keys()},
        ),
    )
    ending = _ending(case, probe)
    attempts = _attempts(probe)
    before = [attempt for attempt in attempts if not attempt.second_look]
    looks = [attempt for attempt in attempts if attempt.second_look]
    facts = _facts(attempts, probe)
    verdict = judge_probe(asked, before, ending, facts)
    counted = [attempt for attempt in before if attempt.counted]
    if counted:
        verdict = judge_again(asked, verdict, counted[-1], looks, ending, facts)
    if verdict.verdict is Verdict.PASS and probe.expected.more:
        return _with_transport(probe, verdict)
    return _held_against_word(probe, verdict)


def _facts(attempts: list[Attempt], probe: ProbeRecord) -> Facts:
    """Return which of the certificates that were presented were the run's own."""
    own = [attempt for attempt, record in zip(attempts, probe.attempts, strict=True) if not record.foreign]
    return Facts(minted=frozenset(leaf for attempt in own for leaf in presented(attempt.answer)))


def _attempts(probe: ProbeRecord) -> list[Attempt]:
    seen = probe.observed or Observed(outcome="")
    made = []
    for record in probe.attempts:
        same = record.outcome == seen.outcome or seen.outcome.startswith("varies:")
        who = Sighting(
            outcome=record.outcome,
            backend=_who(record, seen, same=same),
            namespace=(seen.namespace or "") if same else "",
            pod=(seen.pod or "") if same else "",
            account=record.received or {},
        )
        # The judge asks only whether certificates are the same, so a fingerprint stands for one as well.
        part = record.answered or {}
        headers = tuple((str(name), str(value)) for name, value in part.get("headers") or ())
        answer = Answer(
            "",
            record.seconds,
            trouble=record.outcome if record.outcome.startswith("tls-alert:") else "",
            headers=headers,
            certificate=record.certificate.encode() or None,
            tls_version=str(part.get("tls") or ""),
        )
        made.append(
            Attempt(
                record.at,
                answer,
                who,
                record.counted,
                record.revision,
                tally=part.get("tally") or {},
                arrived=part.get("arrived") or {},
                second_look=record.second_look,
            )
        )
    return made


def _who(record: AttemptRecord, seen: Observed, *, same: bool) -> str:
    if record.answered is not None:
        return str(record.answered.get("by") or "")
    return (seen.backend or "") if same else backend_named(record.outcome)


def _ending(case: CaseRecord, probe: ProbeRecord) -> str:
    """Return what made the hosts of the case unique, from the Host that its backend received, else from its rules."""
    account = next((record.received for record in reversed(probe.attempts) if record.received), {})
    pairs = account.get("headers")
    section, _, name = case.id.partition("/")
    pattern = re.compile(rf"(\.copy\d+)?\.{re.escape(name)}\.{re.escape(section)}(\.[a-z0-9-]+)+(?=\.?(:\d+)?$)")
    asked = [
        str(p[1]) for p in (pairs if isinstance(pairs, list) else []) if len(p) == 2 and str(p[0]).lower() == "host"
    ]
    return next((found[0] for host in (*asked, *_rule_hosts(case)) if (found := pattern.search(host))), "")


def _rule_hosts(case: CaseRecord) -> Iterator[str]:
    written = [part.manifest for part in case.objects]
    written += [manifest for step in case.steps for manifest in step.manifests]
    for manifest in written:
        spec = manifest.get("spec")
        rules = spec.get("rules") if isinstance(spec, dict) else None
        yield from (str(rule.get("host")) for rule in rules or () if isinstance(rule, dict))


def _with_transport(probe: ProbeRecord, base: ProbeVerdict) -> Recomputed:
    """Hold the deciding answer against what else is expected of it: certificate, protocol, pods."""
    more, seen = probe.expected.more, probe.observed
    against: ProbeVerdict | None = None
    certificate = more.get("certificate")
    if isinstance(certificate, dict) and seen is not None:
        presented = seen.certificate.secret if seen.certificate else None
        wrong = bool(presented) if certificate.get("foreign") else presented != certificate.get("secret")
        if wrong:
            against = ProbeVerdict(Verdict.FAIL, Reason.WRONG_CERTIFICATE)
    if against is None and "alpn" in more and seen is not None and more["alpn"] not in seen.protocol.split():
        against = ProbeVerdict(Verdict.FAIL, Reason.WRONG_HEADER)
    if against is None and "pods" in more and seen is not None and len(seen.pods) != more["pods"]:
        against = ProbeVerdict(Verdict.FAIL, Reason.WRONG_BACKEND)
    if against is None:
        # Each attempt has its certificate's fingerprint, and equal ones were asked for already.
        unseen = ", ".join(sorted(more.keys() - {"certificate"} - OF_THE_ANSWER))
        word = f"what the attempts before the deciding one showed of: {unseen}"
        if probe.verdict is not Verdict.PASS:
            # The report holds fewer facts than the run did: chains, Secrets of other cases, which pods were ready.
            said = f"that it is not as expected: {', '.join(sorted(more))}"
            return Recomputed(ProbeVerdict(probe.verdict, probe.reason), said)
        return Recomputed(base, word if unseen else "")
    return Recomputed(_nearest(probe, against))


def _nearest(probe: ProbeRecord, against: ProbeVerdict) -> ProbeVerdict:
    """Return the recorded reason where it says, of the same failure, more than the report can show."""
    finer = {Reason.NO_ANSWER, Reason.HARNESS, Reason.UNSTABLE, Reason.WRONG_BACKEND, Reason.WRONG_HEADER}
    if probe.verdict is not Verdict.PASS and probe.reason in finer:
        return ProbeVerdict(probe.verdict, probe.reason)
    return against


def _held_against_word(probe: ProbeRecord, verdict: ProbeVerdict) -> Recomputed:
    """Take the report's word only where it says that something got worse which outcomes alone cannot show."""
    if probe.reason is Reason.UNSTABLE and verdict.reason is not Reason.UNSTABLE and probe.expected.more:
        return Recomputed(ProbeVerdict(probe.verdict, probe.reason), "that the answers differed in more than outcomes")
    late = probe.step > 0 and probe.expected.outcome == NO_MATCH
    if late and (probe.reason, verdict.reason) == (Reason.NOT_REMOVED, Reason.UNEXPECTED_MATCH):
        return Recomputed(ProbeVerdict(probe.verdict, probe.reason), "that an earlier step saw this request served")
    return Recomputed(verdict)


def offered(probe: ProbeRecord) -> Recomputed:
    """Return the verdict of an object that was offered to the API server (level api)."""
    outcomes = [attempt.outcome for attempt in probe.attempts]
    if not outcomes:
        return Recomputed(ProbeVerdict(Verdict.ERROR, Reason.HARNESS))
    # A case may ask for the value that was stored; it stands behind the outcome.
    words = {outcome.partition(": ")[0] for outcome in outcomes}
    if words - {"accepted", "refused:400", "refused:403", "refused:409", "refused:422"}:
        return Recomputed(ProbeVerdict(Verdict.ERROR, Reason.HARNESS))
    if len(words) > 1:
        return Recomputed(ProbeVerdict(Verdict.FAIL, Reason.UNSTABLE))
    word = words.pop()
    wanted, more = probe.expected.outcome, probe.expected.more
    if wanted == RECORD:
        return Recomputed(ProbeVerdict(Verdict.PASS))
    if wanted == "refused":
        if word == "accepted":
            return Recomputed(ProbeVerdict(Verdict.FAIL, Reason.UNEXPECTED_MATCH))
        message = probe.observed.detail if probe.observed else ""
        right = "status" not in more or word == f"refused:{more['status']}"
        as_wanted = right and str(more.get("field", "")) in message
        return Recomputed(ProbeVerdict(Verdict.PASS) if as_wanted else ProbeVerdict(Verdict.FAIL, Reason.WRONG_STATUS))
    if word != "accepted":
        return Recomputed(ProbeVerdict(Verdict.FAIL, Reason.NO_MATCH))
    if not more.get("stored"):
        return Recomputed(ProbeVerdict(Verdict.PASS))
    # The object as it would be stored is not in the report.
    possible = probe.verdict is Verdict.PASS or probe.reason is Reason.WRONG_HEADER
    said = ProbeVerdict(probe.verdict, probe.reason) if possible else ProbeVerdict(Verdict.PASS)
    return Recomputed(said, "what the API server would store")


def is_traffic(probe: ProbeRecord) -> bool:
    """Tell whether a record stands for the requests that went on during a step."""
    return probe.step > 0 and probe.id.startswith(f"step {probe.step}: traffic ")


def during_a_step(probe: ProbeRecord, failed: int | None, count: int) -> Recomputed:
    """Return the verdict on the requests that went on during a step, from their numbers."""
    if not count:
        return Recomputed(ProbeVerdict(Verdict.ERROR, Reason.HARNESS))
    if not failed:
        return Recomputed(ProbeVerdict(Verdict.PASS))
    said = ProbeVerdict(probe.verdict, probe.reason)
    if probe.verdict is Verdict.PASS:
        return Recomputed(said, "that requests which failed during a step are not judged in this case")
    return Recomputed(said, "why the first of the requests failed that failed during a step")
