"""The API server as a run may use it in a cluster that is not its own: every write is to something that it made."""

import copy
from collections.abc import Collection
from dataclasses import dataclass

from conformance.clusters.api import Api, Manifest, Refused, object_path
from conformance.errors import HarnessFailure
from conformance.plan.ground import IMAGE
from conformance.plan.objects import LABEL

FOREIGN = 409


@dataclass(frozen=True)
class OwnedApi(Api):
    """Labels what it writes with the run's id, and writes and deletes nothing that is not the run's.

    Whatever is in one of the run's ``namespaces`` is its own, because it made them. Anything else must carry its label.
    Backends get the ``image`` that the nodes of this cluster can pull.
    """

    run_id: str = ""
    namespaces: Collection[str] = ()
    image: str = IMAGE

    def create(self, manifest: Manifest) -> Manifest:
        """Create an object with the run's label.

        Raises:
            Refused: the API server refused it.
            HarnessFailure: it would be in a namespace of somebody else.
        """
        self._check_place(manifest)
        return super().create(self._own(manifest))

    def merge(self, manifest: Manifest) -> Manifest:
        """Change an object of the run.

        Raises:
            Refused: the API server refused it, or an object of that name belongs to somebody else.
            HarnessFailure: it would be in a namespace of somebody else.
        """
        self._check_owner(manifest)
        return super().merge(self._own(manifest))

    def put(self, manifest: Manifest) -> Manifest:
        """Create an object, or put it whole in the place of the run's own of that name.

        Raises:
            Refused: the API server refused it, or an object of that name belongs to somebody else.
            HarnessFailure: it would be in a namespace of somebody else.
        """
        self._check_owner(manifest)
        return super().put(self._own(manifest))

    def delete(self, manifest: Manifest) -> None:
        """Delete an object of the run; one that is not there is fine.

        Raises:
            Refused: the API server refused, or an object of that name belongs to somebody else.
            HarnessFailure: it would be in a namespace of somebody else.
        """
        self._check_owner(manifest)
        super().delete(manifest)

    def call_pod(self, namespace: str, pod: str, port: int, path: str) -> None:
        """Send a POST to a port of a pod of the run.

        Raises:
            Refused: the API server or the pod refused it.
            HarnessFailure: the pod is in a namespace of somebody else.
        """
        self._check_place({"kind": "Pod", "metadata": {"namespace": namespace, "name": pod}})
        super().call_pod(namespace, pod, port, path)

    def _own(self, manifest: Manifest) -> Manifest:
        meta = manifest["metadata"]
        own = {**manifest, "metadata": {**meta, "labels": {**(meta.get("labels") or {}), LABEL: self.run_id}}}
        if manifest["kind"] == "Deployment" and self.image != IMAGE:
            own = copy.deepcopy(own)
            pod = ((own.get("spec") or {}).get("template") or {}).get("spec") or {}
            for container in pod.get("containers") or []:
                container["image"] = self.image
        return own

    def _check_place(self, manifest: Manifest) -> None:
        namespace = manifest["metadata"].get("namespace")
        if namespace and namespace not in self.namespaces:
            name = f"{manifest['kind']} {namespace}/{manifest['metadata']['name']}"
            raise HarnessFailure(f"{name} is not in a namespace of the run", hint="this is a bug of the suite")

    def _check_owner(self, manifest: Manifest) -> None:
        self._check_place(manifest)
        if manifest["metadata"].get("namespace"):
            return
        found = self.get(manifest)
        if found is not None and (found["metadata"].get("labels") or {}).get(LABEL) != self.run_id:
            name = f"{manifest['kind']} {manifest['metadata']['name']}"
            raise Refused(f"write {object_path(manifest)}", FOREIGN, f"{name} is there, and it is not the run's")
