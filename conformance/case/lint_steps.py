"""Checks of the changes that a case's steps make: each must have something to change, and be seen."""

from collections.abc import Iterator

from conformance.case.flaw import Flaw
from conformance.case.matching import name_of, namespace_of
from conformance.case.model import Action, Case, Manifest, Step
from conformance.case.problems import did_you_mean, either
from conformance.case.scenes import Scene, scenes

_Identity = tuple[str, str, str]


def step_flaws(case: Case) -> Iterator[Flaw]:
    """Yield what is wrong with the steps of a case."""
    standing = {_identity(manifest) for manifest in case.objects}
    for number, step in enumerate(case.steps):
        place = ("steps", number)
        if not (step.actions or step.latency):
            yield Flaw(place, "the step changes nothing", "write do: or latency:")
        written: set[_Identity] = set()
        for which, action in enumerate(step.actions):
            for flaw in _action(case, action, standing, written):
                yield Flaw((*place, "do", which, *flaw.pointer), flaw.message, flaw.hint)
        if step.latency is not None:
            yield from _latency(step, standing, (*place, "latency"))
    for scene in scenes(case):
        yield from _pods(case, scene)


def _action(case: Case, action: Action, standing: set[_Identity], written: set[_Identity]) -> Iterator[Flaw]:
    """Yield the flaws of a change, and make it: to what ``standing`` there is, and was ``written`` in this step."""
    if action.apply is not None:
        identity = _identity(action.apply)
        if identity in written:
            yield Flaw(("apply",), f"{action.words} twice in one step", "make two steps of it")
        standing.add(identity)
        written.add(identity)
    elif action.delete is not None:
        identity = (action.delete.kind, action.delete.namespace, action.delete.name)
        if identity not in standing:
            names = [name for kind, _, name in standing if kind == action.delete.kind]
            hint = did_you_mean(action.delete.name, names, otherwise="an object can only be deleted while it stands")
            yield Flaw(("delete",), f"there is no {action.delete.kind} {action.delete.name} to delete", hint)
        if identity in written:
            yield Flaw(("delete",), f"{action.words} in the step that wrote it", "make two steps of it")
        standing.discard(identity)
    name = action.scale.name if action.scale else action.unready or action.ready or action.replace
    own = [backend.name for backend in case.backends]
    if name is not None and name not in own:
        known = f"known: {either(own)}" if own else f"write backends: [{{name: {name}}}]"
        hint = did_you_mean(name, own, otherwise=known)
        yield Flaw((), f"{action.words}: the case has no backend {name} of its own", hint)


def _latency(step: Step, standing: set[_Identity], place: tuple[str | int, ...]) -> Iterator[Flaw]:
    assert step.latency is not None
    if step.latency.change != "endpoint":
        return
    if not any(kind == "Service" for kind, _, _ in standing):
        yield Flaw(place, "no Service of the case has endpoints to change", "define one that selects the backend a")
    if not step.probes:
        yield Flaw(place, "no probe of the step shows the change", "write a probe of a path that leads to the Service")


def _pods(case: Case, scene: Scene) -> Iterator[Flaw]:
    own = {backend.name for backend in case.backends}
    for number, probe in enumerate(scene.probes):
        pods = probe.expect.pods
        if pods is None:
            continue
        if probe.expect.outcome not in own:
            hint = "only those of a backend of the case's own are known: see backends"
            yield Flaw(scene.place(number), f"the pods of {probe.expect.outcome} cannot be told apart", hint)
        if pods > 1 and probe.times < 10 * pods:
            hint = f"write times: {20 * pods}; fewer requests may miss a pod by chance"
            yield Flaw(scene.place(number), f"{probe.times} requests cannot show that {pods} pods answer", hint)


def _identity(manifest: Manifest) -> _Identity:
    return str(manifest.get("kind")), namespace_of(manifest), name_of(manifest)
