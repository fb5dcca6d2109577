"""Answers as HTTP/1.1 puts them into bytes (RFC 9112): pure."""

from collections.abc import Iterator
from http import HTTPStatus

from conformance.echo.answer import TEXT, Answer, content_of
from conformance.echo.request import Malformed, Request

REASONS = {status.value: status.phrase for status in HTTPStatus}


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
    if may_have_body(answer.status):
        if not answer.chunked:
            lines.append(b"Content-Length: %d" % answer.length)
        elif not old:
            lines.append(b"Transfer-Encoding: chunked")
    if close:
        lines.append(b"Connection: close")
    elif old:
        lines.append(b"Connection: keep-alive")
    return b"\r\n".join(lines) + b"\r\n\r\n", close


def body_of(answer: Answer, request: Request | None) -> Iterator[bytes]:
    """Yield the bytes after the head, in pieces, so that 64 MiB need not be in memory at once."""
    if (request is not None and request.method == b"HEAD") or not may_have_body(answer.status):
        return
    if not answer.chunked or (request is not None and request.version == "1.0"):
        yield from content_of(answer)
        return
    for piece in content_of(answer):
        half = (len(piece) + 1) // 2  # also a short body is more than one chunk
        for chunk in (piece[:half], piece[half:]):
            if chunk:
                yield b"%x\r\n" % len(chunk) + chunk + b"\r\n"
    if not answer.cut:
        yield b"0\r\n" + b"".join(b"%s: %s\r\n" % trailer for trailer in answer.trailers) + b"\r\n"


def may_have_body(status: int) -> bool:
    """Tell whether a response of this status has a body (RFC 9110, 6.4.1)."""
    return status not in (101, 204, 304)
