"""Where releases come from, and whether to ask there at all."""

import os

from conformance.clusters.local.programs.pins import Component

OFFLINE_VARIABLE = "INGRESS_CONFORMANCE_OFFLINE"
MIRROR_VARIABLES = {
    "kubernetes": "INGRESS_CONFORMANCE_KUBERNETES_MIRROR",
    "etcd": "INGRESS_CONFORMANCE_ETCD_MIRROR",
}

_PUBLISHED_AT = {
    "kubernetes": "https://dl.k8s.io/release",
    "etcd": "https://github.com/etcd-io/etcd/releases/download",
}


def base_url(component: Component) -> str:
    """Return the address below which the releases of ``component`` are, without a slash at its end."""
    mirror = os.environ.get(MIRROR_VARIABLES[component.name], "")
    return (mirror or _PUBLISHED_AT[component.name]).rstrip("/")


def offline() -> bool:
    """Return whether the user wants no release downloads; pip and go follow settings of their own."""
    return os.environ.get(OFFLINE_VARIABLE, "").lower() not in {"", "0", "false", "no"}
