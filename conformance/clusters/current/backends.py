"""The backends in somebody's cluster: wait until each can answer, or say why it cannot."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from conformance.clusters.api import Api, Manifest
from conformance.clusters.current.patience import Patience
from conformance.clusters.current.troubles import Trouble, troubles
from conformance.errors import HarnessFailure

LIMIT = 180.0
"""A first pull of the image on each node takes its time."""

LASTING = 20.0
"""How long a trouble that seldom passes must have lasted."""


@dataclass
class Backends:
    """The Deployments and Services ``expected`` in ``namespaces``, all of one ``image``."""

    api: Api
    namespaces: Collection[str]
    expected: int
    image: str
    limit: float = LIMIT
    lasting: float = LASTING
    _troubles: Sequence[Trouble] = field(default_factory=list, init=False)
    _lasting_since: float | None = field(default=None, init=False)

    def wait(self, patience: Patience) -> None:
        """Return once every Service has a ready endpoint.

        Raises:
            HarnessFailure: they are not ready in time, or something is in the way that will not pass by itself.
            Interrupted: the run was asked to stop.
        """
        patience.until(lambda: self._ready() == self.expected or self._hopeless(), self.limit, longest_pause=1.0)
        ready = self._ready()
        if ready == self.expected:
            return
        text = "; ".join(trouble.text for trouble in self._troubles) or "their pods do not say why"
        hint = next((trouble.hint for trouble in self._troubles if trouble.hint), "see `kubectl get pods -A`")
        raise HarnessFailure(f"{self.expected - ready} of {self.expected} backends are not ready: {text}", hint=hint)

    def _ready(self) -> int:
        slices = [found for name in self.namespaces for found in self.api.list_kind("EndpointSlice", name)]
        served = {_service(found) for found in slices if _has_ready_endpoint(found)}
        return len(served)

    def _hopeless(self) -> bool:
        self._look()
        if not any(trouble.lasting for trouble in self._troubles):
            self._lasting_since = None
            return False
        self._lasting_since = self._lasting_since or time.monotonic()
        return time.monotonic() - self._lasting_since >= self.lasting

    def _look(self) -> None:
        deployments, pods = self._all("Deployment"), self._all("Pod")
        self._troubles = troubles(deployments, pods, self.image)

    def _all(self, kind: str) -> list[Manifest]:
        return [found for name in self.namespaces for found in self.api.list_kind(kind, name)]


def _service(endpoint_slice: Manifest) -> tuple[str, str]:
    meta = endpoint_slice["metadata"]
    return str(meta["namespace"]), str((meta.get("labels") or {}).get("kubernetes.io/service-name"))


def _has_ready_endpoint(endpoint_slice: Manifest) -> bool:
    return any((end.get("conditions") or {}).get("ready") for end in endpoint_slice.get("endpoints") or [])
