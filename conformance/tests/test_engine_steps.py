"""One step of a case, and the times from a write to its effect."""

from collections.abc import Sequence
from typing import Any

import pytest

from conformance.case.model import NO_MATCH, Case, Expectation, Latency, Manifest
from conformance.case.steps import Action, Backend, Step
from conformance.clusters.api import Refused
from conformance.engine.latency import LatencyMeter
from conformance.engine.stepping import StepRunner, StepSeen
from conformance.judge.probes import judge_probe
from conformance.judge.words import Reason, Verdict
from conformance.plan.single import unit_of
from conformance.tests.engine_world import QUICK, Ground, Heedless, World, on
from conformance.tests.plans import case, ingress, path, probe

LATER = probe("foo.com", id="GET foo.com, later", expect=Expectation(outcome="b"))
TO_B = Action(apply=ingress("foo.com", backend="b"))


def stepped(*actions: Action, probes: tuple[Any, ...] = (LATER,), **more: Any) -> Case:
    """A case with one step."""
    step = Step(title="One step", actions=actions, probes=probes, **more)
    return case("s/stepped").model_copy(update={"steps": (step,)})


def carried_out(what: Case, stage: Ground) -> StepSeen:
    """The first step of the case, carried out once its objects are there."""
    with on(stage) as crew:
        unit = unit_of(what, crew.ground(stage.main, "test"))
        assert crew.prepare([unit]) == {}
        assert crew.apply([unit]) == {}
        return StepRunner(crew, stage.main).carry_out(unit, unit.steps[0])


def outcomes(seen: StepSeen) -> set[str]:
    return {
        attempt.seen.outcome for attempts in seen.watch.attempts.values() for attempt in attempts if attempt.counted
    }


def test_what_a_step_writes_is_served_and_the_ingress_beside_is_written_last() -> None:
    stage = Ground()
    seen = carried_out(stepped(TO_B), stage)
    assert seen.live
    assert outcomes(seen) == {"b"}
    written = [call for call in stage.world.calls if call.startswith("put Ingress")]
    assert "beside" in written[-1]
    assert "beside" not in written[0]


def test_a_controller_that_hears_of_nothing_more_has_not_loaded_the_step() -> None:
    world = World(deaf=lambda one: any(str(rule.get("host")).startswith("r2.") for rule in one["spec"]["rules"]))
    seen = carried_out(stepped(TO_B), Ground(world))
    assert not seen.live
    assert seen.watch.attempts == {}


def test_what_the_api_server_refuses_in_a_step_is_raised() -> None:
    world = World(refuses=lambda verb, one: "no" if verb == "put" and "beside" not in one["metadata"]["name"] else "")
    with pytest.raises(Refused, match="no"):
        carried_out(stepped(TO_B), Ground(world))


def leading_to(backend: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "late"},
        "spec": {"selector": {"backend": backend}, "ports": [{"port": 80}]},
    }


@pytest.mark.parametrize(
    ("world", "seen_at_last", "writes"), [(World(), {"b"}, 1), (Heedless(), {"a"}, 0)], ids=["heedful", "heedless"]
)
def test_a_change_must_be_noticed_before_any_ingress_is_written(
    world: World, seen_at_last: set[str], writes: int
) -> None:
    what = stepped(Action(apply=leading_to("b")))
    what = what.model_copy(update={"objects": (leading_to("a"), ingress("foo.com", backend="late"))})
    seen = carried_out(what, Ground(world))
    assert seen.live
    assert seen.watch.live_after is not None
    assert outcomes(seen) == seen_at_last
    assert sum(call.startswith("put Ingress") for call in world.calls) == writes
    (planned,) = seen.watch.unit.probes
    verdict = judge_probe(planned.probe, seen.watch.of(planned), planned.ending, planned.facts)
    assert verdict.verdict is (Verdict.PASS if writes else Verdict.FAIL)
    assert verdict.reason is (None if writes else Reason.WRONG_BACKEND)


def test_what_was_right_before_the_ingress_beside_told_that_all_is_loaded_does_not_count() -> None:
    gone = probe("bar.com", id="GET bar.com", expect=Expectation(outcome=NO_MATCH))
    what = stepped(Action(apply=leading_to("b")), probes=(LATER, gone))
    what = what.model_copy(update={"objects": (leading_to("a"), ingress("foo.com", backend="late"))})
    seen = carried_out(what, Ground())
    for planned in seen.watch.unit.probes:
        counted = [attempt for attempt in seen.watch.of(planned) if attempt.counted]
        assert {attempt.revision for attempt in counted} == {seen.watch.unit.revision}
        assert len(counted) >= 3
    assert seen.watch.unit.first_revision == seen.watch.unit.revision == 2


def test_unrelated_updates_leave_nothing() -> None:
    stage = Ground()
    carried_out(stepped(TO_B, Action(unrelated_updates=3)), stage)
    assert sum("merge Ingress" in call and "unrelated" in call for call in stage.world.calls) == 3
    assert not any("unrelated" in name for _, _, name in stage.world.objects)


@pytest.mark.parametrize(("actions", "taught"), [((TO_B,), True), ((TO_B, Action(restart="controller")), False)])
def test_a_start_does_not_tell_how_long_a_change_takes(actions: tuple[Action, ...], taught: bool) -> None:
    stage, what = Ground(), stepped(*actions)
    with on(stage) as crew:
        unit = unit_of(what, crew.ground(stage.main, "test"))
        crew.prepare([unit])
        crew.apply([unit])
        assert StepRunner(crew, stage.main).carry_out(unit, unit.steps[0]).live
        assert (crew.pace.slowest_live > 0) is taught


def test_a_restart_is_asked_of_the_instance() -> None:
    stage = Ground()
    carried_out(stepped(TO_B, Action(restart="controller")), stage)
    assert stage.main.restarts == 1


def test_the_pods_that_must_answer_are_those_that_are_ready_after_the_changes() -> None:
    own = probe("foo.com", expect=Expectation(outcome="web", pods=3))
    what = stepped(Action(scale=Backend(name="web", replicas=3)), probes=(own,))
    object_ = ingress("foo.com", backend="web")
    what = what.model_copy(update={"objects": (object_,), "backends": (Backend(name="web", replicas=1),)})
    seen = carried_out(what.model_copy(update={"probes": ()}), Ground())
    (planned,) = seen.watch.unit.probes
    assert planned.facts.pods is not None
    assert len(planned.facts.pods) == 3


def samples(latency: Latency, stage: Ground, objects: Sequence[Manifest] = ()) -> tuple[float | None, ...]:
    what = case("s/measured", *objects) if objects else case("s/measured")
    with on(stage) as crew:
        unit = unit_of(what, crew.ground(stage.main, "test"))
        crew.apply([unit])
        watch = crew.watch(unit, stage.main)
        return LatencyMeter(crew, stage.main, watch, "s-measured").take(latency).seconds


@pytest.mark.parametrize("change", ["create", "update", "delete"])
def test_as_many_samples_as_asked_for_and_nothing_is_left(change: Any) -> None:
    stage = Ground()
    taken = samples(Latency(change=change, samples=4), stage)
    assert len(taken) == 4
    assert all(seconds is not None and 0 <= seconds < QUICK.marker for seconds in taken)
    assert [name for _, _, name in stage.world.objects if "bystander" in name] == []


@pytest.mark.parametrize("change", ["create", "update"])
def test_an_effect_that_never_comes_is_no_number(change: Any) -> None:
    stage = Ground(World(deaf=lambda one: "bystander" in one["metadata"]["name"]))
    assert samples(Latency(change=change, samples=2), stage) == (None, None)


def test_what_never_lived_cannot_be_seen_to_go() -> None:
    stage = Ground(World(deaf=lambda one: "bystander" in one["metadata"]["name"]))
    assert samples(Latency(change="delete", samples=2), stage) == (None, None)


SERVICE: Manifest = {"kind": "Service", "metadata": {"name": "front"}, "spec": {"selector": {"backend": "a"}}}
FRONT: Manifest = {
    "kind": "Ingress",
    "metadata": {"name": "web"},
    "spec": {"rules": [{"host": "foo.com", "http": {"paths": [path("front")]}}]},
}


def test_a_service_is_led_to_others_and_back() -> None:
    stage = Ground()
    taken = samples(Latency(change="endpoint", samples=3), stage, [FRONT, SERVICE])
    assert len(taken) == 3
    assert all(seconds is not None for seconds in taken)
    (service,) = [one for (kind, _, _), one in stage.world.objects.items() if kind == "Service"]
    assert service["spec"]["selector"] == {"backend": "a"}
