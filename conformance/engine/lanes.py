"""Cases that could disturb others: one by one, on a controller instance of their own where one can be had."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.case.model import Case
from conformance.engine.crew import Crew, bystander
from conformance.engine.record import Judgement
from conformance.engine.rounds import Watch
from conformance.engine.second_look import look_again
from conformance.engine.stage import RunningController
from conformance.engine.watching import converge, wait_for_markers
from conformance.engine.wave import refusal_judgement
from conformance.judge.cases import CaseVerdict
from conformance.judge.words import Reason, Verdict
from conformance.plan.hosts import REALM
from conformance.plan.units import Unit, unit_of
from conformance.report.model import Finding
from conformance.waiting import wait_until


def odd_last(cases: Sequence[Case]) -> list[Case]:
    """Return the cases with the odd but valid objects at the end."""
    return sorted(cases, key=lambda case: case.placement == "odd")


def judge_alone(crew: Crew, case: Case, controller: RunningController) -> Judgement:
    """Judge one case on an instance that serves nothing else, the second look included, and take its objects away."""
    odd = case.placement == "odd"
    ground = crew.ground(controller, REALM)
    unit = unit_of(case, ground)
    older = crew.watch(bystander(controller.ingress_class, ground), controller)
    working = crew.working(controller)
    began = time.monotonic()
    if odd:
        crew.apply([older.unit])
        if wait_for_markers(older, crew.marker_limit(), working):
            crew.lived(older)
    refused = crew.apply([unit])
    watch = crew.watch(unit, controller)
    # Applied right behind the odd objects: the controller hears of it after them, so if it lives, they did no harm.
    younger = crew.watch(bystander(f"new-{controller.ingress_class}", ground), controller)
    if odd and not refused:
        crew.apply([younger.unit])
    if refused:
        judgement = refusal_judgement(case, watch, refused[unit.name])
    else:
        if wait_for_markers(watch, crew.marker_limit(), working):
            crew.lived(watch)
            converge(watch, crew.limits, crew.apply_revision, working)
        findings = tuple(_poison(crew, case, controller, older, younger)) if odd and older.live_after else ()
        judgement = Judgement(case, watch, time.monotonic() - began, alone=True, findings=findings)
        judgement = look_again(judgement) if controller.alive else replace(judgement, override=_crash())
    _clear(crew, [unit, older.unit, younger.unit] if odd else [unit], watch, controller)
    return judgement


def _poison(crew: Crew, case: Case, controller: RunningController, older: Watch, younger: Watch) -> Iterator[Finding]:
    """Look whether the new plain Ingress becomes live in spite of the odd object, and the older one still answers."""
    working = crew.working(controller)
    if not wait_for_markers(younger, crew.marker_limit(), working):
        detail = f"with the objects of {case.id} in place a new, unrelated Ingress is not loaded"
        yield Finding(kind="poison", detail=detail)
    if not wait_for_markers(older, crew.limits.hopeless, working):
        detail = f"with the objects of {case.id} in place an older, unrelated Ingress is no longer served"
        yield Finding(kind="poison", detail=detail)


def _crash() -> CaseVerdict:
    detail = "the controller ended while the objects of this case were applied"
    return CaseVerdict(Verdict.FAIL, Reason.CONTROLLER_CRASHED, detail)


def _clear(crew: Crew, units: Sequence[Unit], watch: Watch, controller: RunningController) -> None:
    """Take the objects away; where the instance goes on to serve other cases, wait until they are gone."""
    crew.remove(units)
    if controller is crew.stage.main:
        if not controller.alive:
            controller.restart()
        wait_until(lambda: not watch.markers_answer(), crew.marker_limit())
