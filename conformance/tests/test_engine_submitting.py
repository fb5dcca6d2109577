"""What is offered to the API server, beside objects that stand there meanwhile."""

import time
from dataclasses import dataclass
from typing import Literal, cast

import pytest

from conformance.case.load import load_cases
from conformance.case.model import Case, Level, Manifest
from conformance.case.steps import Submission
from conformance.clusters.api import Api, Refused
from conformance.engine.submitting import Submitter
from conformance.judge.words import Reason, Verdict
from conformance.tests.engine_world import Ground, World
from conformance.tests.plans import case, ground, ingress
from conformance.tests.test_engine_company import told


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
    (offers,) = (one for one in load_cases() if one.id == "api-server/two-default-classes")
    for began in (0.0, 0.97, 0.99):
        world = Choosing()
        world.now = began
        monkeypatch.setattr("time.sleep", world.rest)
        record = Submitter(cast("Api", world), ground(), 0.0).judge(offers)
        assert record.verdict is Verdict.PASS
        assert record.probes[0].observed is not None
        assert record.probes[0].observed.outcome == "accepted: spec.ingressClassName second"
        assert not world.objects


@dataclass
class Going(World):
    """A server that accepts everything, but for a while nothing: its namespace is just being deleted."""

    lasts: float = 0.3
    until: float = 0.0
    status: int = 403

    def try_out(self, manifest: Manifest, *, update: bool) -> Manifest:
        self.until = self.until or time.monotonic() + self.lasts
        if time.monotonic() < self.until:
            raise Refused(f"POST {update}", self.status, "it is being terminated")
        return manifest


@dataclass
class Watched(Ground):
    """A stage that says so."""

    def trouble(self) -> str:
        assert isinstance(self.world, Going)
        return "the namespace was deleted" if time.monotonic() < self.world.until else ""


def offered(outcome: Literal["accepted", "record"]) -> Case:
    offer = Submission(id="an Ingress", object=ingress("foo.com"), outcome=outcome)
    return case("s/offered").model_copy(update={"level": Level.API, "submissions": (offer,), "probes": ()})


@pytest.mark.parametrize("others", [(), (case("s/other"),)])
@pytest.mark.parametrize("outcome", ["accepted", "record"])
@pytest.mark.parametrize("status", [403, 503])
def test_what_the_server_says_while_it_goes_down_is_asked_once_more(
    outcome: Literal["accepted", "record"], status: int, others: tuple[Case, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.engine.footing.LOOK_EVERY", 0.01)
    monkeypatch.setattr("conformance.engine.footing.RECOVERY", 0.05)
    final, times = told(Watched(Going(status=status)), offered(outcome), *others)
    assert {one.verdict for one in final.values()} == {Verdict.PASS}
    assert [one.outcome for one in final["s/offered"].probes[0].attempts] == ["accepted"] * 3
    assert set(times.values()) == {1}


def test_what_the_server_says_while_it_stays_away_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.engine.footing.LOOK_EVERY", 0.01)
    monkeypatch.setattr("conformance.engine.run.PEACE_LIMIT", 0.1)
    final, _ = told(Watched(Going(lasts=60)), offered("accepted"))
    one = final["s/offered"]
    assert (one.verdict, one.reason) == (Verdict.ERROR, Reason.HARNESS)
    assert one.detail.startswith("the namespace was deleted; meanwhile this was seen: no-match: ")


def test_what_the_server_says_while_everything_holds_is_its_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.engine.footing.LOOK_EVERY", 0.01)
    final, _ = told(Ground(Going(lasts=60)), offered("accepted"))
    assert (final["s/offered"].verdict, final["s/offered"].reason) == (Verdict.FAIL, Reason.NO_MATCH)
