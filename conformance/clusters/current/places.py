"""Where a controller says that it can be reached: read from the status of Ingresses and Services. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]

PRODUCT_LABELS = ("app.kubernetes.io/name", "app.kubernetes.io/instance")
"""Charts give the IngressClass and the Service of one installation the same values of these."""


@dataclass(frozen=True)
class Place:
    """A host name or address, and who says that the controller is there."""

    host: str
    told_by: str


def places_of(holder: Object, told_by: str) -> list[Place]:
    """Return the places in ``status.loadBalancer`` of an Ingress or a Service."""
    entries = ((holder.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    hosts = [str(entry.get("ip") or entry.get("hostname") or "") for entry in entries]
    return [Place(host, told_by) for host in dict.fromkeys(hosts) if host]


def product_selector(ingress_class: Object) -> str:
    """Return the label selector of the installation that an IngressClass belongs to; empty if it does not say."""
    labels = ingress_class["metadata"].get("labels") or {}
    if not all(labels.get(name) for name in PRODUCT_LABELS):
        return ""
    return ",".join(f"{name}={labels[name]}" for name in PRODUCT_LABELS)


def balanced(services: Sequence[Object]) -> list[Object]:
    """Return the Services of type LoadBalancer."""
    return [service for service in services if (service.get("spec") or {}).get("type") == "LoadBalancer"]


def name_of(service: Object) -> str:
    """Return NAMESPACE/NAME."""
    return f"{service['metadata']['namespace']}/{service['metadata']['name']}"


def port_forward_advice(context: str, services: Sequence[Object]) -> str:
    """Return how to reach the controller through the API server, with the Service's name where it is known."""
    with_http = [service for service in services if set(_ports(service)) & {80, 443}]
    namespace, name = name_of(with_http[0]).split("/") if len(with_http) == 1 else ("NAMESPACE", "SERVICE")
    command = f"kubectl --context {context} -n {namespace} port-forward service/{name} 8080:80 8443:443"
    return f"`{command}`, and then --address 127.0.0.1:8080 --https-port 8443"


def _ports(service: Object) -> Iterator[int]:
    for port in (service.get("spec") or {}).get("ports") or []:
        yield int(port["port"])
