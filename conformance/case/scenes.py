"""The objects of a case as they stand when its probes are sent: at the beginning, and after each step."""

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.case.matching import Pointer, name_of, namespace_of
from conformance.case.model import Case, Manifest, Probe

_Identity = tuple[str, str, str]


@dataclass(frozen=True)
class Scene:
    """Probes that are sent at one time, with the objects that stand by then and all that were written ``so_far``.

    ``base`` is where the probes stand in the case.
    """

    base: Pointer
    probes: tuple[Probe, ...]
    objects: tuple[Manifest, ...]
    so_far: tuple[Manifest, ...]

    def place(self, number: int) -> Pointer:
        """Return where a probe stands in the case."""
        return (*self.base, number) if self.base[-1] == "probes" else self.base


def scenes(case: Case) -> Iterator[Scene]:
    """Yield the scenes of a case in their order; the traffic of a step is one of its own, with what the step makes."""
    standing: dict[_Identity, Manifest] = {_identity(manifest): manifest for manifest in case.objects}
    so_far = tuple(case.objects)
    yield Scene(("probes",), case.probes, so_far, so_far)
    for number, step in enumerate(case.steps):
        for action in step.actions:
            if action.apply is not None:
                standing[_identity(action.apply)] = action.apply
                so_far = (*so_far, action.apply)
            elif action.delete is not None:
                standing.pop((action.delete.kind, action.delete.namespace, action.delete.name), None)
        objects = tuple(standing.values())
        if step.traffic is not None:
            yield Scene(("steps", number, "traffic"), (step.traffic.probe,), objects, so_far)
        yield Scene(("steps", number, "probes"), step.probes, objects, so_far)


def _identity(manifest: Manifest) -> _Identity:
    return str(manifest.get("kind")), namespace_of(manifest), name_of(manifest)
