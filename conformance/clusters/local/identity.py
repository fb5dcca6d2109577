"""Who a controller instance is on the cluster: its namespace, its service account with real tokens, its objects."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from conformance.clusters.api import Api, Refused, object_path
from conformance.controllers.entry import Entry
from conformance.controllers.manifests import ACCOUNT, account_manifests, namespace_of, own_manifests, rbac_manifests
from conformance.controllers.placeholders import expand
from conformance.controllers.process import TokenFile
from conformance.controllers.programs import Programs
from conformance.errors import HarnessFailure
from conformance.waiting import wait_until

Manifest = dict[str, Any]

_LIFETIME = 24 * 3600
_CRD_LIMIT = 20.0
_FILE_BYTES = 16 << 20
_MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class Identity:
    """The namespace of an instance, and the token of its service account there."""

    namespace: str
    token: str


def make_identity(api: Api, entry: Entry, number: int) -> Identity:
    """Make namespace, service account and rights of the ``number``-th instance; the API server makes its token.

    Raises:
        Refused: the API server refused an object, or a token.
    """
    namespace = namespace_of(entry, number)
    apply_in_order(api, [*account_manifests(namespace), *rbac_manifests(entry, namespace)])
    return Identity(namespace, _token(api, namespace, ACCOUNT))


def make_own_objects(api: Api, entry: Entry, namespace: str, values: Mapping[str, str]) -> dict[str, str]:
    """Make the objects of one instance, and return the further tokens of its entry by their names.

    Raises:
        Refused: the API server refused an object, or a token.
    """
    apply_in_order(api, own_manifests(entry, values))
    wanted: Mapping[str, TokenFile] = entry.process.tokens if entry.process else {}
    return {name: _token(api, namespace, token.account, token.audience) for name, token in wanted.items()}


def make_common_objects(api: Api, entry: Entry, programs: Programs) -> None:
    """Make the objects of the entry's files, which all instances share, and wait until new kinds are known.

    Raises:
        HarnessFailure: a file is no YAML, or the API server does not take on a new kind.
        Refused: the API server refused an object.
    """
    files = entry.process.object_files if entry.process else ()
    paths = {name: words[0] for name, words in programs.items() if len(words) == 1}
    manifests = [manifest for name in files for manifest in read_manifests(Path(expand(name, paths)))]
    apply_in_order(api, manifests)
    kinds = [manifest for manifest in manifests if manifest["kind"] == "CustomResourceDefinition"]
    if not wait_until(lambda: all(_established(api.get(kind)) for kind in kinds), _CRD_LIMIT, longest_pause=0.1):
        raise HarnessFailure(f"the API server did not take on the kinds of {entry.name} within {_CRD_LIMIT:.0f} s")


def read_manifests(path: Path) -> list[Manifest]:
    """Return the objects of a YAML file.

    Raises:
        HarnessFailure: it cannot be read, is too large, or holds something else.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if path.stat().st_size > _FILE_BYTES:
            raise HarnessFailure(f"more than {_FILE_BYTES >> 20} MiB of objects", where=str(path))
        with path.open(encoding="utf-8") as file:
            found = [manifest for manifest in yaml.load_all(file, loader) if manifest]
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise HarnessFailure(f"the objects cannot be read: {error}", where=str(path)) from error
    if not all(isinstance(manifest, dict) and {"kind", "metadata"} <= manifest.keys() for manifest in found):
        raise HarnessFailure("the file holds something that is no object of Kubernetes", where=str(path))
    return found


def apply_in_order(api: Api, manifests: Iterable[Manifest]) -> None:
    """Apply objects one after the other; what a manifest says of an object's status is written too.

    Raises:
        Refused: the API server refused one.
    """
    for manifest in manifests:
        api.apply(manifest)
        if "status" in manifest and manifest["kind"] != "CustomResourceDefinition":
            api.request("PATCH", f"{object_path(manifest)}/status", {"status": manifest["status"]}, _MERGE)


def _token(api: Api, namespace: str, account: str, audience: str = "") -> str:
    spec: dict[str, Any] = {"expirationSeconds": _LIFETIME}
    if audience:
        spec["audiences"] = [audience]
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    return str(api.request("POST", path, request)["status"]["token"])


def _established(kind: Manifest | None) -> bool:
    conditions = ((kind or {}).get("status") or {}).get("conditions") or []
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)


__all__ = ["Identity", "Refused", "apply_in_order", "make_common_objects", "make_identity", "make_own_objects"]
