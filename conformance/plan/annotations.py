"""What the values of annotations refer to, with real names.

``@namespace`` is the run's first namespace, ``@secret(NAME)`` and ``@configmap(NAME)`` objects of the case,
``@service(NAME)`` a backend's Service, ``@address(NAME)`` the cluster address of a shared backend's Service, and
``@host(NAME)`` a host, made unique like those of the rules.
"""

import re
from collections.abc import Mapping

from conformance.plan.hosts import unique
from conformance.plan.instance import Ground

PREFIX = "nginx.ingress.kubernetes.io/"
_REFERENCE = re.compile(r"@namespace\b|@(secret|configmap|service|address|host)\(([^()]+)\)")
_KINDS = {"secret": "Secret", "configmap": "ConfigMap", "service": "Service"}
NOWHERE = "192.0.2.1"
"""An address of nobody (RFC 5737), for a Service that the run does not have."""


def filled(value: str, ending: str, own: Mapping[tuple[str, str], str], ground: Ground) -> str:
    """Return the value of an annotation with real names; ``own`` maps kind and name of the case's objects to them."""

    def real(found: re.Match[str]) -> str:
        what, name = found[1], found[2]
        if what is None:
            return ground.home
        if what == "host":
            return unique(name, ending)
        if what == "address":
            return ground.service_addresses.get(name, NOWHERE)
        return own.get((_KINDS[what], name), name)

    return _REFERENCE.sub(real, value)
