"""Status of pods and of the node as the API wants it: pure, the time comes from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.clusters.local.node.pods import Container, Pod

Status = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ContainerState:
    """How one container is: ``problem`` is why it could not be started, or empty."""

    container: Container
    ready: bool
    problem: str = ""


def pod_status(
    pod: Pod, states: Sequence[ContainerState], *, address: str, host: str, started: str, since: Mapping[str, str]
) -> Status:
    """Return the status of a pod; ``since`` holds the time of the last change of each condition (see ``changed``)."""
    return {
        "phase": "Pending" if any(state.problem for state in states) else "Running",
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": started,
        "conditions": [
            {"type": name, "status": _word(value), "lastTransitionTime": since.get(name, started)}
            for name, value in pod_conditions(states).items()
        ],
        "containerStatuses": [_container_status(pod, state, started) for state in states],
    }


def pod_conditions(states: Sequence[ContainerState]) -> dict[str, bool]:
    """Return the conditions that a kubelet sets for these containers."""
    ready = all(state.ready for state in states)
    return {"PodScheduled": True, "Initialized": True, "ContainersReady": ready, "Ready": ready}


def changed(since: Mapping[str, str], old: Mapping[str, bool], new: Mapping[str, bool], *, now: str) -> dict[str, str]:
    """Return the time of the last change of each condition, where those that differ have changed now."""
    return {name: since[name] if old.get(name) == value and name in since else now for name, value in new.items()}


def _container_status(pod: Pod, state: ContainerState, started: str) -> Status:
    container = state.container
    running = {"running": {"startedAt": started}}
    waiting = {"waiting": {"reason": "RunContainerError", "message": state.problem}}
    return {
        "name": container.name,
        "image": container.image,
        "imageID": "",
        "containerID": f"echo://{pod.uid}/{container.name}",
        "ready": state.ready,
        "started": not state.problem,
        "restartCount": 0,
        "state": waiting if state.problem else running,
    }


def node_manifest(name: str, address: str, pod_cidr: str, *, now: str) -> dict[str, Any]:
    """Return the Node object that the agent registers."""
    room = {"cpu": "64", "memory": "256Gi", "pods": "60000", "ephemeral-storage": "256Gi"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
            },
        },
        "spec": {"podCIDR": pod_cidr, "podCIDRs": [pod_cidr]},
        "status": {
            "capacity": room,
            "allocatable": room,
            "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
            "conditions": [_node_condition(kind, value, now) for kind, value in NODE_CONDITIONS.items()],
            "nodeInfo": {
                "kubeletVersion": "v0.0.0-ingress-conformance",
                "containerRuntimeVersion": "echo://0",
                "operatingSystem": "linux",
                "architecture": "amd64",
                "osImage": "embedded cluster of ingress-conformance",
                **dict.fromkeys(("machineID", "systemUUID", "bootID", "kernelVersion", "kubeProxyVersion"), ""),
            },
        },
    }


NODE_CONDITIONS = {"MemoryPressure": False, "DiskPressure": False, "PIDPressure": False, "Ready": True}


def _node_condition(kind: str, value: bool, now: str) -> dict[str, str]:
    return {
        "type": kind,
        "status": _word(value),
        "reason": "NodeAgentSaysSo",
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }


def _word(value: bool) -> str:
    return "True" if value else "False"
