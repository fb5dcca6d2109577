"""One connection: bytes in, answers out, strictly in order whatever was pipelined."""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from time import time
from typing import cast

from conformance.echo import websocket
from conformance.echo.answer import Answer
from conformance.echo.company import Company, date_of, place_of
from conformance.echo.framing import body_of, head_of, refusal
from conformance.echo.place import Place
from conformance.echo.reading import RequestReader
from conformance.echo.request import Continue, Event, Malformed, Request

MAX_WAITING = 64
LINGER = 1.0
GOODBYE = websocket.close_frame(websocket.GOING_AWAY)


class Connection(asyncio.Protocol):
    """Serves one client until either side closes.

    There is no idle timeout: a backend that hangs up on a controller's pooled connections would look like a fault of
    the controller.
    """

    def __init__(self, company: Company) -> None:
        self._company = company
        self._reader = RequestReader()
        self._queue: deque[Event] = deque()
        self._early = b""  # bytes after a WebSocket handshake that is not answered yet
        self._frames: bytes | None = None  # the incomplete frame, once the connection is a WebSocket
        self._upgraded: Request | None = None
        self._pieces: Iterator[bytes] | None = None
        self._sending: tuple[Request | None, Answer, bool] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._lingering: asyncio.TimerHandle | None = None
        self._writable = True
        self._eof = False
        self._place = Place(0, "")
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a new client in."""
        self._transport = cast("asyncio.Transport", transport)
        self._place = place_of(self._transport)
        self._company.join(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget the client; whatever it asked for needs no answer any more."""
        for timer in (self._timer, self._lingering):
            if timer is not None:
                timer.cancel()
        self._queue.clear()
        self._pieces = self._sending = None
        self._company.members.discard(self)
        self._company.left()

    def data_received(self, data: bytes) -> None:
        """Read what has come, and answer what is complete."""
        if self._frames is not None:
            self._echo_frames(data)
        elif self._reader.rest is not None:  # a WebSocket handshake is waiting for its turn
            self._early += data
            if len(self._early) > websocket.MAX_FRAME:
                self._transport.pause_reading()
        else:
            self._queue.extend(self._reader.feed(data))
            self._advance()

    def eof_received(self) -> bool:
        """Stay while answers are due: a client may close its side after the last request (RFC 9112, 9.6).

        Not under TLS, where asyncio ends the connection.
        """
        self._eof = True
        return self._busy and self._place.tls is None

    def pause_writing(self) -> None:
        """Stop sending, and reading too: a client that reads nothing shall not fill the memory with its requests."""
        self._writable = False
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on where ``pause_writing`` stopped."""
        self._writable = True
        self._pump()
        self._advance()

    def leave(self) -> None:
        """End the connection as soon as what is under way has been answered."""
        if self._frames is not None:
            self._transport.write(GOODBYE)
            self._transport.close()
        elif not self._busy and self._reader.idle:
            self._transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    @property
    def _busy(self) -> bool:
        return self._sending is not None or self._timer is not None or bool(self._queue)

    def _advance(self) -> None:
        while self._queue and self._sending is None and self._timer is None and not self._transport.is_closing():
            event = self._queue.popleft()
            if isinstance(event, Request):
                answer = self._company.respond(event, self._place)
                if answer.delay:
                    self._timer = asyncio.get_running_loop().call_later(answer.delay, self._delayed, event, answer)
                else:
                    self._send(event, answer)
            elif isinstance(event, Malformed):
                self._send(None, refusal(event))
            elif isinstance(event, Continue):
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self._transport.is_closing():
            return
        if self._eof and not self._busy:
            self._transport.close()
        elif len(self._queue) > MAX_WAITING:
            self._transport.pause_reading()
        elif self._writable:
            self._transport.resume_reading()

    def _delayed(self, request: Request, answer: Answer) -> None:
        self._timer = None
        self._send(request, answer)
        self._advance()

    def _send(self, request: Request | None, answer: Answer) -> None:
        if answer.abort:
            self._transport.close()
            return
        if self._company.leaving and not answer.switches:
            answer = replace(answer, close=True)
        head, closes = head_of(answer, request, date_of(int(time())))
        self._sending = (request, answer, closes)
        if answer.in_pieces:
            self._transport.write(head)
            self._pieces = body_of(answer, request)
            self._pump()
        else:
            self._transport.write(head + b"".join(body_of(answer, request)))
            self._sent()

    def _pump(self) -> None:
        if self._pieces is None or self._sending is None or self._timer is not None:
            return
        pause = self._sending[1].pause
        while self._writable:
            piece = next(self._pieces, None)
            if piece is None:
                self._pieces = None
                self._sent()
                return
            self._transport.write(piece)
            if pause:
                self._timer = asyncio.get_running_loop().call_later(pause, self._paused)
                return

    def _paused(self) -> None:
        self._timer = None
        self._pump()
        self._advance()

    def _sent(self) -> None:
        assert self._sending is not None
        (request, answer, closes), self._sending = self._sending, None
        if answer.cut:
            self._transport.close()
        elif answer.switches:
            self._frames, self._upgraded = b"", request
            self._echo_frames((self._reader.rest or b"") + self._early)
        elif request is None:
            self._linger()
        elif closes:
            self._transport.close()
        elif request.websocket:  # refused: the client goes on in HTTP
            rest = (self._reader.rest or b"") + self._early
            self._early, self._reader = b"", RequestReader()
            self._queue.extend(self._reader.feed(rest))

    def _linger(self) -> None:
        """Close so that the client can still read why: unread bytes would make the kernel reset (RFC 9112, 9.6)."""
        self._queue.clear()
        if self._eof:
            self._transport.close()
            return
        if self._transport.can_write_eof():  # TLS cannot
            self._transport.write_eof()
        self._lingering = asyncio.get_running_loop().call_later(LINGER, self._transport.abort)

    def _echo_frames(self, data: bytes) -> None:
        data, at = (self._frames or b"") + data, 0
        try:
            while (taken := websocket.take_frame(data, at)) is not None:
                frame, at = taken
                reply = websocket.reply_to(frame, self._account)
                if reply is not None:
                    self._transport.write(websocket.put_frame(reply))
                if frame.opcode == websocket.CLOSE:
                    self._transport.close()
                    return
        except websocket.ProtocolViolation as violation:
            self._transport.write(websocket.close_frame(violation.code))
            self._transport.close()
        self._frames = data[at:]

    def _account(self, message: str) -> bytes:
        assert self._upgraded is not None
        return self._company.describe(self._upgraded, self._place, message)
