"""A listener for clients of two kinds: TLS with those that begin so, plain HTTP with the others."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable

HANDSHAKE = b"\x16"
"""How TLS begins (RFC 8446, 5.1); no method of HTTP does."""

FULL = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
PAUSE = 0.1
"""Seconds until it looks again whether there is room for another connection; till then they wait in the backlog."""

Door = Callable[[], asyncio.Protocol]


class EitherWay:
    """Takes connections and looks at the first byte of each, without taking it away from whoever serves it."""

    def __init__(self, host: str, port: int, backlog: int, plain: Door, secured: tuple[Door, ssl.SSLContext]) -> None:
        self._loop = asyncio.get_running_loop()
        self._plain, self._secured = plain, secured
        self._silent: set[socket.socket] = set()
        self._moving: set[asyncio.Task[None]] = set()
        self._listening = socket.create_server((host, port), backlog=backlog)
        self._listening.setblocking(False)
        self.port: int = self._listening.getsockname()[1]
        self._listen()

    def close(self) -> None:
        """Stop listening; who has said nothing yet is turned away."""
        if self._listening.fileno() >= 0:
            self._loop.remove_reader(self._listening)
            self._listening.close()
        for client in tuple(self._silent):
            self._forget(client)
            client.close()

    def _listen(self) -> None:
        if self._listening.fileno() >= 0:
            self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        try:
            client, _ = self._listening.accept()
        except OSError as error:
            # Gone again, or there is no room: it would be asked again at once, and for ever.
            if error.errno in FULL:
                self._loop.remove_reader(self._listening)
                self._loop.call_later(PAUSE, self._listen)
            return
        client.setblocking(False)
        self._silent.add(client)
        self._loop.add_reader(client, self._first_byte, client)

    def _first_byte(self, client: socket.socket) -> None:
        try:
            first = client.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError:
            first = b""
        self._forget(client)
        if not first:
            client.close()
            return
        door, context = self._secured if first == HANDSHAKE else (self._plain, None)
        task = self._loop.create_task(self._hand_over(client, door, context))
        self._moving.add(task)
        task.add_done_callback(self._moving.discard)

    async def _hand_over(self, client: socket.socket, door: Door, context: ssl.SSLContext | None) -> None:
        try:
            await self._loop.connect_accepted_socket(door, client, ssl=context)
        except OSError:
            # The handshake failed, or the client went away.
            client.close()

    def _forget(self, client: socket.socket) -> None:
        self._loop.remove_reader(client)
        self._silent.discard(client)
