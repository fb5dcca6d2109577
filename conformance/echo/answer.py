"""Requests to answers: pure, so that every rule of the echo backend can be read and tested without a socket."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

from conformance.echo.identity import Identity
from conformance.echo.knobs import knobs_of
from conformance.echo.request import Header, Malformed, Request
from conformance.echo.websocket import accept_headers, refusal_of

PIECE = 1 << 16
PADDING = b" " * PIECE
REASONS = {status.value: status.phrase for status in HTTPStatus}
JSON = (b"Content-Type", b"application/json")
TEXT = (b"Content-Type", b"text/plain; charset=utf-8")
to_json = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request was received: the local port and the client's address."""

    port: int
    peer: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer before it is put into bytes; ``size`` is the least length of the body, made up with spaces."""

    status: int
    headers: tuple[Header, ...]
    body: bytes = b""
    size: int = 0
    delay: float = 0.0
    chunked: bool = False
    close: bool = False
    abort: bool = False
    switches: bool = False


Respond = Callable[[Request, Place], Answer]


def echo(identity: Identity, request: Request, place: Place) -> Answer:
    """Return the echo backend's answer: who it is and what it received, varied by the knobs in the query.

    A WebSocket handshake is answered 101 (RFC 6455, 4.2.2), or 400 or 426 if it is wrong. CONNECT is refused with 405:
    a 2xx would open a tunnel (RFC 9110, 9.3.6).
    """
    knobs = knobs_of(request.target)
    who = (b"X-Conformance-Backend", str(identity).encode("latin-1", "replace"))
    status = 405 if request.method == b"CONNECT" else 200
    if request.websocket and knobs.websocket:
        status = refusal_of(request)
        if status == 101:
            headers = (who, *accept_headers(request), *knobs.headers)
            return Answer(101, headers, delay=knobs.delay, abort=knobs.abort, switches=True)
    elif knobs.status is not None and request.method != b"CONNECT":
        status = knobs.status
    extra = [(b"Sec-WebSocket-Version", b"13")] if status == 426 and request.websocket else []
    if knobs.header_size:
        extra.append((b"X-Conformance-Filler", b"x" * knobs.header_size))
    return Answer(
        status=status,
        headers=_override((JSON, who), (*knobs.headers, *extra)),
        body=to_json(description(identity, request, place)).encode() + b"\n",
        size=knobs.size,
        delay=knobs.delay,
        chunked=knobs.chunked,
        close=knobs.close,
        abort=knobs.abort,
    )


def description(identity: Identity, request: Request, place: Place) -> dict[str, object]:
    """Return what the body says; bytes stand as latin-1 text, so that each can be told from every other."""
    return {
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


def refusal(malformed: Malformed) -> Answer:
    """Return the answer to bytes that are no request; the connection ends with it (RFC 9112, 2.2)."""
    return Answer(malformed.status, (TEXT,), malformed.why.encode() + b"\n", close=True)


def head_of(answer: Answer, request: Request | None, date: bytes) -> tuple[bytes, bool]:
    """Return the head in bytes, and whether the connection closes after this answer."""
    old = request is not None and request.version == "1.0"
    close = answer.close or request is None or not request.keep_alive or (answer.chunked and old)
    close = close and not answer.switches
    reason = REASONS.get(answer.status, "")
    lines = [b"HTTP/1.1 %d %s" % (answer.status, reason.encode()), b"Date: " + date]
    lines += [name + b": " + value for name, value in answer.headers]
    if _may_have_body(answer.status):
        if not answer.chunked:
            lines.append(b"Content-Length: %d" % max(len(answer.body), answer.size))
        elif not old:
            lines.append(b"Transfer-Encoding: chunked")
    if close:
        lines.append(b"Connection: close")
    elif old:
        lines.append(b"Connection: keep-alive")
    return b"\r\n".join(lines) + b"\r\n\r\n", close


def body_of(answer: Answer, request: Request | None) -> Iterator[bytes]:
    """Yield the bytes after the head, in pieces, so that 64 MiB need not be in memory at once."""
    if (request is not None and request.method == b"HEAD") or not _may_have_body(answer.status):
        return
    if not answer.chunked or (request is not None and request.version == "1.0"):
        yield from _content(answer)
        return
    for piece in _content(answer):
        half = (len(piece) + 1) // 2  # also a short body is more than one chunk
        for chunk in (piece[:half], piece[half:]):
            if chunk:
                yield b"%x\r\n" % len(chunk) + chunk + b"\r\n"
    yield b"0\r\n\r\n"


def _content(answer: Answer) -> Iterator[bytes]:
    if answer.body:
        yield answer.body
    missing = answer.size - len(answer.body)
    while missing > 0:
        yield PADDING[:missing]
        missing -= PIECE


def _may_have_body(status: int) -> bool:
    return status not in (101, 204, 304)


def _override(ours: tuple[Header, ...], theirs: tuple[Header, ...]) -> tuple[Header, ...]:
    if not theirs:
        return ours
    single = {b"content-type"} & {name.lower() for name, _ in theirs}
    return (*(header for header in ours if header[0].lower() not in single), *theirs)
