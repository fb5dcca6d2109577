"""From an Answer to its outcome: one word or code of a small set that can be compared between controllers.

The set: a backend's name (``a``, or ``other/a`` in another namespace), ``status:404``,
``redirect:308:https://…``, ``grpc-status:14`` (``grpc-status:none`` where a 200 had none), ``reset``, ``refused``,
``timeout``, ``malformed``, ``tls-alert:NAME``, ``alpn:NAME`` (TLS agreed on another protocol than the probe's),
``stale`` (a backend's answer to some other request, or one that only claims to be a backend's) and ``varies:a,b``
(different backends on one connection).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NotRequired
from urllib.parse import urlsplit

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from conformance.probes.answer import ACCOUNT_QUESTION, BACKEND_HEADER, METHOD_HEADER, PROBE_HEADER, Answer

REDIRECTS = frozenset({301, 302, 303, 307, 308})
WITHOUT_BODY = frozenset({101, 204, 304})
_GRPC_STATUS = re.compile(r"[0-9]{1,3}")


@dataclass(frozen=True)
class Sighting:
    """What an answer shows: the outcome, and the backend's own account of the request where one answered.

    ``symbol`` is what cases call the backend's namespace; the first one is "".
    """

    outcome: str
    backend: str = ""
    namespace: str = ""
    pod: str = ""
    account: dict[str, Any] = field(default_factory=dict)
    symbol: str = ""

    @property
    def server(self) -> str:
        """The backend that answered, as cases name it; empty if none did."""
        return _named(self.symbol, self.backend)

    @property
    def matched(self) -> bool:
        """Whether a backend answered, be it with another status than 200."""
        return bool(self.backend)


def sighting(answer: Answer, *, names: Mapping[str, str], suffix: str = "") -> Sighting:
    """Read an answer; of several on one connection the worst decides.

    ``names`` maps the namespaces of the run to the names that cases use for them (the first one is ""); ``suffix`` is
    what made the hosts of the case unique. Both keep what differs from run to run out of the outcome.
    """
    return one_for_all(sightings(answer, names=names, suffix=suffix))


def sightings(answer: Answer, *, names: Mapping[str, str], suffix: str = "") -> list[Sighting]:
    """Read an answer and the earlier ones of its connection, in their order; see :func:`sighting`."""
    return [_sighting(one, names, suffix) for one in (*answer.earlier, answer)]


def _sighting(answer: Answer, names: Mapping[str, str], suffix: str) -> Sighting:
    if answer.trouble:
        return Sighting(answer.trouble)
    who = _backend_of(answer)
    if who is _LIAR:
        return Sighting("stale")
    status = _status(answer, suffix)
    if who is None:
        return Sighting(status)
    namespace, backend, pod, account = who
    symbol = names.get(namespace, namespace)
    outcome = _named(symbol, backend) if _succeeded(answer) else status
    return Sighting(outcome, backend, namespace, pod, account, symbol)


def _named(symbol: str, backend: str) -> str:
    return f"{symbol}/{backend}" if symbol else backend


def one_for_all(seen: Sequence[Sighting]) -> Sighting:
    """Return one sighting for all: what fell short of a backend, if anything did, and any backend that was reached.

    So neither "this backend" nor "no match" holds unless it holds for every request.
    """
    outcomes = {sighting.outcome for sighting in seen}
    if len(outcomes) == 1:
        # A status may be a backend's own in one answer and the controller's in the next.
        return next((sighting for sighting in reversed(seen) if sighting.matched), seen[-1])
    served = [sighting for sighting in seen if sighting.matched]
    # The name of a backend holds no colon: it is part of a host name.
    short = [s.outcome for s in seen if not s.matched] or [s.outcome for s in served if ":" in s.outcome]
    outcome = short[0] if short else "varies:" + ",".join(sorted(outcomes))
    return replace(served[-1], outcome=outcome) if served else Sighting(outcome)


def sent_to_https(outcome: str, host: str) -> bool:
    """Tell whether an outcome is a redirect to https of this very host."""
    location = outcome.removeprefix("redirect:").partition(":")[2] if outcome.startswith("redirect:") else ""
    try:
        target = urlsplit(location)
        return target.scheme == "https" and target.hostname == host.lower()
    except ValueError:  # the controller's words
        return False


def _succeeded(answer: Answer) -> bool:
    """Tell whether the backend did what was asked: a WebSocket is an upgrade, a call has a status of its own."""
    if answer.protocol == "websocket":
        return answer.status == 101
    return answer.status == 200 and (answer.protocol != "grpc" or answer.trailer("grpc-status") == "0")


_Who = tuple[str, str, str, dict[str, Any]]
_LIAR: _Who = ("", "", "", {})


def _backend_of(answer: Answer) -> _Who | None:
    """Return the backend that gave this answer; ``_LIAR`` where the header names one and the body does not bear it out.

    The header alone proves nothing where there may be a body: a proxy can add it, or keep it from another answer.
    """
    header = answer.header(BACKEND_HEADER)
    if header is None:
        return None
    identity = tuple(header.split("/"))
    if len(identity) != 3 or not all(identity):
        return _LIAR
    if answer.head or (answer.status in WITHOUT_BODY and answer.protocol != "websocket"):
        method = answer.header(METHOD_HEADER)
        return (*identity, {} if method is None else {"method": method})
    account = _account(answer.body)
    said = account is not None and (account["namespace"], account["backend"], account["pod"]) == identity
    if account is None or not said or not _tells_of(account, answer.sent):
        return _LIAR
    if answer.status == 101 and account.get("message") != ACCOUNT_QUESTION + answer.sent:
        return _LIAR
    return (*identity, account)


def _status(answer: Answer, suffix: str) -> str:
    if answer.protocol == "grpc" and (answer.status == 200 or answer.trailer("grpc-status") is not None):
        code = answer.trailer("grpc-status") or ""
        return f"grpc-status:{code if _GRPC_STATUS.fullmatch(code) else 'none'}"
    location = answer.header("Location")
    if answer.status in REDIRECTS and location is not None:
        return f"redirect:{answer.status}:{location.replace(suffix, '') if suffix else location}"[:300]
    return f"status:{answer.status}"


class _Body(TypedDict):
    length: int
    sha256: str


class _Client(TypedDict):
    subject: str
    sha256: str


class _Tls(TypedDict):
    """What the backend saw of the TLS in front of it, if it spoke any."""

    version: str
    alpn: str | None
    sni: str | None
    client: _Client | None


class _Account(TypedDict):
    """What an echo backend says; whatever else a body holds is left out, and a body of another shape is no account."""

    backend: str
    namespace: str
    pod: str
    port: int
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: _Body
    version: NotRequired[str]
    tls: NotRequired[_Tls | None]
    message: NotRequired[str]
    pseudo: NotRequired[list[tuple[str, str]]]
    peer: NotRequired[str]
    trailers: NotRequired[list[tuple[str, str]]]


_SHAPE = TypeAdapter(_Account)
ACCOUNT_BYTES = 1 << 18
"""No account of what a probe sends is longer; a report keeps one for each probe."""


def _account(body: bytes) -> dict[str, Any] | None:
    """Return the backend's account of the request; ``None`` for a body that is none."""
    # What an echo backend was asked to pad its answer with is white space.
    body = body.rstrip()
    if len(body) > ACCOUNT_BYTES:
        return None
    try:
        return dict(_SHAPE.validate_json(body, strict=True))
    except ValueError:
        return None


def _tells_of(account: dict[str, Any], sent: str) -> bool:
    """Tell whether the account is of this very request: the number in the probe header is in it."""
    wanted = PROBE_HEADER.lower()
    return any(name.lower() == wanted and value == sent for name, value in account["headers"])
