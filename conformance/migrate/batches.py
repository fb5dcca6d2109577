"""Cases that are applied and watched together: one marked Ingress stands beside the objects of many. Pure.

The marker is written after everything else (see :class:`conformance.migrate.survey.Ordered`), so a controller that
serves it has heard of all the others. A marker in each object would not do: redirects and guards hold for it, too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.case.model import Case
from conformance.engine.judgement import Judgement
from conformance.plan.instance import Ground
from conformance.plan.objects import every_manifest, real_name, with_marker
from conformance.plan.single import unit_of
from conformance.plan.units import Unit

CASES_PER_BATCH = 20


def batches(cases: Sequence[Case], ground: Ground) -> Iterator[Unit]:
    """Yield the units; a batch whose marker does not live is taken apart by the engine, case by case."""
    for number, start in enumerate(range(0, len(cases), CASES_PER_BATCH), start=1):
        yield _batch(cases[start : start + CASES_PER_BATCH], f"batch-{number:03}", ground)


def _batch(cases: Sequence[Case], name: str, ground: Ground) -> Unit:
    units = [unit_of(case, ground) for case in cases]
    beside = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": ground.home},
        "spec": {"ingressClassName": ground.ingress_class},
    }
    return Unit(
        name=name,
        cases=tuple(cases),
        placement="own",
        # Each unit brings a marked Ingress of its own, at index 0; one for all of them is enough.
        objects=(with_marker(beside, 1, ground.realm), *(o for unit in units for o in unit.objects[1:])),
        marked=(0,),
        probes=tuple(probe for unit in units for probe in unit.probes),
        realm=ground.realm,
        beside=0,
        backends=tuple(manifest for unit in units for manifest in unit.backends),
    )


def narrowed(judgement: Judgement, ground: Ground) -> Judgement:
    """Return the judgement with the objects of its own case only, and the marked one, so that records stay small."""
    unit, case = judgement.watch.unit, judgement.case
    if len(unit.cases) == 1:
        return judgement
    names = {(m["kind"], real_name(case, m, ground)) for m in every_manifest(case)}
    own = tuple(m for m in unit.objects[1:] if m and (m["kind"], m["metadata"]["name"]) in names)
    probes = tuple(probe for probe in unit.probes if probe.case_id == case.id)
    watch = replace(judgement.watch, unit=replace(unit, objects=(unit.objects[0], *own), probes=probes, cases=(case,)))
    return replace(judgement, watch=watch)
