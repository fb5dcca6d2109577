"""Bytes to requests, without a socket: llhttp does the parsing, this module keeps what llhttp would refuse to keep.

Two things make it more than a thin wrapper. A conformance backend must show *any* method and *any* target, also those
that llhttp refuses (``FOO``, bytes above 0x7f), so an odd request line is shown to llhttp as a plain one. And llhttp
stops at every ``Upgrade``, while a server may ignore one (RFC 9110, 7.8) and then has to go on with the same bytes.
"""

import re
from hashlib import sha256

import httptools

from conformance.echo.request import Continue, Event, Header, Malformed, Request, asks_for_websocket

MAX_REQUEST_LINE = 1 << 16
MAX_HEAD = 1 << 20
LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([^\x00-\x20\x7f]+) HTTP/(1\.[01])")
ORDINARY_TARGET = re.compile(rb"/[!-~]*|\*")
ORDINARY_METHODS = frozenset(
    b"ACL BIND CHECKOUT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY OPTIONS "
    b"PATCH POST PROPFIND PROPPATCH PURGE PUT REBIND REPORT SEARCH SUBSCRIBE TRACE UNBIND UNLINK UNLOCK "
    b"UNSUBSCRIBE".split()
)
FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class RequestReader:
    """Turns the bytes of one connection into events; ``rest`` holds what came after a WebSocket handshake, else None.

    After a handshake or a ``Malformed`` the reader is finished and takes no more bytes.
    """

    def __init__(self) -> None:
        self.finished = False
        self.rest: bytes | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._events: list[Event] = []
        self._held = b""
        self._between = True
        self._stopped = False
        self._replaying = False
        self._since_progress = 0
        self._odd: tuple[bytes, bytes] | None = None
        self._url = b""
        self._method = b""
        self._version = "1.1"
        self._keep_alive = True
        self._headers: list[Header] = []
        self._trailers: list[Header] = []
        self._in_body = False
        self._length = 0
        self._digest = sha256()

    @property
    def idle(self) -> bool:
        """Tell whether no request has begun that is not complete."""
        return self._between and not self._held

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that these bytes complete, in order. Never raises."""
        if self.finished:
            return []
        self._events = []
        self._since_progress += len(data)
        try:
            self._feed(data)
        except httptools.HttpParserError as error:
            if not self.finished:
                self._refuse(400, str(error))
        if self._since_progress > MAX_HEAD and not self.finished:
            self._refuse(431, "the head or the trailers are too large")
        return self._events

    def _feed(self, data: bytes) -> None:
        while data and not self.finished:
            if self._between:
                data = self._held_with(data)
                if not data:
                    return
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                self._after_upgrade(data)
            else:
                return

    def _held_with(self, data: bytes) -> bytes:
        """Return the bytes from the start of a request line on, once the line is complete, fit for llhttp."""
        data = (self._held + data).lstrip(b"\r\n")  # RFC 9112, 2.2: empty lines before a request are ignored
        self._held = b""
        end = data.find(b"\n")
        if end < 0:
            if len(data) > MAX_REQUEST_LINE:
                self._refuse(414, "the request line is too long")
            else:
                self._held = data
            return b""
        self._odd = None
        line = LINE.fullmatch(data, 0, max(0, end - 1))
        if line is None or data[end - 1 : end] != b"\r":
            return data  # llhttp says what is wrong with it
        method, target, version = line.groups()
        if method == b"CONNECT" or (method in ORDINARY_METHODS and ORDINARY_TARGET.fullmatch(target)):
            return data
        self._odd = (method, target)
        return b"POST / HTTP/" + version + data[end - 1 :]

    def _after_upgrade(self, rest: bytes) -> None:
        if asks_for_websocket(self._method, self._version, self._headers):
            self.finished, self.rest = True, rest
            self._complete(websocket=True)
        elif self._method == b"CONNECT":
            self.finished = True  # what follows is for a tunnel that this server does not open
            self._keep_alive = False
            self._complete()
        else:
            # The upgrade is ignored: a new parser is told of the body only and goes on where the old one stopped.
            framing = [name + b": " + value + b"\r\n" for name, value in self._headers if name.lower() in FRAMING]
            self._stopped, self._replaying = False, True
            self._parser = httptools.HttpRequestParser(self)
            self._parser.feed_data(b"POST / HTTP/1.1\r\n" + b"".join(framing) + b"\r\n")

    def on_message_begin(self) -> None:
        """Begin a request (called by llhttp)."""
        self._between = False
        if self._replaying:
            return
        self._url, self._headers, self._trailers = b"", [], []
        self._in_body, self._length = False, 0
        self._digest = sha256()

    def on_url(self, url: bytes) -> None:
        """Collect the target, which may come in pieces (called by llhttp)."""
        if not self._replaying:
            self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a field with its letter case; only the white space around the value is no part of it (RFC 9110, 5.5)."""
        if not self._replaying:
            (self._trailers if self._in_body else self._headers).append((name, value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        """Take the request line's parts and answer an Expect (called by llhttp)."""
        self._in_body, self._since_progress = True, 0
        if self._replaying:
            self._replaying = False
            return
        self._method, self._version = self._parser.get_method(), self._parser.get_http_version()
        self._keep_alive = self._parser.should_keep_alive()
        if self._odd is not None:
            (self._method, self._url), self._odd = self._odd, None
        if self._version not in ("1.0", "1.1"):
            self._refuse(505, f"HTTP/{self._version} is not spoken here")
        elif self._version == "1.1" and any(
            name.lower() == b"expect" and value.strip().lower() == b"100-continue" for name, value in self._headers
        ):
            self._events.append(Continue())
        self._stopped = self._parser.should_upgrade()

    def on_body(self, data: bytes) -> None:
        """Digest a piece of the body (called by llhttp)."""
        self._since_progress = 0
        self._length += len(data)
        self._digest.update(data)

    def on_message_complete(self) -> None:
        """End a request, unless llhttp only stops because of an upgrade (called by llhttp)."""
        self._since_progress, self._between = 0, True
        if not self._stopped and not self.finished:
            self._complete()

    def _complete(self, *, websocket: bool = False) -> None:
        self._events.append(
            Request(
                method=self._method,
                target=self._url,
                version=self._version,
                headers=tuple(self._headers),
                trailers=tuple(self._trailers),
                body_length=self._length,
                body_sha256=self._digest.hexdigest(),
                keep_alive=self._keep_alive,
                websocket=websocket,
            )
        )
        if not self._keep_alive:
            self.finished = True

    def _refuse(self, status: int, why: str) -> None:
        self.finished = True
        self._events.append(Malformed(status, why))
