"""Units: the cases that are judged together on the same objects."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from conformance.case.model import Case, Latency, Manifest, Placement, Probe
from conformance.judge.facts import NO_FACTS, Facts
from conformance.plan.actions import PlannedAction
from conformance.plan.objects import marker_host, with_marker, with_revision
from conformance.probes.answer import WireProbe


@dataclass(frozen=True)
class PlannedProbe:
    """A probe of a case and the request that carries it out; ``ending`` is what made its hosts unique.

    ``status_of`` is the Ingress at whose status to look, where that takes the place of a request; ``aliases`` maps the
    real names of the case's own backends to those that the case uses.
    """

    case_id: str
    probe: Probe
    wire: WireProbe
    ending: str
    facts: Facts = NO_FACTS
    step: int = 0
    status_of: Manifest | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Identifies the probe within a unit."""
        return self.case_id, self.probe.id

    @property
    def positive(self) -> bool:
        """Whether it expects a backend."""
        return self.probe.expect.server != "" and self.status_of is None


@dataclass(frozen=True)
class PlannedStep:
    """A step with real names: its changes, the objects that stand afterwards, and what is then sent.

    An object keeps its index; one that was deleted leaves an empty manifest. ``written`` are those that the step wrote.
    """

    number: int
    title: str
    actions: tuple[PlannedAction, ...]
    objects: tuple[Manifest, ...]
    written: frozenset[int]
    marked: tuple[int, ...]
    probes: tuple[PlannedProbe, ...]
    traffic: PlannedProbe | None = None
    traffic_judged: bool = True
    latency: Latency | None = None
    after: float = 0.0
    unannounced: bool = False


@dataclass(frozen=True)
class Unit:
    """Objects to apply, the probes to send, which of the objects carry a marker rule, and what happens afterwards.

    ``revisions`` are those of the ``marked`` objects; ``revision`` counts the changes of the unit as a whole, and
    ``first_revision`` is the one that its probes began with. ``beside`` is the index of the marked Ingress that stands
    beside those of the case, if there is one. ``backends`` are Deployments and Services of the case's own.
    """

    name: str
    cases: tuple[Case, ...]
    placement: Placement
    objects: tuple[Manifest, ...]
    marked: tuple[int, ...]
    probes: tuple[PlannedProbe, ...]
    realm: str
    revision: int = 1
    revisions: tuple[int, ...] = ()
    first_revision: int = 1
    beside: int | None = None
    steps: tuple[PlannedStep, ...] = ()
    backends: tuple[Manifest, ...] = ()

    def __post_init__(self) -> None:
        if not self.revisions:
            object.__setattr__(self, "revisions", (1,) * len(self.marked))

    @property
    def standing(self) -> tuple[Manifest, ...]:
        """The objects that are there: those without the empty places of others that come later, or are gone."""
        return tuple(manifest for manifest in self.objects if manifest)

    def every_object(self) -> list[Manifest]:
        """Return everything that the unit ever writes, its backends included."""
        written = [*self.objects, *(manifest for step in self.steps for manifest in step.objects), *self.backends]
        named = {(m["kind"], m["metadata"].get("namespace"), m["metadata"]["name"]): m for m in written if m}
        return list(named.values())

    @property
    def confirmed(self) -> bool:
        """Whether a later revision of the same objects has been applied."""
        return self.revision > self.first_revision

    def marker_of(self, index: int) -> str:
        """Return the host of the marker rule in a marked object."""
        revision = self.revisions[self.marked.index(index)]
        return marker_host(self.objects[index]["metadata"]["name"], revision, self.realm)

    def markers(self) -> tuple[WireProbe, ...]:
        """Return the requests that prove that the current revision of every marked object is loaded."""
        return tuple(WireProbe("GET", "http", self.marker_of(index), "/") for index in self.marked)

    def next_revision(self) -> "Unit":
        """Return the unit with later marker rules: in the Ingress beside if there is one, else in each object."""
        renewed = self.marked if self.beside is None else (self.beside,)
        return self.renewed(renewed)

    def loaded_anew(self) -> "Unit":
        """Return the unit at its next revision, with every Ingress that stands changed: in its marker, else in a label.

        What stands beside the Ingresses of a case says when a change is loaded, but not that they were looked at again.
        """
        later = self.renewed(self.marked)
        objects = tuple(
            with_revision(manifest, later.revision)
            if manifest.get("kind") == "Ingress" and index not in self.marked
            else manifest
            for index, manifest in enumerate(later.objects)
        )
        return replace(later, objects=objects)

    def after(self, step: PlannedStep) -> "Unit":
        """Return the unit as it stands after a step.

        What the step wrote, and the Ingress beside, are marked anew; nothing is after a step that is unannounced.
        """
        old = dict(zip(self.marked, self.revisions, strict=True))
        objects = tuple(
            manifest if index in step.written or not manifest else self.objects[index]
            for index, manifest in enumerate(step.objects)
        )
        revisions = tuple(old.get(index, 0) for index in step.marked)
        changed = replace(self, objects=objects, marked=step.marked, revisions=revisions, probes=step.probes)
        if not step.unannounced:
            changed = changed.renewed({*step.written, *(() if self.beside is None else (self.beside,))})
        return replace(changed, first_revision=changed.revision)

    def renewed(self, renewed: Collection[int]) -> "Unit":
        """Return the unit at its next revision, which the marker rules of these objects carry."""
        revision = self.revision + 1
        revisions = tuple(
            revision if index in renewed else old for index, old in zip(self.marked, self.revisions, strict=True)
        )
        objects = tuple(
            with_marker(manifest, revision, self.realm) if index in self.marked and index in renewed else manifest
            for index, manifest in enumerate(self.objects)
        )
        return replace(self, objects=objects, revision=revision, revisions=revisions)
