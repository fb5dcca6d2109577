"""The twin of a case of level parity: the same objects without the annotations under test, under other hosts.

What the twin is answered is what a controller does that does not know the annotations. Pure.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from conformance.case.model import RECORD, Case, Expectation, Level, Manifest, Marker, Probe, Step
from conformance.plan.annotations import PREFIX
from conformance.plan.objects import every_manifest

ENDING = "-twin"
STRANGER = "a host that nobody names"


def with_twins(cases: Iterable[Case]) -> Iterator[Case]:
    """Yield each case, and behind it its twin if it has one."""
    for case in cases:
        yield case
        if has_twin(case):
            yield twin_of(case)


def has_twin(case: Case) -> bool:
    """Tell whether some Ingress of the case has an annotation that is under test."""
    return case.level is Level.PARITY and not case.twin_of and any(map(_under_test(case), every_manifest(case)))


def twin_of(case: Case) -> Case:
    """Return the twin: its probes ask the same, and expect nothing.

    One probe more asks for a host that nobody names: an Ingress that looks like that is not there.
    """
    recorded = _recorded(case.probes)
    schemes = sorted({probe.scheme for probe in case.every_probe})
    strangers = (
        Probe(
            id=f"{STRANGER} ({scheme})",
            scheme=scheme,
            host="nobody-names-me",
            expect=Expectation(outcome=RECORD),
            named=False,
        )
        for scheme in schemes
    )
    return case.model_copy(
        update={
            "id": f"{case.id}{ENDING}",
            "twin_of": case.id,
            "objects": tuple(_bare(manifest, case) for manifest in case.objects),
            "probes": (*recorded, *strangers),
            "steps": tuple(_bare_step(step, case) for step in case.steps),
            "placement": "own" if case.placement in {"packed", "odd"} else case.placement,
            "marker": _marker(case),
        }
    )


def _marker(case: Case) -> Marker:
    secured = any(manifest["kind"] == "Ingress" and manifest["spec"].get("tls") for manifest in case.objects)
    return "beside" if secured or case.marker == "none" else "own"


def _recorded(probes: Iterable[Probe]) -> tuple[Probe, ...]:
    return tuple(
        probe.model_copy(update={"expect": Expectation(outcome=RECORD, **_looked_at(probe)), "recorded": ""})
        for probe in probes
    )


def _bare_step(step: Step, case: Case) -> Step:
    actions = (
        action if action.apply is None else action.model_copy(update={"apply": _bare(action.apply, case)})
        for action in step.actions
    )
    return step.model_copy(update={"actions": tuple(actions), "probes": _recorded(step.probes)})


def _looked_at(probe: Probe) -> dict[str, Any]:
    return {"received": probe.expect.received, "headers": probe.expect.headers, "arrived": probe.expect.arrived}


def _under_test(case: Case) -> Any:
    def tell(manifest: Manifest) -> bool:
        return manifest["kind"] == "Ingress" and any(_tested(key, case) for key in _annotations(manifest))

    return tell


def _tested(key: str, case: Case) -> bool:
    return key.startswith(PREFIX) and key.removeprefix(PREFIX) not in case.keeps


def _annotations(manifest: Manifest) -> dict[str, str]:
    return manifest["metadata"].get("annotations") or {}


def _bare(manifest: Manifest, case: Case) -> Manifest:
    if manifest["kind"] != "Ingress" or not _annotations(manifest):
        return manifest
    kept = {key: value for key, value in _annotations(manifest).items() if not _tested(key, case)}
    meta = {key: value for key, value in manifest["metadata"].items() if key != "annotations"}
    return {**manifest, "metadata": {**meta, "annotations": kept} if kept else meta}
