"""What no API server would take, as far as the suite must understand an Ingress. Pure.

The rules are those of Kubernetes' own validation, and no narrower: what a cluster holds must not be refused here.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from conformance.case.matching import mapping
from conformance.case.yaml_tree import Path
from conformance.migrate.found import PATH_TYPES

HINT = "kubectl apply --dry-run=server -f FILE says more"
_NAME_HINT = "an API server takes small letters, digits, - and ."
_LABEL_HINT = "an API server takes small letters, digits and -, at most 63"
_HOST_HINT = "an API server takes small letters, digits and - between dots: foo.com or *.foo.com, without a port"
_PORT_HINT = "write the number of the Service's port, or its name as port.name"

_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_LONGEST_NAME, _LONGEST_LABEL = 253, 63
_PORTS = range(1, 65536)


class Wrong(ValueError):
    """What is wrong with an object, what to do about it, and at which of its values."""

    def __init__(self, message: str, hint: str = HINT, at: Path = ()) -> None:
        super().__init__(message)
        self.message, self.hint, self.at = message, hint, at


def shown(at: Path) -> str:
    """Return a place in an object as people write it: ``spec.rules[0].host``."""
    text = "".join(f"[{step}]" if isinstance(step, int) or "." in step else f".{step}" for step in at)
    return text.removeprefix(".")


def check_spec(spec: Mapping[str, Any]) -> None:
    """Check the parts of a spec.

    Raises:
        Wrong: no API server would take it.
    """
    if spec.get("defaultBackend") is not None:
        _backend(spec["defaultBackend"], ("spec", "defaultBackend"))
    if spec.get("ingressClassName"):
        check_name(spec["ingressClassName"], ("spec", "ingressClassName"))
    for r, rule in enumerate(_list(spec, "rules", ("spec", "rules"))):
        _rule(rule, ("spec", "rules", r))
    for t, entry in enumerate(_list(spec, "tls", ("spec", "tls"))):
        _tls(entry, ("spec", "tls", t))


def check_name(name: object, at: Path, *, label: bool = False) -> None:
    """Check the name of an object; ``label`` says that it must not have dots.

    Raises:
        Wrong: it is none.
    """
    longest = _LONGEST_LABEL if label else _LONGEST_NAME
    if not isinstance(name, str) or not _is_name(name, longest) or (label and "." in name):
        raise Wrong(f"{shown(at)} is {name!r:.60}, which is no DNS name", _LABEL_HINT if label else _NAME_HINT, at)


def _is_name(text: str, longest: int = _LONGEST_NAME) -> bool:
    return len(text) <= longest and bool(_NAME.fullmatch(text))


def _rule(rule: object, at: Path) -> None:
    host = mapping(rule).get("host")
    if not isinstance(rule, Mapping) or not (host is None or isinstance(host, str)):
        raise Wrong(f"{shown(at)} is no rule with a host that is text", at=at)
    if host:
        _host(host, (*at, "host"))
        if _is_address(host):
            raise Wrong(f"{shown((*at, 'host'))} is the address {host}", "a rule names a host, or none", (*at, "host"))
    paths = (*at, "http", "paths")
    for p, path in enumerate(_list(mapping(rule.get("http")), "paths", paths)):
        _path(path, (*paths, p))


def _host(host: str, at: Path) -> None:
    if len(host) > _LONGEST_NAME or not _is_name(host.removeprefix("*.")):
        raise Wrong(f"{shown(at)} is {host!r:.60}, which is no DNS name", _HOST_HINT, at)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _tls(entry: object, at: Path) -> None:
    hosts = _list(mapping(entry), "hosts", (*at, "hosts"))
    if not isinstance(entry, Mapping) or not all(isinstance(host, str) for host in hosts):
        raise Wrong(f"{shown(at)} has hosts that are not text", at=at)
    for h, host in enumerate(hosts):
        _host(host, (*at, "hosts", h))
    if entry.get("secretName"):
        check_name(entry["secretName"], (*at, "secretName"))


def _path(path: object, at: Path) -> None:
    if not isinstance(path, Mapping):
        raise Wrong(f"{shown(at)} is no path", at=at)
    written, kind = path.get("path"), path.get("pathType")
    if kind not in PATH_TYPES:
        hint = f"networking.k8s.io/v1 wants one of {', '.join(PATH_TYPES)}"
        raise Wrong(f"{shown(at)}.pathType is {kind!r:.40}", hint, (*at, "pathType"))
    if not (isinstance(written, str) and written.startswith("/")) and not (
        kind == "ImplementationSpecific" and written in {None, ""}
    ):
        raise Wrong(f"{shown(at)}.path is {written!r:.40}, and must begin with a slash", at=(*at, "path"))
    _backend(path.get("backend"), (*at, "backend"))


def _backend(backend: object, at: Path) -> None:
    service, resource = mapping(mapping(backend).get("service")), mapping(mapping(backend).get("resource"))
    port = mapping(service.get("port"))
    number = port.get("number")
    counted = isinstance(number, int) and not isinstance(number, bool)
    named = isinstance(service.get("name"), str) and bool(counted or port.get("name"))
    if not named and not (resource.get("kind") and resource.get("name")):
        raise Wrong(f"{shown(at)} names no Service with a port, and no resource", at=at)
    if not named:
        return
    check_name(service["name"], (*at, "service", "name"), label=True)
    # An API server takes a zero for no number.
    if counted and number not in _PORTS and not (number == 0 and port.get("name")):
        where = (*at, "service", "port", "number")
        raise Wrong(f"{shown(where)} is {number}, and must be from 1 to 65535", _PORT_HINT, where)


def _list(holder: Mapping[str, Any], key: str, at: Path) -> list[Any]:
    value = holder.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Wrong(f"{shown(at)} is no list", at=at)
    return value
