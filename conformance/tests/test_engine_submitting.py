"""What is offered to the API server, beside objects that stand there meanwhile."""

from typing import cast

import pytest

from conformance.case.load import load_cases
from conformance.case.model import Manifest
from conformance.clusters.api import Api
from conformance.engine.submitting import Submitter
from conformance.judge.words import Verdict
from conformance.tests.engine_world import World
from conformance.tests.plans import ground


class Choosing(World):
    """A server that gives ages in whole seconds, and an Ingress the youngest class, or the first by name."""

    now = 0.99

    def rest(self, seconds: float) -> None:
        self.now += seconds

    def apply(self, manifest: Manifest) -> Manifest:
        self.now += 0.02
        return super().apply({**manifest, "age": -int(self.now)})

    def try_out(self, manifest: Manifest, *, update: bool) -> Manifest:
        classes = [one for (kind, _, _), one in self.objects.items() if kind == "IngressClass"]
        chosen = min(classes, key=lambda one: (one["age"], one["metadata"]["name"]))["metadata"]["name"]
        return {**manifest, "spec": {**manifest["spec"], "ingressClassName": chosen}, "update": update}


def test_the_younger_of_two_default_classes_is_the_second_whenever_a_second_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (case,) = (one for one in load_cases() if one.id == "api-server/two-default-classes")
    for began in (0.0, 0.97, 0.99):
        world = Choosing()
        world.now = began
        monkeypatch.setattr("time.sleep", world.rest)
        record = Submitter(cast("Api", world), ground(), 0.0).judge(case)
        assert record.verdict is Verdict.PASS
        assert record.probes[0].observed is not None
        assert record.probes[0].observed.outcome == "accepted: spec.ingressClassName second"
        assert not world.objects
