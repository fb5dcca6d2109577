"""Cases beside others on one instance: what a neighbour spoils is judged by itself, and each has one final verdict."""

from collections import Counter
from typing import Any

import pytest

from conformance.case.model import Case, Expectation, Manifest
from conformance.engine.run import Engine
from conformance.judge.words import Reason, Verdict
from conformance.probes.answer import Answer, WireProbe
from conformance.report.model import CaseRecord
from conformance.tests.answers import served
from conformance.tests.engine_world import QUICK, Ground, World, on
from conformance.tests.plans import case, ingress, probe

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


def told(stage: Ground, *cases: Case) -> tuple[dict[str, CaseRecord], Counter[str]]:
    """The final records of a run, and how often each case had one."""
    final: dict[str, CaseRecord] = {}
    times: Counter[str] = Counter()

    def hear(event: dict[str, Any]) -> None:
        if event["event"] == "case" and event["final"]:
            final[event["case"].id] = event["case"]
            times[event["case"].id] += 1

    with on(stage) as crew:
        engine = Engine(stage, QUICK, {}, False, hear)
        engine.crew.pool.shutdown()
        engine.crew.pool = crew.pool
        engine.run(cases)
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
