"""One more look at what was judged: the cases of one object in one go, each with what is its own."""

from dataclasses import dataclass, field

import pytest

from conformance.engine import rounds
from conformance.engine.judgement import Judgement, case_verdict
from conformance.engine.second_look import look_again, together
from conformance.judge.words import Reason, Verdict
from conformance.plan.planning import packs
from conformance.probes.answer import Answer, WireProbe
from conformance.tests.answers import served
from conformance.tests.engine_world import Ground, World, on
from conformance.tests.plans import case, ground


@dataclass
class Fickle(World):
    """A world that leads the hosts of one case elsewhere once ``turned``; ``asked`` counts requests for markers.

    It refuses the next ``away`` requests.
    """

    turned: bool = False
    asked: list[str] = field(default_factory=list)
    away: int = 0

    def answer(self, wire: WireProbe) -> Answer:
        if self.away:
            self.away -= 1
            return Answer("1", 0.0, trouble="refused")
        if ".marker." in wire.host:
            self.asked.append(wire.host)
        right = super().answer(wire)
        return served("b") if self.turned and ".one." in wire.host and ".marker." not in wire.host else right


def test_the_cases_of_one_object_share_two_looks_at_its_marker_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rounds, "FRESH", 0.0)
    world = Fickle()
    stage = Ground(world)
    with on(stage) as crew:
        (unit,) = packs([case("s/one"), case("s/two")], ground())
        crew.apply([unit])
        watch = crew.watch(unit, stage.main)
        for _ in range(3):
            watch.round()
        seen = [Judgement(one, watch, 0.0, alone=False) for one in unit.cases]
        assert [case_verdict(one).verdict for one in seen] == [Verdict.PASS] * 2
        other = Judgement(unit.cases[0], crew.watch(unit, stage.main), 0.0, alone=False)
        assert together([seen[0], other, seen[1]]) == [seen, [other]]
        world.turned = True
        world.asked.clear()
        looked = look_again(seen)
    assert [case_verdict(one).reason for one in looked] == [Reason.UNSTABLE, None]
    assert [{name for name, _ in one.second_look} for one in looked] == [{"s/one"}, {"s/two"}]
    assert len(world.asked) == 2


@pytest.mark.parametrize(
    ("away", "limit", "alive", "reason", "looks"),
    [
        (4, 20.0, True, None, 3),
        (4, 0.0, True, Reason.UNSTABLE, 1),
        (10**9, 0.3, True, Reason.UNSTABLE, None),
        (10**9, 60.0, False, Reason.UNSTABLE, 1),
    ],
    ids=["for a moment", "without patience", "for good", "because it ended"],
)
def test_a_look_at_a_controller_that_is_away_is_none(
    monkeypatch: pytest.MonkeyPatch, away: int, limit: float, alive: bool, reason: Reason | None, looks: int | None
) -> None:
    """It is taken anew, and what was refused meanwhile is kept; one that stays away has changed its answer."""
    monkeypatch.setattr(rounds, "FRESH", 0.0)
    world = Fickle()
    stage = Ground(world)
    with on(stage) as crew:
        (unit,) = packs([case("s/one")], ground())
        crew.apply([unit])
        watch = crew.watch(unit, stage.main)
        for _ in range(3):
            watch.round()
        world.away = away
        before = len(watch.of(unit.probes[0]))
        (looked,) = look_again([Judgement(unit.cases[0], watch, 0.0, alone=False)], limit, lambda: alive)
    assert case_verdict(looked).reason is reason
    (again,) = looked.second_look.values()
    assert again.counted is (reason is None)
    refused = watch.of(unit.probes[0])[before:]
    assert all((one.counted, one.seen.outcome) == (False, "refused") for one in refused)
    assert looks is None or len(refused) == looks - 1


def test_what_was_never_served_is_not_waited_for_again() -> None:
    world = Fickle()
    stage = Ground(world)
    with on(stage) as crew:
        (unit,) = packs([case("s/one")], ground())
        crew.apply([unit])
        world.away = 10**9
        watch = crew.watch(unit, stage.main)
        watch.round()
        asked = world.away
        look_again([Judgement(unit.cases[0], watch, 0.0, alone=False)], 60.0)
        assert asked - world.away <= 3
