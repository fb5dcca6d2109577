"""A kind cluster set up for a run: the cluster, the images on its nodes, the controller, and the run's namespaces."""

import secrets
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.case.model import Case
from conformance.clusters.api import Refused
from conformance.clusters.current.connecting import connect
from conformance.clusters.current.owned import OwnedApi
from conformance.clusters.current.patience import Patience
from conformance.clusters.current.settings import Settings
from conformance.clusters.current.stage import CurrentStage
from conformance.clusters.kind.cluster import KEPT, PREFIX, KindCluster
from conformance.clusters.kind.controller import KindController
from conformance.clusters.kind.echo_image import echo_archive
from conformance.clusters.kind.engine import find_engine
from conformance.clusters.kind.images import put_on_nodes
from conformance.clusters.kind.installing import Installer
from conformance.clusters.kind.manifests import written_manifests
from conformance.clusters.kind.settings import KindSettings
from conformance.clusters.kind.tool import kind_tool
from conformance.controllers.entry import Entry
from conformance.engine.crew import Interrupted
from conformance.errors import ConformanceError, HarnessFailure

BACKENDS_LIMIT = 600.0
"""All twelve start at once on one node, which may be part of a busy machine."""

Say = Callable[[str], None]


@dataclass
class KindStage:
    """One kind cluster with one controller of the catalogue in it."""

    cluster: KindCluster
    installer: Installer
    current: CurrentStage
    main: KindController
    lanes: int
    logs: Path
    warn: Say
    provider: str = "kind"
    _further: list[KindController] = field(default_factory=list)
    _ended: bool = False

    @classmethod
    def set_up(
        cls,
        entry: Entry,
        settings: KindSettings,
        cases: Sequence[Case],
        served_limit: float,
        logs: Path,
        say: Say,
        warn: Say,
        stop: threading.Event,
        began: float,
    ) -> "KindStage":
        """Make the cluster, install the controller, and see a plain Ingress served by it.

        ``logs`` is the folder for what the nodes say if that fails.

        Raises:
            HarnessFailure: no engine, no kind, a cluster or a controller that does not become ready.
            Interrupted: ``stop`` was set meanwhile; nothing is left.
        """
        patience, run_id = Patience(stop), secrets.token_hex(3)
        engine, tool = find_engine(patience), kind_tool(say)
        assert entry.manifests is not None
        manifests = written_manifests(entry.manifests, settings.manifests, patience)
        cluster = KindCluster(KEPT if settings.keep else f"{PREFIX}-{run_id}", tool, engine, settings.keep)
        current: CurrentStage | None = None
        try:
            with ThreadPoolExecutor(1, "image") as beside:
                # Written while the cluster comes up: both take their time the first time.
                echo = None if settings.echo_image else beside.submit(echo_archive, say)
                cluster.bring_up(settings, say, patience)
            echo_name, echo_path = (settings.echo_image, None) if echo is None else echo.result()
            say("putting images on the nodes")
            if echo_path is not None:
                cluster.load_archive(echo_path, patience)
            replaced = put_on_nodes(cluster, settings.images, patience)
            access = Settings(kubeconfig=str(cluster.kubeconfig), context=cluster.context)
            api = connect(access).api
            say(f"installing {entry.title}")
            installer = Installer(api, engine, cluster.node, entry, manifests, replaced, run_id, patience)
            main = installer.install()
            where = replace(
                access,
                ingress_class=main.ingress_class,
                host=main.endpoint.address,
                http_port=main.endpoint.http_port,
                https_port=main.endpoint.https_port,
                echo_image=echo_name,
                exclusive=True,
            )
            current = CurrentStage.set_up(where, cases, served_limit, say, warn, stop, began, run_id, BACKENDS_LIMIT)
            lanes = entry.instances_in_pods if entry.instances_in_pods > 1 else 0
            return cls(cluster, installer, current, main, lanes, logs, warn)
        except BaseException as failure:
            if isinstance(failure, ConformanceError) and cluster.export_logs(logs):
                warn(f"what the cluster's nodes and pods said: {logs}")
            if current is not None and settings.keep:
                with suppress(HarnessFailure):
                    current.end()
            # The reason for the failure must not be lost behind one of deleting.
            with _told(warn):
                cluster.end()
            raise

    @property
    def api(self) -> OwnedApi:
        """The API server: what is written carries the run's label."""
        return self.current.api

    @property
    def namespaces(self) -> Mapping[str, str]:
        """The cases' names of namespaces to the real ones."""
        return self.current.namespaces

    @property
    def realm(self) -> str:
        """What the hosts of the run end with."""
        return self.current.realm

    @property
    def cluster_seconds(self) -> float:
        """How long it took until the objects of the run were on the cluster."""
        return self.current.cluster_seconds

    def settle(self) -> None:
        """Do nothing: the backends were ready before the stage was there."""

    def trouble(self) -> str:
        """Return why nothing can be judged at this moment."""
        return self.current.trouble()

    def fresh(self) -> KindController:
        """Install another instance, with a class, an address and a namespace of its own."""
        instance = self.installer.install()
        self._further.append(instance)
        return instance

    def end(self) -> None:
        """Delete the cluster; of a kept one, what the run made, but for the controller.

        Raises:
            HarnessFailure: something cannot be deleted.
        """
        if self._ended:
            return
        self._ended = True
        failure = sys.exception()
        try:
            self._last_look(failure)
            if self.cluster.keep:
                self.current.end()
                for instance in self._further:
                    self.installer.uninstall(instance)
                self.warn(f"the cluster is kept; to delete it: {self.cluster.by_hand}")
        finally:
            self.cluster.end()

    def _last_look(self, failure: BaseException | None) -> None:
        crashes = 0
        with suppress(Refused):
            crashes = self.main.crashes()
        if crashes:
            self.warn(f"the controller ended by itself and was started anew, {crashes} times")
        hurried = isinstance(failure, (Interrupted, KeyboardInterrupt))
        # The pods are about to go, and with them why the controller ended.
        if (failure or crashes) and not hurried and self.cluster.export_logs(self.logs):
            self.warn(f"what the cluster's nodes and pods said: {self.logs}")


@contextmanager
def _told(warn: Say) -> Iterator[None]:
    """Warn of a failure, and go on."""
    try:
        yield
    except HarnessFailure as failure:
        warn(str(failure))
