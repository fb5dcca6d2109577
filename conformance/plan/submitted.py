"""Objects offered to the API server as a dry run. Hosts stay as written: they are what such cases are about."""

import copy
from collections.abc import Mapping
from typing import Any

from conformance.case.manifests import API_VERSIONS
from conformance.case.model import NO_CLASS, OUR_CLASS, OUR_CONTROLLER, Case, Manifest, Submission
from conformance.plan.instance import Ground
from conformance.plan.objects import CLUSTER_WIDE, every_manifest, real_name


def submitted(submission: Submission, case: Case, ground: Ground) -> Manifest:
    """Return the object of a submission with real names of objects, namespaces and classes."""
    made = copy.deepcopy(submission.object)
    made.setdefault("apiVersion", API_VERSIONS.get(made["kind"], "v1"))
    meta = made["metadata"]
    meta["name"] = real_name(case, made, ground)
    if made["kind"] not in CLUSTER_WIDE:
        meta["namespace"] = ground.namespaces[meta.get("namespace", "")]
    spec = made.get("spec") or {}
    name = spec.get("ingressClassName")
    if name == NO_CLASS:
        del spec["ingressClassName"]
    elif name is not None:
        spec["ingressClassName"] = class_names(case, ground).get(name, name)
    if spec.get("controller") == OUR_CONTROLLER:
        spec["controller"] = ground.controller
    return made


def class_names(case: Case, ground: Ground) -> dict[str, str]:
    """Return the names that a case gives IngressClasses with their real ones."""
    own = {
        m["metadata"]["name"]: real_name(case, m, ground) for m in every_manifest(case) if m["kind"] == "IngressClass"
    }
    return {**own, OUR_CLASS: ground.ingress_class}


def in_the_cases_words(value: Any, names: Mapping[str, str]) -> Any:
    """Return a stored value with the case's own names in place of the real ones in ``names``."""
    if isinstance(value, Mapping):
        return {key: in_the_cases_words(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [in_the_cases_words(inner, names) for inner in value]
    return {real: name for name, real in names.items()}.get(value, value) if isinstance(value, str) else value
