"""What is right loaded anew, a few times: some controllers choose another way at each load."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from conformance.engine.crew import Crew
from conformance.engine.judgement import Judgement, case_verdict, not_judged
from conformance.engine.rounds import Watch
from conformance.engine.second_look import Together, look_again, together
from conformance.engine.stage import RunningController
from conformance.engine.watching import wait_for_markers
from conformance.errors import ConformanceError
from conformance.judge.words import Verdict
from conformance.waiting import wait_until

RELOADS = 3
"""How often what may be right by chance must be right again after it was loaded anew."""


@dataclass(frozen=True)
class Reloading:
    """Loads later revisions of what one controller instance serves."""

    crew: Crew
    controller: RunningController

    def look(self, judgements: Sequence[Judgement], due: Callable[[Judgement], bool]) -> list[Judgement]:
        """Return the judgements; those ``due`` with a further look after each of some later revisions.

        The first failure stands; a wrong answer may turn right, as it may when a case is judged. That a later revision
        is not loaded, or ends the controller, says nothing of these cases: others are about that.
        """
        looked = {judgement.case.id: judgement for judgement in judgements}
        left = list(filter(due, judgements))
        for _ in range(RELOADS):
            watches = {id(judgement.last): judgement.last for judgement in left}
            try:
                stale = {id(watch) for watch in self._load_anew(list(watches.values()))}
            except ConformanceError as failure:
                why = not_judged(f"when its objects were to be loaded anew: {failure.message}")
                return [replace(one, override=why) if id(one.last) in watches else one for one in looked.values()]
            left = [judgement for judgement in left if id(judgement.last) not in stale]
            if not left:
                break
            groups = together(left)
            with ThreadPoolExecutor(len(groups), "reload") as threads:
                fresh = [judgement for group in threads.map(self._right_again, groups) for judgement in group]
            if not self.controller.alive:
                break
            looked |= {judgement.case.id: judgement for judgement in fresh}
            left = [judgement for judgement in fresh if case_verdict(judgement).verdict is Verdict.PASS]
        return list(looked.values())

    def _load_anew(self, watches: Sequence[Watch]) -> list[Watch]:
        """Have later revisions loaded; returns those whose is not, with their objects as they were."""
        if not watches:
            return []
        before = [watch.unit for watch in watches]
        for watch in watches:
            watch.unit = watch.unit.next_revision()
        with self.controller.held():
            self.crew.apply_revision(*(watch.unit for watch in watches))
        waits = partial(wait_for_markers, limit=self.crew.marker_limit(), alive=self.crew.working(self.controller))
        with ThreadPoolExecutor(len(watches), "anew") as threads:
            loaded = list(threads.map(waits, watches))
        stale = [(watch, unit) for watch, unit, live in zip(watches, before, loaded, strict=True) if not live]
        for watch, unit in stale:
            watch.unit = unit
        self.crew.apply_revision(*(unit for _, unit in stale))
        return [watch for watch, _ in stale]

    def _right_again(self, some: Together) -> list[Judgement]:
        looked = {judgement.case.id: judgement for judgement in some}
        wrong = list(some)

        def right() -> bool:
            nonlocal wrong
            fresh = look_again(wrong)
            looked.update({judgement.case.id: judgement for judgement in fresh})
            wrong = [judgement for judgement in fresh if case_verdict(judgement).verdict is not Verdict.PASS]
            return not wrong

        wait_until(right, self.crew.limits.convergence)
        return list(looked.values())
