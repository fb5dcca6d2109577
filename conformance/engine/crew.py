"""What every part of the engine works with: the stage, the limits, the threads, the way out for results."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

from conformance.case.model import Case, Manifest
from conformance.clusters.api import Refused
from conformance.clusters.service_address import service_addresses
from conformance.engine.arrivals import arrivals_at
from conformance.engine.limits import Limits
from conformance.engine.pace import Pace
from conformance.engine.pods import READY_LIMIT, await_ready
from conformance.engine.rounds import Watch
from conformance.engine.stage import RunningController, Stage
from conformance.errors import ConformanceError
from conformance.plan.certificates import Mint
from conformance.plan.hosts import REALM
from conformance.plan.instance import Ground
from conformance.plan.objects import with_marker
from conformance.plan.units import Unit
from conformance.probes.answer import ProbeLimits
from conformance.probes.sender import Sender
from conformance.waiting import wait_until

PROBE_THREADS = 48

Placed = tuple[str, Manifest]
"""An object, with the name of the unit that it belongs to."""


class Interrupted(Exception):
    """The run was asked to stop."""


@dataclass
class Crew:
    """Shared by the waves and lanes of one run."""

    stage: Stage
    limits: Limits
    stop: threading.Event = field(default_factory=threading.Event)
    pace: Pace = field(init=False)
    apply_seconds: float = 0.0
    mint: Mint = field(default_factory=Mint)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(PROBE_THREADS, "probe"))

    def __post_init__(self) -> None:
        self.pace = Pace(self.limits)

    def ground(self, controller: RunningController, realm: str) -> Ground:
        """Return what a plan for this instance needs to know."""
        names, realm = dict(self.stage.namespaces), realm.removesuffix(REALM) + self.stage.realm
        return Ground(
            names,
            controller.ingress_class,
            controller.endpoint.address,
            realm,
            controller.controller,
            self.mint,
            self._service_address,
        )

    @cached_property
    def _service_address(self) -> Callable[[str], str]:
        return service_addresses(self.stage.api, self.stage.namespaces[""])

    def watch(self, unit: Unit, controller: RunningController) -> Watch:
        """Return an empty watch of the unit at that instance."""
        names = {real: symbolic for symbolic, real in self.stage.namespaces.items()}
        sender = Sender(controller.endpoint, ProbeLimits(self.limits.probe))
        arrivals = arrivals_at(self.stage.api, self.stage.namespaces)
        return Watch(unit, sender, self.pool, names, look_up=self.stage.api.get, arrivals=arrivals)

    def working(self, controller: RunningController) -> Callable[[], bool]:
        """Return a function that tells whether it makes sense to go on waiting for this instance."""

        def look() -> bool:
            if self.stop.is_set():
                raise Interrupted
            return controller.alive

        return look

    def runs_on(self, controller: RunningController) -> bool:
        """Whether it is the one instance for everything, and serves already: new objects wait for no start of it."""
        return not self.stage.lanes and self.pace.has_served(controller)

    def marker_limit(self, controller: RunningController) -> float:
        """Return how long new markers may take at that instance."""
        return self.pace.marker_limit(running=self.runs_on(controller))

    def restart(self, controller: RunningController) -> bool:
        """Start an instance anew, where that is ours to do; tell whether it was done."""
        self.pace.starts(controller)
        return controller.restart()

    def apply(self, units: Sequence[Unit]) -> dict[str, Refused]:
        """Apply the objects of the units side by side; returns the refusals by unit name."""
        began = time.monotonic()
        refused = self._in_turn(units, lambda _: True)
        self.apply_seconds += time.monotonic() - began
        return refused

    def apply_anew(self, units: Sequence[Unit]) -> dict[str, Refused]:
        """Apply all Ingresses of the units again, at their present revisions; returns the refusals by unit name."""
        return self._in_turn(units, lambda manifest: bool(manifest["kind"] == "Ingress"))

    def _in_turn(self, units: Sequence[Unit], wanted: Callable[[Manifest], bool]) -> dict[str, Refused]:
        refused: dict[str, Refused] = {}
        for turn in self.turns(units):
            refused |= self._applied([(name, one) for name, one in turn if name not in refused and wanted(one)])
        return refused

    def _applied(self, placed: Sequence[Placed]) -> dict[str, Refused]:
        refusals = self.stage.api.apply_all([manifest for _, manifest in placed])
        return {name: one for (name, _), one in zip(placed, refusals, strict=True) if one is not None}

    def turns(self, units: Sequence[Unit]) -> Iterator[Sequence[Placed]]:
        """Yield what is applied at once, in turn: an Ingress that stands beside those of a case speaks for them."""
        last = [(unit.name, unit.objects[unit.beside]) for unit in units if unit.beside is not None]
        speaking = {id(manifest) for _, manifest in last}
        yield [(unit.name, one) for unit in units for one in unit.standing if id(one) not in speaking]
        yield last

    def apply_revision(self, unit: Unit) -> None:
        """Apply the marked objects of a unit again, at its present revision; of several the one that stands beside.

        Raises:
            Refused: the API server refused one of them.
        """
        renewed = unit.marked if unit.beside is None else (unit.beside,)
        for refusal in self._applied([(unit.name, unit.objects[index]) for index in renewed]).values():
            raise refusal

    def prepare(self, units: Sequence[Unit]) -> dict[str, str]:
        """Make the units' own backends, all at once, and wait until they are ready.

        Returns what went wrong, in a sentence, by the name of the unit whose backends are not ready.
        """
        backends = [(unit.name, manifest) for unit in units for manifest in unit.backends]
        refusals = self.stage.api.apply_all([manifest for _, manifest in backends])
        wrong = {
            name: f"a backend of this case was refused: {refusal.server_message}"
            for (name, _), refusal in zip(backends, refusals, strict=True)
            if refusal is not None
        }
        until = time.monotonic() + READY_LIMIT
        for name, manifest in backends:
            if manifest["kind"] == "Deployment" and name not in wrong:
                try:
                    await_ready(self.stage.api, manifest, max(0.0, until - time.monotonic()))
                except ConformanceError as error:
                    wrong[name] = error.message
        return wrong

    def wait_until_gone(self, watch: Watch, controller: RunningController) -> None:
        """Wait until the markers of objects that were removed no longer answer, as long as a change may take."""
        wait_until(lambda: not watch.markers_answer(), self.marker_limit(controller))

    def remove(self, units: Sequence[Unit]) -> None:
        """Delete the objects of the units; what they made of the main instance's class is undone, and the class stays.

        Raises:
            Refused: the API server does not delete one of them.
        """
        written = [manifest for unit in units for manifest in unit.every_object()]
        main = self.stage.main.ingress_class
        lent = [m for m in written if m["kind"] == "IngressClass" and m["metadata"]["name"] == main]
        self.stage.api.delete_all([manifest for manifest in written if manifest not in lent])
        for manifest in lent:
            self.stage.api.apply(without_annotations(manifest))


def without_annotations(manifest: Manifest) -> Manifest:
    """Return what takes away, when it is merged into the object, the annotations that the manifest gave it."""
    meta = manifest["metadata"]
    return {**manifest, "metadata": {**meta, "annotations": dict.fromkeys(meta.get("annotations", {}))}}


def bystander(name: str, ground: Ground) -> Unit:
    """Return a unit of one plain Ingress without cases: its marker shows that the controller works at all."""
    bare: Manifest = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": f"bystander-{name}", "namespace": ground.home},
        "spec": {"ingressClassName": ground.ingress_class},
    }
    cases: tuple[Case, ...] = ()
    return Unit(
        name=f"bystander-{name}",
        cases=cases,
        placement="own",
        objects=(with_marker(bare, 1, ground.realm),),
        marked=(0,),
        probes=(),
        realm=ground.realm,
    )
