"""One answer held against what a probe expects."""

import hashlib
from typing import Any

from conformance.case.model import (
    HAS_ADDRESS,
    NO_ADDRESS,
    NO_MATCH,
    RECORD,
    TALLY,
    TLS_REFUSED,
    Probe,
    Received,
    values_fit,
)
from conformance.judge.exact import reason_against_exact, said
from conformance.judge.facts import NO_FACTS, Facts
from conformance.judge.words import Reason
from conformance.plan.hosts import unique
from conformance.probes.outcome import Sighting

_NO_ANSWER = ("timeout", "malformed", "stale", "alpn:")
_CLOSED = ("reset", "refused", "tls-alert:")


def reason_against(probe: Probe, seen: Sighting, ending: str, facts: Facts = NO_FACTS) -> tuple[Reason, str] | None:
    """Return why the sighting is not what the probe expects, with a sentence; ``None`` if it is.

    ``ending`` is what made the hosts of the case unique: the Host header a backend received is compared with it.
    """
    expected = probe.expect.outcome
    if expected in {RECORD, TALLY}:
        return None  # What several answers show together is looked at with what came with them.
    if expected == NO_MATCH:
        return _against_no_match(seen, facts)
    if expected == TLS_REFUSED:
        return _against_refusal(seen)
    if probe.expect.exact:
        found = reason_against_exact(probe.expect, seen)
        return found or _against_account(probe.expect.received, seen.account, ending)
    if seen.outcome == expected:
        return _against_account(probe.expect.received, seen.account, ending)
    if HAS_ADDRESS in (expected, seen.outcome) and NO_ADDRESS in (expected, seen.outcome):
        return _against_status(expected)
    return _against_backend(expected, seen)


def _against_backend(expected: str, seen: Sighting) -> tuple[Reason, str]:
    if seen.outcome.startswith("redirect:"):
        return Reason.REDIRECTED, f"a redirect came in place of backend {expected}: {seen.outcome}"
    if seen.outcome == "status:404":
        return Reason.NO_MATCH, f"404 came in place of backend {expected}"
    if seen.outcome.startswith("status:"):
        return Reason.WRONG_STATUS, f"{seen.outcome.removeprefix('status:')} came in place of backend {expected}"
    # Of several requests on one connection some may have reached a backend, and the last none.
    if seen.matched and not seen.outcome.startswith((*_NO_ANSWER, *_CLOSED)):
        return Reason.WRONG_BACKEND, f"backend {seen.outcome} answered in place of {expected}"
    return Reason.NO_ANSWER, f"no answer ({seen.outcome}) in place of backend {expected}"


def _against_no_match(seen: Sighting, facts: Facts) -> tuple[Reason, str] | None:
    if seen.matched:
        who = seen.outcome if _is_backend(seen.outcome) else f"{seen.backend} ({seen.outcome})"
        if facts.served_before:
            return Reason.NOT_REMOVED, f"backend {who} still answers, though the rule is gone"
        return Reason.UNEXPECTED_MATCH, f"backend {who} answered a request that no rule matches"
    if seen.outcome.startswith("redirect:"):
        return Reason.REDIRECTED, f"a request that no rule matches was redirected: {seen.outcome}"
    if seen.outcome.startswith(_NO_ANSWER):
        # Silence does not show that nothing matched: a backend may have been asked.
        return Reason.NO_ANSWER, f"no answer ({seen.outcome}) shows that nothing matched"
    return None


def _against_refusal(seen: Sighting) -> tuple[Reason, str] | None:
    if seen.outcome == "reset" or seen.outcome.startswith("tls-alert:"):
        return None
    if seen.outcome.startswith((*_NO_ANSWER, "refused")):
        return Reason.NO_ANSWER, f"no answer ({seen.outcome}) shows that the handshake was refused"
    return Reason.UNEXPECTED_MATCH, f"the handshake should have been refused, but the answer was {seen.outcome}"


def _against_status(expected: str) -> tuple[Reason, str]:
    if expected == HAS_ADDRESS:
        return Reason.NOT_PROGRAMMED, "the Ingress's status has no address"
    return Reason.UNEXPECTED_MATCH, "the Ingress's status has an address"


def _against_account(received: Received | None, account: dict[str, Any], ending: str) -> tuple[Reason, str] | None:
    """Compare what the backend says it received with what it must have received."""
    if received is None:
        return None
    pairs: list[tuple[str, object, object]] = []
    if received.method is not None:
        pairs.append(("the method", received.method, account.get("method")))
    if received.target is not None:
        pairs.append(("the request target", received.target, account.get("target")))
    if received.port is not None:
        pairs.append(("the container port", received.port, account.get("port")))
    if received.body is not None:
        body = account.get("body")
        seen = body.get("sha256") if isinstance(body, dict) else None
        pairs.append(("the body's digest", hashlib.sha256(received.body.encode()).hexdigest(), seen))
    if received.host is not None:
        pairs.append(("the Host header", [unique(received.host, ending)], header_values(account, "Host")))
    for what, wanted, got in pairs:
        if wanted != got:
            return Reason.WRONG_HEADER, f"the backend received {what} as {got!r:.200}, not {wanted!r:.200}"
    return _against_fields(received, account, ending)


def _against_fields(received: Received, account: dict[str, Any], ending: str) -> tuple[Reason, str] | None:
    for name, value in received.headers.items():
        values = [one.replace(ending, "") if ending else one for one in header_values(account, name)]
        if not values_fit(value, values):
            return Reason.WRONG_HEADER, f"the backend received the header {name} as {values!r:.200}, not {said(value)}"
    return None


def header_values(account: dict[str, Any], name: str) -> list[str]:
    """Return the values of a header that the backend received, in order."""
    headers = account.get("headers")
    pairs = headers if isinstance(headers, list) else []
    return [str(pair[1]) for pair in pairs if len(pair) == 2 and _same(pair[0], name)]


def _same(one: object, other: str) -> bool:
    return str(one).lower() == other.lower()


def _is_backend(outcome: str) -> bool:
    return not outcome.startswith(("status:", "redirect:"))


def may_still_change(outcome: str) -> bool:
    """Tell whether an outcome is typical of a rule that is loaded but cannot be served yet (503, gRPC 14, no answer).

    A backend, a redirect or a 404 says that the controller has made its choice.
    """
    return outcome.startswith("varies:") or not is_choice(outcome)


def is_choice(outcome: str) -> bool:
    """Tell whether an outcome says that the controller has chosen: one backend or several, a redirect, a 404."""
    undecided = ("status:", "grpc-status:", NO_ADDRESS, *_CLOSED, *_NO_ANSWER)
    return outcome == "status:404" or not outcome.startswith(undecided)
