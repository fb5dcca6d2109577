"""The unit of one case in objects of its own, with all its steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from conformance.case.model import NO_MATCH, Case, Manifest, Probe, Step
from conformance.judge.facts import Facts
from conformance.plan.actions import identity, planned_action
from conformance.plan.ground import backend_objects
from conformance.plan.hosts import suffixes, unique
from conformance.plan.instance import Ground
from conformance.plan.objects import (
    classed,
    every_manifest,
    object_name,
    own_name,
    with_all_copies,
    with_marker,
)
from conformance.plan.units import PlannedProbe, PlannedStep, Unit
from conformance.plan.wiring import wire


def unit_of(case: Case, ground: Ground) -> Unit:
    """Return the unit of one case in objects of its own."""
    return _Builder(case, ground).unit()


@dataclass
class _Builder:
    """Follows a case through its steps. Every object it ever has keeps one index; 0 is the Ingress beside."""

    case: Case
    ground: Ground
    _standing: dict[int, Manifest] = field(default_factory=dict)
    _certificates: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _served: set[tuple[str, str, str]] = field(default_factory=set)

    def unit(self) -> Unit:
        case = self.case
        self._everything = every_manifest(case)
        self._beside = case.marker == "beside" or bool(case.steps)
        for manifest in case.objects:
            self._write(manifest)
        probes = tuple(self._planned(case.probes, 0))
        objects, marked = self._objects(), self._marked()
        steps = tuple(self._steps())
        return Unit(
            name=case.id,
            cases=(case,),
            placement="own" if case.placement == "packed" else case.placement,
            objects=tuple(
                with_marker(manifest, 1, self.ground.realm) if index in marked else manifest
                for index, manifest in enumerate(objects)
            ),
            marked=marked,
            probes=probes,
            realm=self.ground.realm,
            beside=0 if self._beside else None,
            steps=steps,
            backends=tuple(
                manifest
                for backend in case.backends
                for manifest in backend_objects(own_name(case, backend.name), self.ground.home, backend.replicas)
            ),
        )

    def _steps(self) -> Iterator[PlannedStep]:
        for number, step in enumerate(self.case.steps, start=1):
            before = dict(self._standing)
            actions = tuple(planned_action(a, self.case, self.ground, self._everything) for a in step.actions)
            for action, raw in zip(actions, step.actions, strict=True):
                if raw.apply is not None:
                    self._write(raw.apply)
                elif action.kind == "delete":
                    self._standing.pop(action.index, None)
            shift = 1 if self._beside else 0
            yield PlannedStep(
                number=number,
                title=step.title,
                actions=tuple(replace(a, index=a.index + shift) if a.index >= 0 else a for a in actions),
                objects=self._objects(),
                written=frozenset(i + shift for i, m in self._standing.items() if before.get(i) is not m),
                marked=self._marked(),
                probes=tuple(self._planned(step.probes, number)),
                traffic=self._traffic(step, number),
                traffic_judged=step.traffic.judged if step.traffic else True,
                latency=step.latency,
                after=step.after,
                unannounced=step.unannounced,
            )

    def _write(self, manifest: Manifest) -> None:
        index = [identity(one) for one in self._everything].index(identity(manifest))
        made = with_all_copies(manifest, self.case, self.ground)
        if made["kind"] == "Ingress":
            made = classed(made, self.ground)
        if made["kind"] == "Secret" and "certificate" in made:
            made, prints = self.ground.mint.secret(made, tuple(made["certificate"]["names"]))
            self._certificates[_secret_name(manifest)] = prints
        if "authority" in made:
            made = self.ground.mint.authority(made)
        self._standing[index] = made

    def _objects(self) -> tuple[Manifest, ...]:
        """Return what stands, by index; what does not stand (yet, or any more) is an empty manifest."""
        own = tuple(self._standing.get(index, {}) for index in range(len(self._everything)))
        return (self._bare_ingress(), *own) if self._beside else own

    def _marked(self) -> tuple[int, ...]:
        shift = 1 if self._beside else 0
        own = [i + shift for i, m in sorted(self._standing.items()) if m["kind"] == "Ingress"]
        return (*((0,) if self._beside else ()), *(own if self.case.marker == "own" else ()))

    def _bare_ingress(self) -> Manifest:
        bare = {"kind": "Ingress", "metadata": {"name": "beside"}}
        name = object_name(self.case, bare)
        return {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": name, "namespace": self.ground.home},
            "spec": {"ingressClassName": self.ground.ingress_class},
        }

    def _planned(self, probes: Sequence[Probe], step: int) -> Iterator[PlannedProbe]:
        for planned in planned_probes(self.case, probes, self.ground, self._certificates, step):
            asked = (planned.wire.scheme, planned.wire.host, planned.wire.target)
            facts = replace(planned.facts, served_before=asked in self._served)
            yield replace(planned, facts=facts)
        for probe in probes:
            if probe.expect.outcome != NO_MATCH and not probe.status_of:
                for ending in suffixes(self.case, self.ground.realm):
                    self._served.add((probe.scheme, unique(probe.host, ending), probe.target))

    def _traffic(self, step: Step, number: int) -> PlannedProbe | None:
        if step.traffic is None:
            return None
        return next(planned_probes(self.case, (step.traffic.probe,), self.ground, self._certificates, number))


def planned_probes(
    case: Case,
    probes: Sequence[Probe],
    ground: Ground,
    certificates: Mapping[str, tuple[str, ...]] | None = None,
    step: int = 0,
) -> Iterator[PlannedProbe]:
    """Yield probes with the requests that carry them out."""
    facts = Facts(certificates=dict(certificates or {}), minted=ground.mint.minted)
    for number, ending in enumerate(suffixes(case, ground.realm), start=1):
        for probe in probes:
            label = f"{probe.id} (copy {number})" if case.copies > 1 else probe.id
            named = probe.model_copy(update={"id": f"step {step}: {label}" if step else label})
            yield PlannedProbe(
                case.id,
                named,
                wire(probe, ending, ground),
                ending,
                facts,
                step,
                _status_of(probe, case, ground),
                {own_name(case, backend.name): backend.name for backend in case.backends},
            )


def _status_of(probe: Probe, case: Case, ground: Ground) -> Manifest | None:
    if probe.status_of is None:
        return None
    space, _, name = probe.status_of.rpartition("/")
    bare = {"kind": "Ingress", "metadata": {"name": name, **({"namespace": space} if space else {})}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": object_name(case, bare), "namespace": ground.namespaces[space]},
    }


def _secret_name(manifest: Manifest) -> str:
    space = manifest["metadata"].get("namespace")
    name: str = manifest["metadata"]["name"]
    return f"{space}/{name}" if space else name
