"""A cluster of the user's own set up for a run: namespaces of the run, ready backends, the controller that is there."""

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field

from conformance.case.model import Case
from conformance.clusters.api import PATIENCE, Refused
from conformance.clusters.current.backends import LIMIT, Backends
from conformance.clusters.current.classes import served_class
from conformance.clusters.current.connecting import Connection, connect
from conformance.clusters.current.going_on import going_on
from conformance.clusters.current.leftovers import delete, leftovers
from conformance.clusters.current.owned import OwnedApi
from conformance.clusters.current.patience import Patience
from conformance.clusters.current.reaching import Reaching
from conformance.clusters.current.rights import demand, rights_for
from conformance.clusters.current.settings import Settings
from conformance.errors import HarnessFailure
from conformance.plan import ground
from conformance.plan.hosts import REALM
from conformance.probes.answer import Endpoint

END_LIMIT = 90.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class UserController:
    """The controller that the user runs: it can only be seen by its answers, and is neither stopped nor restarted."""

    endpoint: Endpoint
    ingress_class: str
    controller: str
    alive: bool = True
    arguments: tuple[str, ...] = ()

    def held(self) -> AbstractContextManager[None]:
        """Hold nothing: it runs in pods."""
        return nullcontext()

    def log_tail(self) -> str:
        """Return nothing: its log is the user's."""
        return ""

    def restart(self) -> bool:
        """Do nothing: whoever waits for it afterwards sees whether it came back by itself."""
        return False

    def stop(self, grace: float = 0.0) -> None:
        """Do nothing."""


@dataclass
class CurrentStage:
    """The run's namespaces in the user's cluster."""

    api: OwnedApi
    connection: Connection
    run_id: str
    warn: Say
    began: float
    cluster_seconds: float = 0.0
    provider: str = "current"
    lanes: int = 0
    _main: UserController | None = None
    _marks: ExitStack = field(default_factory=ExitStack)
    _ending: threading.Lock = field(default_factory=threading.Lock)
    _ended: bool = False

    @classmethod
    def set_up(
        cls,
        settings: Settings,
        cases: Sequence[Case],
        served_limit: float,
        say: Say,
        warn: Say,
        stop: threading.Event,
        began: float,
        run_id: str = "",
        backends_limit: float = LIMIT,
    ) -> "CurrentStage":
        """Make the run's namespaces and backends, and see a plain Ingress served by the controller.

        Without a ``run_id`` the run gets one by chance. Backends get ``backends_limit`` seconds to become ready.

        Raises:
            HarnessFailure: no connection, no permission, no such class, backends that do not run, or a controller that
                does not serve within ``served_limit`` seconds.
            Interrupted: ``stop`` was set meanwhile.
        """
        connection = connect(settings)
        say(f"context {connection.context} is Kubernetes {connection.version} at {connection.server}")
        demand(connection.api, rights_for(cases))
        ingress_class = served_class(connection.api, settings.ingress_class)
        run_id = run_id or secrets.token_hex(3)
        image = settings.echo_image or ground.IMAGE
        api = OwnedApi(
            connection.api.client, run_id, tuple(ground.namespaces(run_id).values()), image, patience=PATIENCE
        )
        stage = cls(api, connection, run_id, warn, began)
        try:
            stage._populate(say, Patience(stop), backends_limit)
            reaching = Reaching(
                api, settings, connection.context, ingress_class, stage.namespaces, stage.realm, served_limit
            )
            endpoint = reaching.find(say, Patience(stop))
            stage._main = UserController(
                endpoint, ingress_class["metadata"]["name"], ingress_class["spec"]["controller"]
            )
            stage.cluster_seconds = time.monotonic() - began
        except BaseException:
            stage.end()
            raise
        return stage

    @property
    def main(self) -> UserController:
        """The user's controller."""
        assert self._main is not None
        return self._main

    @property
    def namespaces(self) -> Mapping[str, str]:
        """The cases' names of namespaces to the real ones."""
        return ground.namespaces(self.run_id)

    @property
    def realm(self) -> str:
        """Hosts of this run end with its id, so that two runs on one controller do not meet."""
        return f"{self.run_id}.{REALM}"

    def settle(self) -> None:
        """Do nothing: the backends were ready before the stage was there."""

    def trouble(self) -> str:
        """Return why nothing can be judged at this moment: no API server, a namespace of the run that is gone."""
        return self.api.what_is_wrong(self.api.namespaces)

    def fresh(self) -> UserController:
        """Refuse: the controller is the user's, and there is one."""
        raise HarnessFailure("there are no fresh instances in a cluster of the user's own")

    def end(self) -> None:
        """Delete what the run made, and wait until it is gone.

        Raises:
            HarnessFailure: the API server does not let go of it.
        """
        with self._ending:
            if self._ended:
                return
            self._ended = True
            by_hand = f"ingress-conformance cluster clean --context {self.connection.context} --run {self.run_id}"
            try:
                left = delete(self.api, leftovers(self.api, self.run_id), END_LIMIT)
            except Refused as refusal:
                raise HarnessFailure(
                    f"objects of the run are left in the cluster: {refusal.server_message}", hint=by_hand
                ) from refusal
            finally:
                self._marks.close()
            if left:
                names = ", ".join(map(str, left))
                self.warn(
                    f"still going away after {END_LIMIT:.0f} s: {names}; see later whether it has gone: {by_hand}"
                )

    def _populate(self, say: Say, patience: Patience, limit: float) -> None:
        self._marks.enter_context(going_on(self.run_id))
        say(f"making the namespaces {' and '.join(self.api.namespaces)}")
        # Created and never merged: a namespace that is there already is somebody else's.
        for manifest in ground.namespace_manifests(self.run_id):
            self.api.create(manifest)
        manifests = list(ground.backend_manifests(self.run_id))
        refusals = [refusal for refusal in self.api.apply_all(manifests) if refusal is not None]
        if refusals:
            raise HarnessFailure(f"a backend was refused: {refusals[0].server_message}")
        expected = sum(manifest["kind"] == "Service" for manifest in manifests)
        say(f"waiting for {expected} backends of image {self.api.image}")
        Backends(self.api, self.api.namespaces, expected, self.api.image, limit).wait(patience)
