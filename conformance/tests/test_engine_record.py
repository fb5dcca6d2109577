"""From what was seen of a case to its record: no secret gets into it, and no claim where none is made."""

from typing import Any

import pytest

from conformance.case.model import Action, Level, Manifest, Step
from conformance.engine.judgement import Judgement
from conformance.engine.record import case_record
from conformance.engine.step_record import LEFT_OUT, without_keys
from conformance.engine.stepping import StepSeen
from conformance.engine.watching import wait_for_markers
from conformance.plan.single import unit_of
from conformance.probes.answer import Endpoint
from conformance.tests.engine_world import Ground, World, on, watched
from conformance.tests.plans import case, ground, ingress


def secret(name: str = "web", **content: Any) -> Manifest:
    kept = content or {"certificate": {"names": ["foo.com"]}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, **kept}


def test_the_report_holds_the_certificates_of_a_case_and_none_of_its_keys() -> None:
    password = secret("users", type="Opaque", stringData={"auth": "suite:word"}, data={"map": "d29yZA=="})
    made = case("s/one", ingress("foo.com"), secret(), password)
    renewed = Step(title="renewed", actions=(Action(apply=secret()), Action(apply=ingress("foo.com"))))
    made = made.model_copy(update={"steps": (renewed,)})
    stage = Ground(World())
    with on(stage) as crew:
        unit = unit_of(made, ground())
        watch, later = (crew.watch(one, stage.main) for one in (unit, unit.after(unit.steps[0])))
        seen = Judgement(made, watch, 0.0, alone=True, steps=(StepSeen(unit.steps[0], later, 0.0, live=True),))
        written = case_record(seen, {}, Endpoint("10.0.0.9"), 0.0).model_dump_json()
    held = [one["data"] for one in (*unit.objects, *unit.steps[0].objects) if one.get("data")]
    assert len(held) == 4
    for data in held:
        for name, value in data.items():
            assert (value in written) == (name == "tls.crt"), name
    assert "PRIVATE KEY" not in written
    assert "suite:word" not in written


def test_of_a_secret_nothing_but_the_certificate_is_shown() -> None:
    data = {"tls.crt": "certificate", "tls.key": "key", "ca.crt": "authority", "auth": "password"}
    shown = without_keys(secret(data=data, stringData={"word": "word"}))
    assert shown["data"] == {**dict.fromkeys(data, LEFT_OUT), "tls.crt": "certificate"}
    assert "stringData" not in shown
    assert without_keys(ingress("foo.com")) == ingress("foo.com")


@pytest.mark.parametrize(("level", "contradicts"), [(Level.CORE, True), (Level.OBSERVED, False), (Level.PARITY, False)])
def test_a_claim_is_only_held_against_what_the_specification_says(level: Level, contradicts: bool) -> None:
    made = case("s/one").model_copy(update={"level": level})
    stage = Ground(World())
    with on(stage) as crew:
        unit = unit_of(made, ground())
        watch = watched(crew, stage, unit)
        record = case_record(Judgement(made, watch, 0.0, alone=True), {"P01": "no"}, Endpoint("10.0.0.9"), 0.0)
    assert bool(record.contradiction) == contradicts


def test_what_never_lived_took_as_long_as_its_markers_were_waited_for() -> None:
    stage = Ground(World())
    with on(stage) as crew:
        silent, unasked = (crew.watch(unit_of(case("s/one"), ground()), stage.main) for _ in range(2))
        assert not wait_for_markers(silent, 0.2)
        took = [
            case_record(Judgement(case("s/one"), watch, 0.0, alone=True), {}, Endpoint("10.0.0.9"), 0.0).seconds
            for watch in (silent, unasked)
        ]
    assert took[0] >= 0.1
    assert took[1] == 0.0
