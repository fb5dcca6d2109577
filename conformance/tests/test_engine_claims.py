"""What becomes of a fail that the controller's project declares."""

from typing import Any

import pytest

from conformance.case.model import Manifest
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord
from conformance.tests.engine_world import Ground, World, engine_of, on
from conformance.tests.plans import case, ingress

WHY = "Left out on purpose (https://example.com/why)"


@pytest.mark.parametrize(
    ("claimed", "verdicts"),
    [
        ("P01", [Verdict.UNSUPPORTED, Verdict.UNSUPPORTED]),
        ("s/one", [Verdict.UNSUPPORTED, Verdict.FAIL]),
        ("s/other", [Verdict.FAIL, Verdict.FAIL]),
    ],
)
def test_a_claim_is_about_a_statement_or_about_a_case(claimed: str, verdicts: list[Verdict]) -> None:
    final: dict[str, CaseRecord] = {}

    def hear(event: dict[str, Any]) -> None:
        if event["event"] == "case" and event["final"]:
            final[event["case"].id] = event["case"]

    wrong = [case(name, ingress("foo.com", backend="b")) for name in ("s/one", "s/two")]
    stage = Ground(lanes=0)
    with on(stage) as crew:
        engine_of(stage, crew, hear, unsupported={claimed: WHY}).run(wrong)
    assert [final[name].verdict for name in ("s/one", "s/two")] == verdicts


@pytest.mark.parametrize("lanes", [0, 4])
def test_what_is_declared_comes_to_no_instance_before_what_is_expected_to_work_was_judged_there(lanes: int) -> None:
    early: list[str] = []
    judged: set[str] = set()
    final: dict[str, CaseRecord] = {}
    world = World()

    def note(verb: str, one: Manifest) -> str:
        if verb == "apply" and one["kind"] == "Ingress" and "declared" in str(one):
            there = [str(other) for other in list(world.objects.values()) if other["kind"] == "Ingress"]
            ours = [text for text in (*there, str(one)) if f"'{one['spec']['ingressClassName']}'" in text]
            fine = {name for name in ("fine-1", "fine-2") if any(f"{name}." in text for text in ours)}
            early.extend(fine - judged)
        return ""

    def hear(event: dict[str, Any]) -> None:
        if event["event"] == "case":
            judged.add(event["case"].id.removeprefix("s/"))
            if event["final"]:
                final[event["case"].id] = event["case"]

    world.refuses = note
    names = ("s/fine-1", "s/declared-1", "s/fine-2", "s/declared-2")
    stage = Ground(world, lanes=lanes)
    with on(stage) as crew:
        declared = {"s/declared-1": WHY, "s/declared-2": WHY}
        engine_of(stage, crew, hear, unsupported=declared).run([case(name) for name in names])
    assert early == []
    assert {name: one.verdict for name, one in final.items()} == dict.fromkeys(names, Verdict.PASS)
    assert all(bool(final[name].contradiction) is ("declared" in name) for name in names)
