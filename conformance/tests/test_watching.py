"""How long is looked at what must not come, and at what may still come."""

import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.case.model import NO_ADDRESS, NO_MATCH, RECORD, Case, Expectation, Manifest
from conformance.case.steps import Backend
from conformance.engine.guarded import GuardedWave
from conformance.engine.limits import Limits
from conformance.engine.rounds import Watch
from conformance.engine.traffic import flowing
from conformance.engine.watching import converge, wait_for_markers
from conformance.errors import HarnessFailure
from conformance.judge.probes import CLEAN_RUN, judge_probe
from conformance.judge.words import Verdict
from conformance.plan.planning import packs
from conformance.plan.single import unit_of
from conformance.probes.answer import Answer, WireProbe
from conformance.tests.answers import HOME, served, status
from conformance.tests.engine_world import Ground, World, on
from conformance.tests.plans import case, ingress, probe

LIMITS = Limits(marker=3.0, convergence=0.3, presence=0.05, absence=0.1, suspicion=0.01, patience=0.2, probe=1.0)


class Sweeping(World):
    """A world whose controller writes statuses, others' too, after so many looks at one of ours; 0: never."""

    looks = 0
    sweeps_after = 0

    def get(self, manifest: Manifest) -> Manifest | None:
        found = super().get(manifest)
        if found is None or manifest["kind"] != "Ingress":
            return found
        self.looks += "beside" in manifest["metadata"]["name"]
        written = self.sweeps_after and self.looks >= self.sweeps_after
        return {**found, "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}} if written else found


def observed(
    world: World,
    what: Case,
    limits: Limits = LIMITS,
    *,
    suspected: bool = False,
    packed: bool = False,
    marker_limit: float | None = None,
) -> Watch:
    with on(Ground(world)) as crew:
        ground = crew.ground(Ground().main, "test")
        (unit,) = packs([what], ground) if packed else (unit_of(what, ground),)
        crew.apply([unit])
        watch = crew.watch(unit, Ground().main)
        assert wait_for_markers(watch, 1.0)
        converge(watch, limits, crew.apply_revision, suspected=suspected, marker_limit=marker_limit)
        return watch


def verdicts(watch: Watch) -> list[Verdict]:
    return [judge_probe(p.probe, watch.of(p), p.ending).verdict for p in watch.unit.probes]


FOREIGN = case(
    "s/foreign",
    ingress("bar.com", name="main", ingressClassName="foreign"),
    probes=(probe(id="status", status_of="main", expect=Expectation(outcome=NO_ADDRESS)),),
    placement="own",
    marker="beside",
)


def test_no_address_means_nothing_until_the_neighbour_has_one() -> None:
    world = Sweeping()
    world.sweeps_after = 6
    assert verdicts(observed(world, FOREIGN)) == [Verdict.FAIL]


def test_where_no_status_is_ever_written_it_was_watched_as_long_as_one_may_take() -> None:
    watch = observed(Sweeping(), FOREIGN, Limits(**{**vars(LIMITS), "marker": 0.6}))
    assert verdicts(watch) == [Verdict.PASS]
    attempts = watch.of(watch.unit.probes[0])
    assert attempts[-1].at - attempts[0].at >= 0.4
    assert len(attempts) < 20


def test_what_is_never_served_is_watched_twice_as_long_as_its_neighbour_took_and_no_longer() -> None:
    absent = case("s/absent", probes=(probe("nobody.test", expect=Expectation(outcome=NO_MATCH)),), marker="beside")
    watch = observed(World(), absent, Limits(**{**vars(LIMITS), "presence": 0.3, "convergence": 30.0}))
    assert verdicts(watch) == [Verdict.PASS]
    seen = watch.of(watch.unit.probes[0])
    assert 0.2 < seen[-1].at - seen[0].at < 5.0


class Late(World):
    """A world that serves the marker at once, and the rest after so many requests."""

    after = 5
    asked = 0

    def answer(self, wire: WireProbe) -> Answer:
        if ".marker." in wire.host:
            return super().answer(wire)
        self.asked += 1
        return super().answer(wire) if self.asked > self.after else status(404)


def test_a_recorded_404_is_watched_as_long_as_a_neighbour_may_take() -> None:
    recorded = case(
        "s/recorded",
        probes=(probe(expect=Expectation(outcome=RECORD)),),
        placement="own",
        marker="beside",
    )
    watch = observed(Late(), recorded, Limits(**{**vars(LIMITS), "presence": 1.0, "convergence": 2.0}))
    assert [attempt.seen.outcome for attempt in watch.of(watch.unit.probes[0])][-3:] == ["a"] * 3


class HandingOver(World):
    """A world that serves the marker at once, and the rest as ``course`` says: right (r), 404 (n), or from ``b``."""

    def __init__(self, course: Iterator[str]) -> None:
        super().__init__()
        self.course = course

    def answer(self, wire: WireProbe) -> Answer:
        if ".marker." in wire.host:
            return super().answer(wire)
        return {"r": served("a"), "n": status(404), "b": served("b")}[next(self.course)]


SERVED = case("s/served", probes=(probe(id="p"),), placement="own")
PATIENT = Limits(**{**vars(LIMITS), "convergence": 20.0})


def test_a_controller_that_answers_from_two_configurations_for_a_moment_gets_its_time() -> None:
    watch = observed(HandingOver(itertools.chain("nnrnr", itertools.repeat("r"))), SERVED, PATIENT)
    assert verdicts(watch) == [Verdict.PASS]
    assert len(watch.of(watch.unit.probes[0])) == len("nnrn") + CLEAN_RUN
    assert watch.unit.revision == 1


@pytest.mark.parametrize("wrong", ["b", "n"])
def test_one_that_keeps_choosing_otherwise_passes_by_no_three_answers_in_a_row(wrong: str) -> None:
    watch = observed(
        HandingOver(itertools.cycle(f"r{wrong}rrr")), SERVED, Limits(**{**vars(LIMITS), "convergence": 2.0})
    )
    (planned,) = watch.unit.probes
    verdict = judge_probe(planned.probe, watch.of(planned), planned.ending)
    assert verdict.verdict is Verdict.FAIL


@pytest.mark.parametrize("packed", [True, False])
def test_no_match_that_was_seen_before_the_rules_were_there_is_no_pass(packed: bool) -> None:
    """The controller loads the marker first, and then serves everything alike; one probe is wrong for good."""
    probes = (
        probe(id="late"),
        probe("foo.com", id="shadowed", expect=Expectation(outcome=NO_MATCH)),
        probe("nobody.test", id="nobody", expect=Expectation(outcome=NO_MATCH)),
        probe(id="wrong", expect=Expectation(outcome="b")),
    )
    world = Late()
    world.after = 16
    limits = Limits(**{**vars(LIMITS), "suspicion": 0.0, "convergence": 20.0})
    watch = observed(world, case("s/x", probes=probes), limits, packed=packed)
    assert dict(zip([planned.probe.id for planned in watch.unit.probes], verdicts(watch), strict=True)) == {
        "late": Verdict.PASS,
        "shadowed": Verdict.FAIL,
        "nobody": Verdict.PASS,
        "wrong": Verdict.FAIL,
    }


def test_a_packed_object_of_which_hardly_anything_is_there_gets_more_time() -> None:
    world = Late()
    world.after = 24
    limits = Limits(**{**vars(LIMITS), "suspicion": 0.0, "absence": 3.0, "convergence": 20.0})
    watch = observed(world, case("s/x", probes=(probe(id="one"), probe(id="two"))), limits, packed=True)
    assert verdicts(watch) == [Verdict.PASS, Verdict.PASS]


def test_a_packed_object_of_which_most_is_there_is_left_early() -> None:
    probes = (probe(id="one"), probe(id="two"), probe("nobody.test", id="never"))
    limits = Limits(**{**vars(LIMITS), "suspicion": 0.0, "absence": 60.0, "convergence": 60.0})
    assert verdicts(observed(World(), case("s/x", probes=probes), limits, packed=True))[:2] == [Verdict.PASS] * 2


class Turning(World):
    """A world that answers one way a few times, and another way from then on."""

    def __init__(self, times: int, first: Answer, then: Answer) -> None:
        super().__init__()
        self.left, self.first, self.then = times, first, then

    def answer(self, wire: WireProbe) -> Answer:
        if ".marker." in wire.host:
            return super().answer(wire)
        self.left -= 1
        return self.first if self.left >= 0 else self.then


def lagging() -> World:
    """A world that goes on serving a backend for a while though it has no endpoint any more."""
    return Turning(11, served("a"), status(503))


def test_that_nobody_serves_may_take_as_long_as_the_endpoints_do() -> None:
    gone = case(
        "s/gone", probes=(probe(expect=Expectation(outcome=NO_MATCH)),), placement="own", marker="beside"
    ).model_copy(update={"backends": (Backend(name="web", replicas=0),)})
    slow = Limits(**{**vars(LIMITS), "convergence": 5.0})
    assert verdicts(observed(lagging(), gone, slow)) == [Verdict.PASS]
    # Where the case has no backends of its own, a choice that outlasts a revision is one.
    assert verdicts(observed(lagging(), gone.model_copy(update={"backends": ()}), slow)) == [Verdict.FAIL]


class Waking(World):
    """A world that serves the marker after so many requests only, and never the rest."""

    asked = 0

    def __init__(self, wakes_after: int) -> None:
        super().__init__()
        self.wakes_after = wakes_after

    def answer(self, wire: WireProbe) -> Answer:
        self.asked += 1
        return super().answer(wire) if ".marker." in wire.host and self.asked > self.wakes_after else status(404)


@pytest.mark.parametrize("wakes_after", [0, 5])
def test_a_missing_rule_is_waited_for_twice_as_long_as_its_object_took_to_be_served(wakes_after: int) -> None:
    limits = Limits(**{**vars(LIMITS), "presence": 0.05, "absence": 1.5, "convergence": 20.0})
    watch = observed(Waking(wakes_after), case("s/x", placement="own"), limits)
    assert verdicts(watch) == [Verdict.FAIL]
    assert watch.live_after is not None
    assert (watch.live_after > 0.1) is (wakes_after > 0)
    attempts = watch.of(watch.unit.probes[0])
    lasted = attempts[-1].at - attempts[0].at
    floor = min(1.5, max(0.05, 2 * watch.live_after))
    assert floor - 0.02 <= lasted < 5.0


@pytest.mark.parametrize(("suspected", "before"), [(True, 1), (False, 3)])
def test_what_failed_before_gets_its_later_revision_after_one_wrong_answer(suspected: bool, before: int) -> None:
    wrong = case("s/x", probes=(probe(expect=Expectation(outcome="b")),), placement="own")
    watch = observed(World(), wrong, suspected=suspected)
    assert verdicts(watch) == [Verdict.FAIL]
    revisions = [attempt.revision for attempt in watch.of(watch.unit.probes[0])]
    assert revisions.count(1) == before
    # Whatever was known before, the later revision must show it three times in a row.
    assert revisions.count(2) >= 3


def test_what_failed_before_and_has_turned_right_is_not_loaded_again_between_two_right_answers() -> None:
    warming = Turning(5, status(503), served("a"))
    limits = Limits(**{**vars(LIMITS), "convergence": 5.0})
    watch = observed(warming, case("s/x", placement="own"), limits, suspected=True)
    assert verdicts(watch) == [Verdict.PASS]
    assert {attempt.revision for attempt in watch.of(watch.unit.probes[0])} == {1}


class Resting(World):
    """A world that loads an Ingress again only so many seconds after its first load, and serves it wrongly at first.

    Until then it serves what it has loaded; right answers come after so many wrong ones, or never.
    """

    def __init__(self, rests: float, wrong: int) -> None:
        super().__init__()
        self.rests, self.wrong, self.began = rests, wrong, 0.0

    def answer(self, wire: WireProbe) -> Answer:
        right = super().answer(wire)
        self.began = self.began or time.monotonic()
        if ".marker." in wire.host:
            rested = time.monotonic() - self.began > self.rests
            loaded = "r2." if rested and "'r2." in str(list(self.objects.values())) else "r1."
            return served("marker", HOME) if wire.host.startswith(loaded) else status(404)
        self.wrong -= 1
        return served("b") if self.wrong >= 0 else right


@pytest.mark.parametrize(("rests", "revision"), [(0.0, 2), (1.5, 2), (60.0, 1)])
@pytest.mark.parametrize(("wrong", "verdict"), [(3, Verdict.PASS), (10**9, Verdict.FAIL)])
def test_however_late_a_later_revision_comes_what_is_answered_then_counts(
    rests: float, revision: int, wrong: int, verdict: Verdict
) -> None:
    """A wait for what is loaded is left out of the convergence limit, which is shorter."""
    limits = Limits(**{**vars(LIMITS), "convergence": 1.0})
    watch = observed(Resting(rests, wrong), case("s/x", placement="own"), limits, marker_limit=2.5)
    assert verdicts(watch) == [verdict]
    attempts = watch.of(watch.unit.probes[0])
    assert all(attempt.counted for attempt in attempts)
    assert [attempt.revision for attempt in attempts][-3:] == [revision] * 3
    # What outlasts no later revision is looked at as long as any wrong answer.
    assert len(attempts) >= 6


def test_traffic_that_broke_off_is_no_traffic_without_failures() -> None:
    (planned, *_) = unit_of(case("s/x"), _ground()).probes
    sent: list[Any] = []

    def observe(_: Any) -> Any:
        sent.append(1)
        raise OSError("too many open files")

    with pytest.raises(HarnessFailure, match="too many open files"), flowing(planned, observe):
        pass
    assert sent == [1]


def _ground() -> Any:
    with on(Ground()) as crew:
        return crew.ground(Ground().main, "test")


def test_the_younger_ingress_comes_when_the_odd_ones_are_there() -> None:
    stage = Ground()
    odd = case("s/odd", ingress("foo.com", name="odd"), placement="odd")
    with on(stage) as crew:
        wave = GuardedWave(crew, stage.main, lambda _: None)
        kept = wave.judge([unit_of(odd, wave.ground)])
    assert len(kept) == 1
    assert not kept[0].findings
    written = [call for call in stage.world.calls if call.startswith("apply Ingress ")]
    order = [next(i for i, call in enumerate(written) if name in call) for name in ("bystander-lane-0", "odd", "after")]
    assert order == sorted(order)
