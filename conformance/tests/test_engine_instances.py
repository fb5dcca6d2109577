"""Instances that end, or freeze, beside several cases: whoever did it fails, and nobody else."""

import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest

from conformance.case.model import Case, Manifest
from conformance.judge.words import Reason, Verdict
from conformance.probes.answer import Answer, WireProbe
from conformance.tests.answers import HOME, served, status
from conformance.tests.engine_world import Ground, Instance, Key, World, key_of
from conformance.tests.plans import case, ingress
from conformance.tests.test_engine_faults import GOOD, PASS, verdicts


@dataclass
class Lent(Ground):
    """A stage that keeps its further instances in sight."""

    made: dict[str, Instance] = field(default_factory=dict)

    def fresh(self) -> Instance:
        one = super().fresh()
        self.made[one.ingress_class] = one
        return one


@dataclass
class Ending(World):
    """A world in which an instance ends at its fourth answer for ``boom``, and at each later one if ``always``."""

    stage: Lent | None = None
    always: bool = False
    answers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def answer(self, wire: WireProbe) -> Answer:
        right = super().answer(wire)
        booms = [one for (_, _, name), one in list(self.objects.items()) if "boom" in name]
        if self.stage and ".boom" in wire.host and ".marker." not in wire.host and right.status == 200:
            number = next(self.answers)
            for one in booms if number == 4 or (self.always and number > 4) else ():
                self.stage.made[one["spec"]["ingressClassName"]].alive = False
        return right


def apart(name: str) -> Case:
    """A case with objects of its own."""
    return case(f"s/{name}", ingress("foo.com", name=name), placement="own", marker="beside")


@pytest.mark.parametrize(("always", "boom"), [(False, PASS), (True, (Verdict.FAIL, Reason.CONTROLLER_CRASHED))])
def test_an_instance_that_ends_at_the_second_look_is_no_neighbour_s_failure(
    always: bool, boom: tuple[Verdict, Reason | None]
) -> None:
    world = Ending(always=always)
    world.stage = Lent(world, lanes=2)
    found = verdicts(world.stage, GOOD, apart("fine"), apart("boom"), apart("other"))
    assert found == {"s/good": PASS, "s/fine": PASS, "s/boom": boom, "s/other": PASS}


@dataclass
class Freezing(World):
    """A world in which the instance of a class that hears of ``freezer`` loads nothing more until it is started."""

    loaded: dict[str, dict[Key, Manifest]] = field(default_factory=dict)
    frozen: set[str] = field(default_factory=set)

    def start(self, of: str) -> None:
        """All that stands is loaded by an instance that starts."""
        ours = {key: one for key, one in self.objects.items() if key[0] == "Ingress"}
        self.loaded[of] = {key: one for key, one in ours.items() if one["spec"]["ingressClassName"] == of}
        self.frozen.discard(of)

    def _write(self, verb: str, manifest: Manifest) -> Manifest:
        written = super()._write(verb, manifest)
        if manifest["kind"] == "Ingress":
            of = manifest["spec"]["ingressClassName"]
            if "freezer" in manifest["metadata"]["name"]:
                self.frozen.add(of)
            if of not in self.frozen:
                self.loaded.setdefault(of, {})[key_of(manifest)] = manifest
        return written

    def answer(self, wire: WireProbe) -> Answer:
        ours = [one for some in list(self.loaded.values()) for one in list(some.values())]
        for rule in (rule for one in ours for rule in rules_of(one)):
            if rule.get("host") == wire.host:
                return served(rule["http"]["paths"][0]["backend"]["service"]["name"], HOME)
        return status(404)


def rules_of(one: Manifest) -> list[dict[str, Any]]:
    """The rules of an Ingress."""
    rules: list[dict[str, Any]] = one["spec"].get("rules") or []
    return rules


@dataclass
class Thawing(Instance):
    """An instance that loads everything when it is started."""

    world: Freezing = field(default_factory=Freezing)

    def restart(self) -> bool:
        self.world.start(self.ingress_class)
        return super().restart()


@dataclass
class Freezable(Ground):
    """A stage of such instances."""

    def fresh(self) -> Instance:
        assert isinstance(self.world, Freezing)
        return Thawing(ingress_class=super().fresh().ingress_class, world=self.world)


@pytest.mark.parametrize("lanes", [0, 2])
def test_what_freezes_a_controller_for_good_fails_alone(lanes: int) -> None:
    world = Freezing()
    stage = Freezable(world, main=Thawing(world=world), lanes=lanes)
    names = ("fine", "freezer", "other", "third")
    found = verdicts(stage, GOOD, *(apart(name) for name in names))
    failed = {key: reason for key, (verdict, reason) in found.items() if verdict is not Verdict.PASS}
    assert failed == {"s/freezer": Reason.NOT_PROGRAMMED}
