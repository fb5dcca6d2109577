"""From the record of a probe to what is compared between two controllers, in the owner's words. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.migrate.derivation import CLAIMED
from conformance.migrate.question import Question
from conformance.plan.ground import EITHER_PORT
from conformance.report.model import ProbeRecord

ABSENT = "(none)"
SPOKEN = "spoken to the backend"
_COOKIE = re.compile(r"^([^=;]{1,80})=[^;]*")
_LISTED = frozenset({"access-control-allow-methods", "access-control-allow-headers", "access-control-expose-headers"})
_LONGEST = 300


@dataclass(frozen=True)
class Seen:
    """One answer. ``served`` says that a backend answered, with a status below 400; ``reached``, with any status."""

    outcome: str
    served: bool
    reached: bool
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def compared(self) -> tuple[object, ...]:
        """What two answers must have in common to be the same."""
        return self.outcome, tuple(sorted(self.facts.items()))

    @property
    def brief(self) -> str:
        """The outcome without what differs from rule to rule."""
        if self.served:
            return "a backend answers"
        parts = self.outcome.split(":")
        if parts[0] == "redirect" and len(parts) > 2:
            return f"redirect {parts[1]}" + (" to https" if parts[2] == "https" else "")
        return f"status {parts[1]}" if parts[0] == "status" else self.outcome[:60]


def seen(probe: ProbeRecord, question: Question, stands_for: Mapping[str, str], address: str) -> Seen | None:
    """Return what a probe saw; ``None`` where nothing counted. ``address`` is the controller's own."""
    observed = probe.observed
    if observed is None or not any(attempt.counted for attempt in probe.attempts):
        return None
    reached = observed.backend is not None
    outcome = observed.outcome.replace(address, "@address") if address else observed.outcome
    facts: dict[str, str] = {}
    if question.scheme == "https":
        certificate = observed.certificate
        facts["certificate"] = (certificate.secret or "another one") if certificate else ABSENT
    if reached:
        account = observed.received or {}
        facts["target"] = str(account.get("target") or "")[:_LONGEST]
        if account.get("port"):
            facts["port"] = str(account["port"])
        if account.get("port") == EITHER_PORT:
            facts[SPOKEN] = "over TLS" if account.get("tls") else "without TLS"
    facts |= {name: _header(name, observed.headers) for name in question.compares}
    if reached:
        facts |= {f"received {name}": _received(name, question, observed.received or {}) for name in question.received}
    served = reached and (observed.status or 0) < 400
    return Seen(_named(outcome, stands_for, reached=reached), served, reached, facts)


def _named(outcome: str, stands_for: Mapping[str, str], *, reached: bool) -> str:
    """Return the outcome with the owner's Services in place of their stand-ins."""
    if outcome.startswith("varies:"):
        words = outcome.removeprefix("varies:").split(",")
        return "varies:" + ",".join(stands_for.get(word, word) for word in words)
    if reached and outcome in stands_for:
        return f"backend {stands_for[outcome]}"
    return outcome


def _header(name: str, headers: tuple[tuple[str, str], ...]) -> str:
    values = [value for key, value in headers if key.lower() == name.lower()]
    if name.lower() == "set-cookie":
        # The value is made by chance; its name and its attributes are not.
        values = sorted(_COOKIE.sub(r"\1=…", value) for value in values)
    elif name.lower() in _LISTED:
        values = [", ".join(sorted(word.strip().lower() for value in values for word in value.split(",")))] * bool(
            values
        )
    return " | ".join(values)[:_LONGEST] or ABSENT


def _received(name: str, question: Question, account: Mapping[str, Any]) -> str:
    values = [str(value) for key, value in account.get("headers") or () if str(key).lower() == name.lower()]
    if question.kind == "claimed-address":
        return (
            "what the client claims" if any(CLAIMED[1] in value for value in values) else "not what the client claims"
        )
    if name == "Authorization":
        return "the client's password" if values else ABSENT
    # Hosts were made unique for the run.
    return " | ".join(values)[:_LONGEST].split(".g0", 1)[0] or ABSENT
