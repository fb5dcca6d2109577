"""List and watch (Kubernetes API concepts, "Efficient detection of changes"), in a thread of its own."""

import json
import logging
import socket
import threading
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from typing import Any

from conformance.clusters.local.node.api import Server, hang_up, pauses

# The API server sends a bookmark about once a minute; silence for longer means that nobody is there any more.
SILENCE = 150.0

log = logging.getLogger(__name__)
Manifest = dict[str, Any]


class ExpiredError(Exception):
    """The resource version is too old (410 Gone): list again."""


class Watch:
    """Follows a collection until ``stop``: survives the API server's restarts and its forgetting.

    ``on_list`` gets all items after every list, ``on_event`` each change after it; both are called in this thread.
    """

    def __init__(
        self,
        server: Server,
        path: str,
        on_list: Callable[[list[Manifest]], None],
        on_event: Callable[[str, Manifest], None],
    ) -> None:
        self._server, self._path = server, path
        self._on_list, self._on_event = on_list, on_event
        self._version = ""
        self._stopped = threading.Event()
        self._socket: socket.socket | None = None
        self._progress = False
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End soon, also while waiting for an event; returns once no more calls come."""
        self._stopped.set()
        hang_up(self._socket)
        if self._thread.ident is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        waits = pauses()
        while not self._stopped.is_set():
            self._progress = False
            connection = self._server.connect(SILENCE)
            try:
                connection.connect()
                self._socket = connection.sock
                self._follow(connection)
            except ExpiredError:
                self._version = ""
            except (OSError, HTTPException, ValueError, KeyError) as error:
                log.debug("watch of %s: %s", self._path, error)
            finally:
                self._socket = None
                connection.close()
            if self._progress:
                waits = pauses()
            self._stopped.wait(next(waits))

    def _follow(self, connection: HTTPConnection) -> None:
        if not self._version:
            connection.request("GET", self._path, headers=self._server.headers())
            response = connection.getresponse()
            found = json.loads(response.read())
            if response.status != 200:
                raise HTTPException(found.get("message", response.status))
            self._version = found["metadata"]["resourceVersion"]
            self._progress = True
            self._on_list(found.get("items") or [])
        query = f"?watch=true&allowWatchBookmarks=true&resourceVersion={self._version}"
        connection.request("GET", self._path + query, headers=self._server.headers())
        with connection.getresponse() as response:
            if response.status == 410:
                raise ExpiredError
            if response.status != 200:
                raise HTTPException(f"status {response.status}")
            while not self._stopped.is_set() and (line := response.readline()):
                self._take(json.loads(line))

    def _take(self, event: Manifest) -> None:
        kind, item = event["type"], event["object"]
        if kind == "ERROR":
            if item.get("code") == 410:
                raise ExpiredError
            raise HTTPException(item.get("message", "error event"))
        self._progress = True
        if kind != "BOOKMARK":
            self._on_event(kind, item)
        self._version = item["metadata"]["resourceVersion"]
