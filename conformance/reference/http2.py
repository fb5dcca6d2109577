"""A client's HTTP/2 connection (RFC 9113): each stream becomes one exchange as HTTP/1.1 has them, and back again."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    Event,
    RequestReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError

from conformance.reference.behaviour import Bytes, Hangup
from conformance.reference.forward import Exchange
from conformance.reference.messages import (
    BadMessage,
    End,
    Headers,
    Messages,
    Part,
    Request,
    Response,
    end_to_end,
    values,
)

_BODILESS = frozenset({204, 304})


class _Incoming:
    """The body of one stream, as the messages of an HTTP/1.1 connection give it."""

    def __init__(self) -> None:
        self.parts: asyncio.Queue[Part | None] = asyncio.Queue()
        self.trailers: Headers = ()

    async def next(self) -> Part | None:
        """Return the next part, or None when the client gave the stream up."""
        return await self.parts.get()


class _Read:
    """An answer's bytes, to be read like those of a connection."""

    def __init__(self, answer: Bytes) -> None:
        self._answer = answer

    async def read(self, _: int, /) -> bytes:
        """Return the next bytes, none at the end."""
        return await anext(self._answer, b"")


class Http2:
    """One connection with all of its streams; ``answer`` turns an exchange into the bytes of an HTTP/1.1 response."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        client: str,
        answer: Callable[[Exchange], Bytes],
    ) -> None:
        self._reader, self._writer, self._client, self._answer = reader, writer, client, answer
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self._streams: dict[int, _Incoming] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._moved = asyncio.Event()

    async def serve(self) -> None:
        """Serve until the client is done; raises OSError."""
        self._h2.initiate_connection()
        try:
            await self._flush()
            while data := await self._reader.read(65536):
                for event in self._h2.receive_data(data):
                    self._take(event)
                self._moved.set()
                await self._flush()
        except ProtocolError:
            await self._flush()
        finally:
            for task in self._tasks:
                task.cancel()

    def _take(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            self._begin(event.stream_id, event.headers, bodiless=event.stream_ended is not None)
            return
        stream = self._streams.get(getattr(event, "stream_id", None) or 0)
        if isinstance(event, DataReceived):
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        if stream is None:
            return
        if isinstance(event, DataReceived) and event.data:
            stream.parts.put_nowait(event.data)
        elif isinstance(event, TrailersReceived):
            stream.trailers = tuple((bytes(name), bytes(value)) for name, value in event.headers)
        elif isinstance(event, StreamEnded):
            stream.parts.put_nowait(End(stream.trailers))
        elif isinstance(event, StreamReset):
            stream.parts.put_nowait(None)

    def _begin(self, number: int, fields: Iterable[tuple[bytes, bytes]], *, bodiless: bool) -> None:
        stream = self._streams[number] = _Incoming()
        exchange = Exchange(request_of(fields, self._client, bodiless=bodiless), stream)
        task = asyncio.create_task(self._respond(number, exchange))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _respond(self, number: int, exchange: Exchange) -> None:
        try:
            async with contextlib.aclosing(self._answer(exchange)) as answer:
                await self._relay(number, exchange.request, Messages(_Read(answer), requests=False))
        except (Hangup, BadMessage):
            with contextlib.suppress(ProtocolError):
                self._h2.reset_stream(number, ErrorCodes.INTERNAL_ERROR)
        except (ProtocolError, OSError):
            pass  # the client gave up the stream, or the connection
        finally:
            self._streams.pop(number, None)
        with contextlib.suppress(OSError):
            await self._flush()

    async def _relay(self, number: int, request: Request, answer: Messages) -> None:
        while True:
            part = await answer.next()
            if isinstance(part, Response):
                fields = [(b":status", b"%d" % part.status), *lower(end_to_end(part.headers))]
                interim = part.status < 200
                bodiless = not interim and (request.method == b"HEAD" or part.status in _BODILESS)
                self._h2.send_headers(number, fields, end_stream=bodiless)
                await self._flush()
                if bodiless:
                    return
            elif isinstance(part, bytes):
                await self._send(number, part)
            elif isinstance(part, End):
                if interim:
                    continue
                if part.trailers:
                    self._h2.send_headers(number, lower(part.trailers), end_stream=True)
                else:
                    self._h2.end_stream(number)
                return
            else:
                raise BadMessage("the answer breaks off")

    async def _send(self, number: int, data: bytes) -> None:
        while data:
            room = min(self._h2.local_flow_control_window(number), self._h2.max_outbound_frame_size)
            if room <= 0:
                self._moved.clear()
                await self._moved.wait()
                continue
            self._h2.send_data(number, data[:room])
            data = data[room:]
            await self._flush()

    async def _flush(self) -> None:
        self._writer.write(self._h2.data_to_send())
        await self._writer.drain()


def request_of(fields: Iterable[tuple[bytes, bytes]], client: str, *, bodiless: bool) -> Request:
    """Return the HTTP/1.1 request that a header list stands for (RFC 9113, section 8.3.1)."""
    given = [(bytes(name), bytes(value)) for name, value in fields]
    pseudo = {name: value for name, value in given if name.startswith(b":")}
    headers = tuple(field for field in given if not field[0].startswith(b":"))
    if b":authority" in pseudo:
        headers = ((b"Host", pseudo[b":authority"]), *(field for field in headers if field[0] != b"host"))
    if not bodiless and not values(headers, b"content-length"):
        headers = (*headers, (b"Transfer-Encoding", b"chunked"))
    method, target = pseudo.get(b":method", b""), pseudo.get(b":path", b"")
    return Request(method, target, headers, scheme="https", client=client)


def lower(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return headers as HTTP/2 writes them, names in lower case."""
    return [(name.lower(), value) for name, value in headers]
