"""The addresses that a cluster has given its Services."""

from collections.abc import Callable
from functools import cache

from conformance.clusters.api import Api
from conformance.errors import HarnessFailure


def service_addresses(api: Api, namespace: str) -> Callable[[str], str]:
    """Return what tells the cluster address of a Service in this namespace; each is asked for once, when it is needed.

    What is returned raises:
        HarnessFailure: there is no such Service, or it has no address.
    """

    @cache
    def address(name: str) -> str:
        meta = {"name": name, "namespace": namespace}
        service = api.get({"apiVersion": "v1", "kind": "Service", "metadata": meta}) or {}
        found = str((service.get("spec") or {}).get("clusterIP") or "None")
        if found == "None":
            raise HarnessFailure(f"the Service {namespace}/{name} has no address in the cluster")
        return found

    return address
