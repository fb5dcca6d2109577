"""A controller that runs as pods: seen through the API server, restarted by way of its pods."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from conformance.case.model import Manifest
from conformance.clusters.api import Api, Refused, object_path
from conformance.clusters.current.patience import Patience
from conformance.controllers.installation import WORKLOADS
from conformance.errors import HarnessFailure
from conformance.probes.answer import Endpoint
from conformance.visible import visible

GRACE = 2
"""Seconds that a controller has to end when it is restarted; as on the embedded cluster."""

RESTART_LIMIT = 60.0
READY_AGAIN_LIMIT = 120.0

_PLURALS = {kind: f"{kind}s" for kind in WORKLOADS}
_LOG_LINES = 60


@dataclass(frozen=True)
class Workload:
    """The Deployment, DaemonSet or StatefulSet that runs a controller."""

    kind: str
    name: str
    namespace: str

    @classmethod
    def parsed(cls, text: str, namespace: str) -> "Workload":
        """Return what ``deployment/NAME`` says.

        Raises:
            HarnessFailure: it names no workload.
        """
        kind, _, name = text.partition("/")
        if kind not in _PLURALS or not name:
            raise HarnessFailure(f"{text!r} names no workload", hint="ready is KIND/NAME, such as deployment/traefik")
        return cls(kind, name, namespace)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def path(self) -> str:
        """Its path at the API server."""
        return f"/apis/apps/v1/namespaces/{self.namespace}/{_PLURALS[self.kind]}/{self.name}"

    def delete(self, api: Api) -> None:
        """Delete it with its pods, at once; one that is not there is fine."""
        try:
            api.request("DELETE", self.path, {"propagationPolicy": "Background"})
        except Refused as refusal:
            if refusal.status != 404:
                raise

    def stored(self, api: Api) -> Manifest | None:
        """Return the object, None if there is none."""
        try:
            found: Manifest = api.request("GET", self.path)
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise
        return found

    def ready(self, api: Api) -> bool:
        """Tell whether all of its pods are of the newest template and ready."""
        stored = self.stored(api)
        if stored is None:
            return False
        status = stored.get("status") or {}
        if status.get("observedGeneration") != stored["metadata"].get("generation"):
            return False
        if self.kind == "daemonset":
            wanted = int(status.get("desiredNumberScheduled") or 0)
            fresh, ready = status.get("updatedNumberScheduled"), status.get("numberAvailable")
        else:
            wanted = int(stored["spec"].get("replicas", 1))
            fresh, ready = status.get("updatedReplicas"), status.get("readyReplicas")
        return wanted > 0 and wanted == int(fresh or 0) == int(ready or 0)

    def arguments(self, api: Api) -> tuple[str, ...]:
        """Return the command line of its first container, as far as it differs from the image's."""
        template = ((self.stored(api) or {}).get("spec") or {}).get("template") or {}
        containers: list[dict[str, Any]] = (template.get("spec") or {}).get("containers") or [{}]
        return tuple(map(str, [*(containers[0].get("command") or ()), *(containers[0].get("args") or ())]))

    def pods(self, api: Api) -> list[Manifest]:
        """Return its pods that are not about to end."""
        stored = self.stored(api)
        if stored is None:
            return []
        labels = (stored["spec"]["selector"] or {}).get("matchLabels") or {}
        selector = "%2C".join(f"{key}%3D{value}" for key, value in labels.items())
        return [p for p in api.list_kind("Pod", self.namespace, selector) if not p["metadata"].get("deletionTimestamp")]


@dataclass(frozen=True)
class KindController:
    """One installed instance of a controller."""

    api: Api
    endpoint: Endpoint
    ingress_class: str
    controller: str
    workload: Workload
    patience: Patience
    arguments: tuple[str, ...] = ()
    alive: bool = True
    """The kubelet starts a container that ended anew; :meth:`crashes` tells how often it did."""

    def held(self) -> AbstractContextManager[None]:
        """Hold nothing: it runs in pods."""
        return nullcontext()

    def log_tail(self) -> str:
        """Return the end of the log of its first pod."""
        try:
            for pod in self.workload.pods(self.api)[:1]:
                return visible(self.api.text(f"{object_path(pod_of(pod))}/log?tailLines={_LOG_LINES}"))
        except Refused as refusal:
            return f"(its log cannot be read: {refusal.server_message})"
        return "(it has no pod)"

    def crashes(self) -> int:
        """Return how often containers of its present pods ended by themselves and were started anew."""
        statuses = [
            status
            for pod in self.workload.pods(self.api)
            for status in (pod.get("status") or {}).get("containerStatuses") or ()
        ]
        return sum(int(status.get("restartCount") or 0) for status in statuses)

    def restart(self) -> bool:
        """Delete its pods, and wait until new ones are ready in their place: a slow node is not the controller's fault.

        New pods that do not become ready in time are left to the markers, which tell what the controller serves.

        Raises:
            HarnessFailure: the pods do not end.
            Refused: the API server refuses.
        """
        old = {str(pod["metadata"]["uid"]) for pod in self.workload.pods(self.api)}
        for pod in self.workload.pods(self.api):
            self.api.request("DELETE", object_path(pod_of(pod)), {"gracePeriodSeconds": GRACE})

        def renewed() -> bool:
            now = {str(pod["metadata"]["uid"]) for pod in self.workload.pods(self.api)}
            return bool(now) and not now & old

        if not self.patience.until(renewed, RESTART_LIMIT, longest_pause=0.1):
            raise HarnessFailure(f"{self.workload} was not restarted within {RESTART_LIMIT:.0f} s")
        self.patience.until(lambda: self.workload.ready(self.api), READY_AGAIN_LIMIT, longest_pause=0.1)
        return True

    def stop(self, grace: float = GRACE) -> None:  # noqa: ARG002 - the kubelet knows how to end a pod
        """Delete the workload: no pod is left that could answer, or write to a status."""
        self.workload.delete(self.api)


def pod_of(listed: Manifest) -> Manifest:
    """Return a pod as it is named; the items of lists do not say their kind."""
    meta = listed["metadata"]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": meta["name"], "namespace": meta["namespace"]}}
