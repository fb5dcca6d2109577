"""What is right loaded anew, a few times: some controllers choose another way at each load."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count

from conformance.clusters.api import Refused
from conformance.engine.crew import Crew
from conformance.engine.judgement import Judgement, case_verdict, not_judged
from conformance.engine.rounds import Watch
from conformance.engine.second_look import Together, look_again, set_aside, together
from conformance.engine.stage import RunningController
from conformance.engine.watching import wait_for_markers
from conformance.errors import ConformanceError
from conformance.judge.looks import Loaded, loaded
from conformance.judge.words import Verdict
from conformance.waiting import FIRST_PAUSE, LONGEST_PAUSE

RELOADS = 3
"""How often what may be right by chance must be right again after it was loaded anew."""

TIED_RELOADS, TWIN_RELOADS = 15, 7
"""The same where nothing but an annotation says whose a request is: without it a coin may be tossed at each load.

Skipper's shows one side four times of five. A twin has no annotation, and shows the coin.
"""


LOOKS = 2
"""How often it must be right each time: what is right, and wrong at the next look, is not right."""


@dataclass(frozen=True)
class Reloading:
    """Loads later revisions of what one controller instance serves."""

    crew: Crew
    controller: RunningController

    def look(self, judgements: Sequence[Judgement], due: Callable[[Judgement], int]) -> list[Judgement]:
        """Return the judgements, with further looks after each of as many later revisions as are ``due`` for them.

        The last look is the second look, those before it stand among the attempts. The first failure stands; a wrong
        answer may turn right, as it may when a case is judged, but no right one may turn wrong. That a later revision
        is not loaded, or ends the controller, says nothing of these cases: others are about that. What was looked at
        when the controller ended is to be looked at again.
        """
        looked = {judgement.case.id: judgement for judgement in judgements}
        owed = {judgement.case.id: due(judgement) for judgement in judgements}
        left: Sequence[Judgement] = judgements
        for done in count():
            left = [judgement for judgement in left if owed[judgement.case.id] > done]
            loaded, refused = self._load_anew({judgement.last.unit.name: judgement.last for judgement in left})
            looked |= {one.case.id: _refused(one, refused) for one in looked.values() if one.last.unit.name in refused}
            left = [judgement for judgement in left if judgement.last.unit.name in loaded]
            if not left:
                break
            groups = together(left)
            with ThreadPoolExecutor(len(groups), "reload") as threads:
                fresh = [judgement for group in threads.map(self._right_again, groups) for judgement in group]
            if not self.controller.alive:
                looked |= {judgement.case.id: set_aside(judgement) for judgement in fresh}
                break
            looked |= {judgement.case.id: judgement for judgement in fresh}
            left = [judgement for judgement in fresh if case_verdict(judgement).verdict is Verdict.PASS]
        return list(looked.values())

    def _load_anew(self, watches: Mapping[str, Watch]) -> tuple[set[str], Mapping[str, Refused]]:
        """Have later revisions of units loaded; returns the names of those that are, and refusals by name.

        What was not loaded is put back, because it may still be loaded late.
        """
        if not watches:
            return set(), {}
        before = {name: watch.unit for name, watch in watches.items()}
        for watch in watches.values():
            watch.unit = watch.unit.loaded_anew()
        with self.controller.held():
            refused = self.crew.apply_anew([watch.unit for watch in watches.values()])
        live = self._live({name: watch for name, watch in watches.items() if name not in refused})
        stale = {name: watch for name, watch in watches.items() if name not in live}
        for name, watch in stale.items():
            watch.unit = before[name]
        refused |= self.crew.apply_anew([watch.unit for watch in stale.values()])
        self._live(stale)
        return live, refused

    def _live(self, watches: Mapping[str, Watch]) -> set[str]:
        limit, working = self.crew.marker_limit(self.controller), self.crew.working(self.controller)

        def lives(watch: Watch) -> bool:
            with suppress(ConformanceError):  # What cannot be asked has not been seen.
                return wait_for_markers(watch, limit, working)
            return False

        with ThreadPoolExecutor(max(1, len(watches)), "anew") as threads:
            return {name for name, live in zip(watches, threads.map(lives, watches.values()), strict=True) if live}

    def _right_again(self, some: Together) -> list[Judgement]:
        """Look until all are right, often enough; only what was never right is waited for, as it may be loaded late."""
        until, pause = time.monotonic() + self.crew.limits.convergence, FIRST_PAUSE
        looked = {judgement.case.id: judgement for judgement in some}
        left: Sequence[Judgement] = some
        while left:
            fresh = look_again(left)
            looked |= {judgement.case.id: judgement for judgement in fresh}
            in_time = self.controller.alive and time.monotonic() + pause < until
            left = [one for one in fresh if one.override is None and _goes_on(one, in_time=in_time)]
            if left:
                time.sleep(pause)
                pause = min(1.5 * pause, LONGEST_PAUSE)
        return list(looked.values())


def _looks(judgement: Judgement) -> Sequence[Loaded]:
    """Return what was seen of each probe since its objects were loaded last; what does not count is no look."""
    last, found = judgement.last, []
    for planned in last.unit.probes:
        if planned.key in judgement.second_look:
            seen = [*last.of(planned), judgement.second_look[planned.key]]
            looks = [one for one in seen if one.second_look and one.revision == last.unit.revision]
            found.append(loaded(planned.probe, looks, planned.ending, planned.facts))
    return found


def _goes_on(judgement: Judgement, *, in_time: bool) -> bool:
    """Whether there is to be another look: nothing has turned wrong, and something was not right often enough."""
    seen, counted = _looks(judgement), all(look.counted for look in judgement.second_look.values())
    if any(one.broken for one in seen) or (counted and all(one.settled(LOOKS) for one in seen)):
        return False
    return in_time or (counted and all(one.rest for one in seen))


def _refused(judgement: Judgement, refused: Mapping[str, Refused]) -> Judgement:
    why = refused[judgement.last.unit.name].server_message
    return replace(judgement, override=not_judged(f"a later revision of its objects was refused: {why}"))
