"""The API server through the official client: plain objects in and out, its own words when it refuses."""

import json
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import urllib3
from kubernetes.client import ApiClient, Configuration
from kubernetes.client.exceptions import ApiException

from conformance.errors import ConformanceError

Manifest = dict[str, Any]

_KINDS = {
    "Namespace": ("v1", "namespaces", False),
    "Node": ("v1", "nodes", False),
    "Pod": ("v1", "pods", True),
    "Service": ("v1", "services", True),
    "Secret": ("v1", "secrets", True),
    "ConfigMap": ("v1", "configmaps", True),
    "ServiceAccount": ("v1", "serviceaccounts", True),
    "Deployment": ("apps/v1", "deployments", True),
    "ReplicaSet": ("apps/v1", "replicasets", True),
    "EndpointSlice": ("discovery.k8s.io/v1", "endpointslices", True),
    "Ingress": ("networking.k8s.io/v1", "ingresses", True),
    "IngressClass": ("networking.k8s.io/v1", "ingressclasses", False),
    "ClusterRole": ("rbac.authorization.k8s.io/v1", "clusterroles", False),
    "ClusterRoleBinding": ("rbac.authorization.k8s.io/v1", "clusterrolebindings", False),
    "Role": ("rbac.authorization.k8s.io/v1", "roles", True),
    "RoleBinding": ("rbac.authorization.k8s.io/v1", "rolebindings", True),
    "ValidatingAdmissionPolicy": ("admissionregistration.k8s.io/v1", "validatingadmissionpolicies", False),
    "ValidatingAdmissionPolicyBinding": ("admissionregistration.k8s.io/v1", "validatingadmissionpolicybindings", False),
    "CustomResourceDefinition": ("apiextensions.k8s.io/v1", "customresourcedefinitions", False),
}
_PARALLEL = 8
_AS_MANAGER = "?fieldManager=ingress-conformance"
"""Who has written the fields of an object, as ``kubectl get --show-managed-fields`` tells it."""

_TIMEOUT = (5.0, 30.0)
_SHORT_TIMEOUT = (2.0, 4.0)
PATIENCE = 30.0
"""Seconds for which a run asks a server again that does not answer, as while it starts anew."""

_ABSENT = frozenset({0, 429, 502, 503, 504})
_LOOK_UPS = 50
_PAUSE = 0.25
_HINT = "the API server's own words; see the object in the case file"
_WAKING = "not yet ready to handle request"
"""What admission says for a moment after a start, with status 403."""

_STORE = "etcdserver:"
"""How the server passes on, with status 500, what its store says of itself: too slow, without a leader."""


class Refused(ConformanceError):
    """The API server refused; the message is its own. ``status`` is the HTTP status, 0 if it was not reached."""

    def __init__(self, what: str, status: int, message: str) -> None:
        super().__init__(f"{what}: {message}", hint=_HINT if status else "")
        self.status, self.server_message = status, message

    @property
    def absent(self) -> bool:
        """Whether the server said nothing about the request itself: it is away, too busy, or only just waking up."""
        if self.status == 500:
            return self.server_message.startswith(_STORE)
        return self.status in _ABSENT or (self.status == 403 and _WAKING in self.server_message)


@dataclass(frozen=True)
class Api:
    """One connection to one API server. One that is away is asked again for ``patience`` seconds after it first was.

    ``timeout`` is that of one request: seconds to connect, and between two pieces of the answer.
    """

    client: ApiClient
    patience: float = field(default=0.0, kw_only=True)
    timeout: tuple[float, float] = field(default=_TIMEOUT, kw_only=True)

    @classmethod
    def with_token(cls, server: str, ca: Path, token: str) -> "Api":
        """Return a connection with a bearer token."""
        configuration = Configuration(host=server)
        configuration.ssl_ca_cert = str(ca)
        configuration.api_key = {"authorization": f"Bearer {token}"}
        configuration.connection_pool_maxsize = 2 * _PARALLEL
        return cls(ApiClient(configuration))

    def request(self, method: str, path: str, body: object = None, content_type: str = "application/json") -> Any:
        """Send one request and return the parsed answer.

        Raises:
            Refused: an HTTP error, or no connection.
        """
        data = self._exchange(method, path, body, content_type)
        return json.loads(data) if data else None

    def _exchange(self, method: str, path: str, body: object = None, content_type: str = "application/json") -> bytes:
        until = None
        while True:
            try:
                return self._exchange_once(method, path, body, content_type)
            except Refused as refusal:
                # From here on: a first request that hung until its own limit would else be the only one.
                until = until or time.monotonic() + self.patience
                if not refusal.absent or time.monotonic() >= until:
                    raise
            time.sleep(_PAUSE)

    def _exchange_once(self, method: str, path: str, body: object, content_type: str) -> bytes:
        token = self.token()
        headers = {"Accept": "application/json", "Content-Type": content_type}
        if token:
            headers["Authorization"] = token
        url = self.client.configuration.host + path
        try:
            response = self.client.call_api(method, url, headers, body, _request_timeout=self.timeout)
            data: bytes = response.read()  # type: ignore[no-untyped-call]
        except (ApiException, urllib3.exceptions.HTTPError) as error:
            raise Refused(f"{method} {path}", 0, f"the API server does not answer: {error}") from error
        if response.status >= 400:
            raise Refused(f"{method} {path}", response.status, _message(response.status, data))
        return data

    def token(self) -> str | None:
        """Return the Authorization header of the next request, if one is needed; the client renews what is too old.

        For that it reads the whole environment, each time, in which pytest takes a variable away after each test.
        """
        look_up = partial(self.client.configuration.get_api_key_with_prefix, "BearerToken", alias="authorization")
        for _ in range(_LOOK_UPS):
            with suppress(KeyError):
                token: str | None = look_up()
                return token
        raise Refused("the token", 0, "it cannot be looked up: the environment changes all the time")

    def text(self, path: str) -> str:
        """Return what the server has at a path and is no JSON, such as the log of a pod.

        Raises:
            Refused: an HTTP error, or no connection.
        """
        return self._exchange("GET", path).decode(errors="replace")

    def create(self, manifest: Manifest) -> Manifest:
        """Create an object and return it as stored."""
        created: Manifest = self.request("POST", collection_path(manifest) + _AS_MANAGER, manifest)
        return created

    def merge(self, manifest: Manifest) -> Manifest:
        """Change an existing object to what the manifest says (JSON merge patch, RFC 7386)."""
        changed: Manifest = self.request(
            "PATCH", object_path(manifest) + _AS_MANAGER, manifest, content_type="application/merge-patch+json"
        )
        return changed

    def apply(self, manifest: Manifest) -> Manifest:
        """Create an object, or change it where it is already there."""
        try:
            return self.create(manifest)
        except Refused as refusal:
            if refusal.status != 409:
                raise
            return self.merge(manifest)

    def put(self, manifest: Manifest) -> Manifest:
        """Put an object whole in the place of the one that is there, or create it.

        In that order: the server lets an update pass that it would refuse to create, and looks at that first.
        """
        try:
            replaced: Manifest = self.request("PUT", object_path(manifest) + _AS_MANAGER, manifest)
        except Refused as refusal:
            if refusal.status != 404:
                raise
            return self.create(manifest)
        return replaced

    def try_out(self, manifest: Manifest, *, update: bool, strict: bool = True) -> Manifest:
        """Return the object as the server would store it, without storing it (server-side dry run).

        ``strict`` has it refuse fields that it does not know.

        Raises:
            Refused: the server would refuse it.
        """
        method, path = ("PUT", object_path(manifest)) if update else ("POST", collection_path(manifest))
        fields = "Strict" if strict else "Ignore"
        stored: Manifest = self.request(method, f"{path}?dryRun=All&fieldValidation={fields}", manifest)
        return stored

    def call_pod(self, namespace: str, pod: str, port: int, path: str) -> None:
        """Send a POST to a port of a pod, through the API server, so that it works wherever the pod runs."""
        self._exchange("POST", f"/api/v1/namespaces/{namespace}/pods/{pod}:{port}/proxy{path}")

    def get(self, manifest: Manifest) -> Manifest | None:
        """Return the object of that kind and name, ``None`` where there is none."""
        try:
            found: Manifest = self.request("GET", object_path(manifest))
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise
        return found

    def list_kind(self, kind: str, namespace: str | None = None, selector: str = "") -> Sequence[Manifest]:
        """Return all objects of a kind, in one namespace or in all."""
        version, plural, _ = _KINDS[kind]
        inside = f"/namespaces/{namespace}" if namespace else ""
        query = f"?labelSelector={selector}" if selector else ""
        items: Sequence[Manifest] = self.request("GET", f"{_root(version)}{inside}/{plural}{query}")["items"]
        return items

    def delete(self, manifest: Manifest) -> None:
        """Delete an object; one that is not there is fine."""
        try:
            self.request("DELETE", object_path(manifest))
        except Refused as refusal:
            if refusal.status != 404:
                raise

    def apply_all(self, manifests: Iterable[Manifest]) -> list[Refused | None]:
        """Apply many objects side by side; returns, in their order, the refusal of each or ``None``."""

        def one(manifest: Manifest) -> Refused | None:
            try:
                self.apply(manifest)
            except Refused as refusal:
                return refusal
            return None

        with ThreadPoolExecutor(_PARALLEL) as pool:
            return list(pool.map(one, manifests))

    def what_is_wrong(self, namespaces: Iterable[str]) -> str:
        """Return why nothing that needs these namespaces can be done at this moment, in a few words; else nothing."""
        brisk = replace(self, patience=0.0, timeout=_SHORT_TIMEOUT)
        for name in namespaces:
            try:
                found = brisk.get({"kind": "Namespace", "metadata": {"name": name}})
            except Refused as refusal:
                if refusal.absent:
                    return f"the API server did not answer ({refusal.server_message:.200})"
                continue  # We may not look; that says nothing about the namespace.
            if found is None or found["metadata"].get("deletionTimestamp"):
                return f"the namespace {name} of this run was deleted"
        return ""

    def delete_all(self, manifests: Iterable[Manifest]) -> None:
        """Delete many objects side by side."""
        with ThreadPoolExecutor(_PARALLEL) as pool:
            list(pool.map(self.delete, manifests))

    def version(self) -> str:
        """Return the server's version, such as ``v1.37.2``."""
        return str(self.request("GET", "/version")["gitVersion"])


def collection_path(manifest: Manifest) -> str:
    """Return the URL path of the collection that an object belongs to."""
    version, plural, namespaced = _KINDS.get(manifest["kind"]) or _guess(manifest)
    root = _root(manifest.get("apiVersion", version))
    namespace = manifest["metadata"].get("namespace")
    inside = f"/namespaces/{namespace}" if namespaced and namespace else ""
    return f"{root}{inside}/{plural}"


def object_path(manifest: Manifest) -> str:
    """Return the URL path of an object."""
    return f"{collection_path(manifest)}/{manifest['metadata']['name']}"


def _root(version: str) -> str:
    return f"/api/{version}" if "/" not in version else f"/apis/{version}"


def _guess(manifest: Manifest) -> tuple[str, str, bool]:
    """Custom resources: the usual plural, namespaced when the object says so."""
    return manifest["apiVersion"], manifest["kind"].lower() + "s", "namespace" in manifest["metadata"]


def _message(status: int, data: bytes) -> str:
    try:
        return str(json.loads(data)["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {status}"
