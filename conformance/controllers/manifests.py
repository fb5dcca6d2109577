"""The objects that a controller needs in the cluster before it starts: who it is there, what it may do, its own."""

from collections.abc import Mapping

from conformance.case.model import Manifest
from conformance.controllers.entry import Entry
from conformance.controllers.placeholders import expand_all

RBAC = "rbac.authorization.k8s.io"
ACCOUNT = "controller"
"""Name of the service account that an instance runs as."""


def namespace_of(entry: Entry, number: int) -> str:
    """Return the namespace of the ``number``-th instance's own objects."""
    first = (entry.process.namespace if entry.process else "") or entry.name
    return first if number == 1 else f"{first}-{number}"


def account_manifests(namespace: str) -> list[Manifest]:
    """Return an instance's namespace and its service account, in this order."""
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT, "namespace": namespace}},
    ]


def rbac_manifests(entry: Entry, namespace: str) -> list[Manifest]:
    """Return a ClusterRole with the entry's rights and its binding to the instance's account; nothing for no rights."""
    if entry.process is None or not entry.process.rbac:
        return []
    role_meta, meta = {"name": f"ingress-conformance-{entry.name}"}, {"name": f"ingress-conformance-{namespace}"}
    rules = [rule.model_dump(mode="json", exclude_none=True) for rule in entry.process.rbac]
    role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": role_meta, "rules": rules}
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": meta,
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role_meta["name"]},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}],
    }
    return [role, binding]


def own_manifests(entry: Entry, values: Mapping[str, str]) -> list[Manifest]:
    """Return the objects of one instance, in their order; ``values`` are those of its placeholders."""
    return [expand_all(manifest, values) for manifest in entry.process.objects] if entry.process else []
