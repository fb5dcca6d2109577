"""What the checks say of a case's own backends, of what is absent on purpose, and of what its steps change."""

from typing import Any

import pytest

from conformance.case.lint import lint
from conformance.case.model import Action, Backend, Case, Expectation, Latency, Manifest, Named, Step
from conformance.tests.plans import case, ingress, probe

ADMIN = ingress("bar.com", name="admin")


def service(name: str, **spec: Any) -> Manifest:
    ports = [{"name": "web", "port": 80, "targetPort": 8080}]
    return {"kind": "Service", "metadata": {"name": name}, "spec": {"ports": ports, **spec}}


def with_steps(*steps: Step, objects: tuple[Manifest, ...] = (), **changes: Any) -> Case:
    made = case("s/one", ingress("foo.com"), *objects)
    return made.model_copy(update={"placement": "own", "steps": steps, **changes})


def messages(made: Case) -> list[str]:
    return [flaw.message for flaw in lint(made)]


def step(*actions: Action, **changes: Any) -> Step:
    return Step(title="Something changes", actions=actions, **changes)


WEB: dict[str, Any] = {"backends": (Backend(name="web"),), "objects": (ingress("web.com", name="own", backend="web"),)}
AT_WEB = probe("web.com", expect=Expectation(outcome="web"))


@pytest.mark.parametrize(
    "made",
    [
        with_steps(step(Action(apply=ADMIN)), step(Action(delete=Named(kind="Ingress", name="admin")))),
        with_steps(step(Action(apply=service("late", selector={"backend": "b"})), Action(apply=ADMIN))),
        with_steps(step(Action(unready="web")), **(WEB | {"probes": (AT_WEB,)})),
        with_steps(objects=(ingress("bar.com", name="x", backend="ghost"),), absent=("ghost",)),
        with_steps(step(Action(apply=ingress("bar.com", backend="ghost"))), absent=("ghost",)),
        with_steps(objects=(service("far", type="ExternalName"),)),
        with_steps(step(latency=Latency(change="create"))),
    ],
    ids=["comes-and-goes", "two-objects", "own-backend", "absent", "absent-later", "external", "latency"],
)
def test_what_is_fine(made: Case) -> None:
    assert messages(made) == []


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (with_steps(step()), "the step changes nothing"),
        (with_steps(step(Action(apply=ADMIN), Action(apply=ADMIN))), "write Ingress admin twice in one step"),
        (
            with_steps(step(Action(apply=ADMIN), Action(delete=Named(kind="Ingress", name="admin")))),
            "delete Ingress admin in the step that wrote it",
        ),
        (
            with_steps(step(Action(delete=Named(kind="Ingress", name="admin")))),
            "there is no Ingress admin to delete",
        ),
        (
            with_steps(step(Action(scale=Backend(name="web", replicas=2)))),
            "scale web to 2: the case has no backend web of its own",
        ),
        (
            with_steps(step(latency=Latency(change="endpoint"), probes=(probe("foo.com"),))),
            "no Service of the case has endpoints to change",
        ),
        (
            with_steps(probes=(probe("foo.com", expect=Expectation(outcome="a", pods=1)),)),
            "the pods of a cannot be told apart",
        ),
        (
            with_steps(
                **(WEB | {"probes": (AT_WEB.model_copy(update={"expect": Expectation(outcome="web", pods=3)}),)})
            ),
            "1 requests cannot show that 3 pods answer",
        ),
        (with_steps(absent=("ghost",)), "no Ingress names ghost, or something defines it"),
        (with_steps(absent=("a",)), "no Ingress names a, or something defines it"),
        (with_steps(step(Action(apply=ingress("bar.com", backend="ghost")))), "nothing defines the backend 'ghost'"),
        (with_steps(backends=(Backend(name="a"),)), "a backend cannot be named a like a shared one"),
        (
            with_steps(**(WEB | {"probes": (AT_WEB,), "backends": (Backend(name="web"), Backend(name="web"))})),
            "two backends have the name web",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_said(made: Case, message: str) -> None:
    assert message in messages(made)
