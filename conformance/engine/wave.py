"""Cases side by side on one controller, and the search for an object that spoils the others."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from conformance.case.model import Case
from conformance.clusters.api import Refused
from conformance.engine.crew import Crew, bystander
from conformance.engine.record import Judgement, case_verdict
from conformance.engine.rounds import Watch
from conformance.engine.stage import RunningController
from conformance.engine.watching import converge, wait_for_markers
from conformance.judge.cases import CaseVerdict
from conformance.judge.words import Reason, Verdict
from conformance.plan.hosts import ALONE_REALM, REALM
from conformance.plan.units import Ground, Unit, plan, unit_of
from conformance.report.model import Finding


@dataclass
class Wave:
    """Judges units on one controller instance, all at once; what cannot be judged together is judged apart."""

    crew: Crew
    controller: RunningController
    isolate: bool
    report: Callable[[Judgement], None]
    restarts: int = 0
    kept: list[Judgement] = field(default_factory=list)
    _bystander: Watch = field(init=False)
    _last_words: dict[str, Watch] = field(default_factory=dict)

    def start(self) -> Watch:
        """Apply the bystander: an Ingress without cases whose marker shows that the controller works at all."""
        watch = self.crew.watch(bystander("main", self._ground(REALM)), self.controller)
        self.crew.apply([watch.unit])
        self._bystander = watch
        return watch

    def judge(self, cases: Iterable[Case]) -> list[Judgement]:
        """Judge all cases and return the judgements, each reported to the crew as soon as it stands."""
        self._judge_units(plan(cases, self._ground(REALM), isolate=self.isolate))
        return self.kept

    def _ground(self, realm: str) -> Ground:
        return self.crew.ground(self.controller, realm)

    def _judge_units(self, units: Sequence[Unit]) -> None:
        refused = self.crew.apply(units)
        accepted = [unit for unit in units if unit.name not in refused]
        with ThreadPoolExecutor(max(1, len(accepted)), "unit") as threads:
            dead = [unit for unit in threads.map(self._judge_unit, accepted) if unit is not None]
        for unit in units:
            if unit.name in refused:
                self._judge_refused(unit, refused[unit.name])
        if dead:
            self._search(dead)

    def _judge_unit(self, unit: Unit) -> Unit | None:
        """Judge one unit whose objects are applied; returns it when its markers did not live or the controller died."""
        watch = self.crew.watch(unit, self.controller)
        began = time.monotonic()
        working = self.crew.working(self.controller)
        if not wait_for_markers(watch, self.crew.marker_limit(), working):
            self._last_words[unit.name] = watch
            return unit
        self.crew.lived(watch)
        converge(watch, self.crew.limits, self._apply_revision, working)
        if not working() and watch.open_probes():
            self._last_words[unit.name] = watch
            return unit
        judgements = [self._judgement(case, watch, began) for case in unit.cases]
        doubtful = [j for j in judgements if case_verdict(j).verdict is not Verdict.PASS]
        if unit.placement == "packed" and doubtful:
            again = self._judge_alone(doubtful)
            judgements = [again.get(judgement.case.id, judgement) for judgement in judgements]
        for judgement in judgements:
            self._keep(judgement)
        return None

    def _judge_alone(self, doubtful: Sequence[Judgement]) -> dict[str, Judgement]:
        """Judge failing cases of a shared object again, each in objects of its own: that judgement is the verdict."""
        ground = self._ground(ALONE_REALM)
        alone = Wave(self.crew, self.controller, isolate=True, report=lambda _: None)
        alone._bystander = self._bystander
        alone._judge_units([unit_of(judgement.case, ground) for judgement in doubtful])
        self.restarts += alone.restarts
        verdicts = {judgement.case.id: judgement for judgement in alone.kept}
        for packed in doubtful:
            case_id = packed.case.id
            if case_id in verdicts and case_verdict(verdicts[case_id]).verdict is Verdict.PASS:
                verdicts[case_id] = _with_interference(packed, verdicts[case_id])
        return verdicts

    def _search(self, dead: Sequence[Unit]) -> None:
        """Find the object that keeps others from being loaded: take the wave back, halve it until it is alone."""
        self.crew.remove(dead)
        crashed = not self.controller.alive
        if crashed:
            self.controller.restart()
            self.restarts += 1
        single = len(dead) == 1 and len(dead[0].cases) == 1
        if not self._still_works():
            self._give_up(dead)
            return
        if single:
            self._blame(dead[0], crashed=crashed)
            return
        if len(dead) == 1:
            ground = replace(self._ground(REALM), realm=dead[0].realm)
            self._judge_units([unit_of(case, ground) for case in dead[0].cases])
            return
        middle = len(dead) // 2
        for half in (dead[:middle], dead[middle:]):
            self._judge_units(half)

    def _still_works(self) -> bool:
        """Whether the bystander answers now that the objects in doubt are gone; a fresh start is tried once."""
        working = self.crew.working(self.controller)
        if wait_for_markers(self._bystander, self.crew.limits.hopeless, working):
            return True
        if not self.crew.served_once.is_set():
            return False
        self.controller.restart()
        self.restarts += 1
        return wait_for_markers(self._bystander, self.crew.marker_limit(), working)

    def _give_up(self, units: Sequence[Unit]) -> None:
        for unit in units:
            watch = self._last_words[unit.name]
            for case in unit.cases:
                self._keep(Judgement(case, watch, 0.0, alone=unit.placement != "packed"))

    def _blame(self, unit: Unit, *, crashed: bool) -> None:
        case, watch = unit.cases[0], self._last_words[unit.name]
        override = None
        if crashed:
            detail = "the controller ended while the objects of this case were applied; it was started anew"
            override = CaseVerdict(Verdict.FAIL, Reason.CONTROLLER_CRASHED, detail)
        self._keep(Judgement(case, watch, 0.0, alone=True, override=override))

    def _judge_refused(self, unit: Unit, refusal: Refused) -> None:
        """The API server refused an object: where several cases shared it, each gets its own chance."""
        self.crew.remove([unit])
        if len(unit.cases) > 1:
            self._judge_units([unit_of(case, self._ground(REALM)) for case in unit.cases])
            return
        watch = self.crew.watch(unit, self.controller)
        detail = f"the API server refused an object of this case: {refusal.server_message}"
        for case in unit.cases:
            override = CaseVerdict(Verdict.ERROR, Reason.HARNESS, detail)
            self._keep(Judgement(case, watch, 0.0, alone=True, override=override))

    def _apply_revision(self, unit: Unit) -> None:
        self.crew.stage.api.apply_all([unit.objects[index] for index in unit.marked])

    def _judgement(self, case: Case, watch: Watch, began: float) -> Judgement:
        return Judgement(case, watch, time.monotonic() - began, alone=watch.unit.placement != "packed")

    def _keep(self, judgement: Judgement) -> None:
        self.kept.append(judgement)
        self.report(judgement)


def _with_interference(packed: Judgement, alone: Judgement) -> Judgement:
    verdict = case_verdict(packed)
    detail = f"beside other cases in one Ingress this case failed ({verdict.reason}: {verdict.detail}); alone it passes"
    return replace(alone, findings=(*alone.findings, Finding(kind="interference", detail=detail)))
