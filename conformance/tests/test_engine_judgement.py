"""What was not seen is never passed over: steps that were not reached, one wrong answer of several, an empty status."""

from dataclasses import replace

import pytest

from conformance.case.model import HAS_ADDRESS, NO_ADDRESS, TALLY, Action, Case, Expectation, Step
from conformance.engine.judgement import Judgement, case_verdict
from conformance.engine.several import several
from conformance.engine.stepping import StepSeen
from conformance.judge.probes import Attempt
from conformance.judge.words import Reason, Verdict
from conformance.plan.single import unit_of
from conformance.probes.answer import WireProbe
from conformance.tests.answers import seen
from conformance.tests.engine_world import Ground, World, on, watched
from conformance.tests.plans import case, ground, ingress, probe


def stepping(*titles: str, probed: bool = True) -> Case:
    """A case whose probe is right before any step, with steps that ask the same or nothing."""
    probes = (probe(),) if probed else ()
    steps = tuple(Step(title=title, actions=(Action(apply=ingress("foo.com")),), probes=probes) for title in titles)
    return case("s/one").model_copy(update={"steps": steps})


def judged(made: Case, *lives: bool) -> tuple[Verdict, Reason | None]:
    """The verdict where the first probes are right, and so many steps were carried out; one that never lived has no
    answer."""
    stage = Ground(World())
    with on(stage) as crew:
        unit = unit_of(made, ground())
        watch = watched(crew, stage, unit)
        steps = []
        for step, live in zip(unit.steps, lives, strict=False):
            later = crew.watch(unit.after(step), stage.main)
            crew.apply([later.unit])
            for _ in range(3 if live else 0):
                later.round()
            steps.append(StepSeen(step, later, 0.0, live=live))
    found = case_verdict(Judgement(made, watch, 0.0, alone=True, steps=tuple(steps)))
    return found.verdict, found.reason


@pytest.mark.parametrize(
    ("titles", "lives", "passes"),
    [
        (("first", "second"), (True, True), True),
        (("first", "second"), (True,), False),
        (("first", "second"), (), False),
        (("first",), (False,), False),
    ],
)
def test_a_case_passes_only_with_all_of_its_steps(
    titles: tuple[str, ...], lives: tuple[bool, ...], passes: bool
) -> None:
    expected = (Verdict.PASS, None) if passes else (Verdict.FAIL, Reason.NOT_PROGRAMMED)
    assert judged(stepping(*titles), *lives) == expected


def test_a_step_that_was_never_loaded_fails_the_case_though_nothing_is_asked_after_it() -> None:
    assert judged(stepping("first", probed=False), True) == (Verdict.PASS, None)
    assert judged(stepping("first", probed=False), False) == (Verdict.FAIL, Reason.NOT_PROGRAMMED)


@pytest.mark.parametrize("answers", [["b", "a", "a"], ["a", "b", "a"], ["a", "a", "b"]])
def test_of_several_requests_a_wrong_one_stands_for_all_wherever_it_came(answers: list[str]) -> None:
    (planned,) = unit_of(case("s/one"), ground()).probes
    planned = replace(planned, probe=planned.probe.model_copy(update={"times": 3}))
    left = iter(answers)

    def ask(_: WireProbe) -> Attempt:
        return seen(next(left))

    shown = several(planned, ask)
    assert shown.seen.outcome == "b"
    assert dict(shown.tally) == {"a": 2, "b": 1}


@pytest.mark.parametrize("outcome", ["record", TALLY])
def test_several_that_are_not_alike_are_shown_as_such_where_none_is_wrong(outcome: str) -> None:
    (planned,) = unit_of(case("s/one"), ground()).probes
    expect = Expectation(outcome=outcome)
    planned = replace(planned, probe=planned.probe.model_copy(update={"times": 2, "expect": expect}))
    left = iter(["b", "a"])
    assert several(planned, lambda _: seen(next(left))).seen.outcome == "varies:a,b"


@pytest.mark.parametrize(
    ("entries", "outcome"),
    [
        ([{"ip": "10.0.0.1"}], HAS_ADDRESS),
        ([{}, {"hostname": "lb.example.test"}], HAS_ADDRESS),
        ([{}], NO_ADDRESS),
        ([{"ip": "", "ports": [{"port": 80}]}], NO_ADDRESS),
        ([], NO_ADDRESS),
        (None, NO_ADDRESS),
    ],
)
def test_only_an_address_or_a_name_in_the_status_is_an_address(entries: object, outcome: str) -> None:
    stage = Ground(World())
    with on(stage) as crew:
        unit = unit_of(case("s/one", probes=(probe(status_of="web"),)), ground())
        watch = replace(
            crew.watch(unit, stage.main), look_up=lambda _: {"status": {"loadBalancer": {"ingress": entries}}}
        )
        assert watch.observe(unit.probes[0]).seen.outcome == outcome
