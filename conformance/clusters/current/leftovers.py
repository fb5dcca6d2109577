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

    One that the API server does not let go of costs no other its end, and is asked for again until the limit.

    Raises:
        Refused: the API server does not answer, or does not allow it; the others are deleted.
    """
    left, refusals = list(found), dict[Leftover, Refused]()

    def ended() -> bool:
        refusals.clear()
        left[:] = [leftover for leftover in left if not _is_gone(api, leftover, refusals)]
        return set(left) == {leftover for leftover, refusal in refusals.items() if _is_final(refusal)}

    wait_until(ended, limit, longest_pause=0.5)
    for refusal in refusals.values():
        raise refusal
    return left


def _read(kind: str, manifest: Manifest) -> Iterator[Leftover]:
    meta = manifest["metadata"]
    name, run_id = str(meta["name"]), str((meta.get("labels") or {}).get(LABEL) or "")
    ours = name in namespaces(run_id).values() if kind == "Namespace" else run_id in name
    # Somebody may have put the label on an object of theirs; what a run makes is also named after it.
    if run_id and ours:
        yield Leftover(kind, name, run_id, str(meta["uid"]), dt.datetime.fromisoformat(meta["creationTimestamp"]))


def _is_gone(api: Api, leftover: Leftover, refusals: dict[Leftover, Refused]) -> bool:
    """Whether it is gone; if it is not even going, delete it. What the API server says against it is kept."""
    try:
        there = api.get(leftover.manifest)
        if there is None or there["metadata"]["uid"] != leftover.uid:
            return True
        if not there["metadata"].get("deletionTimestamp"):
            api.request("DELETE", object_path(leftover.manifest), {"preconditions": {"uid": leftover.uid}})
    except Refused as refusal:
        # 404, 409: it has changed, or has gone, since that look.
        if refusal.status not in {404, 409}:
            refusals[leftover] = refusal
    return False


def _is_final(refusal: Refused) -> bool:
    """Whether it is about the request itself: a second later it would be the same."""
    return 400 <= refusal.status < 500 and not refusal.absent
