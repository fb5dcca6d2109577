"""A listener for clients of two kinds: TLS with those that begin so, plain HTTP with the others."""

import socket
import ssl

from conformance.echo.listener import Door, Listener

HANDSHAKE = b"\x16"
"""How TLS begins (RFC 8446, 5.1); no method of HTTP does."""


class EitherWay(Listener):
    """Looks at the first byte of each client, without taking it away from whoever serves it."""

    def __init__(self, host: str, port: int, plain: Door, secured: Door, tls: ssl.SSLContext) -> None:
        self._secured = (secured, tls)
        self._silent: set[socket.socket] = set()
        super().__init__(host, port, plain)

    def close(self) -> None:
        """Stop listening; who has said nothing yet is turned away."""
        super().close()
        for client in tuple(self._silent):
            self._forget(client)
            client.close()

    def _taken(self, client: socket.socket) -> None:
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
        elif first == HANDSHAKE:
            self._hand_over(client, *self._secured)
        else:
            self._hand_over(client, self._door, None)

    def _forget(self, client: socket.socket) -> None:
        self._loop.remove_reader(client)
        self._silent.discard(client)
