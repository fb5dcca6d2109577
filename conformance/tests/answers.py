"""Answers as controllers and echo backends give them, for the tests of what is made of them."""

import itertools
import json

from conformance.case.model import Expectation, Probe, Received
from conformance.echo.answer import echo
from conformance.echo.identity import Identity
from conformance.echo.place import Place
from conformance.echo.request import Request
from conformance.judge.probes import Attempt
from conformance.probes.answer import BACKEND_HEADER, PROBE_HEADER, Answer
from conformance.probes.outcome import Sighting

HOME, AWAY = "conformance-1", "conformance-1-other"
NAMES = {HOME: "", AWAY: "other"}
SENT = "run-7"
ENDING = ".row.path-types.test"

_moments = itertools.count()


def account_of(backend: str = "a", namespace: str = HOME, *, target: str = "/", sent: str = SENT) -> bytes:
    """The body of a real echo backend that received the probe ``sent``."""
    headers = ((b"Host", b"foo.com" + ENDING.encode()), (PROBE_HEADER.encode(), sent.encode()))
    request = Request(b"GET", target.encode(), headers=headers)
    return echo(Identity(namespace, backend, f"{backend}-0"), request, Place(8080, "127.0.0.1")).body


def served(backend: str = "a", namespace: str = HOME, *, target: str = "/", status: int = 200) -> Answer:
    """A backend's answer to the probe SENT."""
    headers = ((BACKEND_HEADER, f"{namespace}/{backend}/{backend}-0"), ("Content-Type", "application/json"))
    return Answer(SENT, 0.01, status=status, headers=headers, body=account_of(backend, namespace, target=target))


def status(code: int, *headers: tuple[str, str], body: bytes = b"<html>not here</html>") -> Answer:
    """A controller's own answer."""
    return Answer(SENT, 0.01, status=code, headers=headers, body=body)


def trouble(word: str) -> Answer:
    """What came instead of an answer."""
    return Answer(SENT, 0.01, trouble=word)


def seen(outcome: str, *, target: str = "/", counted: bool = True) -> Attempt:
    """An attempt that showed ``outcome``: a backend's name, or a code such as ``status:404``."""
    at = float(next(_moments))
    if ":" in outcome or outcome in {"reset", "refused", "timeout", "malformed", "stale"}:
        return Attempt(at, Answer(SENT, 0.01), Sighting(outcome), counted)
    backend = outcome.rpartition("/")[2]
    answer = served(backend, target=target)
    account = json.loads(answer.body)
    return Attempt(at, answer, Sighting(outcome, backend, HOME, f"{backend}-0", account), counted)


def uncounted(outcome: str) -> Attempt:
    """An attempt whose marker did not answer before and after it."""
    return seen(outcome, counted=False)


def expecting(outcome: str, received: Received | None = None) -> Probe:
    """A probe that expects ``outcome``."""
    return Probe(id="p", host="foo.com", expect=Expectation(outcome=outcome, received=received))
