"""What no API server would take, as far as the suite must understand an Ingress. Pure.

The rules are those of Kubernetes' own validation, and no narrower: what a cluster holds must not be refused here.
"""

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.case.file_format import PATH_TYPES
from conformance.case.matching import items, mapping
from conformance.case.naming import Wrong, check_host, check_name, check_port_name, shown
from conformance.case.yaml_tree import Path

_PORT_HINT = "write the number of the Service's port, or its name as port.name"
_ONE_PORT_HINT = "a port has a number or a name: take one of them out"
_EMPTY_HINT = "write rules, or the defaultBackend for every request"
_PATHS_HINT = "write its paths, or take http out"
_NO_BACKEND_HINT = "write service: {name: NAME, port: {number: 80}}"
_BACKEND_HINT = "a backend is a service or a resource: take one of them out"
_RESOURCE_HINT = "write its kind and its name"
_SLASH_HINT = "write it with its first slash, such as /shop"
_PATH_HINT = "in an Exact or Prefix path, an API server takes no //, /./, /../ and %2F, and no /.. or /. at its end"

_PORTS = range(1, 65536)
_NOT_IN_PATHS = ("//", "/./", "/../", "%2f", "%2F")
_NOT_AT_THE_END = ("/..", "/.")


def check_spec(spec: Mapping[str, Any]) -> None:
    """Check the parts of a spec.

    Raises:
        Wrong: no API server would take it.
    """
    for wrong in wrongs(spec):
        raise wrong


def wrongs(spec: Mapping[str, Any]) -> Iterator[Wrong]:
    """Yield why no API server would take a spec: of each of its parts the first reason."""
    for check, value, at in _parts(spec):
        try:
            check(value, at)
        except Wrong as wrong:
            yield wrong


def _parts(spec: Mapping[str, Any]) -> Iterator[tuple[Callable[[Any, Path], None], Any, Path]]:
    """Yield each part with its place and its check; a list that is none has no parts."""
    yield _whole, spec, ("spec",)
    if spec.get("defaultBackend") is not None:
        yield _backend, spec["defaultBackend"], ("spec", "defaultBackend")
    if spec.get("ingressClassName"):
        yield check_name, spec["ingressClassName"], ("spec", "ingressClassName")
    for r, rule in enumerate(items(spec.get("rules"))):
        at: Path = ("spec", "rules", r)
        yield _rule, rule, at
        for p, path in enumerate(items(mapping(mapping(rule).get("http")).get("paths"))):
            yield _path, path, (*at, "http", "paths", p)
    for t, entry in enumerate(items(spec.get("tls"))):
        yield _tls, entry, ("spec", "tls", t)


def _whole(spec: Mapping[str, Any], at: Path) -> None:
    rules = _list(spec, "rules", (*at, "rules"))
    _list(spec, "tls", (*at, "tls"))
    if spec.get("defaultBackend") is None and not rules:
        raise Wrong(f"{shown(at)} has neither rules nor a defaultBackend", _EMPTY_HINT, at)


def _rule(rule: object, at: Path) -> None:
    host = mapping(rule).get("host")
    if not isinstance(rule, Mapping) or not (host is None or isinstance(host, str)):
        raise Wrong(f"{shown(at)} is no rule with a host that is text", at=at)
    if host:
        check_host(host, (*at, "host"))
        if _is_address(host):
            raise Wrong(f"{shown((*at, 'host'))} is the address {host}", "a rule names a host, or none", (*at, "host"))
    http = rule.get("http")
    if http is None:
        return
    paths = (*at, "http", "paths")
    if not _list(mapping(http), "paths", paths):
        raise Wrong(f"{shown(paths)} holds no path", _PATHS_HINT, paths)


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
        check_host(host, (*at, "hosts", h))
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
        kind == "ImplementationSpecific" and (written is None or written == "")
    ):
        said = "is missing" if written is None else f"is {written!r:.40}, and must begin with a slash"
        raise Wrong(f"{shown((*at, 'path'))} {said}", _SLASH_HINT, (*at, "path"))
    if kind != "ImplementationSpecific" and (part := _not_taken(str(written))):
        raise Wrong(f"{shown(at)}.path is {written!r:.60}, and must not hold {part}", _PATH_HINT, (*at, "path"))
    _backend(path.get("backend"), (*at, "backend"))


def _not_taken(path: str) -> str:
    """Return what an API server does not take in an Exact or Prefix path; empty if there is none."""
    inside = [part for part in _NOT_IN_PATHS if part in path]
    return next(iter((*inside, *(f"{end} at its end" for end in _NOT_AT_THE_END if path.endswith(end)))), "")


def _backend(backend: object, at: Path) -> None:
    service, resource = mapping(backend).get("service"), mapping(backend).get("resource")
    if service is not None and resource is not None:
        raise Wrong(f"{shown(at)} has both a service and a resource", _BACKEND_HINT, at)
    named = mapping(resource)
    if resource is not None and not all(isinstance(named.get(key), str) and named[key] for key in ("kind", "name")):
        raise Wrong(f"{shown(at)}.resource has no kind and name", _RESOURCE_HINT, at)
    if resource is None:
        _service(mapping(service), at)


def _service(service: Mapping[str, Any], at: Path) -> None:
    port = mapping(service.get("port"))
    number, port_name = port.get("number"), port.get("name")
    # An API server takes a zero for no number, and an empty text for no name.
    counted = isinstance(number, int) and not isinstance(number, bool) and not (number == 0 and port_name)
    if not isinstance(service.get("name"), str) or not (counted or port_name):
        raise Wrong(f"{shown(at)} names no Service with a port, and no resource", _NO_BACKEND_HINT, at)
    check_name(service["name"], (*at, "service", "name"), label=True)
    where = (*at, "service", "port")
    if counted and port_name:
        raise Wrong(f"{shown(where)} has both a number and a name", _ONE_PORT_HINT, where)
    if port_name:
        check_port_name(port_name, (*where, "name"))
    elif number not in _PORTS:
        where = (*where, "number")
        raise Wrong(f"{shown(where)} is {number}, and must be from 1 to 65535", _PORT_HINT, where)


def _list(holder: Mapping[str, Any], key: str, at: Path) -> list[Any]:
    value = holder.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Wrong(f"{shown(at)} is no list", at=at)
    return value
