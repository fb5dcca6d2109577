"""Why backends are not ready, read from what the cluster says about them. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]

_LASTING = {"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"}
"""Reasons that a kubelet gives after it has tried, or because it need not try: waiting longer seldom helps."""

_PULL = {"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull"}
_LONGEST = 400


@dataclass(frozen=True)
class Trouble:
    """What stands in the way, in a sentence; ``lasting`` says that it will not pass by itself; what to do."""

    text: str
    hint: str
    lasting: bool


def troubles(deployments: Sequence[Object], pods: Sequence[Object], image: str) -> list[Trouble]:
    """Return what keeps the backends from being ready, each trouble once, the lasting ones first."""
    found = [*(t for d in deployments for t in _of_deployment(d)), *(t for pod in pods for t in _of_pod(pod, image))]
    once = {trouble.text: trouble for trouble in found}
    return sorted(once.values(), key=lambda trouble: not trouble.lasting)


def _of_deployment(deployment: Object) -> Iterator[Trouble]:
    for condition in _items(deployment, "status", "conditions"):
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            # The message names the pod, which differs each time.
            why = str(condition.get("message", "")).partition(" is forbidden: ")
            text = f"pods are refused: {_short(why[2] or why[0])}"
            yield Trouble(text, "a quota or a policy of the cluster must admit the pods; see the message", True)


def _of_pod(pod: Object, image: str) -> Iterator[Trouble]:
    for condition in _items(pod, "status", "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            text = f"pods cannot be scheduled: {_short(condition.get('message', condition.get('reason')))}"
            yield Trouble(text, "make room on a node, or see why none takes them", False)
    for status in _items(pod, "status", "containerStatuses"):
        state = status.get("state") or {}
        waiting, ended = state.get("waiting") or {}, (status.get("lastState") or {}).get("terminated") or {}
        reason = str(waiting.get("reason") or "")
        if reason in _PULL:
            text = f"the image {image} cannot be pulled: {reason}: {_short(waiting.get('message'))}"
            yield Trouble(text, _IMAGE_HINT, reason in _LASTING)
        elif reason == "CrashLoopBackOff":
            text = f"the image {image} does not run: it ended with status {ended.get('exitCode', 'unknown')}"
            hint = "--echo-image must name the echo backend's image; `kubectl logs` shows what it said"
            yield Trouble(text, f"{hint} (amd64 or arm64?)", False)
        elif reason not in {"", "ContainerCreating", "PodInitializing"}:
            yield Trouble(
                f"a container does not start: {reason}: {_short(waiting.get('message'))}", "", reason in _LASTING
            )


_IMAGE_HINT = (
    "build it with conformance/echo/Dockerfile, push it where the nodes can pull it (or load it: "
    "`minikube image load`, `k3d image import`, `kind load docker-image`), and name it with --echo-image"
)


def _items(holder: Object, *keys: str) -> Sequence[Mapping[str, Any]]:
    value: Any = holder
    for key in keys:
        value = (value or {}).get(key)
    return value or ()


def _short(text: object) -> str:
    words = " ".join(str(text or "").split())
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
