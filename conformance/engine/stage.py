"""What the engine needs of the world: an API server, and running controllers."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from conformance.clusters.api import Api
from conformance.probes.answer import Endpoint


class RunningController(Protocol):
    """One instance of the controller under test."""

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens."""

    @property
    def ingress_class(self) -> str:
        """The class that this instance serves."""

    @property
    def controller(self) -> str:
        """The controller's name, as IngressClasses give it."""

    @property
    def alive(self) -> bool:
        """Whether it runs; always true where only its answers can tell."""

    def held(self) -> AbstractContextManager[None]:
        """Return what holds it for a short while, where that can be done: what is applied then reaches it as one."""

    def log_tail(self) -> str:
        """Return the end of its log, as far as it can be had."""

    def restart(self) -> bool:
        """Stop it if it still runs, and start it anew; tell whether that was done (where it is ours to do)."""

    def stop(self, grace: float = 2.0) -> None:
        """End it for good: ask, wait ``grace`` seconds, then kill it."""


class Stage(Protocol):
    """A cluster with the run's namespaces and backends on it."""

    @property
    def api(self) -> Api:
        """The API server."""

    @property
    def namespaces(self) -> Mapping[str, str]:
        """The cases' names of namespaces to the real ones."""

    @property
    def realm(self) -> str:
        """What the hosts of the run end with: ``test``, or a part of it that no other run on the controller uses."""

    @property
    def main(self) -> RunningController:
        """The instance that serves the shared cases."""

    @property
    def lanes(self) -> int:
        """How many controller instances of their own may run at once for exclusive cases; 0: none can be had."""

    def settle(self) -> None:
        """Return once every backend can answer and the main instance has been started."""

    def trouble(self) -> str:
        """Return what keeps the cluster from being one on which a controller can be judged just now; else nothing."""

    def fresh(self) -> RunningController:
        """Start another instance with a class and an address of its own."""
