"""What could be right by chance: it is loaded anew a few times, and one failure is enough."""

import itertools
import re
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest

from conformance.case.model import Case, Expectation, Level, Manifest, Marker, Placement
from conformance.judge.words import Reason, Verdict
from conformance.probes.answer import Answer, WireProbe
from conformance.report.model import Parity
from conformance.tests.answers import served
from conformance.tests.engine_world import Ground, Instance, World, key_of
from conformance.tests.plans import case, ingress, path, probe
from conformance.tests.test_engine_company import PASS, told


@dataclass
class Chancy(World):
    """A world that is wrong for the main instance's class, always or in turn, and elsewhere from some revision on."""

    company: str = "b"
    wrong_from: int = 99
    late: int = 0
    requests: "itertools.count[int]" = field(default_factory=itertools.count)

    def answer(self, wire: WireProbe) -> Answer:
        right = super().answer(wire)
        if ".marker." in wire.host or right.status != 200:
            return right
        (asked,) = [one for one in list(self.objects.values()) if wire.host in str(one)]
        if asked["spec"]["ingressClassName"] == "lane-0":
            return served(self.company[next(self.requests) % len(self.company)])
        revision = int(re.findall(r"'r([0-9]+)\.", str(asked))[0])
        if revision > 1 and self.late:
            self.late -= 1
            return served("b")
        return served("b") if revision >= self.wrong_from else right


@pytest.mark.parametrize("company", ["b", "ab"])
@pytest.mark.parametrize(("wrong_from", "verdict"), [(99, PASS), (4, (Verdict.FAIL, Reason.UNSTABLE))])
def test_what_failed_beside_others_is_right_alone_only_if_it_is_so_however_often_it_is_loaded(
    company: str, wrong_from: int, verdict: tuple[Verdict, Reason | None]
) -> None:
    final, _ = told(Ground(Chancy(company=company, wrong_from=wrong_from), lanes=2), case("s/one"))
    assert (final["s/one"].verdict, final["s/one"].reason) == verdict
    assert bool(final["s/one"].findings) == (verdict == PASS)


def test_what_turns_right_after_it_was_loaded_anew_passes() -> None:
    final, _ = told(Ground(Chancy(late=2), lanes=2), case("s/one"))
    assert (final["s/one"].verdict, final["s/one"].reason) == PASS


@dataclass
class ByChance(World):
    """A world that leads what two rules claim elsewhere from its ``wrong_from``-th load on, counted by revisions."""

    wrong_from: int = 99

    def answer(self, wire: WireProbe) -> Answer:
        right = super().answer(wire)
        if ".marker." in wire.host or right.status != 200:
            return right
        revisions = [int(one) for one in re.findall(r"'r([0-9]+)\.", str(list(self.objects.values())))]
        return served("b") if max(revisions) >= self.wrong_from else right


def contested_case(placement: Placement) -> Case:
    """A case of one host that two rules claim, if a wildcard may stand for two labels."""
    objects = ingress("x.foo.com", rules=[])
    objects["spec"]["rules"] = [
        {"host": host, "http": {"paths": [path(backend)]}} for host, backend in (("x.foo.com", "a"), ("*.com", "b"))
    ]
    return case("s/one", objects, probes=(probe("x.foo.com"),), placement=placement)


@pytest.mark.parametrize("placement", ["packed", "own", "alone"])
@pytest.mark.parametrize("lanes", [0, 2])
@pytest.mark.parametrize(("wrong_from", "verdict"), [(99, Verdict.PASS), (2, Verdict.FAIL), (4, Verdict.FAIL)])
def test_what_two_rules_claim_is_right_only_if_it_is_so_however_often_it_is_loaded(
    placement: Placement, lanes: int, wrong_from: int, verdict: Verdict
) -> None:
    final, times = told(Ground(ByChance(wrong_from=wrong_from), lanes=lanes), contested_case(placement))
    assert final["s/one"].verdict is verdict
    assert times == {"s/one": 1}


@dataclass
class Stirred(World):
    """A world that leads a case elsewhere once its own Ingress, and no other, was written so many times."""

    writes: int = 3
    written: Counter[str] = field(default_factory=Counter)

    def _write(self, verb: str, manifest: Manifest) -> Manifest:
        stored = self.objects.get(key_of(manifest))
        self.written[manifest["metadata"]["name"]] += stored != manifest
        return super()._write(verb, manifest)

    def answer(self, wire: WireProbe) -> Answer:
        right = super().answer(wire)
        stirred = self.written["s-one-web"] >= self.writes and ".one." in wire.host and ".marker." not in wire.host
        return served("b") if stirred and right.status == 200 else right


@pytest.mark.parametrize("placement", ["own", "alone"])
@pytest.mark.parametrize("marker", ["own", "beside"])
@pytest.mark.parametrize("lanes", [0, 2])
def test_wherever_its_marker_stands_it_is_the_case_s_own_ingress_that_is_loaded_anew(
    placement: Placement, marker: Marker, lanes: int
) -> None:
    one = contested_case(placement).model_copy(update={"marker": marker, "level": Level.PARITY})
    final, _ = told(Ground(Stirred(), lanes=lanes), one)
    assert (final["s/one"].verdict, final["s/one"].reason) == (Verdict.FAIL, Reason.UNSTABLE)


@dataclass
class Coin(World):
    """A world that knows no annotations, and tosses a coin at each load for what two rules claim."""

    tosses: str = "ab"

    def answer(self, wire: WireProbe) -> Answer:
        right = super().answer(wire)
        if ".marker." in wire.host or right.status != 200:
            return right
        (*_, asked) = [one for one in list(self.objects.values()) if wire.host in str(one)]
        revision = int(re.findall(r"'r([0-9]+)\.", str(asked))[0])
        return served(self.tosses[(revision - 1) % len(self.tosses)] if "-twin" in wire.host else self.tosses[0])


def tied_case(expected: str) -> Case:
    """A case of level parity in which only an annotation says which of two equal rules is meant."""
    objects = [ingress("foo.com", rules=[]), ingress("foo.com", rules=[], name="canary")]
    for written, backend in zip(objects, "ab", strict=True):
        written["spec"]["rules"] = [{"host": "foo.com", "http": {"paths": [path(backend)]}}]
    objects[1]["metadata"]["annotations"] = {"nginx.ingress.kubernetes.io/canary": "true"}
    asked = probe("foo.com", expect=Expectation(outcome=expected))
    return case("s/tied", *objects, probes=(asked,), placement="own").model_copy(update={"level": Level.PARITY})


@pytest.mark.parametrize("lanes", [0, 2])
@pytest.mark.parametrize("tosses", ["ba", "bbba", "bbbbbbba"])
def test_where_a_coin_is_tossed_without_the_annotation_either_side_shows_that_it_is_ignored(
    tosses: str, lanes: int
) -> None:
    final, _ = told(Ground(Coin(tosses=tosses), lanes=lanes), tied_case("a"))
    record = final["s/tied"]
    assert (record.verdict, record.parity) == (Verdict.FAIL, Parity.IGNORED)
    assert record.twin is not None
    seen = {attempt.revision: attempt.outcome for attempt in record.twin.probes[0].attempts}
    assert seen == dict(enumerate((tosses * 8)[:8], start=1))


def test_a_steady_choice_of_the_other_side_is_a_difference() -> None:
    class Swapped(Coin):
        def answer(self, wire: WireProbe) -> Answer:
            right = super().answer(wire)
            return served("a") if "-twin" in wire.host and ".marker." not in wire.host else right

    final, _ = told(Ground(Swapped(tosses="b"), lanes=2), tied_case("a"))
    assert final["s/tied"].parity is Parity.DIFFERS


@pytest.mark.parametrize(("wrong_from", "verdict"), [(16, Verdict.FAIL), (17, Verdict.PASS)])
def test_what_only_an_annotation_decides_is_right_sixteen_times_or_not(wrong_from: int, verdict: Verdict) -> None:
    final, _ = told(Ground(ByChance(wrong_from=wrong_from), lanes=2), tied_case("a"))
    assert final["s/tied"].verdict is verdict


def test_a_revision_that_is_refused_leaves_no_verdict() -> None:
    world = ByChance(refuses=lambda _, one: "no more" if "'r3." in str(one) else "")
    final, _ = told(Ground(world, lanes=2), contested_case("packed"), case("s/beside"))
    assert final["s/one"].verdict is Verdict.ERROR
    assert "no more" in final["s/one"].detail
    assert final["s/beside"].verdict is Verdict.PASS


def test_a_controller_that_ends_while_it_loads_anew_spoils_no_case() -> None:
    stage = Ground(lanes=0)

    def ends(_verb: str, one: Manifest) -> str:
        stage.main.alive = stage.main.alive and "'r3." not in str(one)
        return ""

    stage.world.refuses = ends
    final, _ = told(stage, contested_case("packed"))
    assert (final["s/one"].verdict, final["s/one"].reason) == PASS
    assert stage.main.restarts == 1


@pytest.mark.parametrize("lanes", [0, 2])
def test_a_controller_that_loads_no_later_revision_fails_nothing_but_what_is_about_that(lanes: int) -> None:
    deaf = World(deaf=lambda one: "'r1." not in str(one))
    final, _ = told(Ground(deaf, lanes=lanes), contested_case("packed"), case("s/beside"))
    assert [(one.verdict, one.reason) for one in final.values()] == [PASS, PASS]


@dataclass
class Fleeting(World):
    """Wrong at the third load of a case, until an Ingress ``later`` is there: then it is right again."""

    later: str = "s-later"

    def answer(self, wire: WireProbe) -> Answer:
        objects = list(self.objects.items())
        revisions = [re.findall(r"'r([0-9]+)\.", str(one)) for (_, _, name), one in objects if "s-one" in name]
        later = any(self.later in name for (_, _, name), _ in objects)
        right = super().answer(wire)
        wrong = ["3"] in revisions and not later and ".one." in wire.host and ".marker." not in wire.host
        return served("b") if wrong and right.status == 200 else right


def test_what_was_wrong_once_does_not_pass_at_a_later_look() -> None:
    company = [case(f"s/c{number}", placement="own") for number in range(11)]
    cases = (contested_case("own"), *company, case("s/later", placement="own"))
    isolated, _ = told(Ground(Fleeting(), lanes=0), *cases, isolate=True)
    assert (isolated["s/one"].verdict, isolated["s/one"].reason) == (Verdict.FAIL, Reason.UNSTABLE)
    assert {one.verdict for key, one in isolated.items() if key != "s/one"} == {Verdict.PASS}


@dataclass
class Renewed(Instance):
    """An instance that knows when it was started last."""

    started: float = 0.0

    def restart(self) -> bool:
        self.started = time.monotonic()
        return super().restart()


def test_what_is_loaded_later_than_others_after_a_start_is_waited_for() -> None:
    main = Renewed()
    stage = Ground(main=main, lanes=0)

    def ends_once(_verb: str, one: Manifest) -> str:
        main.alive = main.alive and (main.restarts > 0 or "'r2." not in str(one))
        return ""

    stage.world.refuses = ends_once
    stage.world.deaf = lambda one: (
        one["metadata"]["name"] == "packed-002" and main.restarts > 0 and time.monotonic() - main.started < 0.1
    )
    wrong = case("s/wrong", probes=(probe(expect=Expectation(outcome="b")),))
    final, _ = told(stage, contested_case("packed"), *(case(f"s/c{number}") for number in range(14)), wrong)
    assert {key for key, one in final.items() if one.verdict is not Verdict.PASS} == {"s/wrong"}
    assert main.restarts == 1
