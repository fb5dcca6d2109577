"""Cases that could disturb others: one by one, on a controller instance of their own where one can be had."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from conformance.case.model import Case
from conformance.engine.crew import Crew, bystander
from conformance.engine.record import Judgement
from conformance.engine.rounds import Watch
from conformance.engine.second_look import look_again
from conformance.engine.stage import RunningController
from conformance.engine.watching import converge, wait_for_markers
from conformance.errors import HarnessFailure
from conformance.judge.cases import CaseVerdict
from conformance.judge.words import Reason, Verdict
from conformance.plan.hosts import REALM
from conformance.plan.units import Unit, unit_of
from conformance.report.model import Finding
from conformance.waiting import wait_until


def judge_exclusive(crew: Crew, cases: Sequence[Case], hopeless: Callable[[], bool]) -> None:
    """Judge each case alone; several side by side where the stage can start more instances.

    Odd but valid objects come last. ``hopeless`` tells that the controller has served nothing in this run.
    """
    ordered = sorted(cases, key=lambda case: case.placement == "odd")

    def one(case: Case) -> None:
        if crew.stage.lanes:
            _on_fresh_instance(crew, case, hopeless)
        else:
            _judge(crew, case, crew.stage.main, hopeless)

    with ThreadPoolExecutor(max(1, crew.stage.lanes), "lane") as threads:
        list(threads.map(one, ordered))


def _on_fresh_instance(crew: Crew, case: Case, hopeless: Callable[[], bool]) -> None:
    try:
        controller = crew.stage.fresh()
    except HarnessFailure as failure:
        crew.judged(_unjudged(crew, case, str(failure)))
        return
    try:
        _judge(crew, case, controller, hopeless)
    finally:
        controller.stop()


def _judge(crew: Crew, case: Case, controller: RunningController, hopeless: Callable[[], bool]) -> None:
    ground = crew.ground(controller, REALM)
    unit = unit_of(case, ground)
    older = crew.watch(bystander(f"old-{controller.ingress_class}", ground), controller)
    limit = crew.limits.hopeless if hopeless() else crew.limits.marker
    working = crew.working(controller)
    began = time.monotonic()
    watched_units: list[Unit] = [unit]
    if case.placement == "odd":
        crew.apply([older.unit])
        watched_units.append(older.unit)
        if wait_for_markers(older, limit, working):
            crew.lived(older)
    refused = crew.apply([unit])
    watch = crew.watch(unit, controller)
    override = None
    findings: tuple[Finding, ...] = ()
    if refused:
        detail = f"the API server refused an object of this case: {refused[unit.name].server_message}"
        override = CaseVerdict(Verdict.ERROR, Reason.HARNESS, detail)
    else:
        if wait_for_markers(watch, crew.marker_limit() if not hopeless() else limit, working):
            crew.lived(watch)
            converge(watch, crew.limits, lambda revised: _reapply(crew, revised), working)
        if case.placement == "odd" and controller.alive and older.live_after is not None:
            findings = _poisoned(crew, case, controller, older)
        if not controller.alive:
            detail = "the controller ended while the objects of this case were applied"
            override = CaseVerdict(Verdict.FAIL, Reason.CONTROLLER_CRASHED, detail)
    judgement = Judgement(case, watch, time.monotonic() - began, alone=True, findings=findings, override=override)
    if override is None:
        judgement = look_again(judgement)
    crew.judged(judgement)
    _clear(crew, watched_units, watch, controller)


def _poisoned(crew: Crew, case: Case, controller: RunningController, older: Watch) -> tuple[Finding, ...]:
    """Look whether a new plain Ingress still becomes live after the odd object, and an older one still answers."""
    younger = crew.watch(bystander(f"new-{controller.ingress_class}", crew.ground(controller, REALM)), controller)
    crew.apply([younger.unit])
    found = []
    if not wait_for_markers(younger, crew.marker_limit(), crew.working(controller)):
        found.append(f"with the objects of {case.id} in place a new, unrelated Ingress is not loaded")
    if not wait_for_markers(older, crew.limits.hopeless, crew.working(controller)):
        found.append(f"with the objects of {case.id} in place an older, unrelated Ingress is no longer served")
    crew.remove([younger.unit])
    return tuple(Finding(kind="poison", detail=detail) for detail in found)


def _reapply(crew: Crew, unit: Unit) -> None:
    crew.stage.api.apply_all([unit.objects[index] for index in unit.marked])


def _clear(crew: Crew, units: Sequence[Unit], watch: Watch, controller: RunningController) -> None:
    """Take the objects away; where the instance goes on to serve other cases, wait until they are gone."""
    crew.remove(units)
    if controller is crew.stage.main:
        if not controller.alive:
            controller.restart()
        wait_until(lambda: not watch.markers_answer(), crew.marker_limit())


def _unjudged(crew: Crew, case: Case, why: str) -> Judgement:
    ground = crew.ground(crew.stage.main, REALM)
    watch = crew.watch(unit_of(case, ground), crew.stage.main)
    override = CaseVerdict(Verdict.ERROR, Reason.HARNESS, f"no controller instance for this case: {why}")
    return replace(Judgement(case, watch, 0.0, alone=True), override=override)
