"""From the record of a probe to what is compared between two controllers, in the owner's words. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.migrate.claimed import CLAIMED
from conformance.migrate.question import Question
from conformance.migrate.shares import Shares, steady, total
from conformance.plan.ground import EITHER_PORT
from conformance.report.model import ProbeRecord

ABSENT = "(none)"
SERVED = "a backend answers"
THROUGH = "let through"
SHARES = "shares"
COPIES = "copies elsewhere"
SPOKEN = "spoken to the backend"
_TO_HTTPS = re.compile(r"redirect:\d+:https://([^/:?#]*)", re.IGNORECASE)
_COOKIE = re.compile(r"^([^=;]{1,80})=[^;]*")
_LISTED = frozenset({"access-control-allow-methods", "access-control-allow-headers", "access-control-expose-headers"})
_NUMBERS = frozenset({THROUGH, SHARES, COPIES})
_LONGEST = 300


@dataclass(frozen=True)
class Seen:
    """One answer. ``served`` says that a backend answered, with a status below 400; ``reached``, with any status.

    Of several requests at once both say that none was refused, and ``through`` how many reached a backend. Where it is
    asked for, ``shares`` says how many each Service got, and ``copies`` how many copies of a request arrived elsewhere.
    """

    outcome: str
    served: bool
    reached: bool
    facts: Mapping[str, str] = field(default_factory=dict)
    through: int | None = None
    shares: Shares | None = None
    copies: int | None = None

    def compared(self, question: Question) -> tuple[object, ...]:
        """Return what two answers must have in common to be the same; numbers of requests are compared apart."""
        if question.narrow:
            return SERVED if self.reached else self.outcome, *sorted(own_part(self, question).facts.items())
        return self.outcome, *sorted(item for item in self.facts.items() if item[0] not in _NUMBERS)

    def only_over_tls(self, question: Question) -> bool:
        """Tell whether a request without TLS was sent to the same host over https."""
        there = _TO_HTTPS.match(self.outcome) if question.scheme == "http" else None
        return there is not None and there[1].lower() == question.host.partition(":")[0].lower()

    def names(self, service: str) -> bool:
        """Tell whether a Service answered, or some of the requests, or sometimes."""
        who = self.outcome.removeprefix("backend ").removeprefix("varies:").split(",")
        return any(service in names.split(" or ") for names in (*who, *(self.shares or ())) if service)

    @property
    def services(self) -> list[str]:
        """The Services of which one answered: several may share a stand-in."""
        return self.outcome.removeprefix("backend ").split(" or ")

    @property
    def brief(self) -> str:
        """The outcome without what differs from rule to rule."""
        if self.served:
            return SERVED
        parts = self.outcome.split(":")
        if parts[0] == "redirect" and len(parts) > 2:
            return f"redirect {parts[1]}" + (" to https" if parts[2] == "https" else "")
        return f"status {parts[1]}" if parts[0] == "status" else self.outcome[:60]


def seen(probe: ProbeRecord, question: Question, stands_for: Mapping[str, str], address: str) -> Seen | None:
    """Return what a probe saw; ``None`` where nothing counted. ``address`` is the controller's own."""
    observed = probe.observed
    if observed is None or not any(attempt.counted for attempt in probe.attempts):
        return None
    tallies = _tallies(probe)
    if question.gets and (dealt := _dealt(tallies, stands_for)):
        return _shared_out(dealt)
    refusal = _refusal(tallies, stands_for)
    # Of several requests all must have reached one: where the connection broke off, who knows.
    reached = observed.backend is not None and not refusal and (not tallies or observed.outcome in stands_for)
    outcome = refusal or (observed.outcome.replace(address, "@address") if address else observed.outcome)
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
    facts |= {name: _header(name, _sent_by(question, observed.headers)) for name in question.compares}
    if reached:
        facts |= {f"received {name}": _received(name, question, observed.received or {}) for name in question.received}
    served = reached and (observed.status or 0) < 400
    through = max((sum(tally.get(who, 0) for who in stands_for) for tally in tallies), default=None)
    if through is not None:
        facts[THROUGH] = f"{through} of {question.number}"
    copies = None if question.copies in stands_for else _copies(probe, question.copies)
    if copies is not None:
        facts[COPIES] = str(copies)
    return Seen(_named(outcome, stands_for, reached=reached), served, reached, facts, through, copies=copies)


def as_answered(question: Question) -> Mapping[str, str]:
    """Return what is said of the headers that the backend is asked to answer with, if nothing changes them."""
    return {name: _header(name, ((name, value),)) for name, value in question.answers}


def own_part(answer: Seen, question: Question) -> Seen:
    """Return the answer with those facts only that a question is about, where its request asks something else, too.

    A question about the Host that the backend gets is one about how the backend is spoken to.
    """
    names = {*question.compares, *(f"received {name}" for name in question.received)}
    if "Host" in question.received:
        names |= {SPOKEN, "port"}
    return replace(answer, facts={name: value for name, value in answer.facts.items() if name in names})


def _tallies(probe: ProbeRecord) -> list[Mapping[str, int]]:
    """Return how many of several requests showed each outcome, for each attempt that counts."""
    found = [(attempt.answered or {}).get("tally") for attempt in probe.attempts if attempt.counted]
    return [tally for tally in found if tally]


def _dealt(tallies: Sequence[Mapping[str, int]], stands_for: Mapping[str, str]) -> list[Shares]:
    """Return how many of the requests each Service got, for each attempt; none where most saw other answers, too."""
    whole = [tally for tally in tallies if all(who in stands_for for who in tally)]
    named: list[Shares] = [{stands_for[who]: n for who, n in tally.items()} for tally in whole]
    return named if 2 * len(named) > len(tallies) else []


def _shared_out(dealt: Sequence[Shares]) -> Seen:
    shares = total(dealt)
    numbers = ", ".join(f"{name} {n}" for name, n in shares.items())
    facts = {SHARES: f"{numbers} of {sum(shares.values())}"}
    if not steady(dealt):
        return Seen(f"varies:{','.join(shares)}", served=False, reached=False, facts=facts)
    return Seen(SERVED, served=True, reached=True, facts=facts, shares=shares)


def _copies(probe: ProbeRecord, backend: str) -> int | None:
    """Return how many copies arrived at a backend, mostly; ``None`` where nobody counted them."""
    found = [
        ((attempt.answered or {}).get("arrived") or {}).get(backend) for attempt in probe.attempts if attempt.counted
    ]
    counted = Counter(number for number in found if number is not None)
    return int(counted.most_common(1)[0][0]) if counted else None


def _refusal(tallies: Sequence[Mapping[str, int]], stands_for: Mapping[str, str]) -> str:
    """Return by which answer some of several requests were refused, mostly; empty if none was.

    Whether a few of the last ones got through is up to chance: a limit lets some in again after a while.
    """
    refused: Counter[str] = Counter()
    for tally in tallies:
        refused.update({who: n for who, n in tally.items() if who.startswith("status:") and who not in stands_for})
    return refused.most_common(1)[0][0] if refused else ""


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


def _sent_by(question: Question, headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return the headers of an answer; where the backend sets a cookie, without those that somebody else sets."""
    names = tuple(value.partition("=")[0] + "=" for key, value in question.answers if key == "Set-Cookie")
    return tuple((key, value) for key, value in headers if key.lower() != "set-cookie" or value.startswith(names or ""))


def _received(name: str, question: Question, account: Mapping[str, Any]) -> str:
    values = [str(value) for key, value in account.get("headers") or () if str(key).lower() == name.lower()]
    if question.kind == "claimed-address":
        return (
            "what the client claims" if any(CLAIMED[1] in value for value in values) else "not what the client claims"
        )
    if name == "ssl-client-cert" and any("CERTIFICATE" in value for value in values):
        # Each run has clients of its own.
        return "the client's certificate"
    if name == "Authorization":
        return "the client's password" if values else ABSENT
    # Hosts were made unique for the run.
    return " | ".join(values)[:_LONGEST].split(".g0", 1)[0] or ABSENT
