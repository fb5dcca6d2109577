"""The life of one pod: bound, started, ready or not, ended."""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from conformance.clusters.local.node.api import STRATEGIC, Api
from conformance.clusters.local.node.pods import Container, Pod
from conformance.clusters.local.node.status import ContainerState, Status, changed, pod_conditions, pod_status
from conformance.echo import Backend, serve

log = logging.getLogger(__name__)


def now() -> str:
    """Return the time as the API writes it (RFC 3339, UTC)."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Node:
    """Where the pods run."""

    name: str
    address: str


class PodWorker:
    """Brings one pod from its first event to its end; driven by state, so lost or repeated events do no harm."""

    def __init__(self, api: Api, node: Node, pod: Pod, address: str) -> None:
        self.pod = pod
        self._api, self._node, self._address = api, node, address
        self._backends: dict[str, Backend] = {}
        self._problems: dict[str, str] = {}
        self._wake = asyncio.Event()
        self._gone = False
        self._over = asyncio.Event()
        self._started = now()
        self._since: dict[str, str] = {}
        self._conditions: dict[str, bool] = {}
        self._published: Status = {}

    def update(self, pod: Pod) -> None:
        """Take a newer state of the pod; a deletion closes its sockets before this returns, unless it sleeps first."""
        self.pod = pod
        if pod.deleting and not pod.lame_duck:
            self._close()
        self._wake.set()

    def gone(self) -> None:
        """End everything: the pod is no more."""
        self._gone = True
        self._over.set()
        for backend in self._backends.values():
            backend.abort()
        self._wake.set()

    async def run(self) -> None:
        """Do what the pod needs until it is gone."""
        if self.pod.deleting and not self.pod.node:
            return  # held by a finalizer before it was ever bound: nothing to end
        await asyncio.gather(self._bind(), self._start())
        while not self._gone:
            self._wake.clear()
            ending = self.pod.deleting  # as it is published: the pod turns unready before it goes
            await self._publish()
            if ending:
                await self._end()
                return
            await self._wake.wait()

    async def _bind(self) -> None:
        if self.pod.node:
            return
        pod = self.pod
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": pod.name, "namespace": pod.namespace, "uid": pod.uid},
            "target": {"apiVersion": "v1", "kind": "Node", "name": self._node.name},
        }
        status, answer = await self._api.call("POST", f"{pod.path}/binding", binding)
        # 409: bound by an earlier try whose answer was lost, or being deleted; 404: gone. Events tell the rest.
        if status >= 400 and status not in (404, 409):
            log.warning("%s/%s cannot be bound: %s", pod.namespace, pod.name, answer.get("message"))

    async def _start(self) -> None:
        for container in self.pod.containers:
            if self._gone or self.pod.deleting:
                return
            try:
                self._backends[container.name] = await serve(
                    container.identity,
                    self._address,
                    container.ports,
                    container.admin_port,
                    ready=container.begins_ready,
                    on_readiness=lambda _: self._wake.set(),
                    others=container.others,
                )
            except (OSError, ValueError) as error:
                self._problems[container.name] = str(error)
                log.warning("%s/%s cannot be started: %s", self.pod.namespace, self.pod.name, error)
        if self._gone:
            self.gone()
        elif self.pod.deleting:
            self._close()

    def _close(self) -> None:
        for backend in self._backends.values():
            backend.close()

    async def _publish(self) -> None:
        states = [self._state(container) for container in self.pod.containers]
        conditions = pod_conditions(states)
        self._since = changed(self._since, self._conditions, conditions, now=now())
        self._conditions = conditions
        status = pod_status(
            self.pod,
            states,
            address=self._address,
            host=self._node.address,
            started=self._started,
            since=self._since,
        )
        if status == self._published:
            return
        # The UID keeps the patch from a later pod of the same name; without a version it cannot come too late.
        patch = {"metadata": {"uid": self.pod.uid}, "status": status}
        code, answer = await self._api.call("PATCH", f"{self.pod.path}/status", patch, STRATEGIC)
        if code == 200:
            self._published = status
        elif code not in (404, 409):
            log.warning("status of %s/%s: %s", self.pod.namespace, self.pod.name, answer.get("message"))

    def _state(self, container: Container) -> ContainerState:
        backend, problem = self._backends.get(container.name), self._problems.get(container.name, "")
        alive = backend is not None and not self.pod.deleting
        ready = alive and backend is not None and container.is_ready(state=backend.ready)
        return ContainerState(container, ready, problem)

    async def _end(self) -> None:
        # The sleep before the stop is part of the grace, as with a kubelet: what is left is for open connections.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), self.pod.lame_duck)
        self._close()
        left = self.pod.grace - self.pod.lame_duck
        await asyncio.gather(*(backend.drained(left) for backend in self._backends.values()))
        if self._gone:
            return
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": self.pod.uid}}
        code, answer = await self._api.call("DELETE", self.pod.path, body)
        if code not in (200, 202, 404, 409):
            log.warning("%s/%s cannot be deleted: %s", self.pod.namespace, self.pod.name, answer.get("message"))
