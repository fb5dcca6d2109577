"""What somebody inside the namespaces must know of a cluster to work with it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conformance.clusters.api import Api
from conformance.plan import ground
from conformance.plan.instance import Ground, nowhere
from conformance.probes.answer import Endpoint


@dataclass(frozen=True)
class Served:
    """The controller of a cluster: its name, where it listens, the class it serves, the id of its namespaces.

    ``controller`` is the name that an IngressClass gives in ``spec.controller``.
    """

    name: str
    title: str
    endpoint: Endpoint
    ingress_class: str
    run_id: str
    controller: str

    @property
    def namespaces(self) -> dict[str, str]:
        """The cases' names of namespaces to the real ones."""
        return ground.namespaces(self.run_id)

    def ground(self, service_address: Callable[[str], str] = nowhere) -> Ground:
        """Return what a plan for this controller needs to know."""
        return Ground(
            self.namespaces,
            self.ingress_class,
            self.endpoint.address,
            controller=self.controller,
            service_address=service_address,
        )


@dataclass(frozen=True)
class Access:
    """The administrator's kubeconfig, and the controller if there is one."""

    kubeconfig: Path
    served: Served | None = None

    def api(self) -> Api:
        """Return a connection to the API server; only somebody inside can read the kubeconfig and reach it."""
        content = json.loads(self.kubeconfig.read_text())
        cluster = content["clusters"][0]["cluster"]
        token = content["users"][0]["user"]["token"]
        return Api.with_token(cluster["server"], Path(cluster["certificate-authority"]), token)

    def to_values(self) -> dict[str, Any]:
        """Return plain values that :meth:`from_values` reads; there is no secret in them."""
        return {"kubeconfig": str(self.kubeconfig), "served": asdict(self.served) if self.served else None}

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> "Access":
        """Return the access that :meth:`to_values` wrote."""
        served = values["served"]
        if served is None:
            return cls(Path(values["kubeconfig"]))
        return cls(Path(values["kubeconfig"]), Served(**{**served, "endpoint": Endpoint(**served["endpoint"])}))
