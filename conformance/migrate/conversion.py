"""The older forms of an Ingress in the form of networking.k8s.io/v1.

What changed with v1: https://kubernetes.io/docs/reference/using-api/deprecation-guide/#ingress-v122
"""

import re
from collections.abc import Mapping
from typing import Any

from conformance.case.matching import mapping

VERSION = "networking.k8s.io/v1"
OLD_VERSIONS = ("networking.k8s.io/v1beta1", "extensions/v1beta1")


_NUMBER = re.compile(r"[0-9]{1,9}")


def as_v1(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a v1beta1 spec in the form of v1; whatever has another shape than v1beta1 is left to be refused."""
    made = {key: value for key, value in spec.items() if key not in {"backend", "rules"}}
    if "backend" in spec:
        made["defaultBackend"] = _backend(spec["backend"])
    if isinstance(spec.get("rules"), list):
        made["rules"] = [_rule(rule) for rule in spec["rules"]]
    elif "rules" in spec:
        made["rules"] = spec["rules"]
    return made


def _rule(rule: Any) -> Any:
    http = mapping(mapping(rule).get("http"))
    if not isinstance(http.get("paths"), list):
        return rule
    return {**rule, "http": {**http, "paths": [_path(path) for path in http["paths"]]}}


def _path(path: Any) -> Any:
    if not isinstance(path, Mapping):
        return path
    # v1 wants a type; what had none was left to the controller.
    return {"pathType": "ImplementationSpecific", **path, "backend": _backend(path.get("backend"))}


def _backend(backend: Any) -> Any:
    old = mapping(backend)
    if "serviceName" not in old:
        return backend
    port = old.get("servicePort")
    if isinstance(port, str) and _NUMBER.fullmatch(port):
        port = int(port)
    made = {"name": old["serviceName"], "port": {"number": port} if isinstance(port, int) else {"name": port}}
    return {"service": made, **({"resource": old["resource"]} if "resource" in old else {})}
