"""One step of a case carried out: changes, a wait for the controller to load them, probes."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from conformance.case.model import Manifest
from conformance.clusters.api import Api
from conformance.engine import pods
from conformance.engine.crew import Crew, bystander
from conformance.engine.latency import LatencyMeter, Samples
from conformance.engine.rounds import Watch
from conformance.engine.stage import RunningController
from conformance.engine.traffic import Flow, flowing
from conformance.engine.watching import converge, wait_for_markers
from conformance.judge.probes import CONSECUTIVE, as_expected
from conformance.plan.actions import PlannedAction
from conformance.plan.units import PlannedProbe, PlannedStep, Unit
from conformance.waiting import wait_until


@dataclass(frozen=True)
class StepSeen:
    """A step that was carried out. ``at`` is on the clock of the watch, when its first change was made."""

    step: PlannedStep
    watch: Watch
    at: float
    live: bool
    flow: Flow | None = None
    samples: Samples | None = None


def change(api: Api, action: PlannedAction, objects: Sequence[Manifest], mark: str) -> None:
    """Make one change to an object of ``objects``, or to the pods of a backend; ``mark`` is new with each step.

    Raises:
        Refused: the API server refused it.
        HarnessFailure: the pods of a backend did not become what was asked.
    """
    match action.kind:
        case "write":
            api.put(objects[action.index])
        case "delete":
            api.delete(action.target)
        case "scale":
            pods.scale(api, action.target, action.number)
        case "unready" | "ready":
            pods.set_readiness(api, action.target, ready=action.kind == "ready")
        case "replace":
            pods.replace_all(api, action.target, mark)


@dataclass(frozen=True)
class StepRunner:
    """Carries out the steps of one unit on one controller instance."""

    crew: Crew
    controller: RunningController

    def carry_out(self, unit: Unit, step: PlannedStep) -> StepSeen:
        """Change what the step changes, wait until it is loaded, and observe its probes until they can be judged.

        Raises:
            Refused: the API server refused a change.
            HarnessFailure: the pods of a backend did not become what was asked.
        """
        time.sleep(step.after)
        later = unit.after(step)
        watch = self.crew.watch(later, self.controller)
        at = watch.clock()
        with ExitStack() as stack:
            flow = None
            if step.traffic is not None:
                flow = stack.enter_context(flowing(step.traffic, watch.observe))
            for action in step.actions:
                self._perform(action, later, str(step.number))
            watch.unit = replace(later, probes=tuple(self._with_pods(planned, later) for planned in later.probes))
            if step.unannounced and not self._noticed(watch):
                return StepSeen(step, watch, at, live=watch.live_after is not None, flow=flow)
            live = self._loaded(watch, step)
            meter = LatencyMeter(self.crew, self.controller, watch, unit.name.replace("/", "-"))
            samples = meter.take(step.latency) if step.latency and live else None
        return StepSeen(step, watch, at, live, flow, samples)

    def _noticed(self, watch: Watch) -> bool:
        """Whether the positive probes come to be right before any Ingress is written.

        Whoever looks at Secrets, Services or classes only when an Ingress changes would else be right by the Ingress
        beside. What was right is no evidence yet: the Ingress beside is still to tell that all has been loaded.
        """
        working = self.crew.working(self.controller)
        awaited = [planned for planned in watch.unit.probes if planned.positive]
        if not wait_for_markers(watch, self.crew.marker_limit(self.controller), working):
            return False

        def right() -> bool:
            watch.round(awaited)
            return not working() or all(_is_right(watch, planned) for planned in awaited)

        if not wait_until(right, self.crew.marker_limit(self.controller)):
            for _ in range(CONSECUTIVE):
                watch.round()
        if not all(_is_right(watch, planned) for planned in awaited):
            return False
        for key, attempts in watch.attempts.items():
            watch.attempts[key] = [replace(attempt, counted=False) for attempt in attempts]
        watch.live_after = None
        return True

    def _loaded(self, watch: Watch, step: PlannedStep) -> bool:
        """Write the Ingress beside; if the controller loads it, go on until the probes can be judged."""
        if step.unannounced:
            announced = watch.unit.next_revision()
            watch.unit = replace(announced, first_revision=announced.revision)
        assert watch.unit.beside is not None
        # Last of all: once this one is loaded, the controller has heard of what was written before it.
        self.crew.stage.api.put(watch.unit.objects[watch.unit.beside])
        working = self.crew.working(self.controller)
        restarted = any(action.kind == "restart" for action in step.actions)
        limit = self.crew.limits.marker if restarted else self.crew.marker_limit(self.controller)
        if not wait_for_markers(watch, limit, working):
            return False
        if not restarted:
            # How long a controller takes to start says nothing of how long it takes to load a change.
            self.crew.pace.lived(watch, self.controller)
        limit = self.crew.marker_limit(self.controller)
        converge(watch, self.crew.limits, self.crew.apply_revision, working, marker_limit=limit)
        return True

    def _perform(self, action: PlannedAction, later: Unit, mark: str) -> None:
        match action.kind:
            case "restart":
                self.crew.restart(self.controller)
            case "unrelated":
                self._update_another(later, action.number)
            case _:
                change(self.crew.stage.api, action, later.objects, mark)

    def _update_another(self, later: Unit, times: int) -> None:
        name = f"{later.name.replace('/', '-')}-unrelated"
        other = bystander(name, self.crew.ground(self.controller, later.realm))
        self.crew.apply([other])
        for _ in range(times):
            other = other.next_revision()
            self.crew.stage.api.merge(other.objects[0])
        self.crew.remove([other])

    def _with_pods(self, planned: PlannedProbe, unit: Unit) -> PlannedProbe:
        """Return the probe with the names of the pods that must answer it, as the API server has them now."""
        if planned.probe.expect.pods is None:
            return planned
        real = {alias: name for name, alias in planned.aliases.items()}[planned.probe.expect.outcome]
        deployment = next(m for m in unit.backends if m["kind"] == "Deployment" and m["metadata"]["name"] == real)
        names = pods.ready_pods(self.crew.stage.api, deployment)
        return replace(planned, facts=replace(planned.facts, pods=names))


def _is_right(watch: Watch, planned: PlannedProbe) -> bool:
    last = watch.of(planned)[-1]
    return last.counted and as_expected(planned.probe, last, planned.ending, planned.facts)
