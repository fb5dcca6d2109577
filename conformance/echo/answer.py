"""Requests to answers: pure, so that every rule of the echo backend can be read and tested without a socket."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conformance.echo.identity import Identity
from conformance.echo.knobs import PLAIN, Knobs, knobs_of
from conformance.echo.place import Place
from conformance.echo.request import Header, Request
from conformance.echo.websocket import accept_headers, refusal_of
from conformance.grpcframes import text_message

PIECE = 1 << 16
PADDING = b" " * PIECE
DRIPS = 10
GRPC = (b"Content-Type", b"application/grpc+proto")
JSON = (b"Content-Type", b"application/json")
TEXT = (b"Content-Type", b"text/plain; charset=utf-8")
to_json = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer before it is put into bytes; ``size`` is the least length of the body, made up with spaces.

    ``delay`` passes before it begins, ``drip`` while its body is sent (seconds). ``abort`` ends the connection in its
    place, ``cut`` in the middle of its body.
    """

    status: int
    headers: tuple[Header, ...]
    body: bytes = b""
    size: int = 0
    delay: float = 0.0
    chunked: bool = False
    close: bool = False
    abort: bool = False
    switches: bool = False
    cut: bool = False
    drip: float = 0.0
    trailers: tuple[Header, ...] = ()

    @property
    def length(self) -> int:
        """The bytes of the whole body."""
        return max(len(self.body), self.size)

    @property
    def in_pieces(self) -> bool:
        """Whether it takes more than one write."""
        return self.chunked or self.cut or self.drip > 0 or self.size > PIECE

    @property
    def pause(self) -> float:
        """The seconds between two pieces of the body."""
        return self.drip / DRIPS


Respond = Callable[[Request, Place], Answer]


def echo(identity: Identity, request: Request, place: Place) -> Answer:
    """Return the echo backend's answer: who it is and what it received, varied by the knobs in the query.

    A WebSocket handshake is answered 101 (RFC 6455, 4.2.2), or 400 or 426 if it is wrong. CONNECT is refused with 405:
    a 2xx would open a tunnel (RFC 9110, 9.3.6).
    """
    knobs = knobs_of(request.target)
    if is_call(request) and knobs.status is None:
        return _called(identity, request, place, knobs)
    who = _who(identity)
    status = 405 if request.method == b"CONNECT" else 200
    if request.websocket and knobs.websocket:
        status = refusal_of(request)
        if status == 101:
            headers = (who, *accept_headers(request), *knobs.headers)
            return Answer(101, headers, delay=knobs.delay, abort=knobs.abort, switches=True)
    elif knobs.status is not None and request.method != b"CONNECT":
        status = knobs.status
    extra = [(b"Sec-WebSocket-Version", b"13")] if status == 426 and request.websocket else []
    if knobs.trailers:
        # A proxy may drop what was not announced (RFC 9110, 6.6.2).
        extra.append((b"Trailer", b", ".join(dict.fromkeys(name for name, _ in knobs.trailers))))
    if request.method == b"HEAD":
        # There is no body that could say it.
        extra.append((b"X-Conformance-Method", request.method))
    if knobs.header_size:
        extra.append((b"X-Conformance-Filler", b"x" * knobs.header_size))
    body = to_json(description(identity, request, place)).encode() + b"\n"
    ours = (JSON,) if knobs.anonymous else (JSON, who)
    if knobs is PLAIN and not extra:
        return Answer(status, (JSON, who), body)  # as nearly always
    return Answer(
        status=status,
        headers=_override(ours, (*knobs.headers, *extra)),
        body=body,
        size=knobs.size,
        delay=knobs.delay,
        chunked=knobs.chunked,
        close=knobs.close,
        abort=knobs.abort,
        cut=knobs.cut,
        drip=knobs.drip,
        trailers=knobs.trailers,
    )


def _called(identity: Identity, request: Request, place: Place, knobs: Knobs) -> Answer:
    """Return the answer to a unary gRPC call: the account as its message, whatever the status behind it says."""
    account = to_json(description(identity, request, place)).encode()
    return Answer(
        200,
        (GRPC, _who(identity), *knobs.headers),
        text_message(account),
        delay=knobs.delay,
        abort=knobs.abort,
        cut=knobs.cut,
        drip=knobs.drip,
        trailers=((b"Grpc-Status", b"%d" % knobs.grpc_status), *knobs.trailers),
    )


def is_call(request: Request) -> bool:
    """Tell whether a request is a gRPC call; these come by HTTP/2 only."""
    return request.pseudo != () and any(v.startswith(b"application/grpc") for v in request.values(b"content-type"))


def description(identity: Identity, request: Request, place: Place) -> dict[str, object]:
    """Return what the body says; bytes stand as latin-1 text, so that each can be told from every other.

    ``pseudo`` is there if the request came by HTTP/2, ``tls`` if it came over TLS.
    """
    account: dict[str, object] = {
        "backend": identity.backend,
        "namespace": identity.namespace,
        "pod": identity.pod,
        "port": place.port,
        "peer": place.peer,
        "method": request.method.decode("latin-1"),
        "target": request.target.decode("latin-1"),
        "version": f"HTTP/{request.version}",
        "headers": [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers],
        "body": {"length": request.body_length, "sha256": request.body_sha256},
        "trailers": [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.trailers],
    }
    if request.pseudo:
        account["pseudo"] = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.pseudo]
    if place.tls is not None:
        account["tls"] = place.tls.account()
    return account


def _override(ours: tuple[Header, ...], theirs: tuple[Header, ...]) -> tuple[Header, ...]:
    if not theirs:
        return ours
    single = {b"content-type"} & {name.lower() for name, _ in theirs}
    return (*(header for header in ours if header[0].lower() not in single), *theirs)


def content_of(answer: Answer) -> Iterator[bytes]:
    """Yield the body in pieces, so that 64 MiB need not be in memory at once; half of it where it is cut."""
    if not answer.in_pieces and answer.size <= len(answer.body):
        yield answer.body  # as nearly always
        return
    step = max(1, -(-answer.length // DRIPS)) if answer.drip else PIECE
    end = answer.length // 2 if answer.cut else answer.length
    for at in range(0, end, min(step, PIECE)):
        size = min(step, PIECE, end - at)
        piece = answer.body[at : at + size]
        yield piece + PADDING[: size - len(piece)]


def _who(identity: Identity) -> Header:
    return (b"X-Conformance-Backend", str(identity).encode("latin-1", "replace"))
