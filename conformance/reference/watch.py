"""The API server's objects as a stream of events: list, then watch, for as long as it takes.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

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
_CONNECT_SECONDS = 5
_SHORTEST_PAUSE = 0.05
_WATCH_SECONDS = 240
# Bookmarks come about once a minute, so a watch that is silent for longer has lost its server.
_SILENCE_SECONDS = 90
_LONGEST_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Api:
    """How to reach the API server."""

    server: str
    ca: Path | None = None
    token_file: Path | None = None

    def session(self) -> requests.Session:
        """Return a session for one thread, with the token as the file holds it now; raises OSError without the file."""
        made = requests.Session()
        made.trust_env = False
        made.verify = str(self.ca) if self.ca else True
        if self.token_file:
            made.headers["Authorization"] = "Bearer " + self.token_file.read_text(encoding="utf-8").strip()
        return made


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
            with api.session() as session:
                for event in _list_and_watch(session, api.server.rstrip("/") + scope.path, scope):
                    if stop.is_set():
                        return
                    tell(event)
                    pause = _SHORTEST_PAUSE
        except (requests.RequestException, OSError, ValueError) as error:
            if pause == _SHORTEST_PAUSE:
                _LOG.warning("%s are not told any more, asking again: %s", scope.kind, error)
            stop.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def _list_and_watch(session: requests.Session, url: str, scope: Scope) -> Iterator[Event]:
    """Yield the list and then its changes; returns when a new list is needed, raises RequestException or ValueError."""
    listed = session.get(url, timeout=(_CONNECT_SECONDS, 30))
    listed.raise_for_status()
    document = listed.json()
    version = document["metadata"]["resourceVersion"]
    yield Event(scope.kind, tuple(document["items"]), listed=True, namespace=scope.namespace)
    while True:
        parameters = {"watch": "1", "allowWatchBookmarks": "1", "timeoutSeconds": str(_WATCH_SECONDS)}
        with session.get(
            url,
            params=parameters | {"resourceVersion": version},
            stream=True,
            timeout=(_CONNECT_SECONDS, _SILENCE_SECONDS),
        ) as response:
            response.raise_for_status()
            for line in response.iter_lines(chunk_size=None):
                change = json.loads(line)
                if change["type"] == "ERROR":
                    return
                item = change["object"]
                version = item["metadata"]["resourceVersion"]
                if change["type"] != "BOOKMARK":
                    yield Event(scope.kind, (item,), deleted=change["type"] == "DELETED", namespace=scope.namespace)
