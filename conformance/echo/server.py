"""The sockets of a backend: any number of backends can live in one process, each on an address of its own."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from conformance.echo.admin import administer
from conformance.echo.answer import Answer, Place, echo
from conformance.echo.connection import Company, Connection
from conformance.echo.identity import Identity
from conformance.echo.request import Request

BACKLOG = 1024


class Backend:
    """A running echo backend: ``ports`` and ``admin_port`` are where it really listens."""

    def __init__(self, identity: Identity, *, ready: bool, on_readiness: Callable[[bool], None] | None) -> None:
        self.identity = identity
        self.ready = ready
        self.served = 0
        self.ports: tuple[int, ...] = ()
        self.admin_port: int | None = None
        self._on_readiness = on_readiness
        self._empty = asyncio.Event()
        self._empty.set()
        self._echoes = Company(self._echo, self._left)
        self._admins = Company(self._admin, self._left)
        self._servers: list[asyncio.Server] = []

    def set_ready(self, value: bool) -> None:
        """Become ready or unready; who started the backend hears of a change at once."""
        changed, self.ready = value != self.ready, value
        if changed and self._on_readiness is not None:
            self._on_readiness(value)

    def close(self) -> None:
        """Stop listening, so that the address refuses connections; idle connections end, busy ones answer and end."""
        for server in self._servers:
            server.close()
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
                await self._empty.wait()
        except TimeoutError:
            self.abort()

    def abort(self) -> None:
        """Stop listening and end every connection at once."""
        self.close()
        for connection in (*self._echoes.members, *self._admins.members):
            connection.abort()

    async def listen(self, host: str, ports: Sequence[int], admin_port: int | None) -> None:
        """Open the sockets; ``OSError`` if one cannot be bound (open ones are closed again)."""
        try:
            self.ports = tuple([await self._bind(self._echoes, host, port) for port in ports])
            self.admin_port = None if admin_port is None else await self._bind(self._admins, host, admin_port)
        except OSError:
            self.close()
            raise

    async def _bind(self, company: Company, host: str, port: int) -> int:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(partial(Connection, company), host, port, backlog=BACKLOG)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def _left(self) -> None:
        if self._echoes.leaving and not self._echoes.members and not self._admins.members:
            self._empty.set()

    def _echo(self, request: Request, place: Place) -> Answer:
        self.served += 1
        return echo(self.identity, request, place)

    def _admin(self, request: Request, place: Place) -> Answer:  # noqa: ARG002 - the place does not matter here
        answer, ready = administer(request, ready=self.ready, served=self.served)
        self.set_ready(ready)
        return answer


async def serve(
    identity: Identity,
    host: str,
    ports: Sequence[int],
    admin_port: int | None,
    *,
    ready: bool = True,
    on_readiness: Callable[[bool], None] | None = None,
) -> Backend:
    """Start a backend on an address and return it, listening; ``OSError`` if a port cannot be bound.

    Port 0 takes any free port. ``on_readiness`` is called, in the loop, whenever the readiness changes.
    """
    backend = Backend(identity, ready=ready, on_readiness=on_readiness)
    await backend.listen(host, ports, admin_port)
    return backend
