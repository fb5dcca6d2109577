"""What happens to the objects of a case after they have been applied: frozen values."""

from typing import Literal

from pydantic import Field

from conformance.case.probe import Frozen, Manifest, Probe


class Backend(Frozen):
    """An echo backend of the case's own: a Deployment and a Service of this name, like the shared ones."""

    name: str
    replicas: int = 1


class Named(Frozen):
    """An object of the case, by kind and name."""

    kind: str
    name: str
    namespace: str = ""


class Action(Frozen):
    """One change; exactly one of its parts is set."""

    apply: Manifest | None = Field(
        default=None, description="The whole object, created or put in place of the old one."
    )
    delete: Named | None = None
    scale: Backend | None = Field(default=None, description="A backend of the case, with its new number of replicas.")
    unready: str | None = Field(default=None, description="A backend: its first pod says that it is not ready.")
    ready: str | None = Field(default=None, description="A backend: all of its pods say that they are ready.")
    replace: str | None = Field(default=None, description="A backend: a new pod takes the place of each, one by one.")
    restart: Literal["controller"] | None = None
    unrelated_updates: int | None = Field(default=None, description="So many changes of an Ingress of another host.")

    @property
    def announced(self) -> bool:
        """Whether it is told even to a controller that looks at nothing but Ingresses, or as it starts."""
        kind = self.apply["kind"] if self.apply is not None else self.delete.kind if self.delete is not None else ""
        return kind == "Ingress" or self.restart is not None or self.unrelated_updates is not None

    @property
    def words(self) -> str:
        """The change in a few words."""
        if self.apply is not None:
            return f"write {self.apply['kind']} {self.apply['metadata']['name']}"
        if self.delete is not None:
            return f"delete {self.delete.kind} {self.delete.name}"
        if self.scale is not None:
            return f"scale {self.scale.name} to {self.scale.replicas}"
        if self.unready is not None:
            return f"make a pod of {self.unready} unready"
        if self.ready is not None:
            return f"make the pods of {self.ready} ready"
        if self.replace is not None:
            return f"replace the pods of {self.replace}"
        if self.restart is not None:
            return "restart the controller"
        return f"update an unrelated Ingress {self.unrelated_updates} times"


class Traffic(Frozen):
    """Requests sent without a pause while a step goes on; each expects the same answer.

    ``judged`` says that a single failed request fails the case; else their share is only recorded.
    """

    probe: Probe
    judged: bool = True


class Latency(Frozen):
    """Times from a write to its effect, taken over several changes of one kind, one after another."""

    change: Literal["create", "update", "delete", "endpoint"]
    samples: int = 5


class Step(Frozen):
    """Changes, then a wait for the controller to load them, then probes."""

    title: str
    after: float = Field(default=0.0, description="Seconds that pass before the changes: what they make is younger.")
    actions: tuple[Action, ...] = ()
    traffic: Traffic | None = None
    latency: Latency | None = None
    probes: tuple[Probe, ...] = ()

    @property
    def unannounced(self) -> bool:
        """Whether a controller must notice the changes though no Ingress is written; a probe shows that it has."""
        told = any(action.announced for action in self.actions)
        return not told and any(probe.expect.server and not probe.status_of for probe in self.probes)


class Submission(Frozen):
    """One object offered to the API server, as a dry run, and what the server must say.

    ``outcome`` is ``accepted``, ``refused`` or ``record``; ``status`` is that of the refusal (0: any), ``field`` the
    path that it must name, ``stored`` maps paths of the stored object to the values they must have, ``shown`` is a
    path whose value is recorded.
    """

    id: str
    object: Manifest
    update: bool = Field(default=False, description="The object is there already and is put anew.")
    outcome: Literal["accepted", "refused", "record"]
    status: int = 0
    field: str = ""
    stored: dict[str, str] = Field(default_factory=dict)
    shown: str = ""
