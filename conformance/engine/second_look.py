"""Every probe once more after all cases: no flake is hidden."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace

from conformance.engine.crew import Crew
from conformance.engine.judgement import Judgement, case_verdict, not_judged
from conformance.engine.rounds import Watch
from conformance.engine.stage import RunningController
from conformance.engine.watching import wait_for_markers
from conformance.errors import ConformanceError
from conformance.judge.words import Verdict
from conformance.plan.units import PlannedProbe
from conformance.waiting import wait_until

Together = Sequence[Judgement]
"""Judgements of the same objects."""

LOOKS = 12
"""Objects that are looked at again at the same time."""


@dataclass
class SecondLook:
    """Looks again at what one instance serves, and counts how often that had to be started for it."""

    crew: Crew
    controller: RunningController
    restarts: int = 0

    def at(self, judgements: Sequence[Judgement]) -> list[Judgement]:
        """Return the judgements, each looked at again.

        A controller that ended in silence, or ends now, is started, and asked, once more.
        """
        looked = self._once(judgements)
        if self.controller.alive or not judgements:
            return looked
        # What could not be looked at may be now.
        before = {judgement.case.id: judgement.override for judgement in judgements}
        return self._once([replace(one, override=before[one.case.id]) for one in looked])

    def _once(self, judgements: Sequence[Judgement]) -> list[Judgement]:
        revived = bool(judgements) and not self.controller.alive and self.crew.restart(self.controller)
        self.restarts += int(revived)
        working = self.crew.working(self.controller)
        waiting = self.crew.marker_limit(self.controller) if revived else 0.0
        # For all of them together: a controller that has lost everything must not cost this for each.
        until = time.monotonic() + waiting + self.crew.limits.convergence

        def look(some: Together) -> list[Judgement]:
            if revived and any(judgement.override is None for judgement in some):
                with suppress(ConformanceError):  # The look itself will say it.
                    wait_for_markers(some[0].last, waiting, working)
            return look_again(some, until - time.monotonic(), working)

        # Threads of their own: a look itself waits for threads of the crew's pool.
        with ThreadPoolExecutor(LOOKS, "second-look") as looks:
            return [judgement for some in looks.map(look, together(judgements)) for judgement in some]


def still_open(judgement: Judgement) -> bool:
    """Tell whether a further look may change the verdict: what failed on one look does not turn right by another."""
    return not judgement.second_look or case_verdict(judgement).verdict is Verdict.PASS


def together(judgements: Sequence[Judgement]) -> list[Together]:
    """Return the judgements in groups of those that rest on the same objects, which are looked at in one go."""
    groups: dict[int, list[Judgement]] = {}
    for judgement in judgements:
        groups.setdefault(id(judgement.last), []).append(judgement)
    return list(groups.values())


def look_again(some: Together, limit: float = 0.0, working: Callable[[], bool] = lambda: True) -> list[Judgement]:
    """Return the judgements with one more observation of each of their probes, between two looks at the markers.

    As ever, what is seen while the markers do not answer is no observation: some controllers refuse connections for a
    moment whenever anything is loaded, and objects of other cases have just gone. Then it is taken anew, for ``limit``
    seconds and while the controller is ``working``; what was seen meanwhile stands among the attempts, and so does an
    earlier look, whatever it showed.
    """
    first = some[0].last
    if not any(first.attempts.values()):
        return list(some)
    fresh = replace(first, attempts={}, marker_attempts=[])
    cases = {judgement.case.id for judgement in some}
    planned = [probe for probe in first.unit.probes if probe.case_id in cases]
    once_live = first.unit.marked and any(attempt.counted for probe in planned for attempt in first.of(probe))

    def observed() -> bool:
        fresh.round(planned)
        return not once_live or all(fresh.of(probe)[-1].counted for probe in planned) or not working()

    override = None
    try:
        wait_until(observed, limit)
    except ConformanceError as failure:
        override = not_judged(f"on the second look: {failure.message}")
    looked = [_with_look(judgement, fresh, planned) for judgement in some]
    return [replace(one, override=override or one.override) for one in looked]


def set_aside(judgement: Judgement) -> Judgement:
    """Return the judgement with its look among the attempts: there is to be another one.

    One that does not count was none.
    """
    for key, attempt in judgement.second_look.items():
        judgement.last.attempts.setdefault(key, []).append(replace(attempt, second_look=attempt.counted))
    return replace(judgement, second_look={})


def _with_look(judgement: Judgement, fresh: Watch, planned: Sequence[PlannedProbe]) -> Judgement:
    """Return the judgement with what a further look has shown; an earlier one goes only where there is another."""
    if not fresh.attempts:
        return judgement
    judgement = set_aside(judgement)
    look = {}
    for probe in planned:
        if probe.case_id == judgement.case.id:
            *meanwhile, seen = fresh.of(probe)
            judgement.last.attempts.setdefault(probe.key, []).extend(meanwhile)
            look[probe.key] = replace(seen, second_look=True)
    return replace(judgement, second_look=look)
