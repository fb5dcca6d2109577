"""Reads HTTP/1.1 responses from a line, within limits, and notes what came before and after them."""

import time
from contextlib import suppress
from dataclasses import dataclass, field

import h11

from conformance.probes.answer import Fields
from conformance.probes.line import Line
from conformance.probes.trouble import CutShort, Nonsense

_HEAD = 1 << 16
_START = b"HTTP/"


@dataclass(frozen=True)
class Response:
    """One final response; ``switched`` holds the bytes after a 101, which belong to the new protocol."""

    status: int
    reason: str
    headers: Fields
    body: bytes = b""
    truncated: bool = False
    trailers: Fields = ()
    interim: bool = False
    switched: bytes | None = None


@dataclass
class ResponseReader:
    """Reads the responses of one connection, in order.

    h11 must be told of the request to read its response. It gets a shadow of it, because it would refuse many of the
    requests that a probe may send.
    """

    line: Line
    _parser: h11.Connection = field(default_factory=lambda: h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD))
    _final: h11.Response | h11.InformationalResponse | None = None
    _interim: bool = False
    _too_late: bool = False
    _ended: bool = False

    def begin(self, method: str, *, upgrade: str = "") -> None:
        """Get ready for the response to a request.

        Raises:
            CutShort: the server said that it ends the connection after the last response.
        """
        if self._parser.our_state is h11.DONE and self._parser.their_state is h11.DONE:
            self._parser.start_next_cycle()
        if self._parser.our_state is not h11.IDLE:
            raise CutShort("the connection was not kept for another request")
        self._final, self._interim, self._too_late = None, False, False
        shadow = [("Host", "x"), *([("Upgrade", upgrade), ("Connection", "Upgrade")] if upgrade else [])]
        self._parser.send(
            h11.Request(method=method if method in {"HEAD", "CONNECT"} else "GET", target="/", headers=shadow)
        )
        self._parser.send(h11.EndOfMessage())

    def wait_for_interim(self, seconds: float) -> bool:
        """Wait for a 100, or for a final response in its place; tell whether the body may be sent.

        A 100 that comes after this asks for nothing any more, and is none.
        """
        until = time.monotonic() + seconds
        with suppress(TimeoutError):  # RFC 9110, 10.1.1: a client does not wait for ever
            while not self._interim and self._final is None and (left := until - time.monotonic()) > 0:
                with self.line.patience(left):
                    self._take_head()
        self._too_late = True
        return self._final is None

    def read(self) -> Response:
        """Return the next final response with as much of its body as the limit allows.

        Raises:
            CutShort: the connection ended before the response did.
            h11.RemoteProtocolError, Nonsense: it is no HTTP.
            OSError: as it comes.
        """
        while self._final is None:
            self._take_head()
        head = self._final
        switched = self._parser.trailing_data[0] if head.status_code == 101 else None
        body, truncated, trailers = (b"", False, ()) if switched is not None else self._body()
        return Response(
            status=head.status_code,
            reason=bytes(head.reason).decode("latin-1"),
            headers=_fields(head.headers),
            body=body,
            truncated=truncated,
            trailers=trailers,
            interim=self._interim,
            switched=switched,
        )

    def _take_head(self) -> None:
        event = self._event()
        if isinstance(event, h11.InformationalResponse) and event.status_code != 101:
            self._interim = self._interim or (event.status_code == 100 and not self._too_late)
        elif isinstance(event, (h11.Response, h11.InformationalResponse)):
            self._final = event
        else:
            raise CutShort("the connection ended before a response came")

    def _body(self) -> tuple[bytes, bool, Fields]:
        body, limit = bytearray(), self.line.limits.body_bytes
        while len(body) <= limit:
            event = self._event()
            if isinstance(event, h11.Data):
                body += event.data
            else:
                trailers = _fields(event.headers) if isinstance(event, h11.EndOfMessage) else ()
                return bytes(body), False, trailers
        return bytes(body[:limit]), True, ()

    def _event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            try:
                event = self._parser.next_event()
            except h11.RemoteProtocolError as error:
                if self._ended and self._parser.their_state is not h11.SEND_RESPONSE:
                    raise CutShort(str(error)) from error
                raise
            if isinstance(event, h11.Event) or event is h11.PAUSED:
                return event
            self._receive()

    def _receive(self) -> None:
        data = self.line.receive()
        if self._parser.their_state is h11.SEND_RESPONSE:
            # h11 waits for a whole head; what is no HTTP from its first bytes on may never get there.
            start = (self._parser.trailing_data[0] + data)[: len(_START)]
            if not _START.startswith(start):
                raise Nonsense(f"a response that begins with {start!r}")
            if not data:
                raise CutShort("the connection ended before a response was complete")
        self._ended = not data
        self._parser.receive_data(data)


def _fields(headers: h11._headers.Headers) -> Fields:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw_items())
