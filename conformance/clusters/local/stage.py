"""The embedded cluster set up for a run: namespaces, ready backends, the controller under test."""

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from conformance.case.model import Manifest
from conformance.clusters.api import PATIENCE, Api, Refused
from conformance.clusters.local.cluster import LocalCluster
from conformance.clusters.local.identity import make_common_objects, make_identity, make_own_objects
from conformance.controllers.entry import Entry
from conformance.controllers.instance import Instance, at_rest
from conformance.controllers.manifests import ACCOUNT
from conformance.controllers.programs import Programs, get_programs
from conformance.controllers.site import Site
from conformance.errors import HarnessFailure
from conformance.plan import ground
from conformance.plan.hosts import REALM
from conformance.waiting import wait_until

BACKENDS_LIMIT = 30.0
ADMISSION_LIMIT = 10.0
INSTANCES_PER_CORE = 4


@dataclass
class LocalStage:
    """One embedded cluster with one controller of the catalogue on it."""

    cluster: LocalCluster
    api: Api
    entry: Entry
    programs: Programs
    run_id: str
    main: Instance
    cluster_seconds: float
    provider: str = "local"
    _instances: list[Instance] = field(default_factory=list)
    _settled: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _settling: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def set_up(
        cls,
        entry: Entry,
        overrides: Mapping[str, str],
        say: Callable[[str], None],
        cluster: LocalCluster,
        began: float,
        run_id: str = "",
    ) -> "LocalStage":
        """Put the run's objects on a cluster that runs since ``began``.

        Without a ``run_id`` the run gets one by chance.

        Neither are the backends waited for, nor is the controller started: see :meth:`settle`.

        Raises:
            HarnessFailure: no program.
        """
        try:
            programs = get_programs(entry, say, overrides)
            api = Api.with_token(cluster.server, cluster.plane.credentials.ca, cluster.plane.credentials.admin_token)
            run_id = run_id or secrets.token_hex(3)
            say("applying the backends")
            apply_when_awake(api, ground.namespace_manifests(run_id))
            apply_when_awake(api, ground.first_backends(run_id))
            make_common_objects(api, entry, programs)
            say(f"starting {entry.title}")
            main = _placed(cluster, api, entry, programs, run_id)
            patient = replace(api, patience=PATIENCE)
            stage = cls(cluster, patient, entry, programs, run_id, main, time.monotonic() - began)
            stage._instances.append(main)
            return stage
        except BaseException:
            cluster.end()
            raise

    @property
    def namespaces(self) -> Mapping[str, str]:
        """The cases' names of namespaces to the real ones."""
        return ground.namespaces(self.run_id)

    @property
    def realm(self) -> str:
        """What the hosts end with: nobody else is on this cluster."""
        return REALM

    @property
    def lanes(self) -> int:
        """How many instances of their own exclusive cases may have at once.

        Each of them hears of every change on the cluster, so more than a core can follow make all of them slower.
        """
        most = INSTANCES_PER_CORE * len(os.sched_getaffinity(0))
        return min(self.entry.instances, most) if self.entry.instances > 1 else 0

    def fresh(self) -> Instance:
        """Start another instance of the controller, with a class and an address of its own."""
        instance = _placed(self.cluster, self.api, self.entry, self.programs, self.run_id)
        instance.start()
        with self._lock:
            self._instances.append(instance)
        return instance

    def trouble(self) -> str:
        """Return why nothing can be judged at this moment, and see to it that soon it can again.

        Programs that ended are started again, and namespaces that somebody deleted are made again with their backends.

        Raises:
            HarnessFailure: a program of the control plane ends again and again.
        """
        for instance in list(self._instances):
            instance.shorten_log()
        ended = self.cluster.plane.revive()
        wrong = ended or self.api.what_is_wrong(self.namespaces.values())
        if wrong and not ended:
            at_once = replace(self.api, patience=0.0)
            gone = [one for one in ground.namespace_manifests(self.run_id) if at_once.get(one) is None]
            if gone:
                at_once.apply_all(gone)
                at_once.apply_all(ground.kept_backends(self.run_id))
                self._settled = False
        return wrong

    def settle(self) -> None:
        """Return once every backend of the run has a ready endpoint, and start the main instance.

        Not before: some controllers load what is there when they start, and nothing more for seconds. What is applied
        now is likely to be among it.

        Raises:
            HarnessFailure: the backends were not ready in time, the control plane broke down, or the controller cannot
                be started.
        """
        with self._settling:
            if not self._settled:
                expected = sum(manifest["kind"] == "Service" for manifest in ground.backend_manifests(self.run_id))
                _await_backends(self.api, self.run_id, expected, self.cluster)
                self._settled = True
            self.main.start()

    def end(self) -> None:
        """Stop every instance and the cluster."""
        with self._lock:
            for instance in self._instances:
                instance.stop(grace=0)
        self.cluster.end()


def _placed(cluster: LocalCluster, api: Api, entry: Entry, programs: Programs, run_id: str) -> Instance:
    number, address = cluster.next_address()
    class_name, controller = entry.names(number)
    api.apply(ground.class_manifest(run_id, class_name, controller))
    identity = make_identity(api, entry, number)
    folder = cluster.folder / f"controller-{number}"
    folder.mkdir(mode=0o700)
    site = Site(
        server=cluster.server,
        ca=cluster.plane.credentials.ca,
        token=identity.token,
        folder=folder,
        address=address,
        ingress_class=class_name,
        controller=controller,
        number=number,
        namespace=identity.namespace,
        account=ACCOUNT,
    )
    tokens = make_own_objects(api, entry, identity.namespace, site.published())
    return at_rest(entry, programs, replace(site, tokens=tokens))


def apply_when_awake(api: Api, manifests: Iterable[Manifest]) -> None:
    """Apply objects; a server that has just started may refuse some until its plugins and allocators are awake.

    Raises:
        Refused: one is refused for too long.
    """
    left = list(manifests)
    refusals: list[Refused] = []

    def made() -> bool:
        answers = list(zip(left, api.apply_all(left), strict=True))
        refusals[:] = [refusal for _, refusal in answers if refusal is not None]
        left[:] = [manifest for manifest, refusal in answers if refusal is not None]
        return not left

    if not wait_until(made, ADMISSION_LIMIT, longest_pause=0.05):
        raise refusals[0]


def _await_backends(api: Api, run_id: str, expected: int, cluster: LocalCluster) -> None:
    """Wait until every Service of the run has a ready endpoint."""

    there = 0

    def ready() -> bool:
        nonlocal there
        cluster.plane.check()
        slices = [
            found
            for namespace in ground.namespaces(run_id).values()
            for found in api.list_kind("EndpointSlice", namespace)
        ]
        there = sum(map(_has_ready_endpoint, slices))
        return there >= expected

    if not wait_until(ready, BACKENDS_LIMIT, longest_pause=0.1):
        raise HarnessFailure(
            f"{there} of {expected} backends were ready within {BACKENDS_LIMIT:.0f} s; {cluster.plane.last_words()}"
        )


def _has_ready_endpoint(endpoint_slice: dict[str, object]) -> bool:
    endpoints = endpoint_slice.get("endpoints") or []
    assert isinstance(endpoints, list)
    return any(endpoint.get("conditions", {}).get("ready") for endpoint in endpoints)
