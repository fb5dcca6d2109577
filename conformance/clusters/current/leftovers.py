"""What runs have left in a cluster: found by their label, deleted by it, and nothing else."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.clusters.api import Api, Manifest, Refused, object_path
from conformance.plan.ground import namespaces
from conformance.plan.objects import LABEL
from conformance.waiting import wait_until

KINDS = {"Namespace": "v1", "IngressClass": "networking.k8s.io/v1"}
"""Everything else that a run makes is in its namespaces, and goes with them."""


@dataclass(frozen=True)
class Leftover:
    """An object that a run made; ``uid`` keeps a later one of the same name from being taken for it."""

    kind: str
    name: str
    run_id: str
    uid: str
    created: dt.datetime

    @property
    def manifest(self) -> Manifest:
        """Enough of the object to find it by."""
        return {"apiVersion": KINDS[self.kind], "kind": self.kind, "metadata": {"name": self.name}}

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def leftovers(api: Api, run_id: str = "") -> list[Leftover]:
    """Return what runs (or the one run) have made and what is still there, the namespaces first.

    Raises:
        Refused: the API server does not answer, or does not allow to list them.
    """
    selector = f"{LABEL}={run_id}" if run_id else LABEL
    return [
        found
        for kind in KINDS
        for manifest in api.list_kind(kind, selector=selector)
        for found in _read(kind, manifest)
    ]


def delete(api: Api, found: Sequence[Leftover], limit: float) -> list[Leftover]:
    """Delete them and return those that are still there after ``limit`` seconds: the cluster takes its time.

    Raises:
        Refused: the API server does not answer, or does not allow it.
    """
    for leftover in found:
        _delete(api, leftover)
    left = list(found)

    def gone() -> bool:
        left[:] = [leftover for leftover in left if _is_there(api, leftover)]
        return not left

    wait_until(gone, limit, longest_pause=0.5)
    return left


def _read(kind: str, manifest: Manifest) -> Iterator[Leftover]:
    meta = manifest["metadata"]
    name, run_id = str(meta["name"]), str((meta.get("labels") or {}).get(LABEL) or "")
    ours = name in namespaces(run_id).values() if kind == "Namespace" else run_id in name
    # Somebody may have put the label on an object of theirs; what a run makes is also named after it.
    if run_id and ours:
        yield Leftover(kind, name, run_id, str(meta["uid"]), dt.datetime.fromisoformat(meta["creationTimestamp"]))


def _delete(api: Api, leftover: Leftover) -> None:
    try:
        api.request("DELETE", object_path(leftover.manifest), {"preconditions": {"uid": leftover.uid}})
    except Refused as refusal:
        # 409: another object has the name by now.
        if refusal.status not in {404, 409}:
            raise


def _is_there(api: Api, leftover: Leftover) -> bool:
    found = api.get(leftover.manifest)
    return found is not None and found["metadata"]["uid"] == leftover.uid
