"""The address written to the status of the Ingresses that are ours.

Source: the comments of ``IngressStatus`` in ``networking.k8s.io/v1``.
"""

import contextlib
import json
import logging
import queue
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http.client import HTTPException

from conformance.reference.api import Api, Connection
from conformance.reference.behaviour import Behaviour
from conformance.reference.model import Key
from conformance.reference.objects import Object, Objects, key_of
from conformance.reference.state import Own

_LOG = logging.getLogger(__name__)
_PATIENCE = 30.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Patch:
    """The address that an Ingress lacks; ``revision`` is the object's resourceVersion without it."""

    ingress: Key
    revision: str
    address: str


def patches(objects: Objects, own: Own, address: str, behaviour: Behaviour) -> tuple[Patch, ...]:
    """Return what has to be written: nothing for an Ingress whose status already is our address and no other."""
    address = address if behaviour.status_address is None else behaviour.status_address
    return tuple(
        Patch(key_of(ingress), ingress["metadata"]["resourceVersion"], address)
        for ingress in objects.ingresses.values()
        if behaviour.wants_status(behaviour.reading.is_ours(objects, own, ingress), ingress)
        if _addresses(ingress) != [address]
    )


def _addresses(ingress: Object) -> list[str]:
    points = ((ingress.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    return [point.get("ip") or point.get("hostname") or "" for point in points]


class Publisher:
    """Writes patches, one after the other; what was written is not written again for the same revision.

    With a ``period`` (seconds) it gathers so long what has to be written.
    """

    def __init__(self, api: Api, period: float = 0.0) -> None:
        self._api, self._period = api, period
        self._wanted: queue.SimpleQueue[tuple[Patch, ...]] = queue.SimpleQueue()
        self._written: dict[Key, str] = {}

    def publish(self, wanted: Iterable[Patch]) -> None:
        """Take over what is to be written; returns at once."""
        self._wanted.put(tuple(wanted))

    def run(self) -> None:
        """Write what comes, for ever; what could not be written is tried again after a second, or with the next."""
        wanted: tuple[Patch, ...] = ()
        while True:
            wanted = self._next(wanted)
            with contextlib.suppress(HTTPException, OSError), self._api.connection() as connection:
                # One that did not do it all is given up: the token may be another one by now.
                while self._write_all(connection, wanted):
                    wanted = self._next(wanted)

    def _lacking(self, wanted: tuple[Patch, ...]) -> bool:
        return any(self._written.get(patch.ingress) != patch.revision for patch in wanted)

    def _next(self, wanted: tuple[Patch, ...]) -> tuple[Patch, ...]:
        """Wait for what is to be written next: what comes, or after a second what is still lacking."""
        with contextlib.suppress(queue.Empty):
            wanted = self._wanted.get(timeout=1.0 if self._lacking(wanted) else None)
        if self._period:
            time.sleep(self._period)
            while not self._wanted.empty():
                wanted = self._wanted.get()
        return wanted

    def _write_all(self, connection: Connection, wanted: tuple[Patch, ...]) -> bool:
        for patch in wanted:
            if self._written.get(patch.ingress) == patch.revision:
                continue
            status, said = write(connection, patch.ingress, [{"ip": patch.address}])
            if status < 300 or status == 404:
                self._written[patch.ingress] = patch.revision
            else:
                _LOG.warning("status of %s/%s was not written: %d %s", *patch.ingress, status, said)
        return not self._lacking(wanted)


def write(connection: Connection, ingress: Key, points: Sequence[Object]) -> tuple[int, str]:
    """Write the points of an Ingress's load balancer, and return the API server's status and its words.

    Raises:
        OSError, HTTPException: there is no answer.
    """
    namespace, name = ingress
    path = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses/{name}/status"
    written = json.dumps({"status": {"loadBalancer": {"ingress": points}}}).encode()
    response = connection.ask("PATCH", path, _PATIENCE, written, "application/merge-patch+json")
    return response.status, response.read().decode(errors="replace")
