"""What kind is told about the cluster to make. Pure."""

from collections.abc import Mapping
from typing import Any

import yaml

# Kubernetes 1.35 and later do not start on cgroup v1 unless told to.
_OLD_CGROUPS = "kind: KubeletConfiguration\nfailCgroupV1: false\n"


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
    if cgroup_v1:
        cluster["kubeadmConfigPatches"] = [_OLD_CGROUPS]
    return yaml.safe_dump(cluster, sort_keys=False)


def environment(engine: str, network: str, chosen: Mapping[str, str]) -> dict[str, str]:
    """Return what kind's environment needs for a network of the run's own, unless the user ``chosen`` another there."""
    variable = "KIND_EXPERIMENTAL_PODMAN_NETWORK" if engine == "podman" else "KIND_EXPERIMENTAL_DOCKER_NETWORK"
    return {} if chosen.get(variable) else {variable: network}
