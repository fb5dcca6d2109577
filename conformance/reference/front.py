"""The listeners: requests come in, are matched against the current snapshot, and are answered or forwarded."""

import asyncio
import contextlib
import functools
import itertools
import socket
import ssl
import struct
from collections.abc import Callable, Coroutine
from dataclasses import replace

from conformance.reference.behaviour import REFERENCE, Behaviour, Bytes, Hangup
from conformance.reference.certificates import server_context
from conformance.reference.forward import Exchange, forward
from conformance.reference.http2 import Http2
from conformance.reference.messages import BadMessage, Messages, Request, plain, values
from conformance.reference.model import Backend, Snapshot

_DRAIN_SECONDS = 1.0

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


class Front:
    """Serves ``current``, a snapshot that its owner replaces at will."""

    def __init__(self, behaviour: Behaviour = REFERENCE) -> None:
        self.current = Snapshot()
        self._behaviour = behaviour
        self._connections: set[asyncio.Task[None]] = set()
        self._turns: dict[tuple[str, str, str], itertools.count[int]] = {}

    async def listen(self, address: str, *, http_port: int, https_port: int) -> tuple[asyncio.Server, asyncio.Server]:
        """Return the http and the https server, both listening; raises OSError when a port can't be had."""
        secure = self._behaviour.completes_handshakes
        tls = server_context(self._behaviour, lambda: self.current) if secure else None
        serve_tls = functools.partial(self._connection, "https") if secure else _stall
        return (
            await self._server(functools.partial(self._connection, "http"), address, http_port),
            await self._server(serve_tls, address, https_port, tls),
        )

    async def _server(self, serve: Serve, address: str, port: int, tls: ssl.SSLContext | None = None) -> asyncio.Server:
        def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(serve(reader, writer))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

        return await asyncio.start_server(accepted, address, port, backlog=1024, ssl=tls)

    async def _connection(self, scheme: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = str(writer.get_extra_info("peername")[0])
        try:
            if _speaks_http2(writer):
                await Http2(reader, writer, client, self._bytes).serve()
            else:
                await self._one_by_one(Messages(reader, requests=True), writer, scheme, client)
        except BadMessage:
            writer.write(plain(400, "Bad Request", ((b"Connection", b"close"),)))
        except Hangup as hangup:
            if hangup.reset:
                _reset(writer)
        except OSError:
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _one_by_one(self, incoming: Messages, writer: asyncio.StreamWriter, scheme: str, client: str) -> None:
        while isinstance(request := await incoming.next(), Request):
            exchange = Exchange(replace(request, scheme=scheme, client=client), incoming)
            await self._exchange(exchange, writer)
            if exchange.final or not exchange.complete or not self._behaviour.keeps_alive:
                await _drain(exchange)
                break

    def _bytes(self, exchange: Exchange) -> Bytes:
        return self._behaviour.answer(exchange.request, self._answer(exchange))

    async def _exchange(self, exchange: Exchange, writer: asyncio.StreamWriter) -> None:
        async with contextlib.aclosing(self._bytes(exchange)) as answer:
            async for data in answer:
                writer.write(data)
                await writer.drain()
        if _is_bodiless(exchange.request):
            await _take(exchange)

    async def _answer(self, exchange: Exchange) -> Bytes:
        request = exchange.request
        hosts = values(request.headers, b"host")
        if len(hosts) > 1 or (not hosts and request.version == "1.1") or request.method == b"CONNECT":
            exchange.final = True
            yield plain(400, "Bad Request", ((b"Connection", b"close"),))
            return
        # Latin-1 keeps every byte as it is: paths are compared byte for byte.
        authority, target = hosts[0].decode("latin-1") if hosts else "", request.target.decode("latin-1")
        backend = self._behaviour.choose(self.current.table, authority, target)
        if backend is None or (not backend.endpoints and backend.refusal == 404):
            yield plain(404, "Not Found")
        elif not backend.endpoints:
            yield plain(503, "Service Unavailable")
        else:
            endpoint = self._behaviour.pick_endpoint(backend, self._turn(backend))
            async for data in forward(exchange, endpoint, self._behaviour):
                yield data

    def _turn(self, backend: Backend) -> int:
        key = (backend.namespace, backend.service, backend.port)
        return next(self._turns.setdefault(key, itertools.count()))


def _speaks_http2(writer: asyncio.StreamWriter) -> bool:
    tls = writer.get_extra_info("ssl_object")
    return tls is not None and tls.selected_alpn_protocol() == "h2"


async def _stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take what a client sends and never say a word."""
    try:
        with contextlib.suppress(OSError):
            while await reader.read(65536):
                pass
    finally:
        writer.close()


def _is_bodiless(request: Request) -> bool:
    return not values(request.headers, b"content-length") and not values(request.headers, b"transfer-encoding")


async def _take(exchange: Exchange) -> None:
    async for _ in exchange.body():
        pass


async def _drain(exchange: Exchange) -> None:
    """Take what the client still sends, for a moment: closing on unread bytes resets, and the answer is lost."""
    with contextlib.suppress(TimeoutError, BadMessage, OSError):
        await asyncio.wait_for(_take(exchange), _DRAIN_SECONDS)


def _reset(writer: asyncio.StreamWriter) -> None:
    held = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
