"""Times from a write to its effect at the controller."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from conformance.case.model import SHARED_BACKENDS, Latency, Manifest
from conformance.engine.crew import Crew, bystander
from conformance.engine.rounds import Watch
from conformance.engine.stage import RunningController
from conformance.plan.units import Unit
from conformance.waiting import wait_until


@dataclass(frozen=True)
class Samples:
    """Seconds from each write to its effect; ``None`` where none was seen within the marker limit."""

    change: str
    seconds: tuple[float | None, ...]


@dataclass
class LatencyMeter:
    """Takes samples on one controller instance, one after another."""

    crew: Crew
    controller: RunningController
    watch: Watch
    name: str

    def take(self, latency: Latency) -> Samples:
        """Return the samples that a step asks for."""
        take = {
            "create": self._create,
            "update": self._update,
            "delete": self._delete,
            "endpoint": self._endpoint,
        }[latency.change]
        return Samples(latency.change, tuple(take(latency.samples)))

    def _create(self, samples: int) -> Iterator[float | None]:
        units = [self._extra(f"create-{number}") for number in range(samples)]
        for unit in units:
            yield self._timed(partial(self.crew.apply, [unit]), self._looks(unit))
        self.crew.remove(units)

    def _update(self, samples: int) -> Iterator[float | None]:
        unit = self._extra("update")
        self._timed(partial(self.crew.apply, [unit]), self._looks(unit))
        for _ in range(samples):
            unit = unit.next_revision()
            yield self._timed(partial(self.crew.apply_revision, unit), self._looks(unit))
        self.crew.remove([unit])

    def _delete(self, samples: int) -> Iterator[float | None]:
        units = [self._extra(f"delete-{number}") for number in range(samples)]
        self.crew.apply(units)
        lively = [self._timed(lambda: None, self._looks(unit)) is not None for unit in units]
        for unit, lives in zip(units, lively, strict=True):
            # What never lived cannot be seen to go.
            yield self._timed(partial(self.crew.remove, [unit]), self._is_gone(unit)) if lives else None

    def _endpoint(self, samples: int) -> Iterator[float | None]:
        """Lead the case's Service to another backend each time, and wait for that one to answer its first probe."""
        unit = self.watch.unit
        service: Manifest = next(m for m in unit.standing if m["kind"] == "Service")
        probe = unit.probes[0]
        before: str = service["spec"]["selector"]["backend"]

        def lead_to(backend: str) -> float | None:
            changed = {**service, "spec": {"selector": {"backend": backend}}}
            return self._timed(
                lambda: self.crew.stage.api.merge(changed),
                lambda: self.watch.observe(probe).seen.outcome == backend,
            )

        others = [backend for backend in SHARED_BACKENDS if backend != before]
        for number in range(samples):
            yield lead_to(others[number % 2])
        # As it was: the probes are sent once more at the end.
        lead_to(before)

    def _extra(self, name: str) -> Unit:
        ground = self.crew.ground(self.controller, self.watch.unit.realm)
        return bystander(f"{self.name}-{name}", ground)

    def _looks(self, unit: Unit) -> Callable[[], bool]:
        return self.crew.watch(unit, self.controller).markers_answer

    def _is_gone(self, unit: Unit) -> Callable[[], bool]:
        looks = self._looks(unit)
        return lambda: not looks()

    def _timed(self, write: Callable[[], object], effect: Callable[[], bool]) -> float | None:
        working = self.crew.working(self.controller)
        began = time.monotonic()
        write()
        seen = False

        def look() -> bool:
            nonlocal seen
            seen = effect()
            return seen or not working()

        wait_until(look, self.crew.marker_limit(self.controller), longest_pause=0.01)
        return time.monotonic() - began if seen else None
