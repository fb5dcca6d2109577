"""How long new objects are waited for: as long as this controller may need, and no longer than it takes to know it."""

import time
from dataclasses import replace
from typing import Any

import pytest

from conformance.case.model import Case, Manifest
from conformance.engine.crew import Crew, bystander
from conformance.engine.limits import Limits
from conformance.engine.pace import RECENT, SHOWN, Pace
from conformance.judge.words import Reason, Verdict
from conformance.plan.hosts import REALM
from conformance.probes.answer import Answer, WireProbe
from conformance.report.model import CaseRecord
from conformance.tests.answers import trouble
from conformance.tests.engine_world import QUICK, Ground, Instance, World, engine_of, on
from conformance.tests.plans import case, ingress
from conformance.tests.test_engine_company import PASS, own, told

LIMITS = Limits()
WIDE = replace(QUICK, marker=5.0)


def live(pace: Pace, crew: Crew, instance: Instance, seconds: float) -> None:
    watch = crew.watch(bystander("x", crew.ground(instance, REALM)), instance)
    watch.live_after = seconds
    pace.lived(watch, instance)


def test_a_controller_of_which_nothing_is_known_gets_the_whole_time() -> None:
    pace = Pace(LIMITS)
    assert pace.marker_limit() == pace.marker_limit(running=True) == pace.start_limit() == LIMITS.marker
    pace.hopeless.set()
    assert pace.marker_limit() == pace.start_limit() == LIMITS.hopeless


@pytest.mark.parametrize(("slowest", "limit"), [(0.1, 10.0), (3.0, 15.0), (11.0, 55.0), (20.0, 60.0)])
def test_others_get_five_times_what_the_slowest_took_but_never_less_than_a_wrong_answer(
    slowest: float, limit: float
) -> None:
    pace, stage = Pace(LIMITS), Ground()
    with on(stage) as crew:
        live(pace, crew, stage.main, slowest)
        live(pace, crew, stage.main, 0.0)
    assert pace.marker_limit() == limit
    assert pace.start_limit() == LIMITS.marker


def test_a_start_counts_until_enough_loads_have_shown_how_long_one_takes_without_it() -> None:
    pace, stage = Pace(LIMITS), Ground()
    with on(stage) as crew:
        live(pace, crew, stage.main, 12.0)
    for seconds in (2.0, 4.0, 3.0)[: SHOWN - 1]:
        pace.loaded(seconds)
        assert pace.marker_limit(running=True) == 60.0
    pace.loaded(3.0)
    assert pace.marker_limit(running=True) == 20.0
    assert pace.marker_limit() == 60.0, "what may still have to start gets the time of a start"


def test_a_slow_hour_is_forgotten_once_enough_loads_have_come_after_it() -> None:
    pace, stage = Pace(LIMITS), Ground()
    with on(stage) as crew:
        live(pace, crew, stage.main, 12.0)
    for seconds in (9.0, *[3.0] * (RECENT - 1)):
        pace.loaded(seconds)
        assert pace.marker_limit(running=True) >= 45.0
    pace.loaded(3.0)
    assert pace.marker_limit(running=True) == 15.0


def test_an_instance_that_is_started_anew_has_not_served_yet() -> None:
    pace, stage = Pace(LIMITS), Ground()
    with on(stage) as crew:
        assert not pace.has_served(stage.main)
        live(pace, crew, stage.main, 1.0)
        assert pace.has_served(stage.main)
        assert not pace.has_served(stage.fresh())
        pace.starts(stage.main)
        assert not pace.has_served(stage.main)


@pytest.mark.parametrize(("lanes", "shorter"), [(0, True), (4, False)])
def test_only_where_there_is_one_instance_for_everything_its_start_is_forgotten(lanes: int, shorter: bool) -> None:
    stage = Ground(lanes=lanes)
    with on(stage) as crew:
        for _ in range(SHOWN):
            crew.pace.loaded(0.0)
        live(crew.pace, crew, stage.main, 1.0)
        assert (crew.marker_limit(stage.main) < crew.pace.marker_limit()) is shorter
        assert crew.restart(stage.main)
        assert crew.marker_limit(stage.main) == crew.pace.marker_limit()


def test_loads_are_learnt_from_what_comes_after_the_start() -> None:
    stage = Ground()
    with on(stage) as crew:
        engine = engine_of(stage, crew, lambda _: None, limits=WIDE)
        engine.run([case("s/first"), *(case(f"s/alone-{n}", placement="alone") for n in range(SHOWN))])
        live(engine.crew.pace, crew, stage.main, 1.0)
        assert engine.crew.pace.marker_limit() == WIDE.marker
        assert engine.crew.marker_limit(stage.main) < WIDE.marker


class Away(World):
    """A world whose controller is gone without a word from the first Ingress called ``going`` on, until it is started.

    Nothing tells but its answers, as of a controller in a pod.
    """

    gone = False
    times = 1

    def _write(self, verb: str, manifest: Manifest) -> Manifest:
        if manifest["kind"] == "Ingress" and "going" in manifest["metadata"]["name"] and self.times:
            self.gone, self.times = True, self.times - 1
        return super()._write(verb, manifest)


class Revived(Instance):
    world: Away

    def restart(self) -> bool:
        self.world.gone = False
        return super().restart()


@pytest.mark.parametrize(
    ("times", "verdict"), [(1, PASS), (9, (Verdict.FAIL, Reason.NOT_PROGRAMMED))], ids=["by chance", "each time"]
)
def test_what_had_the_time_of_a_load_where_a_start_was_needed_is_judged_again(
    times: int, verdict: tuple[Verdict, Reason | None]
) -> None:
    world = Away()
    world.times = times
    world.deaf = lambda _: world.gone
    stage = Ground(world, main=Revived())
    assert isinstance(stage.main, Revived)
    stage.main.world = world
    before: list[Case] = [case(f"s/alone-{n}", placement="alone") for n in range(SHOWN)]
    going = case("s/going", ingress("foo.com", name="going"), placement="alone")
    final, count = told(stage, case("s/first"), *before, going, case("s/later", placement="alone"))
    found = {key: (one.verdict, one.reason) for key, one in final.items()}
    assert found == dict.fromkeys(found, PASS) | {"s/going": verdict}
    assert set(count.values()) == {1}


class Back(Away):
    """A world whose controller comes back by itself, once an Ingress called ``sign`` is written."""

    sign = "beside"

    def _write(self, verb: str, manifest: Manifest) -> Manifest:
        self.gone = self.gone and not (manifest["kind"] == "Ingress" and self.sign in manifest["metadata"]["name"])
        return super()._write(verb, manifest)


def test_what_was_not_loaded_while_a_controller_came_back_unseen_is_judged_again() -> None:
    world = Back()
    world.deaf = lambda _: world.gone
    stage = Ground(world, main=Instance(restartable=False))
    final, count = told(stage, case("s/first"), own("going-one"), own("going-two"))
    assert not world.gone
    assert {key: (one.verdict, one.reason) for key, one in final.items()} == dict.fromkeys(final, PASS)
    assert set(count.values()) == {1}


class Silent(World):
    """A world whose controller refuses connections for a while from the first Ingress called ``going`` on."""

    until: float | None = None

    def _write(self, verb: str, manifest: Manifest) -> Manifest:
        if manifest["kind"] == "Ingress" and "going" in manifest["metadata"]["name"] and self.until is None:
            self.until = time.monotonic() + 3 * QUICK.marker
        return super()._write(verb, manifest)

    def answer(self, wire: WireProbe) -> Answer:
        down = self.until is not None and time.monotonic() < self.until
        return trouble("refused") if down else super().answer(wire)


def test_whoever_answers_nothing_at_all_may_be_starting_and_gets_the_time_for_that() -> None:
    world = Silent()
    stage = Ground(world, main=Instance(restartable=False))
    final: list[CaseRecord] = []

    def hear(event: dict[str, Any]) -> None:
        if event["final"]:
            final.append(event["case"])

    before = [case(f"s/alone-{n}", placement="alone") for n in range(SHOWN)]
    with on(stage) as crew:
        engine = engine_of(stage, crew, hear, limits=WIDE)
        engine.run([case("s/first"), *before, case("s/going", ingress("foo.com", name="going"), placement="alone")])
    assert world.until is not None
    assert {(one.verdict, one.reason) for one in final} == {PASS}
