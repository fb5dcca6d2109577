"""A listening socket that loses nobody: who has been accepted gets to a protocol, or is turned away."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable

BACKLOG = 1024

FULL = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
PAUSE = 0.1
"""Seconds until it looks again whether there is room for another connection; till then they wait in the backlog."""

Door = Callable[[], asyncio.Protocol]


class Listener:
    """Takes connections for as long as it is open, and hands each over to a protocol of its own.

    asyncio's server cannot be closed at any moment: who has been accepted just before is left open, without an answer,
    until its socket is collected as garbage (Python 3.11). A controller would seem to hang.
    """

    def __init__(self, host: str, port: int, door: Door, tls: ssl.SSLContext | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._door, self._tls = door, tls
        self._moving: dict[asyncio.Task[None], socket.socket] = {}
        self._listening = socket.create_server((host, port), backlog=BACKLOG)
        self._listening.setblocking(False)
        self.port: int = self._listening.getsockname()[1]
        self._listen()

    def close(self) -> None:
        """Stop listening; who has been accepted still gets to its protocol."""
        if self._listening.fileno() >= 0:
            self._loop.remove_reader(self._listening)
            self._listening.close()

    def abort(self) -> None:
        """Stop listening, and end all connections that have not got to their protocol yet."""
        self.close()
        for task in self._moving:
            task.cancel()

    async def settled(self) -> None:
        """Return when nobody is on the way to a protocol any more."""
        while self._moving:
            await asyncio.wait(self._moving)

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
        self._taken(client)

    def _taken(self, client: socket.socket) -> None:
        self._hand_over(client, self._door, self._tls)

    def _hand_over(self, client: socket.socket, door: Door, tls: ssl.SSLContext | None) -> None:
        task = self._loop.create_task(self._move(client, door, tls))
        self._moving[task] = client
        task.add_done_callback(self._moved)

    async def _move(self, client: socket.socket, door: Door, tls: ssl.SSLContext | None) -> None:
        try:
            await self._loop.connect_accepted_socket(door, client, ssl=tls)
        except OSError:
            # The handshake failed, or the client went away.
            client.close()

    def _moved(self, task: asyncio.Task[None]) -> None:
        client = self._moving.pop(task)
        if task.cancelled():
            client.close()
