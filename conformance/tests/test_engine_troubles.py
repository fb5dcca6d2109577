"""What gives way under a run, or is refused to the suite: no verdict of a case, and no finding, rests on it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from conformance.case.model import Case, Expectation, Manifest
from conformance.clusters.api import Refused
from conformance.engine.crew import Interrupted
from conformance.engine.guarded import GuardedWave
from conformance.engine.run import Engine
from conformance.judge.words import Reason, Verdict
from conformance.plan.single import unit_of
from conformance.probes.answer import Answer, Endpoint, WireProbe
from conformance.report.model import CaseRecord
from conformance.tests.answers import served, status
from conformance.tests.engine_world import QUICK, Ground, Instance, World, _Sender, engine_of, on
from conformance.tests.plans import case, ingress, probe
from conformance.tests.test_engine_company import PASS, Meddling, own, told
from conformance.tests.test_engine_faults import poisoned

SHAKEN = "the API server did not answer"


@pytest.fixture(autouse=True)
def quick_footing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks come often, and what gave way is soon got over."""
    monkeypatch.setattr("conformance.engine.footing.LOOK_EVERY", 0.01)
    monkeypatch.setattr("conformance.engine.footing.RECOVERY", 0.05)


@dataclass
class Down(World):
    """A world that answers no host of ``hosts`` for a while, from the first request to one of them on.

    It lasts until somebody has ``noticed`` it, if it is to be noticed: a busy machine looks late.
    """

    hosts: tuple[str, ...] = ("",)
    lasts: float = 0.5
    until: float | None = None
    noticed: bool = True

    @property
    def down(self) -> bool:
        return self.until is not None and (not self.noticed or time.monotonic() < self.until)

    def concerns(self, wire: WireProbe) -> bool:
        return ".marker." not in wire.host and any(host in wire.host for host in self.hosts)

    def answer(self, wire: WireProbe) -> Answer:
        if self.until is None and self.concerns(wire):
            self.until = time.monotonic() + self.lasts
        return status(503) if self.down and self.concerns(wire) else super().answer(wire)


@dataclass
class Shaken(Ground):
    """A stage that says so while its world is down."""

    def __post_init__(self) -> None:
        assert isinstance(self.world, Down)
        self.world.noticed = False

    def trouble(self) -> str:
        assert isinstance(self.world, Down)
        if not self.world.down:
            return ""
        self.world.noticed = True
        return SHAKEN


@pytest.mark.parametrize("lanes", [0, 2])
def test_what_failed_beside_others_while_something_gave_way_is_not_laid_at_their_door(lanes: int) -> None:
    final, times = told(Shaken(Down(), lanes=lanes), case("s/one"), case("s/two"), case("s/three"))
    assert {(one.verdict, one.reason, one.findings) for one in final.values()} == {(*PASS, ())}
    assert set(times.values()) == {1}


def test_what_could_not_be_judged_beside_others_is_not_laid_at_their_door() -> None:
    contested = case("s/one", copies=2)
    world = World(refuses=lambda _, one: "no more" if "'r2." in str(one) and "packed" in str(one) else "")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("conformance.engine.run.contested", lambda _: True)
        final, _ = told(Ground(world, lanes=2), contested, case("s/two"))
    assert {(one.verdict, one.reason, one.findings) for one in final.values()} == {(*PASS, ())}
    assert any("packed" in call for call in world.calls)


def test_what_fails_in_the_end_is_not_said_to_pass_alone() -> None:
    class Turning(World):
        """Wrong beside others, right alone, and wrong again once a later case is there."""

        def answer(self, wire: WireProbe) -> Answer:
            right = super().answer(wire)
            objects = list(self.objects.items())
            shared = any("packed" in name and wire.host in str(one) for (_, _, name), one in objects)
            later = any("s-later" in name for (_, _, name), _ in objects)
            wrong = ".one." in wire.host and ".marker." not in wire.host and (shared or later)
            return served("b") if wrong and right.status == 200 else right

    later: Case = case("s/later", placement="own", marker="beside")
    final, _ = told(Ground(Turning(), lanes=0), case("s/one"), case("s/two"), later)
    assert (final["s/one"].verdict, final["s/one"].reason) == (Verdict.FAIL, Reason.UNSTABLE)
    assert final["s/one"].findings == ()


@dataclass
class Away(Down):
    """A world that loads no bystander that comes after odd objects, for a while."""

    def concerns(self, wire: WireProbe) -> bool:
        return "-after-" in wire.host


@pytest.mark.parametrize("lanes", [0, 2])
@pytest.mark.parametrize("spoils", [False, True])
def test_what_spoils_others_is_named_only_if_everything_held_while_they_were_looked_at(
    lanes: int, spoils: bool
) -> None:
    stage = Shaken(Away(), lanes=lanes)
    stage.world.deaf = lambda one: "-after-" in one["metadata"]["name"] and poisoned(stage.world, one)
    name = "poison" if spoils else "harmless"
    odd = case(f"s/{name}", ingress("foo.com", name=name), placement="odd")
    final, times = told(stage, case("s/good"), odd)
    assert {(one.verdict, one.reason) for one in final.values()} == {PASS}
    assert [finding.kind for finding in final[odd.id].findings] == ["poison"] * spoils
    assert set(times.values()) == {1}


@pytest.mark.parametrize("lanes", [0, 2])
@pytest.mark.parametrize(("times", "verdict"), [(1, PASS), (99, (Verdict.ERROR, Reason.HARNESS))])
def test_that_a_younger_bystander_is_refused_is_the_suite_s_own_trouble(
    lanes: int, times: int, verdict: tuple[Verdict, Reason | None]
) -> None:
    refusals = iter(["quota"] * times)

    def refuses(verb: str, one: Manifest) -> str:
        return next(refusals, "") if verb == "apply" and "-after-" in one["metadata"]["name"] else ""

    odd = [case(f"s/{name}", ingress("foo.com", name=name), placement="odd") for name in ("one", "two")]
    final, _ = told(Ground(World(refuses=refuses), lanes=lanes), *odd)
    assert {(one.verdict, one.reason, one.findings) for one in final.values()} == {(*verdict, ())}
    assert all("quota" in one.detail for one in final.values() if verdict != PASS)


def test_without_an_older_bystander_nothing_odd_is_judged() -> None:
    stage = Ground(World(refuses=lambda _, one: "quota" if "bystander" in one["metadata"]["name"] else ""))
    odd = case("s/odd", placement="odd")
    with on(stage) as crew:
        wave = GuardedWave(crew, stage.main, lambda _: None)
        with pytest.raises(Refused, match="quota"):
            wave.judge([unit_of(odd, wave.ground)])
    assert not wave.kept


@dataclass
class DownAndMeddling(Down, Meddling):
    """Both at once: whoever is asked for first is not served for a while, and then neighbours meddle."""

    unasked: set[str] = field(default_factory=lambda: {"packed", "canary", "plain", "another"})

    def answer(self, wire: WireProbe) -> Answer:
        first = {name for name in self.unasked if name in wire.host and self.concerns(wire)}
        if first:
            self.unasked -= first
            self.until, self.noticed = time.monotonic() + self.lasts, False
        return super().answer(wire)


@pytest.mark.parametrize("lanes", [0, 4])
def test_what_is_judged_for_the_last_time_has_no_neighbours(lanes: int) -> None:
    canary, plain, another = own("canary", "b"), own("plain"), own("another")
    final, times = told(Shaken(DownAndMeddling(), lanes=lanes), case("s/packed"), canary, plain, another)
    assert {key: (one.verdict, one.reason) for key, one in final.items()} == dict.fromkeys(final, PASS)
    assert set(times.values()) == {1}


def test_a_run_that_is_stopped_before_the_last_time_has_not_come_to_its_end() -> None:
    stage = Ground(wrong=SHAKEN)
    final: list[CaseRecord] = []
    with on(stage):

        def hear(event: dict[str, Any]) -> None:
            if event["event"] == "case" and event["final"]:
                final.append(event["case"])
            elif event["event"] == "case" and event["case"].verdict is Verdict.ERROR:
                engine.stop()

        engine = Engine(stage, QUICK, {}, False, hear)
        with pytest.raises(Interrupted):
            engine.run([case("s/wrong", probes=(probe(expect=Expectation(outcome="b")),))])
    assert final == []


@dataclass
class Ending(World):
    """A world whose one controller ends at a request to ``host`` after ``times`` of them; see ``ends``."""

    host: str = ""
    times: int = 3
    beside: str = ""
    ends: Callable[[], None] = lambda: None
    asked: int = 0

    def answer(self, wire: WireProbe) -> Answer:
        if self.host in wire.host and ".marker." not in wire.host:
            self.asked += 1
            if self.asked > self.times and any(self.beside in name for _, _, name in list(self.objects)):
                self.ends()
        return super().answer(wire)


def ending(world: Ending, *, fit: bool = True) -> Ground:
    """A stage without lanes whose main instance ends as its world has it."""
    stage = Ground(world, main=Instance(fit=fit))

    def ends() -> None:
        stage.main.alive = False

    world.ends = ends
    return stage


ALL = [case(f"s/{name}") for name in ("one", "two", "three")]
CRASH = (Verdict.FAIL, Reason.CONTROLLER_CRASHED)
HARNESS = (Verdict.ERROR, Reason.HARNESS)


@pytest.mark.parametrize(
    ("world", "fit", "verdict"),
    [
        (Ending(host=".two.", beside="packed"), True, PASS),
        (Ending(host=".two."), True, CRASH),
        (Ending(host=".two."), False, HARNESS),
    ],
    ids=["beside others", "by itself", "for good"],
)
def test_that_the_controller_ends_at_the_last_look_is_laid_only_at_the_door_of_who_was_alone_there(
    world: Ending, fit: bool, verdict: tuple[Verdict, Reason | None]
) -> None:
    stage = ending(world, fit=fit)
    final, times = told(stage, *ALL)
    found = {key: (one.verdict, one.reason) for key, one in final.items()}
    assert found == {"s/one": verdict if not fit else PASS, "s/two": verdict, "s/three": verdict if not fit else PASS}
    assert set(times.values()) == {1}
    assert not any(one.findings for one in final.values())
    assert stage.main.restarts >= 2
    assert all("can't listen" in one.detail for one in final.values() if not fit)


@dataclass
class Separate(Ground):
    """A stage whose other instances live on, at an address of their own, when the main one has ended."""

    def fresh(self) -> Instance:
        return replace(super().fresh(), endpoint=Endpoint("10.0.0.10"))

    def sender(self, endpoint: Endpoint, _limits: object) -> _Sender:
        return _Sender(self.world, self.main if endpoint == self.main.endpoint else Instance())


def test_who_has_an_instance_of_his_own_is_not_blamed_for_the_end_of_the_main_one() -> None:
    stage, firsts = Separate(lanes=2), []
    final: dict[str, tuple[Verdict, Reason | None]] = {}

    def hear(event: dict[str, Any]) -> None:
        if event["final"]:
            final[event["case"].id] = event["case"].verdict, event["case"].reason
            return
        firsts.append(event["case"].id)
        if len(firsts) == len(ALL):
            stage.main.alive = stage.main.fit = False

    with on(stage) as crew, pytest.MonkeyPatch.context() as patched:
        patched.setattr("conformance.engine.crew.Sender", stage.sender)
        engine_of(stage, crew, hear).run(ALL)
    assert final == {one.id: PASS for one in ALL}


@pytest.mark.parametrize(("times", "verdict"), [(1, (Verdict.FAIL, Reason.WRONG_BACKEND)), (99, HARNESS)])
def test_shared_objects_that_cannot_be_taken_away_are_the_trouble_of_what_is_judged_without_them(
    times: int, verdict: tuple[Verdict, Reason | None]
) -> None:
    refusals = iter(["not now"] * times)

    def refuses(verb: str, one: Manifest) -> str:
        return next(refusals, "") if verb == "delete" and "packed" in one["metadata"]["name"] else ""

    wrong = case("s/wrong", probes=(probe(expect=Expectation(outcome="b")),))
    beside = case("s/beside", placement="own", marker="beside")
    final, _ = told(Ground(World(refuses=refuses), lanes=0), case("s/good"), wrong, beside)
    found = {key: (one.verdict, one.reason) for key, one in final.items()}
    assert found == {"s/good": PASS, "s/wrong": verdict, "s/beside": PASS}
    assert final["s/wrong"].verdict is Verdict.FAIL or "not now" in final["s/wrong"].detail
