"""What came with an answer, held against what a probe expects: the certificate, the protocol, the pods."""

import hashlib
from collections.abc import Mapping

from conformance.case.model import RECORD, TLS_REFUSED, Certificate, Probe
from conformance.judge.exact import reason_against_arrivals, reason_against_headers, reason_against_tally
from conformance.judge.facts import Facts
from conformance.judge.words import Reason
from conformance.probes.answer import Answer

NONE: Mapping[str, int] = {}


def reason_against_transport(
    probe: Probe,
    answer: Answer,
    pods: Mapping[str, int],
    facts: Facts,
    tally: Mapping[str, int] = NONE,
    ending: str = "",
    arrived: Mapping[str, int] = NONE,
) -> tuple[Reason, str] | None:
    """Return why what came with the answer is not what the probe expects; ``None`` if it is.

    ``pods`` says how many requests of the observation each pod answered, ``tally`` how many showed each outcome,
    ``arrived`` how many each backend received.
    """
    expect = probe.expect
    if expect.outcome == TLS_REFUSED and answer.tls_version and not answer.trouble.startswith("tls-alert:"):
        # In TLS 1.3 an alert may come after the client is done (RFC 8446, section 4.4.2.4); a reset tells nothing then.
        return (
            Reason.UNEXPECTED_MATCH,
            f"the handshake should have been refused, but {answer.tls_version} was agreed on",
        )
    if expect.certificate is not None:
        against = _against_certificate(expect.certificate, answer, facts)
        if against is not None:
            return against
    if expect.alpn is not None and answer.alpn != expect.alpn:
        return Reason.WRONG_HEADER, f"TLS agreed on {answer.alpn or 'no protocol'}, not on {expect.alpn}"
    if expect.continued and not answer.interim:
        return Reason.WRONG_HEADER, "no interim 100 came before the body was sent"
    if expect.tally and (against := reason_against_tally(expect.tally, tally)) is not None:
        return against
    if expect.outcome != RECORD and (against := reason_against_headers(expect.headers, answer, ending)) is not None:
        return against
    if expect.outcome != RECORD and (against := reason_against_arrivals(expect.arrived, arrived)) is not None:
        return against
    if expect.pods is not None and expect.outcome != RECORD:
        return _against_pods(expect.pods, pods, facts)
    return None


def presented(answer: Answer) -> tuple[str, ...]:
    """Return the fingerprints of the certificates that were presented, leaf first (SHA-256, hexadecimal)."""
    chain = answer.chain or ((answer.certificate,) if answer.certificate else ())
    return tuple(hashlib.sha256(der).hexdigest() for der in chain)


def _against_certificate(wanted: Certificate, answer: Answer, facts: Facts) -> tuple[Reason, str] | None:
    seen = presented(answer)
    if wanted.foreign:
        if seen and seen[0] in facts.minted:
            return (
                Reason.WRONG_CERTIFICATE,
                f"{_whose(seen[0], facts)} was presented in place of a foreign one, or none",
            )
        if not seen and not answer.trouble.startswith("tls-alert:") and answer.trouble != "reset":
            return (
                Reason.NO_ANSWER,
                f"no answer ({answer.trouble or 'no TLS'}) shows which certificate would be presented",
            )
        return None
    secret = wanted.secret or ""
    held = facts.certificates.get(secret, ())
    if not held:
        return Reason.HARNESS, f"the Secret {secret} holds no certificate"
    if not seen:
        return Reason.WRONG_CERTIFICATE, f"no certificate was presented in place of that of {secret}"
    if seen[0] != held[0]:
        return Reason.WRONG_CERTIFICATE, f"{_whose(seen[0], facts)} was presented in place of that of {secret}"
    if not set(held) <= set(seen):
        return Reason.WRONG_CERTIFICATE, f"only {len(seen)} of the {len(held)} certificates of {secret} were presented"
    return None


def _whose(fingerprint: str, facts: Facts) -> str:
    names = [name for name, held in facts.certificates.items() if fingerprint in held[:1]]
    if names:
        return f"the certificate of {names[0]}"
    if fingerprint in facts.minted:
        return "a certificate of another case, or an older one"
    return "a certificate that no Secret holds"


def _against_pods(number: int, pods: Mapping[str, int], facts: Facts) -> tuple[Reason, str] | None:
    shown = ", ".join(f"{pod} {count}" for pod, count in sorted(pods.items())) or "none"
    ready = facts.pods
    if ready is not None and (strangers := set(pods) - ready):
        return Reason.WRONG_BACKEND, f"pods that are not ready answered: {', '.join(sorted(strangers))} (of {shown})"
    if ready is not None and len(ready) != number:
        return Reason.HARNESS, f"{len(ready)} pods are ready, not {number}"
    if len(pods) != number:
        return Reason.WRONG_BACKEND, f"{len(pods)} of {number} pods answered: {shown}"
    return None
