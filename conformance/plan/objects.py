"""Kubernetes objects as the plan writes them: names, hosts, class and the marker rule filled in."""

import copy
import hashlib
from typing import Any

from conformance.case.manifests import API_VERSIONS
from conformance.case.model import NO_CLASS, OUR_CLASS, OUR_CONTROLLER, Case, Manifest
from conformance.plan.annotations import filled
from conformance.plan.hosts import suffixes, unique
from conformance.plan.instance import Ground

MARKER_BACKEND = "marker"
LABEL = "ingress-conformance.dev/run"
"""Every object of a run carries this label with the run's id, so that what a killed run left can be found."""

REVISION_LABEL = "ingress-conformance.dev/revision"
"""What changes in an Ingress without a marker when it is loaded anew. It means nothing: an annotation might."""

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
    named = ".".join(as_label(part) for part in object_name.split("."))
    return f"r{revision}.{named}.marker.{realm}"


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


def with_revision(ingress: Manifest, revision: int) -> Manifest:
    """Return the Ingress with a label that says which revision of the unit it was written for, and else as it was."""
    meta = ingress["metadata"]
    labels = {**(meta.get("labels") or {}), REVISION_LABEL: str(revision)}
    return {**ingress, "metadata": {**meta, "labels": labels}}


def concrete(manifest: Manifest, case: Case, ending: str, ground: Ground) -> Manifest:
    """Return one object of a case with unique names and hosts, in the namespace of the run.

    The objects that the case defines get the case's name, and what refers to them follows; the shared backends keep
    theirs. A Secret's certificate is left for :meth:`conformance.plan.certificates.Mint.secret`, its names are unique.
    """
    made = copy.deepcopy(manifest)
    kind = made["kind"]
    made.setdefault("apiVersion", API_VERSIONS.get(kind, "v1"))
    meta = made.setdefault("metadata", {})
    own = _own_names(case, ground)
    meta["name"] = real_name(case, made, ground)
    if kind in CLUSTER_WIDE:
        meta.pop("namespace", None)
        meta["labels"] = {**(meta.get("labels") or {}), LABEL: ground.run_id}
    else:
        meta["namespace"] = ground.namespaces[meta.get("namespace", "")]
    for holder, key in ((meta.get("labels") or {}, SERVICE_LABEL), (meta.get("annotations") or {}, CLASS_ANNOTATION)):
        if key in holder:
            holder[key] = own.get((REFERRED[key], holder[key]), holder[key])
    if kind == "Ingress":
        _rewrite_spec(made.get("spec") or {}, ending, own)
        for key, value in (meta.get("annotations") or {}).items():
            meta["annotations"][key] = filled(value, ending, own, ground)
    if kind == "IngressClass":
        _rewrite_class(made.get("spec") or {}, ground)
    if kind == "Secret" and "certificate" in made:
        made["certificate"]["names"] = [unique(name, ending) for name in made["certificate"]["names"]]
    return made


def with_all_copies(manifest: Manifest, case: Case, ground: Ground) -> Manifest:
    """Return an object of the case; an Ingress holds the rules of every copy."""
    made = [concrete(manifest, case, ending, ground) for ending in suffixes(case, ground.realm)]
    if case.copies > 1 and manifest["kind"] == "Ingress":
        made[0]["spec"]["rules"] = [rule for one in made for rule in one["spec"]["rules"]]
    return made[0]


def classed(ingress: Manifest, ground: Ground) -> Manifest:
    """Return the Ingress with the class under test, unless it names one, or says that it has none."""
    spec = ingress.setdefault("spec", {})
    annotated = CLASS_ANNOTATION in (ingress["metadata"].get("annotations") or {})
    if not annotated:
        spec.setdefault("ingressClassName", ground.ingress_class)
    if spec.get("ingressClassName") == NO_CLASS:
        del spec["ingressClassName"]
    return ingress


def every_manifest(case: Case) -> list[Manifest]:
    """Return all objects that the case ever has, each identity once: first those at the beginning."""
    written = [action.apply for step in case.steps for action in step.actions if action.apply is not None]
    known: dict[tuple[str, str, str], Manifest] = {}
    for manifest in (*case.objects, *written, *(submission.object for submission in case.submissions)):
        meta = manifest["metadata"]
        known.setdefault((manifest["kind"], meta["name"], meta.get("namespace") or ""), manifest)
    return list(known.values())


def own_name(case: Case, service: str) -> str:
    """Return the name in the run of a Service that the case defines."""
    return as_label(f"{service}-{case.name}-{case.section}")


def as_label(name: str) -> str:
    """Return a name of at most 63 characters (RFC 1035 label).

    One that had to be cut ends with a digest of the whole, so that no two get the same name.
    """
    if len(name) <= LABEL_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:10]
    return f"{name[: LABEL_LENGTH - 11].rstrip('-')}-{digest}"


def object_name(case: Case, manifest: Manifest) -> str:
    """Return the name in the run of an object that the case defines."""
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    if kind in {"Service", "Endpoints"}:
        return own_name(case, name)
    whole = f"{case.section}-{case.name}-{name}"
    # Marker hosts are made from names: namesakes in two namespaces must differ.
    return f"{whole}.{OTHER}" if kind == "Ingress" and manifest["metadata"].get("namespace") == OTHER else whole


def real_name(case: Case, manifest: Manifest, ground: Ground) -> str:
    """Return the name of an object of the case; one that is not in a namespace of the run carries the run's id."""
    if manifest["kind"] == "IngressClass" and manifest["metadata"]["name"] == OUR_CLASS:
        return ground.ingress_class
    name = object_name(case, manifest)
    return f"{name}-{ground.run_id}" if manifest["kind"] in CLUSTER_WIDE else name


def _own_names(case: Case, ground: Ground) -> dict[tuple[str, str], str]:
    own = {(m["kind"], m["metadata"]["name"]): real_name(case, m, ground) for m in every_manifest(case)}
    own |= {("Service", backend.name): own_name(case, backend.name) for backend in case.backends}
    return {**own, ("IngressClass", OUR_CLASS): ground.ingress_class}


def _rewrite_class(spec: dict[str, Any], ground: Ground) -> None:
    if spec.get("controller") == OUR_CONTROLLER:
        spec["controller"] = ground.controller
    parameters = spec.get("parameters")
    if isinstance(parameters, dict) and str(parameters.get("namespace")) in ground.namespaces:
        parameters["namespace"] = ground.namespaces[parameters["namespace"]]


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
