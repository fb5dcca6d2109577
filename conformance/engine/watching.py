"""How long to look: not impatient, not endlessly patient."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from conformance.case.model import NO_ADDRESS, NO_MATCH, RECORD
from conformance.engine.limits import Limits
from conformance.engine.rounds import Watch
from conformance.judge.answers import may_still_change
from conformance.judge.probes import CONSECUTIVE, as_expected, settled, streak
from conformance.plan.units import PlannedProbe, Unit
from conformance.waiting import wait_until

Apply = Callable[[Unit], None]
FIRST_WATCHING_PAUSE, WATCHING_PAUSE = 0.05, 1.0
CLEAN_PAUSE = 0.05
"""Seconds between the looks of a long run of right answers."""
MARKER_PAUSE = 0.04
"""Seconds between the first two looks at markers: many wait at the same time, and their questions slow the answer."""


def wait_for_markers(watch: Watch, limit: float, alive: Callable[[], bool] = lambda: True) -> bool:
    """Poll the markers of the unit until all answer; stop early when the controller is no longer ``alive``."""
    began = watch.clock()
    found = False

    def look() -> bool:
        nonlocal found
        found = watch.markers_answer()
        return found or not alive()

    wait_until(look, limit, first_pause=MARKER_PAUSE)
    if found and watch.live_after is None:
        watch.live_after = watch.clock() - began
    return found


def converge(
    watch: Watch,
    limits: Limits,
    apply: Apply,
    alive: Callable[[], bool] = lambda: True,
    *,
    suspected: bool = False,
    marker_limit: float | None = None,
) -> None:
    """Observe the unit, whose markers are live, until it is ready to be judged.

    That is when every probe has shown the expected answer three times in a row (more often where a right answer had
    turned into another choice), or when the convergence limit has passed, or earlier when what is wrong is known to
    stay wrong: the controller has made its choice (a backend, a redirect, a 404), ``apply`` has loaded a later revision
    of the same objects, and the choice is still the same. The wait for that revision, ``marker_limit`` at most, is not
    taken off the convergence limit.
    Of a unit that is ``suspected`` of failing, the later revision is loaded after a single wrong answer: controllers
    that load changes every few seconds may then take it on in the same go.
    Packed units are left as soon as their wrong answers look settled: each failing case is judged again alone.
    """
    began = watch.clock()
    look_only: Sequence[PlannedProbe] | None = None
    pause = 0.0
    narrowed = tried = False
    while alive():
        # Without a marker it is the positive probes that make the others count, so all are sent each time.
        watch.round(look_only if watch.unit.marked else None)
        look_only = watch.open_probes()
        elapsed = watch.clock() - began
        early = _seen_too_early(watch) if look_only else ()
        if early and elapsed < limits.convergence:
            look_only = [*look_only, *early]
            continue
        if not look_only and narrowed and elapsed < limits.convergence:
            # "No match" may have been seen before the rules were all there: once they are, everything is seen anew.
            narrowed, look_only = False, None
            continue
        narrowed = narrowed or 0 < len(look_only) < len(watch.unit.probes)
        watched = () if look_only else _to_be_watched(watch)
        if watched and elapsed < _dwell(watch, watched, began, limits):
            look_only = watched
            # Often at first, and then less and less: a minute may pass.
            time.sleep(min(WATCHING_PAUSE, max(FIRST_WATCHING_PAUSE, elapsed / 10)))
            continue
        if not look_only or (elapsed >= _limit(look_only, limits) and _seen_enough(watch, look_only)):
            return
        final, steady = _final(watch), _steady(watch, look_only)
        left = _floor(watch, look_only, limits) - elapsed if final and steady else math.inf
        if left <= 0:
            return
        wrong = _wrong(watch, look_only) if suspected else look_only
        if not (final or tried) and (steady or suspected) and wrong and _chosen(watch, wrong):
            tried, since = True, watch.clock()
            _load_later_revision(watch, apply, limits.marker if marker_limit is None else marker_limit, alive)
            limits = replace(limits, convergence=limits.convergence + watch.clock() - since)
            continue
        pause = CLEAN_PAUSE if _right_lately(watch, look_only) else _pause_between(pause, watch)
        # The last look is taken as soon as it may be.
        time.sleep(min(pause, left))


def _seen_too_early(watch: Watch) -> Sequence[PlannedProbe]:
    """Return the probes that saw no match, as they should, while something else of their case was not served yet.

    Some controllers load the rules of an Ingress one by one, as the backends come up.
    """
    turned_right: dict[str, float] = {}
    for planned in watch.unit.probes:
        if planned.positive and settled(planned.probe, watch.of(planned), planned.ending, planned.facts):
            wrong = [
                attempt.at
                for attempt in watch.of(planned)
                if attempt.counted and not as_expected(planned.probe, attempt, planned.ending, planned.facts)
            ]
            turned_right[planned.case_id] = max([turned_right.get(planned.case_id, 0.0), *wrong])
    return [
        planned
        for planned in watch.unit.probes
        if planned.probe.expect.outcome == NO_MATCH
        and settled(planned.probe, watch.of(planned), planned.ending, planned.facts)
        and streak(watch.of(planned), planned.facts)[-CONSECUTIVE].at <= turned_right.get(planned.case_id, 0.0)
    ]


def _seen_enough(watch: Watch, probes: Sequence[PlannedProbe]) -> bool:
    """Whether each probe has had its chance: three equal observations, or twice as many in all.

    On a busy machine, or with many requests in one, a single observation may take as long as the limit itself.
    """

    def had_its_chance(planned: PlannedProbe) -> bool:
        seen = watch.of(planned)
        return len(streak(seen, planned.facts)) >= CONSECUTIVE or len(seen) >= 2 * CONSECUTIVE

    return all(map(had_its_chance, probes))


def _final(watch: Watch) -> bool:
    """Whether nothing is left to be loaded that could still change a wrong answer."""
    return watch.unit.placement == "packed" or watch.unit.confirmed or not watch.unit.marked


def _to_be_watched(watch: Watch) -> Sequence[PlannedProbe]:
    """Return the probes whose objects have no marker of their own, and that show nothing so far.

    They must never be served; or it is recorded what they show, and they may not have been loaded yet.
    """
    if watch.unit.beside is None:
        return []
    return [
        p for p in watch.unit.probes if p.probe.expect.outcome in {NO_MATCH, NO_ADDRESS} or _shows_nothing(watch, p)
    ]


def _shows_nothing(watch: Watch, planned: PlannedProbe) -> bool:
    recorded = planned.probe.expect.outcome == RECORD and watch.unit.placement != "packed"
    return recorded and watch.of(planned)[-1].seen.outcome == "status:404"


def _dwell(watch: Watch, probes: Sequence[PlannedProbe], began: float, limits: Limits) -> float:
    """How long these are watched, since ``began``: twice as long as their neighbour took to be served.

    That no address is written to a status means something once their neighbour has one. A controller that writes none
    is watched for as long as one may take that does so once a minute.
    """
    dwell = min(limits.convergence, max(limits.presence, 2 * (watch.live_after or 0.0)))
    if not any(planned.probe.expect.outcome == NO_ADDRESS for planned in probes):
        return dwell
    addressed_at = watch.neighbour_addressed_at()
    return limits.marker if addressed_at is None else addressed_at - began + dwell


def _limit(probes: Sequence[PlannedProbe], limits: Limits) -> float:
    """How long wrong answers may take to turn right; some controllers write status once a minute."""
    only_status = all(planned.status_of is not None for planned in probes)
    return limits.marker if only_status else limits.convergence


def _floor(watch: Watch, probes: Sequence[PlannedProbe], limits: Limits) -> float:
    """How long a wrong answer must have lasted: longer where it might only mean that a rule is not there yet.

    Such a rule gets twice as long as the whole object took to be served, within its limits.
    """
    if watch.unit.placement == "packed":
        return limits.absence if _hardly_there(watch) else limits.suspicion
    if not _chosen(watch, probes):
        return limits.convergence
    absent = any(watch.of(planned)[-1].seen.outcome == "status:404" for planned in probes)
    return min(limits.absence, max(limits.presence, 2 * (watch.live_after or 0.0))) if absent else limits.presence


def _hardly_there(watch: Watch) -> bool:
    """Whether most backends of the unit are not served: its marker may have been loaded before the rest."""
    wanted = [planned for planned in watch.unit.probes if planned.positive]
    absent = [planned for planned in wanted if watch.of(planned)[-1].seen.outcome == "status:404"]
    return 2 * len(absent) > len(wanted)


def _chosen(watch: Watch, probes: Sequence[PlannedProbe]) -> bool:
    """Whether every wrong answer is a choice; what depends on other objects than Ingresses may still come.

    That nobody serves a case with backends of its own may be because none is ready: its endpoints tell.
    """
    return not any(
        planned.probe.expect.certificate
        or planned.probe.expect.pods
        or (planned.probe.expect.outcome == NO_MATCH and watch.unit.backends)
        or may_still_change(watch.of(planned)[-1].seen.outcome)
        for planned in probes
    )


def _wrong(watch: Watch, probes: Sequence[PlannedProbe]) -> Sequence[PlannedProbe]:
    """Return those whose last answer is wrong, and counts: right ones may only not have been seen often enough."""

    def last_is_wrong(planned: PlannedProbe) -> bool:
        last = watch.of(planned)[-1]
        return last.counted and not as_expected(planned.probe, last, planned.ending, planned.facts)

    return [planned for planned in probes if last_is_wrong(planned)]


def _steady(watch: Watch, probes: Sequence[PlannedProbe]) -> bool:
    """Whether each probe has shown one wrong outcome three times in a row at the current revision."""

    def last_are_equal(planned: PlannedProbe) -> bool:
        current = [attempt for attempt in watch.of(planned) if attempt.revision == watch.unit.revision]
        return len(streak(current, planned.facts)) >= CONSECUTIVE

    return not _right_lately(watch, probes) and all(last_are_equal(planned) for planned in probes)


def _right_lately(watch: Watch, probes: Sequence[PlannedProbe]) -> bool:
    """Whether one of the probes was right three times in a row, and needs more: a right answer had turned wrong."""

    def is_right(planned: PlannedProbe) -> bool:
        last = streak(watch.of(planned), planned.facts)
        return len(last) >= CONSECUTIVE and as_expected(planned.probe, last[-1], planned.ending, planned.facts)

    return any(map(is_right, probes))


def _load_later_revision(watch: Watch, apply: Apply, limit: float, alive: Callable[[], bool]) -> None:
    """Have a later revision loaded; one that does not come is taken back, or nothing that is asked then would count."""
    before = watch.unit
    watch.unit = before.next_revision()
    apply(watch.unit)
    if not wait_for_markers(watch, limit, alive) and alive():
        watch.unit = before
        apply(before)
        wait_for_markers(watch, limit, alive)


def _pause_between(pause: float, watch: Watch) -> float:
    """No pause in the first rounds, in which most probes settle; then longer ones, up to a quarter of a second."""
    rounds = max((len(attempts) for attempts in watch.attempts.values()), default=0)
    return 0.0 if rounds < CONSECUTIVE else min(0.25, max(0.02, pause * 1.5))
