"""Units side by side on one controller instance, and the search for an object that spoils the others."""

import threading
import time
from collections.abc import Callable, Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace

from conformance.case.model import Level
from conformance.clusters.api import Refused
from conformance.engine.crew import Crew, bystander
from conformance.engine.judgement import Judgement, not_judged
from conformance.engine.rounds import Watch
from conformance.engine.second_look import SecondLook, still_open
from conformance.engine.stage import RunningController
from conformance.engine.stepping import StepRunner, StepSeen
from conformance.engine.watching import converge, wait_for_markers
from conformance.errors import ConformanceError
from conformance.judge.cases import CaseVerdict
from conformance.judge.words import Reason, Verdict
from conformance.plan.hosts import REALM
from conformance.plan.instance import Ground
from conformance.plan.single import unit_of
from conformance.plan.units import Unit
from conformance.report.events import CannotWrite

Report = Callable[[Judgement], None]
TakenOn = Callable[[Judgement], bool]
FEW = 12
"""Of so many units and fewer a culprit is sought one by one."""

CRASHED = CaseVerdict(
    Verdict.FAIL, Reason.CONTROLLER_CRASHED, "the controller ended while the objects of this case were applied"
)
ENDED = CaseVerdict(
    Verdict.FAIL, Reason.UNSTABLE, "the controller ended twice while this case was looked at again beside others"
)


def nobody(_: Judgement) -> bool:
    """Say of a judgement that nobody has taken it on."""
    return False


@dataclass
class Wave:
    """Judges units on one controller instance, all at once; what cannot be judged together is judged apart.

    ``report`` is called with each judgement as soon as it stands. The cases in ``suspects`` have failed before. A
    judgement that ``taken_on`` accepts is somebody else's from then on, and so are the objects of its case.
    """

    crew: Crew
    controller: RunningController
    report: Report
    realm: str = REALM
    suspects: Container[str] = ()
    taken_on: TakenOn = nobody
    restarts: int = 0
    kept: list[Judgement] = field(default_factory=list)
    bystander: Watch = field(init=False)
    begun: threading.Event = field(default_factory=threading.Event)
    """Set once the first objects have been applied, or never will be."""
    _last_words: dict[str, Watch] = field(default_factory=dict)
    _served: bool = False
    _awaited: bool = False
    _asked: int = 0
    _runs: bool = False
    """Whether the instance had served before the units came that are judged now."""
    _loads: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bystander = self.crew.watch(bystander(self.controller.ingress_class, self.ground), self.controller)

    @property
    def ground(self) -> Ground:
        """What a plan for this wave needs to know."""
        return self.crew.ground(self.controller, self.realm)

    @property
    def working(self) -> Callable[[], bool]:
        """Tells whether it makes sense to go on waiting for this instance."""
        return self.crew.working(self.controller)

    def judge(self, units: Sequence[Unit]) -> list[Judgement]:
        """Apply the objects of all units, judge their cases, and return the judgements."""
        try:
            self._judge_units(units, self.bystander.unit)
        finally:
            self.begun.set()
        return self.kept

    def clear(self, units: Sequence[Unit]) -> None:
        """Take the objects of this wave away and wait until they are gone, for whoever uses the instance next."""
        self.crew.remove(units)
        self.crew.remove([self.bystander.unit])
        self.crew.wait_until_gone(self.bystander, self.controller)

    def _judge_units(self, units: Sequence[Unit], *company: Unit) -> None:
        dead = self._observe(units, company) if units or company else []
        if dead:
            self._search(dead)

    def _observe(self, units: Sequence[Unit], company: Sequence[Unit]) -> list[Unit]:
        """Apply and judge; returns the units that could not be judged because they, or the controller, did not live.

        ``company`` are units without cases whose objects are applied in the same go, behind the others.
        """
        unready = self.crew.prepare(units)
        ready = [unit for unit in units if unit.name not in unready]
        # A controller that loads rules while their backends come up may load half of them, and rest for seconds.
        self.crew.stage.settle()
        self._runs, self._loads = self.crew.runs_on(self.controller), []
        # Many load the first object that they hear of, and for seconds nothing more.
        with self.controller.held():
            refused = self.crew.apply([*ready, *company])
        self.begun.set()
        accepted = [unit for unit in ready if unit.name not in refused]
        with ThreadPoolExecutor(max(1, len(accepted)), "unit") as threads:
            dead = [unit for unit in threads.map(self._judge_unit, accepted) if unit is not None]
        if self._runs and self._loads:
            self.crew.pace.loaded(max(self._loads))
        for unit in units:
            if unit.name in unready:
                self._leave_out(unit, unready[unit.name])
            elif unit.name in refused:
                self._judge_refused(unit, refused[unit.name])
        return dead

    def _judge_unit(self, unit: Unit) -> Unit | None:
        watch = self.crew.watch(unit, self.controller)
        try:
            return self._watch_unit(unit, watch)
        except CannotWrite:
            raise
        except ConformanceError as failure:
            self._leave_out(unit, failure.message, watch)
            return None

    def _watch_unit(self, unit: Unit, watch: Watch) -> Unit | None:
        began = time.monotonic()
        steps: list[StepSeen] = []
        live = self._lives(watch)
        if live:
            self._served = True
            self.crew.pace.lived(watch, self.controller)
            self._loads.append(watch.live_after or 0.0)
            suspected = all(case.id in self.suspects for case in unit.cases)
            converge(
                watch,
                self.crew.limits,
                self.crew.apply_revision,
                self.working,
                suspected=suspected,
                marker_limit=self.crew.marker_limit(self.controller),
            )
        override = self._carry_out(unit, watch, steps) if live else None
        last = steps[-1].watch if steps else watch
        if not live or (not self.working() and last.open_probes()):
            self._last_words[unit.name] = watch
            return unit
        alone, seconds = unit.placement != "packed", time.monotonic() - began
        for case in unit.cases:
            self._keep(Judgement(case, watch, seconds, alone, override=override, steps=tuple(steps)))
        return None

    def _lives(self, watch: Watch) -> bool:
        """Wait for the markers; an instance that has served nothing yet, or answers nothing, may still be starting."""
        limit = self.crew.marker_limit(self.controller)
        if wait_for_markers(watch, limit, self.working):
            return True
        runs = self._runs and bool(watch.marker_attempts) and watch.marker_attempts[-1].answer.status != 0
        if runs or self._served or self._awaited or self.bystander.live_after is not None:
            return False
        up = self._serves_bystander(self.crew.pace.start_limit() - limit)
        self._awaited = True
        return up and wait_for_markers(watch, limit, self.working)

    def _carry_out(self, unit: Unit, watch: Watch, steps: list[StepSeen]) -> CaseVerdict | None:
        """Carry out the steps of the unit, as far as the controller loads them; returns the harness's own trouble."""
        runner = StepRunner(self.crew, self.controller)
        try:
            for step in unit.steps:
                steps.append(runner.carry_out(steps[-1].watch.unit if steps else watch.unit, step))
                if not steps[-1].live:
                    break
        except ConformanceError as error:
            return not_judged(f"step {len(steps) + 1}: {error.message}")
        return None

    def _search(self, dead: Sequence[Unit]) -> None:
        """Find out why some units did not live: each for its own reason, or one of them keeps others from being loaded.

        While the controller still takes on new objects nobody is spoiling it, and each case is its own culprit. Else
        the wave is taken back, and judged again in parts until the culprit is alone.
        """
        crashed, unserved = not self.controller.alive, self._runs and not self._served
        single = len(dead) == 1 and len(dead[0].cases) == 1
        harmless = not (crashed or single) and self._takes_on_new_objects()
        self.crew.remove(dead)
        if crashed:
            self._restart()
        restarts = self.restarts
        if not harmless and not self._still_works():
            self._give_up(dead)
        elif unserved and (harmless or self.restarts > restarts):
            # They were given the time of a load, but the instance may have needed that of a start.
            self._served = True
            self._judge_units(dead)
        elif single:
            self._blame(dead[0], crashed=crashed)
        elif harmless or len(dead) == 1:
            for unit in dead:
                if len(unit.cases) == 1:
                    self._blame(unit, crashed=False)
            packs = [unit for unit in dead if len(unit.cases) > 1]
            ground = replace(self.ground, realm=dead[0].realm)
            self._judge_units([unit_of(case, ground) for unit in packs for case in unit.cases])
        else:
            for part in parts(dead):
                self._judge_units(part)

    def _takes_on_new_objects(self) -> bool:
        """Whether a new bystander becomes live beside the objects in doubt."""
        if not self.crew.pace.served_once:
            return False
        self._asked += 1
        name = f"{self.controller.ingress_class}-beside-{self._asked}"
        younger = self.crew.watch(bystander(name, self.ground), self.controller)
        self.crew.apply([younger.unit])
        lives = wait_for_markers(younger, self.crew.marker_limit(self.controller), self.working)
        self.crew.remove([younger.unit])
        return lives

    def _still_works(self) -> bool:
        """Whether the bystander answers now that the objects in doubt are gone; a fresh start is tried once.

        One that answers may be the last that was loaded before the controller froze: another must be loaded, too.
        """
        answers, served_once = self._serves_bystander(self.crew.limits.hopeless), self.crew.pace.served_once
        if answers and (not served_once or self._takes_on_new_objects()):
            return True
        if not served_once:
            return False
        self._restart()
        return self._serves_bystander(self.crew.pace.start_limit())

    def _serves_bystander(self, limit: float) -> bool:
        lives = wait_for_markers(self.bystander, limit, self.working)
        self._served = self._served or lives
        return lives

    def look_again(self, judgements: Sequence[Judgement]) -> list[Judgement]:
        """Return the judgements, each with a second look if that may still change the verdict.

        If the controller ends at each attempt, that is the fault of a case that was alone there; of several each is in
        doubt.
        """
        left = [judgement for judgement in judgements if still_open(judgement)]
        second = SecondLook(self.crew, self.controller)
        fresh = second.at(left)
        self.restarts += second.restarts
        if not self.controller.alive:
            ended = CRASHED if len(left) == 1 else ENDED
            fresh = [replace(one, override=one.override or ended) for one in fresh]
        looked = {judgement.case.id: judgement for judgement in fresh}
        return [looked.get(judgement.case.id, judgement) for judgement in judgements]

    def _restart(self) -> None:
        self.restarts += int(self.crew.restart(self.controller))

    def _give_up(self, units: Sequence[Unit]) -> None:
        """Judge by what was seen last, unless it is the instance that is no good: then nothing was seen of the cases.

        That is so where it never served anything, though it ended by itself, or though other instances do serve.
        """
        served = self._served or self.bystander.live_after is not None
        why = "an instance of the controller never served anything; the end of its log:\n"
        for unit in units:
            if self._unfit and not served:
                self._leave_out(unit, why + self.controller.log_tail())
                continue
            for case in unit.cases:
                watch = self._last_words.get(unit.name) or self.crew.watch(unit, self.controller)
                override = None if self.controller.alive else CRASHED
                self._keep(Judgement(case, watch, 0.0, alone=unit.placement != "packed", override=override))

    @property
    def _unfit(self) -> bool:
        """Whether it is this instance that is no good where it serves nothing, and not the controller as such."""
        one_of_several = self.controller is not self.crew.stage.main
        return not self.controller.alive or (one_of_several and self.crew.pace.served_once)

    def _leave_out(self, unit: Unit, why: str, watch: Watch | None = None) -> None:
        """Say of each case of the unit that it could not be judged."""
        watch = watch or self.crew.watch(unit, self.controller)
        alone = unit.placement != "packed"
        for case in unit.cases:
            self._keep(Judgement(case, watch, 0.0, alone=alone, override=not_judged(why)))

    def _blame(self, unit: Unit, *, crashed: bool) -> None:
        override = CRASHED if crashed else None
        watch = self._last_words.get(unit.name) or self.crew.watch(unit, self.controller)
        self._keep(Judgement(unit.cases[0], watch, 0.0, alone=True, override=override))

    def _judge_refused(self, unit: Unit, refusal: Refused) -> None:
        """The API server refused an object: where several cases shared it, each gets its own chance."""
        with suppress(Refused):  # The server has said already what is wrong.
            self.crew.remove([unit])
        if len(unit.cases) > 1:
            self._judge_units([unit_of(case, replace(self.ground, realm=unit.realm)) for case in unit.cases])
            return
        why = f"the API server refused an object of this case: {refusal.server_message}"
        if unit.cases[0].level is Level.PARITY:
            # That something is refused is an answer here: ingress-nginx accepts it.
            watch = self.crew.watch(unit, self.controller)
            override = CaseVerdict(Verdict.FAIL, Reason.NOT_PROGRAMMED, why)
            self._keep(Judgement(unit.cases[0], watch, 0.0, alone=True, override=override))
            return
        self._leave_out(unit, why)

    def _keep(self, judgement: Judgement) -> None:
        if not self.taken_on(judgement):
            self._stand(judgement)

    def _stand(self, judgement: Judgement) -> None:
        self.kept.append(judgement)
        self.report(judgement)


def parts(units: Sequence[Unit]) -> Sequence[Sequence[Unit]]:
    """Split units in which a culprit is sought: many in two, a few one by one.

    What is loaded shows it at once. That something is not takes five times as long (see ``Crew.marker_limit``), and
    halves show it again and again, for each culprit.
    """
    if len(units) <= FEW:
        return [[unit] for unit in units]
    middle = len(units) // 2
    return [units[:middle], units[middle:]]
