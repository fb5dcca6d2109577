"""The node agent: registers the node and gives every pod a worker."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from conformance.clusters.local.node.addresses import AddressPool
from conformance.clusters.local.node.api import MERGE, STRATEGIC, Api, Server
from conformance.clusters.local.node.pods import Pod, pod_of
from conformance.clusters.local.node.status import node_manifest
from conformance.clusters.local.node.watching import Watch
from conformance.clusters.local.node.worker import Node, PodWorker, now
from conformance.errors import HarnessFailure

log = logging.getLogger(__name__)


class Agent:
    """One node of the embedded cluster."""

    def __init__(self, server: Server, node: Node, pod_cidr: str) -> None:
        self._server, self._node, self._pod_cidr = server, node, pod_cidr
        self._addresses = AddressPool(pod_cidr)
        self._api = Api(server)
        self._workers: dict[str, PodWorker] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._listed = asyncio.Event()

    async def run(self, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Serve the node until ``stop``; ``on_ready`` is called once it is registered and the first list is done.

        Raises ``HarnessFailure`` if the API server refuses the node.
        """
        loop = asyncio.get_running_loop()
        watch = Watch(
            self._server,
            "/api/v1/pods",
            lambda items: _in(loop, self.listed, items),
            lambda kind, item: _in(loop, self.seen, kind, item),
        )
        stopped = loop.create_task(stop.wait())
        begin = loop.create_task(self._begin(watch, on_ready))
        try:
            await asyncio.wait({stopped, begin}, return_when=asyncio.FIRST_COMPLETED)
            if begin.done():
                begin.result()
                await stopped
        finally:
            await self._end(watch, stopped, begin)

    async def _begin(self, watch: Watch, on_ready: Callable[[], None]) -> None:
        await self._register()
        watch.start()
        await self._listed.wait()
        on_ready()

    async def _end(self, watch: Watch, *tasks: asyncio.Task[Any]) -> None:
        await asyncio.to_thread(watch.stop)
        for worker in self._workers.values():
            worker.gone()
        for task in (*tasks, *self._tasks):
            task.cancel()
        await asyncio.gather(*tasks, *self._tasks, return_exceptions=True)
        await self._api.close()

    async def _register(self) -> None:
        node = node_manifest(self._node.name, self._node.address, self._pod_cidr, now=now())
        path = f"/api/v1/nodes/{self._node.name}"
        calls: list[tuple[str, str, object, str]] = [
            ("POST", "/api/v1/nodes", node, "application/json"),
            ("PATCH", f"{path}/status", {"status": node["status"]}, STRATEGIC),
            # Admission marks every new node as not ready; nobody else is there to take the mark away.
            ("PATCH", path, {"spec": {"taints": None}}, MERGE),
        ]
        for call in calls:
            code, answer = await self._api.call(*call)
            if code >= 400 and not (call[0] == "POST" and code == 409):
                raise HarnessFailure(f"the API server refuses the node ({code}): {answer.get('message')}")

    def listed(self, items: list[dict[str, Any]]) -> None:
        """Take the whole truth: every pod in the list, and no other."""
        present = {item["metadata"]["uid"] for item in items}
        for uid in [uid for uid in self._workers if uid not in present]:
            self._remove(uid)
        for item in items:
            self.seen("ADDED", item)
        self._listed.set()

    def seen(self, kind: str, item: dict[str, Any]) -> None:
        """Take one event."""
        uid = item["metadata"]["uid"]
        if kind == "DELETED":
            self._remove(uid)
            return
        try:
            pod = pod_of(item)
        except (KeyError, TypeError, ValueError) as error:
            log.warning("pod %s cannot be read: %s", item["metadata"].get("name"), error)
            return
        worker = self._workers.get(uid)
        if worker is not None:
            worker.update(pod)
        elif pod.node in ("", self._node.name) and not pod.finished:
            self._add(pod)

    def _add(self, pod: Pod) -> None:
        if pod.address:
            self._addresses.adopt(pod.uid, pod.address)
        worker = self._workers[pod.uid] = PodWorker(self._api, self._node, pod, self._addresses.give(pod.uid))
        task = asyncio.get_running_loop().create_task(worker.run())
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _remove(self, uid: str) -> None:
        worker = self._workers.pop(uid, None)
        if worker is not None:
            worker.gone()
        self._addresses.forget(uid)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a pod's worker failed", exc_info=error)


def _in(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *arguments: object) -> None:
    """Call in the loop, from another thread; a loop that has ended needs to hear nothing."""
    try:
        loop.call_soon_threadsafe(call, *arguments)
    except RuntimeError:
        log.debug("the agent has ended")
