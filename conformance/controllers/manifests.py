"""The objects that a controller needs in the cluster before it starts."""

from conformance.case.model import Manifest
from conformance.controllers.entry import Entry

RBAC = "rbac.authorization.k8s.io"


def rbac_manifests(entry: Entry, user: str) -> list[Manifest]:
    """Return a ClusterRole with the entry's rights and its binding to ``user``; nothing where it needs no rights."""
    if not entry.process.rbac:
        return []
    meta = {"name": f"ingress-conformance-{entry.name}"}
    rules = [rule.model_dump(mode="json", exclude_none=True) for rule in entry.process.rbac]
    role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": meta, "rules": rules}
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": meta,
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": meta["name"]},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": user}],
    }
    return [role, binding]


def setup_manifests(entry: Entry) -> list[Manifest]:
    """Return the objects to apply before the controller starts, in their order."""
    return list(entry.process.objects)
