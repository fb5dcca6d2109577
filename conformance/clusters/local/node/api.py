"""The API server over plain HTTP/1.1: the kubernetes package takes longer to import than a pod takes to start."""

import asyncio
import contextlib
import json
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
TIMEOUT = 30.0
THREADS = 8
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 1.0
TROUBLE = frozenset({429, 500, 502, 503, 504})
TRIES = 20

log = logging.getLogger(__name__)


def pauses() -> Iterator[float]:
    """Yield growing pauses between tries: short at first, since an API server that restarts is back soon."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE)


@dataclass(frozen=True)
class Server:
    """Where the API server is and how to speak to it."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    token: str

    @classmethod
    def at(cls, url: str, *, ca: Path | None, token: str) -> "Server":
        """Return the server at a URL; ``ValueError`` for a URL that is none, ``OSError`` for a CA that is not there."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url} is not the URL of an API server")
        tls = ssl.create_default_context(cafile=ca) if parts.scheme == "https" else None
        return cls(parts.hostname, parts.port or (443 if tls else 80), tls, token)

    def connect(self, timeout: float = TIMEOUT) -> HTTPConnection:
        """Return a connection, not opened yet."""
        if self.tls is None:
            return HTTPConnection(self.host, self.port, timeout=timeout)
        return HTTPSConnection(self.host, self.port, timeout=timeout, context=self.tls)

    def headers(self, content_type: str = "") -> dict[str, str]:
        """Return the headers of a request."""
        kind = {"Content-Type": content_type} if content_type else {}
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/json", **kind}


def hang_up(connected: socket.socket | None) -> None:
    """End a connection under a thread that reads from it, so that the thread wakes."""
    if connected is not None:
        with contextlib.suppress(OSError):  # closed already
            # Not the TLS socket's own shutdown(), which takes the TLS state away from under the reading thread.
            socket.socket.shutdown(connected, socket.SHUT_RDWR)


class Api:
    """Calls to the API server from the event loop, several at once, each repeated until the server can answer."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="api")
        self._own = threading.local()
        self._connections: list[HTTPConnection] = []

    async def call(
        self, method: str, path: str, body: object = None, content_type: str = "application/json"
    ) -> tuple[int, dict[str, Any]]:
        """Return status and object of the answer, whatever the status.

        While the server cannot be reached the call waits for it; an answer that says "not now" is taken as final after
        20 tries.
        """
        loop = asyncio.get_running_loop()
        data = b"" if body is None else json.dumps(body).encode()
        tries = 0
        for pause in pauses():
            try:
                status, answer = await loop.run_in_executor(self._threads, self._once, method, path, data, content_type)
            except (OSError, HTTPException, ValueError) as error:
                log.debug("%s %s: %s", method, path, error)
            else:
                tries += 1
                if status not in TROUBLE or tries == TRIES:
                    return status, answer
            await asyncio.sleep(pause)
        raise AssertionError("pauses() never ends")

    async def close(self) -> None:
        """End every call that is under way, and the threads with them."""
        for connection in self._connections:
            hang_up(connection.sock)
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        for connection in self._connections:
            connection.close()

    def _once(self, method: str, path: str, body: bytes, content_type: str) -> tuple[int, dict[str, Any]]:
        connection: HTTPConnection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self.server.connect()
            self._connections.append(connection)
        headers = self.server.headers(content_type if body else "")
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            data = response.read()
        except (OSError, HTTPException):
            connection.close()  # the next request opens it again
            raise
        return response.status, _object(data)


def _object(data: bytes) -> dict[str, Any]:
    """Return the JSON object; an answer that is none (a proxy's, a panic's) is kept as a message."""
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"message": data.decode("utf-8", "replace")}
