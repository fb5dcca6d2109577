"""What a case leaves behind is taken away, and nothing else."""

import pytest

from conformance.case.model import Manifest
from conformance.engine.crew import bystander
from conformance.errors import HarnessFailure
from conformance.plan.hosts import REALM
from conformance.plan.units import Unit
from conformance.tests.answers import HOME
from conformance.tests.engine_world import Ground, World, key_of, on

DEFAULT = "ingressclass.kubernetes.io/is-default-class"


def ingress_class(name: str, **annotations: str) -> Manifest:
    meta = {"name": name, "annotations": annotations} if annotations else {"name": name}
    return {"kind": "IngressClass", "metadata": meta, "spec": {"controller": "example.test/demo"}}


def removed(*written: Manifest) -> World:
    """The world after a unit that wrote these objects was taken away from an instance that serves lane-0."""
    stage = Ground()
    stage.world.apply(ingress_class("lane-0"))
    with on(stage) as crew:
        plain = bystander("x", crew.ground(stage.main, REALM))
        unit = Unit(plain.name, (), "own", objects=written, marked=(), probes=(), realm=REALM)
        crew.apply([unit])
        crew.remove([unit])
    return stage.world


def test_the_class_of_the_main_instance_stays_and_is_no_longer_the_default() -> None:
    left = removed(ingress_class("lane-0", **{DEFAULT: "true"})).get(ingress_class("lane-0"))
    assert left is not None, "every other case on this instance needs it"
    assert not (left["metadata"].get("annotations") or {}).get(DEFAULT)


def test_a_class_of_the_case_goes() -> None:
    world = removed(ingress_class("second"))
    assert world.get(ingress_class("second")) is None
    assert key_of(ingress_class("lane-0")) in world.objects


def with_one_beside() -> Unit:
    """A unit whose Ingress beside comes first in its objects, as it does in a plan."""
    meta = {"name": "own", "namespace": HOME}
    with on(Ground()) as crew:
        speaker = bystander("beside", crew.ground(Ground().main, REALM)).objects[0]
    own: Manifest = {"kind": "Ingress", "metadata": meta, "spec": {}}
    return Unit("u", (), "own", objects=(speaker, own), marked=(0,), probes=(), realm=REALM, beside=0)


def test_what_speaks_for_a_case_comes_after_it() -> None:
    stage = Ground()
    with on(stage) as crew:
        assert crew.apply([with_one_beside(), with_one_beside()]) == {}
    names = [name for _, _, name in stage.world.objects]
    assert names == ["own", "bystander-beside"]


def test_nothing_speaks_for_a_case_that_was_refused() -> None:
    stage = Ground()
    stage.world.refuses = lambda verb, manifest: "no" if manifest["metadata"]["name"] == "own" else ""
    with on(stage) as crew:
        refused = crew.apply([with_one_beside()])
    assert list(refused) == ["u"]
    assert stage.world.objects == {}


def test_the_address_of_a_service_is_asked_for_once_and_only_when_it_is_needed() -> None:
    stage = Ground()
    service = {"kind": "Service", "metadata": {"name": "a", "namespace": HOME}, "spec": {"clusterIP": "10.96.0.7"}}
    stage.world.apply(service)
    asked: list[str] = []

    def note(verb: str, manifest: Manifest) -> str:
        asked.append(f"{verb} {manifest['metadata']['name']}")
        return ""

    stage.world.refuses = note
    with on(stage) as crew:
        plan = crew.ground(stage.main, REALM)
        assert asked == []
        assert [plan.service_address("a"), plan.service_address("a")] == ["10.96.0.7"] * 2
        assert asked == ["get a"]


@pytest.mark.parametrize("spec", [None, {"clusterIP": "None"}, {}])
def test_a_service_without_an_address_is_no_address(spec: Manifest | None) -> None:
    stage = Ground()
    if spec is not None:
        stage.world.apply({"kind": "Service", "metadata": {"name": "a", "namespace": HOME}, "spec": spec})
    with on(stage) as crew, pytest.raises(HarnessFailure, match="no address"):
        crew.ground(stage.main, REALM).service_address("a")
