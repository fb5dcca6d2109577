"""The API server's objects as a stream of events: list, then watch, for as long as it takes.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlencode

from conformance.reference.api import Api, Connection
from conformance.reference.objects import Event

RESOURCES = {
    "ingresses": "/apis/networking.k8s.io/v1",
    "ingressclasses": "/apis/networking.k8s.io/v1",
    "services": "/api/v1",
    "endpointslices": "/apis/discovery.k8s.io/v1",
    "secrets": "/api/v1",
}
_OF_THE_CLUSTER = {"ingressclasses"}
_LOG = logging.getLogger(__name__)
_LIST_SECONDS = 30
_SHORTEST_PAUSE = 0.05
_WATCH_SECONDS = 240
# Bookmarks come about once a minute, so a watch that is silent for longer has lost its server.
_SILENCE_SECONDS = 90
_LONGEST_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Scope:
    """What one watch looks at: a kind, in one namespace or (``""``) in all."""

    kind: str
    namespace: str = ""

    @property
    def path(self) -> str:
        """The URL path of the objects."""
        inside = f"/namespaces/{self.namespace}" if self.namespace else ""
        return f"{RESOURCES[self.kind]}{inside}/{self.kind}"


def scopes(namespaces: Sequence[str]) -> tuple[Scope, ...]:
    """Return the watches that a controller needs that looks at these namespaces, at all of them if none is named."""
    return tuple(
        Scope(kind, namespace)
        for kind in RESOURCES
        for namespace in (("",) if kind in _OF_THE_CLUSTER else namespaces or ("",))
    )


def watch(api: Api, scope: Scope, tell: Callable[[Event], None], stop: threading.Event) -> None:
    """Tell every change in the scope until ``stop`` is set; a lost server is asked again, with short pauses."""
    pause = _SHORTEST_PAUSE
    while not stop.is_set():
        try:
            with api.connection() as connection:
                for event in _list_and_watch(connection, scope):
                    if stop.is_set():
                        return
                    tell(event)
                    pause = _SHORTEST_PAUSE
        except (HTTPException, OSError, ValueError) as error:
            if pause == _SHORTEST_PAUSE:
                _LOG.warning("%s are not told any more, asking again: %s", scope.kind, error)
            stop.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def _list_and_watch(connection: Connection, scope: Scope) -> Iterator[Event]:
    """Yield the list and then its changes; returns when a new list is needed.

    Raises:
        OSError, HTTPException, ValueError: the server is lost, or it says something else.
    """
    document = json.loads(_body(connection, scope.path, _LIST_SECONDS).read())
    version = document["metadata"]["resourceVersion"]
    yield Event(scope.kind, tuple(document["items"]), listed=True, namespace=scope.namespace)
    while True:
        asked = {"watch": 1, "allowWatchBookmarks": 1, "timeoutSeconds": _WATCH_SECONDS, "resourceVersion": version}
        for line in _body(connection, f"{scope.path}?{urlencode(asked)}", _SILENCE_SECONDS):
            change = json.loads(line)
            if change["type"] == "ERROR":
                return
            item = change["object"]
            version = item["metadata"]["resourceVersion"]
            if change["type"] != "BOOKMARK":
                yield Event(scope.kind, (item,), deleted=change["type"] == "DELETED", namespace=scope.namespace)


def _body(connection: Connection, target: str, patience: float) -> HTTPResponse:
    """Return the response, of which only the body is left to read; raises ValueError for any status but 200."""
    response = connection.ask("GET", target, patience)
    if response.status != 200:
        raise ValueError(f"{response.status} {response.reason}")
    return response
