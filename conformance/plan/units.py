"""Units: the cases that are judged together on the same objects.

Objects are what costs (a controller writes status for each, and loads each): cases that are only about hosts and
paths share an Ingress, each under hosts of its own, with one marker an object.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from conformance.case.model import ADDRESS, Case, Manifest, Placement, Probe
from conformance.plan.hosts import REALM, suffixes, unique
from conformance.plan.objects import concrete, marker_host, with_marker
from conformance.probes.answer import WireProbe

CASES_PER_OBJECT = 12


@dataclass(frozen=True)
class Ground:
    """What a plan must know of the run: namespaces (symbolic name to real one), the class and address of the
    controller instance, the realm of the host names.
    """

    namespaces: dict[str, str]
    ingress_class: str
    address: str
    realm: str = REALM

    @property
    def home(self) -> str:
        """The namespace of objects that name none."""
        return self.namespaces[""]


@dataclass(frozen=True)
class PlannedProbe:
    """A probe of a case and the request that carries it out; ``ending`` is what made its hosts unique."""

    case_id: str
    probe: Probe
    wire: WireProbe
    ending: str

    @property
    def key(self) -> tuple[str, str]:
        """Identifies the probe within a unit."""
        return self.case_id, self.probe.id


@dataclass(frozen=True)
class Unit:
    """Objects to apply, the probes to send, and which of the objects carry a marker rule."""

    name: str
    cases: tuple[Case, ...]
    placement: Placement
    objects: tuple[Manifest, ...]
    marked: tuple[int, ...]
    probes: tuple[PlannedProbe, ...]
    realm: str
    revision: int = 1

    def markers(self) -> tuple[WireProbe, ...]:
        """Return the requests that prove that the current revision of every marked object is loaded."""
        names = [self.objects[index]["metadata"]["name"] for index in self.marked]
        hosts = [marker_host(name, self.revision, self.realm) for name in names]
        return tuple(WireProbe("GET", "http", host, "/") for host in hosts)

    def next_revision(self) -> "Unit":
        """Return the unit with the marker rule of the next revision in each of its marked objects."""
        revision = self.revision + 1
        objects = tuple(
            with_marker(manifest, revision, self.realm) if index in self.marked else manifest
            for index, manifest in enumerate(self.objects)
        )
        return replace(self, objects=objects, revision=revision)


def plan(cases: Iterable[Case], ground: Ground, *, isolate: bool = False) -> tuple[Unit, ...]:
    """Return the units in the order of the cases; packed cases share units unless ``isolate`` is set."""
    units: list[Unit] = []
    packed: dict[str, list[Case]] = {}
    for case in cases:
        if isolate or not _packable(case):
            units.append(unit_of(case, ground))
        else:
            packed.setdefault(case.placement, []).append(case)
    parts = (part for kin in packed.values() for part in _parts(kin))
    shared = [_packed(part, number, ground) for number, part in enumerate(parts, start=1)]
    return (*shared, *units)


def _packable(case: Case) -> bool:
    """Cases of one Ingress may share it; those that are kept apart from plainer ones only share with each other."""
    if case.placement not in {"packed", "own"} or not case.marker or len(case.objects) != 1:
        return False
    ingress = case.objects[0]
    # Only the rules go into the shared Ingress: whatever else an object says would be lost.
    return ingress["kind"] == "Ingress" and set(ingress["metadata"]) <= {"name"} and set(ingress["spec"]) == {"rules"}


def unit_of(case: Case, ground: Ground) -> Unit:
    """Return the unit of one case in objects of its own."""
    objects = [_with_all_copies(manifest, case, ground) for manifest in case.objects]
    ingresses = [index for index, manifest in enumerate(objects) if manifest["kind"] == "Ingress"]
    for index in ingresses:
        objects[index] = _classed(objects[index], ground)
        if case.marker:
            objects[index] = with_marker(objects[index], 1, ground.realm)
    return Unit(
        name=case.id,
        cases=(case,),
        placement="own" if case.placement == "packed" else case.placement,
        objects=tuple(objects),
        marked=tuple(ingresses) if case.marker else (),
        probes=tuple(planned_probes(case, ground)),
        realm=ground.realm,
    )


def planned_probes(case: Case, ground: Ground) -> Iterator[PlannedProbe]:
    """Yield the probes of a case with the requests that carry them out."""
    for number, ending in enumerate(suffixes(case, ground.realm), start=1):
        for probe in case.probes:
            named = probe if case.copies == 1 else probe.model_copy(update={"id": f"{probe.id} (copy {number})"})
            yield PlannedProbe(case.id, named, _wire(probe, ending, ground), ending)


def _wire(probe: Probe, ending: str, ground: Ground) -> WireProbe:
    host = ground.address if probe.host == ADDRESS else unique(probe.host, ending)
    name = host.partition(":")[0].removesuffix(".").lower()
    return WireProbe(
        method=probe.method,
        scheme=probe.scheme,
        host=host,
        target=probe.target,
        headers=probe.headers,
        body=None if probe.body is None else probe.body.encode(),
        sni=None if probe.host == ADDRESS else name,
    )


def _with_all_copies(manifest: Manifest, case: Case, ground: Ground) -> Manifest:
    """Return an object of the case; an Ingress holds the rules of every copy."""
    made = [concrete(manifest, case, ending, ground.namespaces) for ending in suffixes(case, ground.realm)]
    if case.copies > 1 and manifest["kind"] == "Ingress":
        made[0]["spec"]["rules"] = [rule for copy in made for rule in copy["spec"]["rules"]]
    return made[0]


def _packed(cases: Sequence[Case], number: int, ground: Ground) -> Unit:
    rules = []
    for case in cases:
        rules += _with_all_copies(case.objects[0], case, ground)["spec"]["rules"]
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
        objects=(with_marker(_classed(bare, ground), 1, ground.realm),),
        marked=(0,),
        probes=tuple(probe for case in cases for probe in planned_probes(case, ground)),
        realm=ground.realm,
    )


def _classed(ingress: Manifest, ground: Ground) -> Manifest:
    spec = ingress.setdefault("spec", {})
    spec.setdefault("ingressClassName", ground.ingress_class)
    return ingress


def _parts(cases: Sequence[Case]) -> Iterator[Sequence[Case]]:
    for start in range(0, len(cases), CASES_PER_OBJECT):
        yield cases[start : start + CASES_PER_OBJECT]
