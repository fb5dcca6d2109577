"""One case's trouble is its own: the run goes on, and nobody is blamed for what the suite could not do."""

import threading
from collections.abc import Callable

import pytest

from conformance.case.model import Case, Expectation, Manifest
from conformance.case.steps import Action, Backend, Step
from conformance.engine.run import Engine
from conformance.engine.wave import parts
from conformance.judge.words import Reason, Verdict
from conformance.plan.planning import plan
from conformance.probes.answer import Answer, WireProbe
from conformance.report.events import CannotWrite
from conformance.report.model import CaseRecord
from conformance.tests.answers import status
from conformance.tests.engine_world import QUICK, Ground, Instance, Patient, World, engine_of, on
from conformance.tests.plans import case, ground, ingress, probe
from conformance.tests.test_engine_company import told

PASS = (Verdict.PASS, None)
HARNESS = (Verdict.ERROR, Reason.HARNESS)
GOOD, BETTER = case("s/good"), case("s/better", placement="own", marker="beside")


def verdicts(stage: Ground, *cases: Case, isolate: bool = False) -> dict[str, tuple[Verdict, Reason | None]]:
    return {key: (one.verdict, one.reason) for key, one in records(stage, *cases, isolate=isolate).items()}


def records(stage: Ground, *cases: Case, isolate: bool = False) -> dict[str, CaseRecord]:
    """The final records of a run."""
    return told(stage, *cases, isolate=isolate)[0]


def refusing(verb: str, name: str) -> Callable[[str, Manifest], str]:
    return lambda asked, one: "no" if asked == verb and name in one["metadata"]["name"] else ""


@pytest.mark.parametrize("isolate", [False, True])
@pytest.mark.parametrize("lanes", [0, 4])
def test_without_trouble_everything_passes(lanes: int, isolate: bool) -> None:
    assert verdicts(Ground(lanes=lanes), GOOD, BETTER, isolate=isolate) == {"s/good": PASS, "s/better": PASS}


@pytest.mark.parametrize("lanes", [0, 4])
def test_a_backend_that_is_never_ready_is_the_trouble_of_its_case(lanes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.engine.crew.READY_LIMIT", 0.1)
    own = probe("foo.com", expect=Expectation(outcome="web"))
    slow = case("s/slow", ingress("foo.com", backend="web"), probes=(own,), placement="own", marker="beside")
    slow = slow.model_copy(update={"backends": (Backend(name="web", replicas=1),)})
    stage = Ground(World(unready=frozenset({"web-slow-s"})), lanes=lanes)
    found = records(stage, GOOD, slow, BETTER)
    assert {key: (one.verdict, one.reason) for key, one in found.items()} == {
        "s/good": PASS,
        "s/slow": HARNESS,
        "s/better": PASS,
    }
    assert "1 ready pods" in found["s/slow"].detail


@pytest.mark.parametrize("lanes", [0, 4])
@pytest.mark.parametrize("verb", ["apply", "put"])
def test_what_is_refused_is_the_trouble_of_its_case(verb: str, lanes: int) -> None:
    step = Step(title="One step", actions=(Action(apply=ingress("foo.com", backend="b")),))
    odd = case("s/odd", placement="own", marker="beside").model_copy(update={"steps": (step,)})
    stage = Ground(World(refuses=refusing(verb, "s-odd")), lanes=lanes)
    assert verdicts(stage, GOOD, odd, BETTER) == {"s/good": PASS, "s/odd": HARNESS, "s/better": PASS}


def test_what_cannot_be_removed_does_not_end_the_run() -> None:
    stage = Ground(World(refuses=refusing("delete", "")))
    odd = replace_placement(case("s/odd"), "odd")
    found = verdicts(stage, GOOD, odd, BETTER)
    assert found["s/good"] == found["s/better"] == PASS
    assert found["s/odd"] == HARNESS


def replace_placement(what: Case, placement: str) -> Case:
    return what.model_copy(update={"placement": placement})


def test_an_instance_that_never_served_and_has_ended_is_no_case_s_failure() -> None:
    stage = Ground(main=Instance(alive=False, fit=False))
    found = records(stage, *(replace_placement(case(f"s/{name}"), "odd") for name in ("one", "two")))
    assert {(one.verdict, one.reason) for one in found.values()} == {HARNESS}
    assert all("can't listen" in one.detail for one in found.values())


def test_an_instance_that_serves_nothing_while_others_do_is_no_case_s_failure() -> None:
    stage = Ground(World(deaf=lambda one: one["spec"].get("ingressClassName") != Instance.ingress_class), lanes=4)
    cases = (BETTER, replace_placement(case("s/alone"), "alone"), replace_placement(case("s/odd"), "odd"))
    assert verdicts(stage, GOOD, *cases) == {"s/good": PASS, **dict.fromkeys(("s/better", "s/alone", "s/odd"), HARNESS)}


class Starting(World):
    """A world that serves nothing until the first objects that were given up are taken away."""

    up = False

    def delete(self, manifest: Manifest) -> None:
        super().delete(manifest)
        self.up = self.up or manifest["kind"] == "Ingress"

    def answer(self, wire: WireProbe) -> Answer:
        return super().answer(wire) if self.up else status(404)


@pytest.mark.parametrize("lanes", [0, 4])
def test_what_failed_before_the_controller_served_anything_is_judged_again(lanes: int) -> None:
    odd, alone = (replace_placement(case(f"s/{name}"), name) for name in ("odd", "alone"))
    found = records(Ground(Starting(), lanes=lanes), GOOD, BETTER, odd, alone)
    assert {key: (one.verdict, one.reason) for key, one in found.items()} == dict.fromkeys(found, PASS)
    assert len(found) == 4
    assert not any(one.findings for one in found.values())


@pytest.mark.parametrize("lanes", [0, 4])
def test_a_controller_that_never_serves_anything_fails_everything(lanes: int) -> None:
    odd = replace_placement(case("s/odd"), "odd")
    found = verdicts(Ground(World(deaf=lambda _: True), lanes=lanes), GOOD, BETTER, odd)
    assert found == dict.fromkeys(("s/good", "s/better", "s/odd"), (Verdict.FAIL, Reason.NOT_PROGRAMMED))


def test_what_cannot_be_kept_ends_the_run() -> None:
    def full(event: dict[str, object]) -> None:
        raise CannotWrite(f"cannot write the event {event['event']}")

    stage = Ground(lanes=4)
    with on(stage), pytest.raises(CannotWrite):
        Engine(stage, QUICK, {}, False, full).run([GOOD, BETTER])


@pytest.mark.parametrize("lanes", [0, 4])
def test_what_could_not_be_judged_is_tried_once_more_at_the_end(lanes: int) -> None:
    refusals = iter(["not now"])

    def refuses(verb: str, one: Manifest) -> str:
        return next(refusals, "") if verb == "apply" and "s-odd" in one["metadata"]["name"] else ""

    odd = case("s/odd", placement="own", marker="beside")
    assert verdicts(Ground(World(refuses=refuses), lanes=lanes), GOOD, odd) == {"s/good": PASS, "s/odd": PASS}


def test_the_first_route_has_its_time_from_when_its_object_was_applied() -> None:
    stage, settled = Ground(lanes=4), threading.Event()

    def settle() -> None:
        settled.wait(3 * QUICK.marker)

    with on(stage), pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "settle", settle)
        engine = Engine(stage, QUICK, {}, False, lambda _: None)
        engine.run([GOOD])
    assert engine.first_route is not None
    assert engine.first_route < QUICK.marker


def test_a_restart_that_nobody_made_is_not_counted() -> None:
    stage = Ground(main=Instance(restartable=False))
    with on(stage):
        engine = Engine(stage, QUICK, {}, False, lambda _: None)
        engine.run([case("s/wrong", probes=(probe(expect=Expectation(outcome="b")),))])
        assert engine.restarts == 0


def test_with_one_instance_shared_objects_are_gone_before_a_case_is_judged_again() -> None:
    wrong = case("s/wrong", probes=(probe(expect=Expectation(outcome="b")),))
    there: list[str] = []
    world = World()

    def note(verb: str, one: Manifest) -> str:
        if verb == "apply" and "wrong" in one["metadata"]["name"]:
            there.extend(name for _, _, name in world.objects if name.startswith("packed"))
        return ""

    world.refuses = note
    found = verdicts(Ground(world), GOOD, wrong)
    assert found == {"s/good": PASS, "s/wrong": (Verdict.FAIL, Reason.WRONG_BACKEND)}
    assert there == []


def test_what_fails_while_the_cluster_does_not_hold_is_judged_again_and_never_the_controller_s_failure() -> None:
    stage = Ground(wrong="the API server did not answer")
    wrong = case("s/wrong", probes=(probe(expect=Expectation(outcome="b")),))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("conformance.engine.run.PEACE_LIMIT", 0.1)
        found = records(stage, GOOD, wrong)
    assert (found["s/good"].verdict, found["s/wrong"].verdict) == (Verdict.PASS, Verdict.ERROR)
    assert "the API server did not answer; meanwhile this was seen: wrong-backend" in found["s/wrong"].detail


def test_a_main_instance_that_ended_in_silence_is_asked_once_more() -> None:
    stage = Ground(lanes=4)
    with on(stage) as crew:
        final: list[CaseRecord] = []

        def hear(event: dict[str, object]) -> None:
            record = event["case"]
            assert isinstance(record, CaseRecord)
            if event["final"]:
                final.append(record)
            else:
                # Once every probe was answered, and before the second look.
                stage.main.alive = False

        engine = engine_of(stage, crew, hear)
        engine.run([GOOD])
    assert [(one.verdict, one.reason) for one in final] == [PASS]
    assert stage.main.restarts == engine.restarts == 1


def poisoned(world: World, one: Manifest) -> bool:
    """Whether an Ingress of the same class makes the controller deaf to everything."""
    spoilers = [m for m in list(world.objects.values()) if m["kind"] == "Ingress" and "poison" in m["metadata"]["name"]]
    return any(m["spec"]["ingressClassName"] == one["spec"]["ingressClassName"] for m in spoilers)


@pytest.mark.parametrize(("many", "sizes"), [(1, [1]), (12, [1] * 12), (13, [6, 7]), (40, [20, 20])])
def test_a_culprit_is_sought_in_halves_of_many_and_among_a_few_one_by_one(many: int, sizes: list[int]) -> None:
    units = plan([case(f"s/{number}") for number in range(many)], ground(), isolate=True)
    found = parts(units)
    assert [len(part) for part in found] == sizes
    assert [unit for part in found for unit in part] == list(units)


def test_each_of_several_packed_cases_that_spoil_all_others_is_found() -> None:
    stage = Ground(lanes=0)
    stage.world.deaf = lambda one: (
        one["kind"] == "Ingress" and any("poison" in str(other) for other in stage.world.objects.values())
    )
    spoilers = [case(f"s/poison-{n}", probes=(probe(id=f"GET {n}"),)) for n in range(3)]
    found = records(stage, *(case(f"s/fine-{n}") for n in range(20)), *spoilers)
    assert {key for key, one in found.items() if one.verdict is Verdict.FAIL} == {one.id for one in spoilers}
    assert all(found[one.id].reason is Reason.NOT_PROGRAMMED for one in spoilers)


@pytest.mark.parametrize("lanes", [0, 4])
def test_of_odd_objects_the_one_that_spoils_others_is_named_and_the_rest_pass(lanes: int) -> None:
    stage = Ground(lanes=lanes)
    stage.world.deaf = lambda one: poisoned(stage.world, one)
    spoiler = case("s/poison", ingress("foo.com", name="poison"), placement="odd")
    fine = [case(f"s/fine-{number}", placement="odd") for number in range(4)]
    found = records(stage, GOOD, *fine[:2], spoiler, *fine[2:])
    assert {key: (one.verdict, one.reason) for key, one in found.items()} == {
        "s/good": PASS,
        "s/poison": (Verdict.FAIL, Reason.NOT_PROGRAMMED),
        **{one.id: PASS for one in fine},
    }
    assert {key: {finding.kind for finding in one.findings} for key, one in found.items() if one.findings} == {
        "s/poison": {"poison"}
    }


@pytest.mark.parametrize("lanes", [0, 4])
def test_where_every_odd_object_spoils_others_each_has_its_verdict(lanes: int) -> None:
    stage = Ground(lanes=lanes)
    stage.world.deaf = lambda one: poisoned(stage.world, one)
    spoilers = [
        case(f"s/poison-{number}", ingress("foo.com", name=f"poison-{number}"), placement="odd") for number in range(3)
    ]
    found = records(stage, GOOD, *spoilers)
    assert [found[one.id].reason for one in spoilers] == [Reason.NOT_PROGRAMMED] * 3
    assert all(found[one.id].findings for one in spoilers)
    assert found["s/good"].verdict is Verdict.PASS


def test_odd_objects_that_take_every_host_are_beside_no_other() -> None:
    served_by: dict[str, set[str]] = {}

    def note(_: str, one: Manifest) -> str:
        if one["kind"] == "Ingress":
            served_by.setdefault(one["metadata"]["name"], set()).add(one["spec"]["ingressClassName"])
        return ""

    greedy = ingress("foo.com", name="greedy", defaultBackend={"service": {"name": "a", "port": {"number": 80}}})
    odd = [case(f"s/{name}", ingress("foo.com", name=name), placement="odd") for name in ("one", "two")]
    found = records(Ground(World(refuses=note), lanes=4), *odd, case("s/greedy", greedy, placement="odd"))
    assert {one.verdict for one in found.values()} == {Verdict.PASS}
    by_case = {
        name: next(classes for key, classes in served_by.items() if name in key) for name in ("one", "two", "greedy")
    }
    assert by_case["one"] == by_case["two"]
    assert not by_case["greedy"] & by_case["one"]


def test_an_odd_case_that_fails_is_begun_by_itself_while_the_others_are_still_looked_at() -> None:
    world = Patient(awaited="wrong")
    wrong = case(
        "s/wrong",
        ingress("foo.com", name="wrong"),
        probes=(probe(expect=Expectation(outcome="b")),),
        placement="odd",
    )
    slow = case("s/slow", ingress("foo.com", name="slow"), placement="odd")
    found = records(Ground(world, lanes=2), GOOD, wrong, slow)
    assert not world.waited_in_vain
    assert (found["s/wrong"].verdict, found["s/wrong"].reason) == (Verdict.FAIL, Reason.WRONG_BACKEND)
    assert found["s/slow"].verdict is Verdict.PASS


def test_what_is_judged_by_itself_keeps_its_objects_when_its_company_is_taken_back() -> None:
    """The odd case ``poison`` spoils the group, whose objects are then deleted: not those of ``wrong`` any more."""
    stage = Ground(lanes=4)
    stage.world.deaf = lambda one: "-after-" in one["metadata"]["name"] and poisoned(stage.world, one)
    wrong = case(
        "s/wrong",
        ingress("foo.com", name="wrong"),
        probes=(probe(expect=Expectation(outcome="b")),),
        placement="odd",
    )
    poison = case("s/poison", ingress("foo.com", name="poison"), placement="odd")
    found = records(stage, GOOD, wrong, poison)
    assert (found["s/wrong"].reason, found["s/wrong"].findings) == (Reason.WRONG_BACKEND, ())
    assert [finding.kind for finding in found["s/poison"].findings] == ["poison"]
    assert found["s/poison"].verdict is Verdict.PASS
    deleted = [call for call in stage.world.calls if call.startswith("delete Ingress")]
    assert any("poison" in call for call in deleted)
    assert not any("wrong" in call for call in deleted)


@pytest.mark.parametrize("lanes", [0, 4])
def test_what_spoils_others_and_is_served_itself_passes_with_the_finding(lanes: int) -> None:
    stage = Ground(lanes=lanes)
    stage.world.deaf = lambda one: "-after-" in one["metadata"]["name"] and poisoned(stage.world, one)
    found = records(stage, GOOD, case("s/poison", ingress("foo.com", name="poison"), placement="odd"))
    assert {key: (one.verdict, one.reason) for key, one in found.items()} == {"s/good": PASS, "s/poison": PASS}
    assert [finding.kind for finding in found["s/poison"].findings] == ["poison"]
