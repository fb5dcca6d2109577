"""HTTP/1.1 messages read off a stream, and heads written back: RFC 9112, parsed by ``httptools``."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import httptools

Headers = tuple[tuple[bytes, bytes], ...]
_HOP_BY_HOP = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"transfer-encoding", b"upgrade"}


class Readable(Protocol):
    """What bytes come from."""

    async def read(self, limit: int, /) -> bytes:
        """Return some bytes, none at the end."""


class BadMessage(Exception):
    """The peer sent what is no HTTP/1.1 message."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head; the target is as it was on the wire."""

    method: bytes
    target: bytes
    headers: Headers
    version: str = "1.1"
    keep_alive: bool = True
    scheme: str = "http"
    client: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """A response's head."""

    status: int
    reason: bytes
    headers: Headers


@dataclass(frozen=True, slots=True)
class End:
    """The end of a message, with its trailers."""

    trailers: Headers = ()


Part = Request | Response | bytes | End


class Parts(Protocol):
    """The parts of messages, in order."""

    async def next(self) -> Part | None:
        """Return the next part, or None when the peer is done; raises BadMessage, or OSError if that fails."""


class Messages:
    """The parts of the messages of one connection, in order; after an upgrade the raw bytes."""

    def __init__(self, stream: Readable, *, requests: bool) -> None:
        self._stream = stream
        self._parts: deque[Part] = deque()
        self._headers: list[tuple[bytes, bytes]] = []
        self._first_line = b""
        self._raw = False
        self._parser: httptools.HttpRequestParser | httptools.HttpResponseParser = (
            httptools.HttpRequestParser(self) if requests else httptools.HttpResponseParser(self)
        )

    async def next(self) -> Part | None:
        """Return the next part, or None when the peer is done; raises BadMessage, or OSError if that fails."""
        while not self._parts:
            data = await self._stream.read(65536)
            if not data:
                return None
            if self._raw:
                return data
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                self._raw = True
                if rest := data[upgrade.args[0] :]:
                    self._parts.append(rest)
            except httptools.HttpParserError as error:
                raise BadMessage(str(error)) from error
        return self._parts.popleft()

    def on_url(self, part: bytes) -> None:
        """Collect the request target."""
        self._first_line += part

    def on_status(self, part: bytes) -> None:
        """Collect the reason phrase."""
        self._first_line += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header, or a trailer."""
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Add the head to the parts."""
        parser, headers = self._parser, tuple(self._headers)
        if isinstance(parser, httptools.HttpRequestParser):
            version, keep = parser.get_http_version(), parser.should_keep_alive()
            self._parts.append(Request(parser.get_method(), self._first_line, headers, version, keep))
        else:
            self._parts.append(Response(parser.get_status_code(), self._first_line, headers))
        self._headers, self._first_line = [], b""

    def on_body(self, data: bytes) -> None:
        """Add a piece of the body to the parts."""
        self._parts.append(data)

    def on_message_complete(self) -> None:
        """Add the end to the parts."""
        self._parts.append(End(tuple(self._headers)))
        self._headers = []


def values(headers: Headers, name: bytes) -> list[bytes]:
    """Return the values of all headers of that name (given in lower case)."""
    return [value for header, value in headers if header.lower() == name]


def tokens(headers: Headers, name: bytes) -> set[bytes]:
    """Return the comma-separated members of a header, in lower case."""
    return {token.strip().lower() for value in values(headers, name) for token in value.split(b",")}


def end_to_end(headers: Headers) -> Headers:
    """Return the headers without those that concern one connection only (RFC 9110, section 7.6.1)."""
    dropped = _HOP_BY_HOP | tokens(headers, b"connection")
    return tuple((name, value) for name, value in headers if name.lower() not in dropped)


def head(first_line: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return a message's head as bytes."""
    return b"".join([first_line, b"\r\n", *(b"%b: %b\r\n" % header for header in headers), b"\r\n"])


def chunk(data: bytes) -> bytes:
    """Return the data as one chunk (RFC 9112, section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def last_chunk(trailers: Headers = ()) -> bytes:
    """Return the end of a chunked body."""
    return head(b"0", trailers)


def plain(status: int, reason: str, headers: Headers = (), text: str | None = None) -> bytes:
    """Return a whole response with a short text as its body."""
    body = (reason if text is None else text).encode() + b"\n"
    fields = (*headers, (b"Content-Type", b"text/plain"), (b"Content-Length", b"%d" % len(body)))
    return head(f"HTTP/1.1 {status} {reason}".encode(), fields) + body
