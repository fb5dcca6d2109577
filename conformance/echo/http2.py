"""One HTTP/2 connection (RFC 9113): what HTTP/1.1 does in ``connection``, for many streams at once."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from time import time
from typing import Any, cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset, TrailersReceived
from h2.exceptions import ProtocolError

from conformance.echo.answer import Answer, content_of
from conformance.echo.company import Company, date_of, place_of
from conformance.echo.framing import may_have_body
from conformance.echo.place import Place
from conformance.echo.request import Header, Request
from conformance.http2frames import PREFACE, FrameHeads, outlive_goaway


@dataclass
class _Stream:
    """One request and its answer; ``pieces`` is what is left of the body, ``rest`` what a window had no room for."""

    fields: tuple[Header, ...]
    trailers: tuple[Header, ...] = ()
    length: int = 0
    digest: Any = field(default_factory=sha256)
    answer: Answer | None = None
    pieces: Iterator[bytes] = field(default_factory=lambda: iter(()))
    rest: bytes = b""
    timer: asyncio.TimerHandle | None = None


class Http2Connection(asyncio.Protocol):
    """Serves one client until either side closes."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        outlive_goaway(self._h2)
        self._heads = FrameHeads(PREFACE)
        self._streams: dict[int, _Stream] = {}
        self._writable = True
        self._place = Place(0, "")
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a new client in."""
        self._transport = cast("asyncio.Transport", transport)
        self._place = place_of(self._transport)
        self._h2.initiate_connection()
        self._flush()
        self._company.join(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget the client; whatever it asked for needs no answer any more."""
        for stream_id in tuple(self._streams):
            self._drop(stream_id)
        self._company.members.discard(self)
        self._company.left()

    def data_received(self, data: bytes) -> None:
        """Read what has come, and answer what is complete."""
        with self._speaking():
            self._heads.feed(data)
            for event in self._h2.receive_data(data):
                self._take(event)
            self._pump_all()

    def pause_writing(self) -> None:
        """Stop sending, and reading too: a client that reads nothing shall not fill the memory with its requests."""
        self._writable = False
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on where ``pause_writing`` stopped."""
        self._writable = True
        self._transport.resume_reading()
        with self._speaking():
            self._pump_all()

    def leave(self) -> None:
        """End the connection as soon as what is under way has been answered; new streams are turned away."""
        self._end_if_done()

    def abort(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    def _take(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            assert event.stream_id is not None
            if self._company.leaving:
                self._h2.reset_stream(event.stream_id, ErrorCodes.REFUSED_STREAM)
                return
            self._streams[event.stream_id] = stream = _Stream(tuple((bytes(n), bytes(v)) for n, v in event.headers))
            if event.stream_ended is None and (b"expect", b"100-continue") in stream.fields:
                self._h2.send_headers(event.stream_id, [(b":status", b"100")])
        elif isinstance(event, DataReceived):
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        if (
            isinstance(event, (DataReceived, TrailersReceived, StreamEnded, StreamReset))
            and event.stream_id in self._streams
        ):
            self._go_on(event, event.stream_id, self._streams[event.stream_id])

    def _go_on(
        self, event: DataReceived | TrailersReceived | StreamEnded | StreamReset, stream_id: int, stream: _Stream
    ) -> None:
        if isinstance(event, DataReceived):
            stream.length += len(event.data)
            stream.digest.update(event.data)
        elif isinstance(event, TrailersReceived):
            stream.trailers = tuple((bytes(name), bytes(value)) for name, value in event.headers)
        elif isinstance(event, StreamReset):
            self._drop(stream_id)
        else:
            self._answer(stream_id, stream)

    def _answer(self, stream_id: int, stream: _Stream) -> None:
        request = request_of(stream.fields, stream.trailers, stream.length, stream.digest.hexdigest())
        answer = self._company.respond(request, self._place)
        if answer.delay:
            later = asyncio.get_running_loop().call_later
            stream.timer = later(answer.delay, self._delayed, stream_id, request, answer)
        else:
            self._begin(stream_id, request, answer)

    def _delayed(self, stream_id: int, request: Request, answer: Answer) -> None:
        with self._speaking():
            self._begin(stream_id, request, answer)

    def _begin(self, stream_id: int, request: Request, answer: Answer) -> None:
        stream = self._streams[stream_id]
        stream.timer = None
        if answer.abort:
            self._reset(stream_id)
            return
        bodiless = request.method == b"HEAD" or not may_have_body(answer.status)
        self._h2.send_headers(stream_id, response_fields(answer), end_stream=bodiless)
        if bodiless:
            self._drop(stream_id)
        else:
            stream.answer, stream.pieces = answer, content_of(answer)
            self._pump(stream_id, stream)

    def _pump(self, stream_id: int, stream: _Stream) -> None:
        """Send as much of a body as the windows have room for; then, if it was all, the end."""
        assert stream.answer is not None
        while self._writable and stream.timer is None:
            stream.rest = stream.rest or next(stream.pieces, b"")
            if not stream.rest:
                self._finish(stream_id, stream.answer)
                return
            room = min(self._h2.local_flow_control_window(stream_id), self._h2.max_outbound_frame_size)
            if room <= 0:
                return
            self._h2.send_data(stream_id, stream.rest[:room])
            stream.rest = stream.rest[room:]
            self._flush()
            if stream.answer.pause and not stream.rest:
                later = asyncio.get_running_loop().call_later
                stream.timer = later(stream.answer.pause, self._paused, stream)

    def _paused(self, stream: _Stream) -> None:
        stream.timer = None
        with self._speaking():
            self._pump_all()

    def _finish(self, stream_id: int, answer: Answer) -> None:
        if answer.cut:
            self._reset(stream_id)
            return
        if answer.trailers:
            self._h2.send_headers(stream_id, [(n.lower(), v) for n, v in answer.trailers], end_stream=True)
        else:
            self._h2.end_stream(stream_id)
        self._drop(stream_id)
        if answer.close:
            self._say_goodbye()

    def _reset(self, stream_id: int) -> None:
        self._h2.reset_stream(stream_id, ErrorCodes.INTERNAL_ERROR)
        self._drop(stream_id)

    def _drop(self, stream_id: int) -> None:
        stream = self._streams.pop(stream_id, None)
        if stream is not None and stream.timer is not None:
            stream.timer.cancel()

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Send what is said within; a client that breaks the protocol is told so, and the connection ends."""
        try:
            yield
        except ProtocolError:
            self._flush()
            self._transport.close()
        else:
            self._flush()
            self._end_if_done()

    def _pump_all(self) -> None:
        for stream_id, stream in tuple(self._streams.items()):
            if stream.answer is not None and stream_id in self._streams:
                self._pump(stream_id, stream)

    def _end_if_done(self) -> None:
        if self._company.leaving and not self._streams and not self._transport.is_closing():
            self._say_goodbye()

    def _say_goodbye(self) -> None:
        self._h2.close_connection()
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data and not self._transport.is_closing():
            self._transport.write(data)


def request_of(fields: tuple[Header, ...], trailers: tuple[Header, ...], length: int, digest: str) -> Request:
    """Return the request that a header list, trailers and a body make."""
    pseudo = tuple(field for field in fields if field[0].startswith(b":"))
    regular = tuple(field for field in fields if not field[0].startswith(b":"))
    known = dict(pseudo)
    authority = known.get(b":authority")
    # RFC 9113, 8.3.1: what goes on in HTTP/1.1 has the authority as its Host.
    host = () if authority is None or (b"host", authority) in regular else ((b"Host", authority),)
    return Request(
        method=known.get(b":method", b""),
        target=known.get(b":path", authority or b""),
        version="2",
        headers=(*host, *regular),
        trailers=trailers,
        body_length=length,
        body_sha256=digest,
        pseudo=pseudo,
    )


def response_fields(answer: Answer) -> list[Header]:
    """Return the header list of an answer."""
    fields = [(b":status", b"%d" % answer.status), (b"date", date_of(int(time())))]
    fields += [(name.lower(), value) for name, value in answer.headers]
    if not answer.chunked and not answer.trailers and may_have_body(answer.status):
        fields.append((b"content-length", b"%d" % answer.length))
    return fields
