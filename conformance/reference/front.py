"""The listeners: requests come in, are matched against the current snapshot, and are answered or forwarded."""

import asyncio
import contextlib
import itertools
import socket
import struct
from dataclasses import replace

from conformance.reference.behaviour import REFERENCE, Behaviour, Bytes, Hangup
from conformance.reference.certificates import server_context
from conformance.reference.forward import Exchange, forward
from conformance.reference.messages import BadMessage, Messages, Request, plain, values
from conformance.reference.model import Backend, Snapshot

_DRAIN_SECONDS = 1.0


class Front:
    """Serves ``current``, a snapshot that its owner replaces at will."""

    def __init__(self, behaviour: Behaviour = REFERENCE) -> None:
        self.current = Snapshot()
        self._behaviour = behaviour
        self._turns: dict[tuple[str, str, str], itertools.count[int]] = {}

    async def listen(self, address: str, *, http_port: int, https_port: int) -> tuple[asyncio.Server, asyncio.Server]:
        """Return the http and the https server, both listening; raises OSError when a port can't be had."""
        tls = server_context(self._behaviour, lambda: self.current) if self._behaviour.completes_handshakes else None
        http = await asyncio.start_server(self._plain, address, http_port, backlog=1024)
        https = await asyncio.start_server(self._secure, address, https_port, backlog=1024, ssl=tls)
        return http, https

    async def _plain(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._connection(reader, writer, "http")

    async def _secure(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._behaviour.completes_handshakes:
            await self._connection(reader, writer, "https")
        while await reader.read(65536):
            pass
        writer.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, scheme: str) -> None:
        incoming = Messages(reader, requests=True)
        client = str(writer.get_extra_info("peername")[0])
        try:
            while True:
                request = await incoming.next()
                if not isinstance(request, Request):
                    break
                exchange = Exchange(replace(request, scheme=scheme, client=client), incoming)
                await self._exchange(exchange, writer)
                if exchange.final or not exchange.complete or not self._behaviour.keeps_alive:
                    await _drain(exchange)
                    break
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

    async def _exchange(self, exchange: Exchange, writer: asyncio.StreamWriter) -> None:
        async with contextlib.aclosing(self._behaviour.answer(exchange.request, self._answer(exchange))) as answer:
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
