"""What a controller does to every request and answer, so that a page need only show where one differs from it.

A header is usual if more than half of a run's messages have it; its value is usual if more than half of them have the
same one. The value that is the request's own Host is written ``{host}``.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from conformance.report.model import Observed, Report

Header = tuple[str, str]

HOST = "{host}"
ADDRESS = "{address}"
VARIES = "another each time"
OF_THE_SUITE = frozenset({"host", "x-conformance-probe", "x-conformance-backend", "date"})
"""Headers that every message has anyway, each with a value of its own: the pages leave them out."""


@dataclass(frozen=True)
class Usual:
    """The usual headers of a kind of message, by lower-case name: how the name is written, and the value.

    ``share`` is the part of ``messages`` that have exactly this.
    """

    messages: int
    headers: dict[str, tuple[str, str, float]]

    def unusual(self, headers: Iterable[Header]) -> tuple[tuple[Header, ...], tuple[str, ...]]:
        """Return the headers that are not as usual, and the names of those usual ones that are missing."""
        given = list(headers)
        there = {name.lower() for name, _ in given}
        odd = tuple((name, value) for name, value in given if not self._fits(name, value))
        return odd, tuple(shown for name, (shown, _, _) in self.headers.items() if name not in there)

    def _fits(self, name: str, value: str) -> bool:
        usual = self.headers.get(name.lower())
        return usual is not None and usual[1] in {value, VARIES}


@dataclass(frozen=True)
class Habits:
    """What backends received from a controller, what it answered with theirs, and what it answered by itself.

    ``refusals`` are its answers where no backend answered: by outcome, with the usual body. ``secure`` is
    what backends received of requests over TLS, ``protocol`` that of most such answers.
    """

    received: Usual
    secure: Usual
    answered: Usual
    refusals: dict[str, tuple[Usual, str]]
    protocol: str

    def received_over(self, protocol: str) -> Usual:
        """Return what backends usually receive over TLS (``protocol`` is not empty), or without."""
        return self.secure if protocol else self.received


NO_HABITS = Habits(Usual(0, {}), Usual(0, {}), Usual(0, {}), {}, "")
"""Of who answers, and is not the controller: what a controller usually does says nothing about it."""


def habits_of(report: Report) -> Habits:
    """Return the habits that the last counted attempts of a run show."""
    seen = [probe.observed for case in report.cases for probe in case.probes if probe.observed is not None]
    refused: dict[str, list[Observed]] = {}
    for observed in seen:
        if observed.backend is None and observed.outcome.startswith(("status:", "redirect:")):
            refused.setdefault(observed.outcome, []).append(observed)
    return Habits(
        received=usual_of([received_headers(one) for one in seen if one.received and not one.protocol]),
        secure=usual_of([received_headers(one) for one in seen if one.received and one.protocol]),
        answered=usual_of([answer_headers(observed) for observed in seen if observed.received]),
        refusals={
            outcome: (usual_of([answer_headers(observed) for observed in those]), _usual_body(those))
            for outcome, those in refused.items()
        },
        protocol=_most(observed.protocol for observed in seen if observed.protocol),
    )


def usual_of(messages: Sequence[Sequence[Header]]) -> Usual:
    """Return what more than half of the messages have in common."""
    names: Counter[str] = Counter()
    values: dict[str, Counter[Header]] = {}
    for headers in messages:
        names.update({name.lower() for name, _ in headers})
        for name, value in headers:
            values.setdefault(name.lower(), Counter())[name, value] += 1
    half = len(messages) / 2
    usual = {}
    for name in sorted(name for name, count in names.items() if count > half):
        (shown, value), count = values[name].most_common(1)[0]
        if count <= half:
            value, count = VARIES, names[name]
        usual[name] = (shown, value, count / len(messages))
    return Usual(len(messages), usual)


def received_headers(observed: Observed) -> tuple[Header, ...]:
    """Return the headers that the backend received, as it says, but those of the suite; the Host as ``{host}``,
    an address as ``{address}``."""
    pairs = header_pairs((observed.received or {}).get("headers"))
    host = next((value for name, value in pairs if name.lower() == "host"), "")
    return tuple((name, HOST if host and value == host else _unlisted(value)) for name, value in pairs if _kept(name))


def answer_headers(observed: Observed) -> tuple[Header, ...]:
    """Return the headers of the answer, but those of the suite."""
    return tuple((name, value) for name, value in observed.headers if _kept(name))


def _most(texts: Iterable[str]) -> str:
    """Return the text that makes more than half of them, or nothing."""
    counts = Counter(texts)
    return next((text for text, count in counts.most_common(1) if count > counts.total() / 2), "")


def _usual_body(those: Sequence[Observed]) -> str:
    return _most(observed.body or "" for observed in those)


def _unlisted(value: str) -> str:
    """Return ``{address}`` for an IP address: which one the client of a request had is an accident."""
    return ADDRESS if _is_address(value) else value


@lru_cache(maxsize=1024)
def _is_address(value: str) -> bool:
    if not value[:1].isdigit() and ":" not in value:
        return False
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def _kept(name: str) -> bool:
    return name.lower() not in OF_THE_SUITE


def header_pairs(value: Any) -> list[Header]:
    """Return the pairs of a list that should hold nothing else: a backend's account is evidence, not a promise."""
    if not isinstance(value, list | tuple):
        return []
    return [(str(pair[0]), str(pair[1])) for pair in value if isinstance(pair, list | tuple) and len(pair) == 2]
