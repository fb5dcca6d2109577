"""A controller installed in a kind cluster: manifests applied, an address for its Service, its workload ready."""

import ipaddress
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from conformance.case.model import Manifest
from conformance.clusters.api import Api, object_path
from conformance.clusters.current.patience import Patience
from conformance.clusters.current.troubles import troubles
from conformance.clusters.kind.controller import KindController, Workload
from conformance.clusters.kind.engine import Engine
from conformance.clusters.kind.manifests import for_instance, images_of, instance_namespace, with_images
from conformance.controllers.entry import Entry
from conformance.controllers.installation import Installation
from conformance.errors import HarnessFailure
from conformance.plan.ground import class_manifest
from conformance.probes.answer import Endpoint

READY_LIMIT = 300.0
MOST = 128
"""Addresses for instances; far fewer are there at once, and an address is used again."""

LASTING = 20.0
"""How long a trouble that seldom passes must have lasted."""

_APPLY_LIMIT = 120.0
_KUBECTL = ["kubectl", "--kubeconfig=/etc/kubernetes/admin.conf"]
_MANAGER = "--field-manager=ingress-conformance"


@dataclass
class Installer:
    """Installs instances of one entry; ``replaced`` are images of the user's own by repository."""

    api: Api
    engine: Engine
    node: str
    entry: Entry
    manifests: Sequence[Manifest]
    replaced: Mapping[str, str]
    run_id: str
    patience: Patience
    _network: ipaddress.IPv4Interface | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _installed: int = 0

    @property
    def installation(self) -> Installation:
        """How the entry says it is installed."""
        assert self.entry.manifests is not None
        return self.entry.manifests

    def install(self) -> KindController:
        """Install the next instance and return it when its pods are ready.

        Raises:
            HarnessFailure: it cannot be installed, or does not become ready.
            Interrupted: the run was asked to stop.
        """
        with self._lock:
            self._installed += 1
            number = self._installed
        namespace = instance_namespace(self.entry, number)
        manifests = with_images(
            for_instance(self.entry, self.manifests, number), self.installation.images, self.replaced
        )
        if self.installation.template:
            # Known kinds in their order: the API server can be asked directly.
            for manifest in manifests:
                self.api.apply(manifest)
        else:
            # Kinds of objects and rights are there before the pods that would end without them.
            self._apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}], "")
            self._apply([manifest for manifest in manifests if not manifest["metadata"].get("namespace")], namespace)
            self._apply([manifest for manifest in manifests if manifest["metadata"].get("namespace")], "")
        class_name, controller = self.entry.names(number)
        ingress_class = class_manifest(self.run_id, class_name, controller)
        stored = self.api.get(ingress_class)
        if stored is None:
            self.api.create(ingress_class)
        else:
            # Cases may change the class of the controller; what carries the run's label is the run's to change.
            meta = {"name": class_name, "labels": ingress_class["metadata"]["labels"]}
            self.api.merge({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": meta})
            controller = str(stored["spec"]["controller"])
        address = self._address(number)
        self._balance(namespace, address)
        workload = Workload.parsed(self.installation.ready, namespace)
        self._wait(workload, images_of(manifests))
        endpoint = Endpoint(str(address), self.installation.reach.http, self.installation.reach.https)
        arguments = workload.arguments(self.api)
        return KindController(self.api, endpoint, class_name, controller, workload, self.patience, arguments)

    def uninstall(self, instance: KindController) -> None:
        """Delete an instance with everything that it was installed with.

        Raises:
            Refused: the API server does not delete something.
        """
        number = next(n for n in range(1, self._installed + 1) if self.entry.names(n)[0] == instance.ingress_class)
        manifests = for_instance(self.entry, self.manifests, number)
        # What is in its namespace goes with that.
        for manifest in manifests:
            if not manifest["metadata"].get("namespace"):
                self.api.delete(manifest)

    def _apply(self, manifests: Sequence[Manifest], namespace: str) -> None:
        if not manifests:
            return
        where = [f"--namespace={namespace}"] if namespace else []
        words = [*_KUBECTL, "apply", "--server-side", "--force-conflicts", _MANAGER, *where, "--filename=-"]
        self.engine.execute(self.node, words, self.patience, _APPLY_LIMIT, yaml.safe_dump_all(manifests))

    def _address(self, number: int) -> ipaddress.IPv4Address:
        """Return an address of the node for an instance, from the end of its network: engines give those out last."""
        with self._lock:
            if self._network is None:
                self._network = self.engine.address_of(self.node, self.patience)
                own = " ".join(str(self._network.network.broadcast_address - n) for n in range(1, MOST + 1))
                words = ["sh", "-ec", f"for a in {own}; do ip address replace $a/32 dev eth0; done"]
                self.engine.execute(self.node, words, self.patience)
        return self._network.network.broadcast_address - (1 + (number - 1) % MOST)

    def _balance(self, namespace: str, address: ipaddress.IPv4Address) -> None:
        """Be the load balancer of the controller's Service: kube-proxy takes what comes to an address of its status."""
        service: Manifest = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": self.installation.reach.service, "namespace": namespace},
        }
        stored = self.api.get(service)
        if stored is None:
            raise HarnessFailure(
                f"the installation made no Service {namespace}/{self.installation.reach.service}",
                where=f"controllers/catalogue/{self.entry.name}.yaml",
                hint="reach names the Service that leads to the controller",
            )
        if stored["spec"].get("type") != "LoadBalancer":
            self.api.merge({**service, "spec": {"externalIPs": [str(address)]}})
            return
        status: dict[str, Any] = {"loadBalancer": {"ingress": [{"ip": str(address)}]}}
        path = f"{object_path(service)}/status"
        self.api.request("PATCH", path, {"status": status}, content_type="application/merge-patch+json")

    def _wait(self, workload: Workload, images: Sequence[str]) -> None:
        hopeless_since: list[float] = []
        found: list[str] = []

        def ready_or_hopeless() -> bool:
            if workload.ready(self.api):
                found.clear()
                return True
            pods = self.api.list_kind("Pod", workload.namespace)
            seen = troubles([], pods, ", ".join(images))
            found[:] = [trouble.text for trouble in seen]
            if not any(trouble.lasting for trouble in seen):
                hopeless_since.clear()
                return False
            hopeless_since[:] = hopeless_since or [time.monotonic()]
            return time.monotonic() - hopeless_since[0] >= LASTING

        became = self.patience.until(ready_or_hopeless, READY_LIMIT, longest_pause=0.25)
        if not became or found:
            said = "; ".join(found) or "its pods do not say why"
            hint = "an image that the nodes cannot pull can be given: --image NAME=IMAGE, or --image NAME=FILE.tar"
            raise HarnessFailure(f"{workload} is not ready: {said}", hint=hint)
