"""How many requests of a probe arrived where, which no answer shows: copies, second tries, and what was let through."""

from collections.abc import Callable, Mapping

from conformance.clusters.api import Api
from conformance.plan.ground import ADMIN_PORT
from conformance.waiting import wait_until

LIMIT = 2.0
"""Seconds for what is still on its way when the answer is there: a copy may be sent behind it."""

TOO_MANY = 0.25
"""Seconds for one more than is wanted: it comes, if it does, behind those that are."""

Arrivals = Callable[[Mapping[str, int], str], Mapping[str, int]]
"""Maps what is wanted (how many requests, by backend) and the number of a probe's request to what arrived."""


def arrivals_at(api: Api, namespaces: Mapping[str, str]) -> Arrivals:
    """Return what asks the backends' pods, through the API server; ``namespaces`` maps the cases' names to real ones.

    It raises Refused if the API server, or a pod, does not say.
    """

    def arrived(wanted: Mapping[str, int], number: str) -> Mapping[str, int]:
        # Where there is no pod to ask, nothing is known, which is not the same as that nothing arrived.
        pods = {backend: paths for backend in wanted if (paths := _pods(api, namespaces, backend))}
        found: dict[str, int] = {}

        def enough() -> bool:
            for backend, paths in pods.items():
                found[backend] = sum(int(api.text(f"{path}?probe={number}")) for path in paths)
            return all(found[backend] >= wanted[backend] for backend in found)

        def too_many() -> bool:
            return any(found[backend] > wanted[backend] for backend in found)

        if wait_until(enough, LIMIT) and not too_many():
            wait_until(lambda: enough() and too_many(), TOO_MANY)
        return found

    return arrived


def _pods(api: Api, namespaces: Mapping[str, str], backend: str) -> list[str]:
    symbol, _, name = backend.rpartition("/")
    namespace = namespaces[symbol]
    pods = api.list_kind("Pod", namespace, f"backend={name}")
    return [f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}:{ADMIN_PORT}/proxy/count" for pod in pods]
