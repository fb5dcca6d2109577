"""The sockets of a backend: any number of backends can live in one process, each on an address of its own."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from conformance.echo.admin import administer
from conformance.echo.alpn import Doorway
from conformance.echo.answer import Answer, description, echo, to_json
from conformance.echo.company import Company
from conformance.echo.connection import Connection
from conformance.echo.counts import Counts
from conformance.echo.either import EitherWay
from conformance.echo.identity import NO_OTHERS, Identity, OtherPorts
from conformance.echo.listener import Listener
from conformance.echo.place import Place
from conformance.echo.request import Request
from conformance.echo.tls import server_context


class Backend:
    """A running echo backend; the ports are where it really listens.

    ``ports`` speak HTTP/1.1, ``tls_ports`` HTTP/2 or HTTP/1.1 over TLS as ALPN says, ``grpc_ports`` HTTP/2 without TLS,
    ``either_ports`` one of the first two, as the client begins.
    """

    def __init__(self, identity: Identity, *, ready: bool, on_readiness: Callable[[bool], None] | None) -> None:
        self.identity = identity
        self.ready = ready
        self.counts = Counts()
        self.ports: tuple[int, ...] = ()
        self.tls_ports: tuple[int, ...] = ()
        self.grpc_ports: tuple[int, ...] = ()
        self.either_ports: tuple[int, ...] = ()
        self.admin_port: int | None = None
        self._on_readiness = on_readiness
        self._empty = asyncio.Event()
        self._empty.set()
        self._echoes = Company(self._echo, self._describe, self._left)
        self._admins = Company(self._admin, self._describe, self._left)
        self._listeners: list[Listener] = []

    @property
    def served(self) -> int:
        """The number of requests so far."""
        return self.counts.total

    def set_ready(self, value: bool) -> None:
        """Become ready or unready; who started the backend hears of a change at once."""
        changed, self.ready = value != self.ready, value
        if changed and self._on_readiness is not None:
            self._on_readiness(value)

    def close(self) -> None:
        """Stop listening, so that the address refuses connections; idle connections end, busy ones answer and end."""
        for listener in self._listeners:
            listener.close()
        self._empty.clear()
        for company in (self._echoes, self._admins):
            company.leaving = True
            for connection in tuple(company.members):
                connection.leave()
        self._left()

    async def drained(self, timeout: float) -> None:
        """Return when the last connection has ended; after ``timeout`` seconds end the rest by force. After close()."""
        try:
            async with asyncio.timeout(timeout):
                for listener in self._listeners:
                    await listener.settled()
                self._empty.clear()  # who was on the way may have come since
                self._left()
                await self._empty.wait()
        except TimeoutError:
            self.abort()

    def abort(self) -> None:
        """Stop listening and end every connection at once."""
        self.close()
        for listener in self._listeners:
            listener.abort()
        for connection in (*self._echoes.members, *self._admins.members):
            connection.abort()

    def listen(self, host: str, ports: Sequence[int], admin_port: int | None, others: OtherPorts) -> None:
        """Open the sockets; ``OSError`` if one cannot be bound (open ones are closed again).

        ``ValueError`` if the TLS settings cannot be used.
        """
        tls = server_context(others.tls_settings) if others.tls or others.either else None
        plain, admin = partial(Connection, self._echoes), partial(Connection, self._admins)
        http2 = partial(_http2, self._echoes)
        secured = partial(Doorway, plain, http2)
        try:
            self.ports = tuple(self._open(Listener(host, port, plain)) for port in ports)
            self.grpc_ports = tuple(self._open(Listener(host, port, http2)) for port in others.grpc)
            if tls is not None:
                self.tls_ports = tuple(self._open(Listener(host, port, secured, tls)) for port in others.tls)
                self.either_ports = tuple(
                    self._open(EitherWay(host, port, plain, secured, tls)) for port in others.either
                )
            self.admin_port = None if admin_port is None else self._open(Listener(host, admin_port, admin))
        except OSError:
            self.close()
            raise

    def _open(self, listener: Listener) -> int:
        self._listeners.append(listener)
        return listener.port

    def _left(self) -> None:
        if self._echoes.leaving and not self._echoes.members and not self._admins.members:
            self._empty.set()

    def _echo(self, request: Request, place: Place) -> Answer:
        self.counts.note(request)
        return echo(self.identity, request, place)

    def _admin(self, request: Request, place: Place) -> Answer:  # noqa: ARG002 - the place does not matter here
        answer, ready = administer(request, ready=self.ready, counts=self.counts)
        self.set_ready(ready)
        return answer

    def _describe(self, request: Request, place: Place, message: str) -> bytes:
        return to_json({**description(self.identity, request, place), "message": message}).encode()


def _http2(company: Company) -> asyncio.Protocol:
    # Imported for the first client that needs it: most backends start without.
    from conformance.echo.http2 import Http2Connection  # noqa: PLC0415

    return Http2Connection(company)


async def serve(
    identity: Identity,
    host: str,
    ports: Sequence[int],
    admin_port: int | None,
    *,
    ready: bool = True,
    on_readiness: Callable[[bool], None] | None = None,
    others: OtherPorts = NO_OTHERS,
) -> Backend:
    """Start a backend on an address and return it, listening.

    ``ports`` speak plain HTTP/1.1, ``others`` something else. Port 0 takes any free port. ``on_readiness`` is called,
    in the loop, whenever the readiness changes. Raises ``OSError`` if a port cannot be bound, ``ValueError`` if a
    certificate makes no sense.
    """
    backend = Backend(identity, ready=ready, on_readiness=on_readiness)
    backend.listen(host, ports, admin_port, others)
    return backend
