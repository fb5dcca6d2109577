"""What the values of annotations refer to, with real names.

``@namespace`` is the run's first namespace, ``@namespace(other)`` its second. ``@secret(NAME)`` and
``@configmap(NAME)`` are objects of the case, ``@service(NAME)`` a backend's Service, ``@address(NAME)`` the cluster
address of a shared backend's Service, and ``@host(NAME)`` a host, made unique like those of the rules.
"""

import re
from collections.abc import Mapping

from conformance.case.model import Manifest
from conformance.plan.hosts import unique
from conformance.plan.instance import Ground

PREFIX = "nginx.ingress.kubernetes.io/"
_REFERENCE = re.compile(r"@namespace\b(?!\()|@(namespace|secret|configmap|service|address|host)\(([^()]+)\)")
_KINDS = {"secret": "Secret", "configmap": "ConfigMap", "service": "Service"}


def filled(value: str, ending: str, own: Mapping[tuple[str, str], str], ground: Ground) -> str:
    """Return the value of an annotation with real names; ``own`` maps kind and name of the case's objects to them."""

    def real(found: re.Match[str]) -> str:
        what, name = found[1], found[2]
        if what is None:
            return ground.home
        if what == "namespace":
            return ground.namespaces.get(name, found[0])
        if what == "host":
            return unique(name, ending)
        if what == "address":
            return ground.service_address(name)
        return own.get((_KINDS[what], name), name)

    return _REFERENCE.sub(real, value)


def names_an_address(manifest: Manifest) -> bool:
    """Tell whether an annotation of the object refers to the cluster address of a Service."""
    values = (manifest.get("metadata") or {}).get("annotations") or {}
    return any(found[1] == "address" for value in values.values() for found in _REFERENCE.finditer(str(value)))
