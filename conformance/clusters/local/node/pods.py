"""Pod objects read: what the agent has to do for a pod, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.echo.identity import (
    NO_OTHERS,
    Identity,
    OtherPorts,
    identity_from,
    other_ports_from,
    port_from,
    ports_from,
)

FOLLOWS, ALWAYS, NEVER = "follows", "always", "never"
DEFAULT_GRACE = 30.0


@dataclass(frozen=True, slots=True)
class Container:
    """One container as an echo backend; ``probe`` says how its readiness comes about."""

    name: str
    image: str
    identity: Identity
    ports: tuple[int, ...]
    admin_port: int | None
    begins_ready: bool
    probe: str
    lame_duck: float = 0.0
    others: OtherPorts = NO_OTHERS

    def is_ready(self, *, state: bool) -> bool:
        """Return what a kubelet's probes would find while the backend's own state is ``state``."""
        return self.probe == ALWAYS or (self.probe == FOLLOWS and state)


@dataclass(frozen=True, slots=True)
class Pod:
    """What matters of one pod object."""

    uid: str
    namespace: str
    name: str
    node: str
    address: str
    deleting: bool
    finished: bool
    grace: float
    containers: tuple[Container, ...]

    @property
    def lame_duck(self) -> float:
        """How long it goes on serving once it is told to end: the longest sleep before its stop, within its grace."""
        return min(self.grace, max((container.lame_duck for container in self.containers), default=0.0))

    @property
    def path(self) -> str:
        """The pod's path in the API."""
        return f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"


def pod_of(manifest: Mapping[str, Any]) -> Pod:
    """Return the pod that an object of the API describes; ``ValueError`` if its ports or numbers make no sense."""
    meta, spec, status = manifest["metadata"], manifest.get("spec") or {}, manifest.get("status") or {}
    grace = meta.get("deletionGracePeriodSeconds", spec.get("terminationGracePeriodSeconds"))
    return Pod(
        uid=meta["uid"],
        namespace=meta["namespace"],
        name=meta["name"],
        node=spec.get("nodeName") or "",
        address=status.get("podIP") or "",
        deleting=bool(meta.get("deletionTimestamp")),
        finished=status.get("phase") in ("Succeeded", "Failed"),
        grace=DEFAULT_GRACE if grace is None else float(grace),
        containers=tuple(_container(container, meta, spec) for container in spec.get("containers") or []),
    )


def _container(container: Mapping[str, Any], meta: Mapping[str, Any], spec: Mapping[str, Any]) -> Container:
    environment = _environment(container, meta, spec)
    declared = {
        str(port.get("name") or port["containerPort"]): int(port["containerPort"])
        for port in container.get("ports") or []
        if port.get("protocol", "TCP") == "TCP"
    }
    admin = port_from(environment["ADMIN_PORT"]) if environment.get("ADMIN_PORT") else None
    others = other_ports_from(environment)
    # PORTS is what the image itself goes by; a port that is only declared need not be served in a real cluster either.
    ports = ports_from(environment.get("PORTS", "")) or tuple(dict.fromkeys(declared.values()))
    ports = tuple(port for port in ports if port not in (admin, *others.all))
    return Container(
        name=container["name"],
        image=container.get("image") or "",
        identity=identity_from(environment, pod=meta["name"], namespace=meta["namespace"]),
        ports=ports,
        admin_port=admin,
        begins_ready=environment.get("READY", "true").strip().lower() != "false",
        probe=_probe(container.get("readinessProbe"), declared, (*ports, *others.all), admin),
        lame_duck=_sleep_before_stop(container),
        others=others,
    )


def _sleep_before_stop(container: Mapping[str, Any]) -> float:
    hook = (container.get("lifecycle") or {}).get("preStop") or {}
    return max(0.0, float((hook.get("sleep") or {}).get("seconds") or 0))


def _environment(container: Mapping[str, Any], meta: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, str]:
    fields = {
        "metadata.name": meta["name"],
        "metadata.namespace": meta["namespace"],
        "metadata.uid": meta["uid"],
        "spec.nodeName": spec.get("nodeName") or "",
    }
    return {
        entry["name"]: fields.get(_field_path(entry), entry.get("value") or "") for entry in container.get("env") or []
    }


def _field_path(entry: Mapping[str, Any]) -> str:
    return str(((entry.get("valueFrom") or {}).get("fieldRef") or {}).get("fieldPath") or "")


def _probe(
    probe: Mapping[str, Any] | None, declared: Mapping[str, int], ports: tuple[int, ...], admin: int | None
) -> str:
    """Return how a readiness probe would turn out: it follows the admin port's state, or it is settled beforehand."""
    action = next((probe[kind] for kind in ("httpGet", "tcpSocket") if probe.get(kind)), None) if probe else None
    if action is None:
        return ALWAYS
    wanted = str(action.get("port", ""))
    port = declared.get(wanted, int(wanted) if wanted.isdigit() else 0)
    if port == admin:
        return FOLLOWS if str(action.get("path", "")).partition("?")[0] == "/ready" else ALWAYS
    return ALWAYS if port in ports else NEVER
