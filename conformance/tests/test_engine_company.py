"""Cases beside others on one instance: what a neighbour spoils is judged by itself, and each has one final verdict."""

import threading
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import pytest

from conformance.case.model import RECORD, Case, Expectation, Manifest
from conformance.case.steps import Action, Step
from conformance.engine.company import Doubted, alone_after, in_company
from conformance.engine.judgement import Judgement, case_verdict
from conformance.engine.wave import CRASHED
from conformance.judge.probes import Attempt
from conformance.judge.words import Reason, Verdict
from conformance.plan.single import unit_of
from conformance.probes.answer import Answer, WireProbe
from conformance.probes.outcome import sightings
from conformance.report.model import CaseRecord
from conformance.tests.answers import HOME, served, trouble
from conformance.tests.engine_world import Ground, Instance, Patient, World, engine_of, on
from conformance.tests.plans import case, ground, ingress, probe

PASS = (Verdict.PASS, None)


class Meddling(World):
    """A world in which an Ingress with a canary leads every host of its class to backend b."""

    def answer(self, wire: WireProbe) -> Answer:
        ours = [one for one in list(self.objects.values()) if one["kind"] == "Ingress"]
        asked = [one for one in ours if any(rule["host"] == wire.host for rule in one["spec"].get("rules") or [])]
        classes = {one["spec"]["ingressClassName"] for one in asked}
        meddlers = {one["spec"]["ingressClassName"] for one in ours if "canary" in one["metadata"]["name"]}
        right = super().answer(wire)
        return served("b") if meddlers & classes and ".marker." not in wire.host and right.status == 200 else right


def told(stage: Ground, *cases: Case, isolate: bool = False) -> tuple[dict[str, CaseRecord], Counter[str]]:
    """The final records of a run, and how often each case had one."""
    final: dict[str, CaseRecord] = {}
    times: Counter[str] = Counter()

    def hear(event: dict[str, Any]) -> None:
        if event["event"] == "case" and event["final"]:
            final[event["case"].id] = event["case"]
            times[event["case"].id] += 1

    with on(stage) as crew:
        engine_of(stage, crew, hear, isolate=isolate).run(cases)
    return final, times


def own(name: str, backend: str = "a", expected: str = "") -> Case:
    """A case that cannot share an Ingress: its own has a label."""
    plain = ingress("foo.com", name=name, backend=backend)
    labelled: Manifest = {**plain, "metadata": {**plain["metadata"], "labels": {"its": "own"}}}
    return case(
        f"s/{name}", labelled, probes=(probe(expect=Expectation(outcome=expected or backend)),), placement="own"
    )


def test_what_a_neighbour_spoils_is_judged_without_it() -> None:
    cases = (case("s/packed"), own("plain"), own("another"), own("canary", "b"))
    final, times = told(Ground(Meddling(), lanes=4), *cases)
    assert {key: (one.verdict, one.reason) for key, one in final.items()} == dict.fromkeys(final, PASS)
    assert set(times.values()) == {1}
    spoiled = {key: [finding.kind for finding in one.findings] for key, one in final.items() if one.findings}
    assert spoiled == {"s/plain": ["interference"], "s/another": ["interference"]}


def test_what_fails_by_itself_is_not_judged_again() -> None:
    stage = Ground(lanes=4)
    final, times = told(stage, case("s/packed"), own("plain"), own("wrong", "b", expected="a"))
    assert (final["s/wrong"].verdict, final["s/wrong"].reason) == (Verdict.FAIL, Reason.WRONG_BACKEND)
    assert set(times.values()) == {1}
    # One further instance for the group, besides those that were started ahead.
    assert next(stage._fresh) <= 6


@dataclass
class PatientlyMeddling(Patient, Meddling):
    """Both at once."""


def test_what_is_spoiled_is_begun_by_itself_while_the_others_are_still_looked_at() -> None:
    world = PatientlyMeddling(awaited="plain")
    final, times = told(Ground(world, lanes=2), case("s/packed"), own("plain"), own("canary", "b"), own("slow"))
    assert not world.waited_in_vain
    assert {key: (one.verdict, one.reason) for key, one in final.items()} == dict.fromkeys(final, PASS)
    assert set(times.values()) == {1}


def test_what_was_begun_by_itself_keeps_its_objects_when_a_step_is_cleared_away() -> None:
    world = PatientlyMeddling(awaited="plain")
    step = Step(title="One step", actions=(Action(apply=ingress("foo.com", name="slow")),))
    stepped = own("slow").model_copy(update={"steps": (step,), "marker": "beside"})
    final, _ = told(Ground(world, lanes=2), case("s/packed"), own("plain"), own("canary", "b"), stepped)
    assert [final[key].verdict for key in ("s/plain", "s/canary")] == [Verdict.PASS, Verdict.PASS]
    deleted = [call for call in world.calls if call.startswith("delete Ingress")]
    assert any("slow" in call for call in deleted)
    assert not any("plain" in call for call in deleted)


@pytest.mark.parametrize("lanes", [0, 4])
def test_whatever_fails_in_a_shared_object_and_passes_alone_says_so(lanes: int) -> None:
    class Crowded(World):
        """Only Ingresses with few rules are served rightly."""

        def answer(self, wire: WireProbe) -> Answer:
            right = super().answer(wire)
            ours = [one for one in list(self.objects.values()) if one["kind"] == "Ingress"]
            rules = [one["spec"].get("rules") or [] for one in ours]
            crowded = any(len(some) > 2 and any(rule["host"] == wire.host for rule in some) for some in rules)
            return served("b") if crowded and ".marker." not in wire.host and right.status == 200 else right

    final, times = told(Ground(Crowded(), lanes=lanes), case("s/one"), case("s/two"))
    assert [(one.verdict, [f.kind for f in one.findings]) for one in final.values()] == [
        (Verdict.PASS, ["interference"])
    ] * 2
    assert set(times.values()) == {1}


def test_a_case_that_is_never_loaded_has_one_final_verdict() -> None:
    stage = Ground(World(deaf=lambda one: "lost" in one["metadata"]["name"]), lanes=4)
    final, times = told(stage, case("s/packed"), own("lost"), own("plain"))
    assert (final["s/lost"].verdict, final["s/lost"].reason) == (Verdict.FAIL, Reason.NOT_PROGRAMMED)
    assert times == {"s/packed": 1, "s/lost": 1, "s/plain": 1}


def seen(name: str, *answers: Answer, expected: str = "a") -> Judgement:
    """What was seen of a case; of nothing that was seen, neighbours have spoiled nothing."""
    one = case(name, probes=(probe(expect=Expectation(outcome=expected)),))
    with on(Ground()) as crew:
        watch = crew.watch(unit_of(one, ground()), Instance())
    attempts = [Attempt(0.0, answer, sightings(answer, names={HOME: ""}, suffix="")[0], True) for answer in answers]
    watch.attempts = {watch.unit.probes[0].key: attempts} if attempts else {}
    return Judgement(one, watch, 0.0, alone=False)


def test_the_doubted_are_handed_on_as_soon_as_an_instance_is_full_and_each_once() -> None:
    handed: list[list[str]] = []
    doubted = Doubted(2, lambda some: handed.append([one.id for one in some]))
    for name in ("s/a", "s/a", "s/b", "s/a", "s/c"):
        doubted.add(seen(name))
    assert handed == [["s/a", "s/b"]]
    doubted.hand_on_rest()
    doubted.hand_on_rest()
    assert handed == [["s/a", "s/b"], ["s/c"]]


def test_what_neighbours_may_have_spoiled_gets_no_other_company() -> None:
    handed: list[list[str]] = []
    doubted = Doubted(2, lambda some: handed.append([one.id for one in some]))
    doubted.add(seen("s/a"))
    doubted.add(seen("s/b", served("c", HOME)))
    assert handed == [["s/b"]]


A, B, NONE = served("a", HOME), served("b", HOME), trouble("timeout")
LATE_A, LATE_B = replace(A, seconds=1.5), replace(B, seconds=1.5)


@pytest.mark.parametrize(
    ("beside", "kinds"),
    [
        ((B, B, B), ["interference"]),
        ((A, B, A), ["interference"]),
        ((LATE_A, NONE, B), ["interference"]),
        ((LATE_A, trouble("reset"), LATE_A), ["interference"]),
        ((), ["interference"]),
        ((NONE, NONE, NONE), ["interference"]),
        ((A, A, NONE), ["interference"]),
        ((LATE_B, LATE_B, NONE), ["interference"]),
        ((A, LATE_A, NONE), []),
        ((LATE_A, NONE, NONE, NONE), []),
        ((LATE_A, A, A), []),
    ],
)
def test_where_everything_waits_it_is_not_laid_at_the_neighbours_door(
    beside: tuple[Answer, ...], kinds: list[str]
) -> None:
    alone = alone_after(in_company(seen("s/a", *beside)), seen("s/a", A, A, A))
    assert [one.kind for one in alone.findings] == kinds
    assert not alone_after(in_company(seen("s/a", *beside)), seen("s/a", B, B, B)).findings


@pytest.mark.parametrize(("expected", "kinds"), [(RECORD, []), ("a", ["interference"])])
def test_that_recorded_answers_kept_changing_is_nobodys_doing(expected: str, kinds: list[str]) -> None:
    beside = seen("s/a", served("a", HOME, status=503), NONE, expected=expected)
    assert case_verdict(beside).reason is Reason.UNSTABLE
    assert [one.kind for one in alone_after(in_company(beside), seen("s/a", A, A, A)).findings] == kinds


@pytest.mark.parametrize("right", [A, LATE_A])
def test_silence_on_the_second_look_counts_as_well_and_an_end_is_told(right: Answer) -> None:
    beside = seen("s/a", A, A, right)
    key = beside.watch.unit.probes[0].key
    silent = replace(beside, second_look={key: seen("s/a", NONE).watch.attempts[key][0]})
    assert case_verdict(silent).reason is Reason.UNSTABLE
    assert bool(alone_after(in_company(silent), beside).findings) == (right is A)
    ended = replace(silent, override=CRASHED)
    assert [one.kind for one in alone_after(in_company(ended), beside).findings] == ["interference"]


class Slow(World):
    """A world that answers the cases of the second Ingress only once one of the first is judged again."""

    again = threading.Event()
    waited_in_vain = False

    def answer(self, wire: WireProbe) -> Answer:
        if any(name.startswith("s-w") for _, _, name in list(self.objects)):
            self.again.set()
        if ".slow-" in wire.host:
            self.waited_in_vain = self.waited_in_vain or not self.again.wait(10)
        return super().answer(wire)


def test_what_failed_is_judged_again_while_others_are_still_looked_at() -> None:
    wrong = (probe(expect=Expectation(outcome="b")),)
    world = Slow()
    records, _ = told(Ground(world, lanes=2), *(case(f"s/w{n}", probes=wrong) for n in range(12)), case("s/slow-one"))
    assert not world.waited_in_vain
    assert [one.verdict for one in records.values()].count(Verdict.FAIL) == 12
