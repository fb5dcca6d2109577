"""Kubernetes objects as the plan writes them: names, hosts, class and the marker rule filled in."""

import copy
import hashlib
from typing import Any

from conformance.case.manifests import API_VERSIONS
from conformance.case.model import Case, Manifest
from conformance.plan.hosts import unique

MARKER_BACKEND = "marker"
CLUSTER_WIDE = frozenset({"IngressClass"})
SERVICE_LABEL = "kubernetes.io/service-name"
CLASS_ANNOTATION = "kubernetes.io/ingress.class"
REFERRED = {SERVICE_LABEL: "Service", CLASS_ANNOTATION: "IngressClass"}
LABEL_LENGTH = 63
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

    ``namespaces`` maps the case's symbolic names ("" and "other") to those of the run. The objects that the case
    defines get the case's name, and what refers to them follows; the shared backends keep theirs.
    """
    made = copy.deepcopy(manifest)
    kind = made["kind"]
    made.setdefault("apiVersion", API_VERSIONS.get(kind, "v1"))
    meta = made.setdefault("metadata", {})
    own = {(m["kind"], m["metadata"]["name"]): _name(case, m) for m in case.objects}
    meta["name"] = _name(case, made)
    if kind in CLUSTER_WIDE:
        meta.pop("namespace", None)
    else:
        meta["namespace"] = namespaces[meta.get("namespace", "")]
    for holder, key in ((meta.get("labels") or {}, SERVICE_LABEL), (meta.get("annotations") or {}, CLASS_ANNOTATION)):
        if key in holder:
            holder[key] = own.get((REFERRED[key], holder[key]), holder[key])
    if kind == "Ingress":
        _rewrite_spec(made.get("spec") or {}, ending, own)
    return made


def own_name(case: Case, service: str) -> str:
    """Return the name in the run of a Service that the case defines; at most 63 characters (RFC 1035 label).

    One that had to be cut ends with a digest of the whole, so that no two Services get the same name.
    """
    name = f"{service}-{case.name}-{case.section}"
    if len(name) <= LABEL_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:10]
    return f"{name[: LABEL_LENGTH - 11].rstrip('-')}-{digest}"


def _name(case: Case, manifest: Manifest) -> str:
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    if kind in {"Service", "Endpoints"}:
        return own_name(case, name)
    whole = f"{case.section}-{case.name}-{name}"
    # Marker hosts are made from names: namesakes in two namespaces must differ.
    return f"{whole}.{OTHER}" if kind == "Ingress" and manifest["metadata"].get("namespace") == OTHER else whole


def _rewrite_spec(spec: dict[str, Any], ending: str, own: dict[tuple[str, str], str]) -> None:
    def follow(holder: dict[str, Any], key: str, kind: str) -> None:
        if key in holder:
            holder[key] = own.get((kind, holder[key]), holder[key])

    follow(spec, "ingressClassName", "IngressClass")
    backends = [spec.get("defaultBackend") or {}]
    for rule in spec.get("rules") or []:
        if rule.get("host"):
            rule["host"] = unique(rule["host"], ending)
        backends += [path.get("backend") or {} for path in (rule.get("http") or {}).get("paths") or []]
    for entry in spec.get("tls") or []:
        if entry.get("hosts"):
            entry["hosts"] = [unique(host, ending) for host in entry["hosts"]]
        follow(entry, "secretName", "Secret")
    for backend in backends:
        follow(backend.get("service") or {}, "name", "Service")
        resource = backend.get("resource") or {}
        follow(resource, "name", resource.get("kind", ""))
