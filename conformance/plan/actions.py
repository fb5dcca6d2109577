"""The changes of a step with real names."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from conformance.case.model import Action, Case, Manifest
from conformance.plan.instance import Ground
from conformance.plan.objects import own_name, real_name

Kind = Literal["write", "delete", "scale", "unready", "ready", "replace", "restart", "unrelated"]


@dataclass(frozen=True)
class PlannedAction:
    """One change. ``index`` is that of the object written or deleted in its unit; ``target`` names the object meant
    (kind, name, namespace): the one to delete, or the Deployment of a backend; ``number`` is how many.
    """

    words: str
    kind: Kind
    index: int = -1
    target: Manifest = field(default_factory=dict)
    number: int = 0


def planned_action(action: Action, case: Case, ground: Ground, standing: Sequence[Manifest]) -> PlannedAction:
    """Return the change with real names; ``standing`` are the manifests of the case so far, by their index."""
    words = action.words
    if action.apply is not None:
        return PlannedAction(words, "write", _index(action.apply, standing))
    if action.delete is not None:
        gone = {
            "kind": action.delete.kind,
            "metadata": {"name": action.delete.name, "namespace": action.delete.namespace or None},
        }
        index = _index(gone, standing)
        meta = {"name": real_name(case, standing[index], ground)}
        if action.delete.kind != "IngressClass":
            meta["namespace"] = ground.namespaces[action.delete.namespace]
        return PlannedAction(words, "delete", index, {"kind": action.delete.kind, "metadata": meta})
    if action.scale is not None:
        return PlannedAction(words, "scale", -1, _deployment(case, action.scale.name, ground), action.scale.replicas)
    for kind in ("unready", "ready", "replace"):
        backend = getattr(action, kind)
        if backend is not None:
            return PlannedAction(words, kind, -1, _deployment(case, backend, ground))
    if action.restart is not None:
        return PlannedAction(words, "restart")
    return PlannedAction(words, "unrelated", number=action.unrelated_updates or 0)


def identity(manifest: Manifest) -> tuple[str, str, str]:
    """Return kind, name and symbolic namespace of an object of a case."""
    meta = manifest["metadata"]
    return manifest["kind"], meta["name"], meta.get("namespace") or ""


def _index(manifest: Manifest, standing: Sequence[Manifest]) -> int:
    known = [identity(one) for one in standing]
    return known.index(identity(manifest))


def _deployment(case: Case, backend: str, ground: Ground) -> Manifest:
    meta = {"name": own_name(case, backend), "namespace": ground.home}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta}
