"""From cases to units.

Objects are what costs (a controller writes status for each, and loads each): cases that are only about hosts and
paths share an Ingress, each under hosts of its own, with one marker an object.
"""

from collections.abc import Iterable, Iterator, Sequence

from conformance.case.model import Case, Level, Manifest
from conformance.plan.instance import Ground
from conformance.plan.objects import classed, with_all_copies, with_marker
from conformance.plan.single import planned_probes, unit_of
from conformance.plan.units import Unit

CASES_PER_OBJECT = 12


def plan(cases: Sequence[Case], ground: Ground, *, isolate: bool = False) -> tuple[Unit, ...]:
    """Return the units in the order of the cases; packed cases share units unless ``isolate`` is set."""
    alone = [case for case in cases if isolate or not _packable(case)]
    return (*(() if isolate else packs(cases, ground)), *(unit_of(case, ground) for case in alone))


def packs(cases: Iterable[Case], ground: Ground) -> tuple[Unit, ...]:
    """Return the units that cases share; what cannot share one is left out."""
    packed: dict[str, list[Case]] = {}
    for case in cases:
        if _packable(case):
            packed.setdefault(case.placement, []).append(case)
    parts = (part for kin in packed.values() for part in _parts(kin))
    return tuple(_packed(part, number, ground) for number, part in enumerate(parts, start=1))


def _packable(case: Case) -> bool:
    """Cases of one Ingress may share it; those that are kept apart from plainer ones only share with each other."""
    if case.placement not in {"packed", "own"} or case.marker != "own" or len(case.objects) != 1:
        return False
    if case.level is Level.PARITY:
        # A case and its twin must differ in nothing but the annotations.
        return False
    if case.steps or case.backends or case.submissions or any(probe.status_of for probe in case.probes):
        return False
    ingress = case.objects[0]
    # Only the rules go into the shared Ingress: whatever else an object says would be lost.
    return ingress["kind"] == "Ingress" and set(ingress["metadata"]) <= {"name"} and set(ingress["spec"]) == {"rules"}


def _packed(cases: Sequence[Case], number: int, ground: Ground) -> Unit:
    rules = []
    for case in cases:
        rules += with_all_copies(case.objects[0], case, ground)["spec"]["rules"]
    bare: Manifest = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": f"packed-{number:03}", "namespace": ground.home},
        "spec": {"rules": rules},
    }
    return Unit(
        name=f"packed-{number:03}",
        cases=tuple(cases),
        placement="packed",
        objects=(with_marker(classed(bare, ground), 1, ground.realm),),
        marked=(0,),
        probes=tuple(probe for case in cases for probe in planned_probes(case, case.probes, ground)),
        realm=ground.realm,
    )


def _parts(cases: Sequence[Case]) -> Iterator[Sequence[Case]]:
    for start in range(0, len(cases), CASES_PER_OBJECT):
        yield cases[start : start + CASES_PER_OBJECT]
