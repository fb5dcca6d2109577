"""Kubernetes objects as the plan writes them: names, hosts, class and the marker rule filled in."""

import copy
from typing import Any

from conformance.case.model import Case, Manifest
from conformance.plan.hosts import unique

MARKER_BACKEND = "marker"
API_VERSIONS = {
    "Ingress": "networking.k8s.io/v1",
    "IngressClass": "networking.k8s.io/v1",
    "Service": "v1",
    "Secret": "v1",
    "ConfigMap": "v1",
    "EndpointSlice": "discovery.k8s.io/v1",
}
OTHER = "other"
"""A case's symbolic name of the run's second namespace."""


def service_backend(service: str, port: int = 80) -> dict[str, Any]:
    """Return an Ingress backend that names a Service by port number."""
    return {"service": {"name": service, "port": {"number": port}}}


def marker_host(object_name: str, revision: int, realm: str) -> str:
    """Return the host whose answer proves that this very revision of the object has been loaded."""
    return f"r{revision}.{object_name}.marker.{realm}"


def with_marker(ingress: Manifest, revision: int, realm: str) -> Manifest:
    """Return the Ingress with the marker rule of ``revision`` as its last rule, in place of any older one."""
    marked = copy.deepcopy(ingress)
    spec = marked.setdefault("spec", {})
    ending = marker_host(marked["metadata"]["name"], 0, realm).partition(".")[2]
    rules = [rule for rule in spec.get("rules") or [] if not str(rule.get("host", "")).endswith(ending)]
    path = {"path": "/", "pathType": "Prefix", "backend": service_backend(MARKER_BACKEND)}
    host = marker_host(marked["metadata"]["name"], revision, realm)
    spec["rules"] = [*rules, {"host": host, "http": {"paths": [path]}}]
    return marked


def concrete(manifest: Manifest, case: Case, ending: str, namespaces: dict[str, str]) -> Manifest:
    """Return one object of a case with unique names and hosts, in the namespace of the run.

    ``namespaces`` maps the case's symbolic names ("" and "other") to those of the run. Services that the case defines
    get the case's name in front, and the Ingresses of the case follow; the shared backends keep theirs.
    """
    made = copy.deepcopy(manifest)
    kind = made["kind"]
    made.setdefault("apiVersion", API_VERSIONS.get(kind, "v1"))
    meta = made.setdefault("metadata", {})
    meta["namespace"] = namespaces[meta.get("namespace", "")]
    own = {m["metadata"]["name"] for m in case.objects if m["kind"] == "Service"}
    if kind == "Service":
        meta["name"] = own_name(case, meta["name"])
    elif kind == "Ingress":
        meta["name"] = f"{case.section}-{case.name}-{meta['name']}"
        _rewrite_spec(made.get("spec") or {}, ending, {name: own_name(case, name) for name in own})
    else:
        meta["name"] = f"{case.section}-{case.name}-{meta['name']}"
    return made


def own_name(case: Case, service: str) -> str:
    """Return the name in the run of a Service that the case defines; at most 63 characters (RFC 1035 label)."""
    name = f"{service}-{case.name}-{case.section}"
    return name if len(name) <= 63 else name[:63].rstrip("-")


def _rewrite_spec(spec: dict[str, Any], ending: str, services: dict[str, str]) -> None:
    backends = [spec.get("defaultBackend") or {}]
    for rule in spec.get("rules") or []:
        if rule.get("host"):
            rule["host"] = unique(rule["host"], ending)
        backends += [path.get("backend") or {} for path in (rule.get("http") or {}).get("paths") or []]
    for entry in spec.get("tls") or []:
        if entry.get("hosts"):
            entry["hosts"] = [unique(host, ending) for host in entry["hosts"]]
    for backend in backends:
        service = backend.get("service") or {}
        if service.get("name") in services:
            service["name"] = services[service["name"]]
