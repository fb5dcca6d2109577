"""The pods of a case's own backends: how many are ready, and what is done to them."""

from collections.abc import Callable

from conformance.case.model import Manifest
from conformance.clusters.api import Api
from conformance.errors import HarnessFailure
from conformance.plan.ground import ADMIN_PORT
from conformance.waiting import wait_until

READY_LIMIT = 60.0
REPLACED_BY = "ingress-conformance.dev/replaced"


def ready_pods(api: Api, deployment: Manifest) -> frozenset[str]:
    """Return the names of the pods of a backend that are ready and not about to end."""
    return frozenset(pod["metadata"]["name"] for pod in _pods(api, deployment) if _is_ready(pod))


def scale(api: Api, deployment: Manifest, replicas: int) -> None:
    """Give the backend another number of pods, and wait until so many are ready."""
    api.merge({**deployment, "spec": {"replicas": replicas}})
    _await(lambda: len(ready_pods(api, deployment)) == replicas, deployment, f"{replicas} ready pods")


def set_readiness(api: Api, deployment: Manifest, *, ready: bool) -> None:
    """Make the first pod unready, or all pods ready, and wait until the API says so."""
    names = sorted(pod["metadata"]["name"] for pod in _pods(api, deployment) if not _is_ending(pod))
    chosen = names if ready else names[:1]
    for name in chosen:
        api.call_pod(deployment["metadata"]["namespace"], name, ADMIN_PORT, f"/ready?value={str(ready).lower()}")
    _await(lambda: (set(chosen) <= ready_pods(api, deployment)) == ready and bool(chosen), deployment, "that readiness")


def replace_all(api: Api, deployment: Manifest, mark: str) -> None:
    """Put a new pod in the place of each, as a rolling update does, and wait until the old ones are gone.

    Until then they serve, so that a controller which goes on sending requests to them is found out when they end.
    """
    before = {pod["metadata"]["uid"] for pod in _pods(api, deployment)}
    template = {"metadata": {"annotations": {REPLACED_BY: mark}}}
    api.merge({**deployment, "spec": {"template": template}})

    def replaced() -> bool:
        pods = _pods(api, deployment)
        return bool(pods) and not before & {pod["metadata"]["uid"] for pod in pods} and all(map(_is_ready, pods))

    _await(replaced, deployment, "new pods")


def await_ready(api: Api, deployment: Manifest, limit: float = READY_LIMIT) -> None:
    """Wait until as many pods are ready as the Deployment asks for.

    Raises:
        HarnessFailure: they are not within ``limit`` seconds.
        Refused: the API server does not say.
    """
    wanted = deployment["spec"]["replicas"]
    _await(lambda: len(ready_pods(api, deployment)) == wanted, deployment, f"{wanted} ready pods", limit)


def _await(condition: Callable[[], bool], deployment: Manifest, what: str, limit: float = READY_LIMIT) -> None:
    if not wait_until(condition, limit, longest_pause=0.05):
        meta = deployment["metadata"]
        raise HarnessFailure(
            f"the backend {meta['namespace']}/{meta['name']} did not get {what} in {READY_LIMIT:.0f} s"
        )


def _pods(api: Api, deployment: Manifest) -> list[Manifest]:
    meta = deployment["metadata"]
    return list(api.list_kind("Pod", meta["namespace"], f"backend={meta['name']}"))


def _is_ending(pod: Manifest) -> bool:
    return bool(pod["metadata"].get("deletionTimestamp"))


def _is_ready(pod: Manifest) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
    return ready and not _is_ending(pod)
