"""What kind is told about the cluster to make. Pure."""

from collections.abc import Mapping
from typing import Any

import yaml

_KUBEADM = "kubeadm.k8s.io/v1beta4"
"""kind leaves out patches of another version: older nodes are made as kind makes them."""

# Kubernetes 1.35 and later do not start on cgroup v1 unless told to.
_OLD_CGROUPS = {"kind": "KubeletConfiguration", "failCgroupV1": False}

# A busy machine is slow, and not broken: the usual limit for one call is a minute.
_PATIENT = {
    "apiVersion": _KUBEADM,
    "kind": "InitConfiguration",
    "timeouts": {"controlPlaneComponentHealthCheck": "10m0s", "kubernetesAPICall": "5m0s"},
}


def _arguments(**values: str) -> list[dict[str, str]]:
    return [{"name": name.replace("_", "-"), "value": value} for name, value in values.items()]


# Nothing has to outlive the run, and nobody else wants to lead.
_BRIEF = {
    "apiVersion": _KUBEADM,
    "kind": "ClusterConfiguration",
    "etcd": {"local": {"extraArgs": _arguments(unsafe_no_fsync="true")}},
    "controllerManager": {
        "extraArgs": _arguments(
            enable_hostpath_provisioner="true", leader_elect="false", kube_api_qps="500", kube_api_burst="1000"
        )
    },
    "scheduler": {"extraArgs": _arguments(leader_elect="false")},
}


def configuration(own: str, *, cgroup_v1: bool) -> str:
    """Return kind's configuration file: the user's ``own`` text if there is one, else that of one plain node.

    Source: https://kind.sigs.k8s.io/docs/user/configuration/
    """
    if own:
        return own
    cluster: dict[str, Any] = {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "nodes": [{"role": "control-plane"}],
    }
    patches = [_PATIENT, _BRIEF, *([_OLD_CGROUPS] if cgroup_v1 else [])]
    cluster["kubeadmConfigPatches"] = [yaml.safe_dump(patch, sort_keys=False) for patch in patches]
    return yaml.safe_dump(cluster, sort_keys=False)


def without_network(own: str) -> bool:
    """Tell whether a cluster of the user's ``own`` configuration has no network until something brings one.

    Source: https://kind.sigs.k8s.io/docs/user/configuration/#disable-default-cni
    """
    try:
        told = yaml.safe_load(own)
    except yaml.YAMLError:  # kind itself says what is wrong with it
        return False
    networking = told.get("networking") if isinstance(told, dict) else None
    return isinstance(networking, dict) and networking.get("disableDefaultCNI") is True


def environment(engine: str, network: str, chosen: Mapping[str, str]) -> dict[str, str]:
    """Return what kind's environment needs for a network of the run's own, unless the user ``chosen`` another there."""
    variable = "KIND_EXPERIMENTAL_PODMAN_NETWORK" if engine == "podman" else "KIND_EXPERIMENTAL_DOCKER_NETWORK"
    return {} if chosen.get(variable) else {variable: network}
