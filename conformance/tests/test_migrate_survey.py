"""Batches, and the order in which their objects are applied: the marker speaks for everything else."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from conformance.case.model import Manifest
from conformance.engine.judgement import Judgement
from conformance.engine.limits import Limits
from conformance.engine.rounds import Watch
from conformance.engine.stage import Stage
from conformance.migrate.batches import CASES_PER_BATCH, batches, narrowed
from conformance.migrate.contested import contested
from conformance.migrate.survey import Ordered, Survey, limits_for
from conformance.probes.answer import Answer, WireProbe
from conformance.probes.sender import Sender
from conformance.tests.engine_world import QUICK, World, on
from conformance.tests.engine_world import Ground as WorldGround
from conformance.tests.migrations import ingress, plan
from conformance.tests.plans import NAMESPACES, case, ground
from conformance.tests.plans import ingress as ingress_of_plans


@dataclass
class Recorder:
    """An API server that writes down what it is told, in which order."""

    told: list[Manifest] = field(default_factory=list)
    waits: int = 0

    def apply_all(self, manifests: Iterable[Manifest]) -> list[None]:
        given = list(manifests)
        self.told += given
        return [None] * len(given)

    def list_kind(self, kind: str, namespace: str) -> Sequence[dict[str, Any]]:
        self.waits += 1
        services = [m["metadata"] for m in self.told if m["kind"] == "Service"]
        return [
            {
                "metadata": {"namespace": meta["namespace"], "labels": {"kubernetes.io/service-name": meta["name"]}},
                "endpoints": [{"conditions": {"ready": True}}],
            }
            for meta in services
        ]


@dataclass
class Ground:
    """As much of a stage as applying takes."""

    api: Recorder
    namespaces: dict[str, str] = field(default_factory=lambda: dict(NAMESPACES))


def test_what_is_named_comes_first_then_ingresses_and_the_marked_one_last() -> None:
    cases = plan(*(ingress(f"i{n}", host=f"h{n}.test", path="/x" * (n + 1), tls=True) for n in range(3))).cases
    recorder = Recorder()
    units = tuple(batches(cases, ground()))
    refused = Ordered(cast("Stage", Ground(recorder)), Limits()).apply(units)
    assert not refused
    kinds = [m["kind"] for m in recorder.told]
    assert kinds == sorted(kinds, key=lambda kind: kind == "Ingress")
    assert recorder.told[-1]["metadata"]["name"] == "batch-001"
    assert "marker" in recorder.told[-1]["spec"]["rules"][-1]["host"]
    assert not any("marker" in str(m) for m in recorder.told[:-1])
    assert recorder.waits


def test_a_batch_holds_every_object_and_every_probe_of_its_cases_once() -> None:
    number = CASES_PER_BATCH + 3
    cases = plan(*(ingress(f"i{n}", host=f"h{n}.test", path="/x" * (n + 1)) for n in range(number))).cases
    made = list(batches(cases, ground()))
    assert [len(unit.cases) for unit in made] == [CASES_PER_BATCH, 3]
    names = [m["metadata"]["name"] for unit in made for m in unit.standing if m["kind"] == "Ingress"]
    assert len(names) == len(set(names)) == number + 2
    assert sum(len(unit.probes) for unit in made) == sum(len(case.probes) for case in cases)
    assert all(unit.marked == (0,) and unit.beside == 0 for unit in made)


def test_more_objects_have_more_time() -> None:
    assert limits_for(1000).marker > limits_for(1).marker + 100
    assert limits_for(1000).patience > limits_for(1).patience + 100


def test_a_record_of_a_batch_holds_the_objects_of_its_own_case_as_they_were_applied() -> None:
    cases = plan(*(ingress(f"i{n}", host=f"h{n}.test", path="/x" * (n + 1), tls=True) for n in range(3))).cases
    (unit,) = batches(cases, ground())
    watch = Watch(unit, cast("Sender", None), cast("Executor", None), {})
    for one in cases:
        kept = narrowed(Judgement(one, watch, 1.0, alone=True), ground()).watch.unit
        assert sorted(m["kind"] for m in kept.objects) == ["Ingress", "Ingress", "Secret", "Service"]
        assert all(any(m is held for held in unit.objects) for m in kept.objects)
        assert {probe.case_id for probe in kept.probes} == {one.id}


@dataclass
class Chance(World):
    """A controller that gives a path of two Ingresses to either, as the marker's revision has it."""

    by_chance: bool = True

    def list_kind(self, kind: str, namespace: str | None = None, selector: str = "") -> Sequence[dict[str, Any]]:
        assert kind == "EndpointSlice"
        return Recorder(list(self.objects.values())).list_kind(kind, namespace or "")

    def answer(self, wire: WireProbe) -> Answer:
        loads = self.calls.count("apply Ingress batch-001")
        with self.lock:
            claimants = [
                one
                for (kind, _, _), one in self.objects.items()
                if kind == "Ingress" and any(rule.get("host") == wire.host for rule in one["spec"].get("rules") or [])
            ]
            chosen = claimants[loads % len(claimants) if self.by_chance else 0] if claimants else None
            others = {key: one for key, one in self.objects.items() if one in claimants and one is not chosen}
            rest = World({key: one for key, one in self.objects.items() if key not in others})
        return rest.answer(wire)


def asked(*ingresses: Manifest, by_chance: bool) -> dict[str, set[str]]:
    """What was recorded of each request, by its case."""
    found: dict[str, set[str]] = {}

    def hear(event: dict[str, Any]) -> None:
        if event["event"] == "case" and event["final"]:
            found[event["case"].id] = {probe.observed.outcome for probe in event["case"].probes}

    stage = WorldGround(Chance(by_chance=by_chance))
    with on(stage) as crew:
        survey = Survey(stage, QUICK, {}, isolate=True, emit=hear)
        survey.crew.pool.shutdown()
        survey.crew.pool = crew.pool
        survey.run(plan(*ingresses).cases)
    return found


def test_what_two_claim_and_either_gets_by_chance_is_said_to_vary() -> None:
    pair = ingress("one", host="h.test", service="x"), ingress("two", host="h.test", service="y")
    (outcomes,) = asked(*pair, by_chance=True).values()
    assert any(outcome.startswith("varies:") for outcome in outcomes)
    (outcomes,) = asked(*pair, by_chance=False).values()
    assert not any(outcome.startswith("varies:") for outcome in outcomes)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], False),
        ([ingress("two", host="h.test", path="/app/", service="y")], True),
        ([ingress("two", host="h.test", path="/app/x", service="y")], False),
        ([ingress("two", host="h.test", path="/app", service="x")], False),
    ],
)
def test_a_path_that_is_there_twice_is_contested(others: list[Manifest], expected: bool) -> None:
    found = plan(ingress("one", host="h.test", path="/app", service="x"), *others)
    assert [contested(case) for case in found.cases] == [expected]
    assert any(one.kind == "chance" for one in found.left_out) is expected


@pytest.mark.parametrize(("hosts", "expected"), [(0, False), (1, False), (2, True)])
def test_a_default_backend_of_several_hosts_is_contested(hosts: int, expected: bool) -> None:
    one = case("s/default", ingress_of_plans("a.test"))
    rules = [{"host": f"h{number}.test"} for number in range(hosts)]
    (manifest,) = one.objects
    spec = {"defaultBackend": {"service": {"name": "a", "port": {"number": 80}}}, "rules": rules}
    assert contested(one.model_copy(update={"objects": ({**manifest, "spec": spec},)})) is expected
