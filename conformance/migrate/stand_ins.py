"""What stands in for the Services, Secrets and ConfigMaps that Ingresses name. Pure."""

import base64
import copy
import hashlib
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from conformance.case.matching import items, mapping
from conformance.case.model import SHARED_BACKENDS, Backend, Case, Manifest
from conformance.migrate.annotations import known_annotations
from conformance.migrate.found import Found
from conformance.migrate.grouping import Group
from conformance.migrate.hosts import UNNAMED
from conformance.plan.ground import ALT_PORT, EITHER_PORT, GRPC_PORT, HTTP_PORT, TLS_PORT, backend_objects
from conformance.plan.objects import OTHER, object_name, own_name

OWN_BACKENDS = 40
"""How many echo backends of its own a case may have besides the shared ones."""

USER = "suite"
"""The one user that is let in; the password is the same word."""

_FIRST_PORT = 20000


@dataclass
class Cast:
    """Who stands in for whom in one case.

    ``namespaces`` maps real ones to those of a case, ``names`` the Ingresses to unique names, ``real_names`` what
    annotations refer to (kind, namespace, name) to its name in the run, ``stands_for`` outcomes to Services.
    """

    namespaces: Mapping[str, str]
    names: Mapping[str, str]
    objects: tuple[Manifest, ...] = ()
    backends: tuple[Backend, ...] = ()
    real_names: dict[tuple[str, str, str], str] = field(default_factory=dict)
    stands_for: dict[str, str] = field(default_factory=dict)
    services: dict[tuple[str, str], str] = field(default_factory=dict)

    @staticmethod
    def most_services() -> int:
        """Return how many Services of a namespace can be told apart."""
        return len(SHARED_BACKENDS) + OWN_BACKENDS

    def renamed(self, found: Found, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Return a spec with the names that its Services have in the case."""
        made: dict[str, Any] = copy.deepcopy(dict(spec))
        for backend in _backends(made):
            service = backend.get("service") or {}
            if service.get("name"):
                service["name"] = self.services[found.namespace, service["name"]]
        for entry in made.get("tls") or []:
            if entry.get("secretName"):
                entry["secretName"] = self.services.get((found.namespace, f"tls {entry['secretName']}"), "")
        return made


def cast_of(group: Group, case: Case) -> Cast:
    """Return who stands in for what the Ingresses of a group name; ``case`` gives them their names in a run."""
    spaces = {space: "" if number == 0 else OTHER for number, space in enumerate(group.namespaces)}
    folded = len(spaces) > 2
    names = {
        found.label: f"{found.name}.{found.namespace}"[:200] if folded else found.name for found in group.ingresses
    }
    cast = Cast(spaces, names)
    objects = [*_services(group, case, cast, folded=folded), *_certificates(group, cast, folded=folded)]
    cast.objects = (*objects, *_referred(group, case, cast, folded=folded))
    return cast


def services_of(group: Group) -> Mapping[tuple[str, str], Mapping[int | str, int]]:
    """Return the Services that a group names, by namespace and name, with their ports and those of the echo backend."""
    ports: dict[tuple[str, str], dict[int | str, int]] = {}
    for found in group.ingresses:
        for backend in _backends(found.spec):
            service = mapping(mapping(backend).get("service"))
            if service:
                port = mapping(service.get("port"))
                wanted: int | str = port.get("name") or port.get("number") or 80
                held = ports.setdefault((found.namespace, str(service["name"])), {})
                held.setdefault(wanted, _target(wanted, found, len(held)))
        for space, named in _named(found, "service"):
            ports.setdefault((space, named), {}).setdefault(80, HTTP_PORT)
    return ports


def most_in_one_namespace(group: Group) -> int:
    """Return how many Services there are at most in one namespace of a case: all but the first are one."""
    first = group.namespaces[0]
    return max(Counter(space == first for space, _ in services_of(group)).values(), default=0)


def _services(group: Group, case: Case, cast: Cast, *, folded: bool) -> Iterator[Manifest]:
    counts: dict[str, int] = {}
    own: list[Backend] = []
    for (space, name), wanted_ports in services_of(group).items():
        symbol = cast.namespaces[space]
        number = counts[symbol] = counts.get(symbol, -1) + 1
        echo = selector = SHARED_BACKENDS[number % len(SHARED_BACKENDS)]
        if len(SHARED_BACKENDS) <= number < Cast.most_services():
            echo, selector = f"own{number}", own_name(case, f"own{number}")
            if symbol:
                # The backends that a case may ask for are made in the first namespace.
                echo = selector
                yield next(backend_objects(selector, symbol, 1))
            else:
                own.append(Backend(name=echo))
        called = f"{name}-{space}" if folded and symbol else name
        cast.services[space, name] = called
        outcome = f"{symbol}/{echo}" if symbol else echo
        cast.stands_for[outcome] = " or ".join(filter(None, (cast.stands_for.get(outcome), f"{space}/{name}")))
        cast.real_names["service", space, name] = own_name(case, called)
        yield {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": _meta(called, symbol),
            "spec": {"selector": {"backend": selector}, "ports": list(_ports(wanted_ports))},
        }
    cast.backends = tuple(own)


def _ports(wanted: Mapping[int | str, int]) -> Iterator[Manifest]:
    # No two ports of a Service have the same name, or the same number.
    free = (number for number in count(_FIRST_PORT) if number not in wanted)
    for port, target in wanted.items():
        number = port if isinstance(port, int) else next(free)
        yield {
            "name": port if isinstance(port, str) else _free_name(port, wanted),
            "port": number,
            "targetPort": target,
        }


def _free_name(port: int, taken: Container[int | str]) -> str:
    """Return a name for a port that has but a number."""
    return next(name for letters in count(1) if (name := f"{'p' * letters}{port}") not in taken)


def _target(port: int | str | None, found: Found, place: int) -> int:
    """Return the echo backend's port that speaks what the Service's port seems to; two ports of a Service differ.

    Where only its number or its name hints at TLS, some controllers speak it and others do not: that port takes both,
    and which it was is compared.
    """
    protocol = known_annotations().value(dict(found.annotations), "backend-protocol").upper()
    if protocol == "GRPC":
        return GRPC_PORT
    if protocol in {"HTTPS", "GRPCS"}:
        return TLS_PORT
    return EITHER_PORT if seems_tls(port) else (HTTP_PORT, ALT_PORT)[place % 2]


def seems_tls(port: int | str | None) -> bool:
    """Tell whether a Service's port is one that TLS is usually spoken on, by its number or its name."""
    return port in {443, 8443} or str(port).startswith("https")


def _certificates(group: Group, cast: Cast, *, folded: bool) -> Iterator[Manifest]:
    hosts: dict[tuple[str, str], dict[str, None]] = {}
    # One Secret may hold both: what a server shows, and whose clients it lets in.
    authorities = {named for found in group.ingresses for named in _named(found, "certificates")}
    for found in group.ingresses:
        for entry in found.tls:
            if entry.get("secretName"):
                named = [str(host).lower() for host in items(entry.get("hosts"))] or [h for h in found.hosts if h]
                hosts.setdefault((found.namespace, str(entry["secretName"])), {}).update(dict.fromkeys(named))
    for (space, name), named_hosts in hosts.items():
        symbol = cast.namespaces[space]
        called = f"{name}-{space}" if folded and symbol else name
        cast.services[space, f"tls {name}"] = called
        names = list(named_hosts) or [UNNAMED]
        yield {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": _meta(called, symbol),
            "type": "kubernetes.io/tls",
            "certificate": {"names": names},
            **({"authority": "known"} if (space, name) in authorities else {}),
        }


def _referred(group: Group, case: Case, cast: Cast, *, folded: bool) -> Iterator[Manifest]:
    """Yield Secrets and ConfigMaps that annotations name."""
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "secret": ("Secret", {"type": "Opaque", "stringData": _passwords()}),
        "certificates": ("Secret", {"type": "Opaque", "authority": "known"}),
        "configmap": ("ConfigMap", {"data": {}}),
    }
    made: set[tuple[str, str]] = set()
    for found in group.ingresses:
        for kind, (object_kind, content) in kinds.items():
            for space, name in _named(found, kind):
                symbol = cast.namespaces[space]
                called = f"{name}-{space}" if folded and symbol else name
                manifest: Manifest = {
                    "apiVersion": "v1",
                    "kind": object_kind,
                    "metadata": _meta(called, symbol),
                    **content,
                }
                cast.real_names[kind, space, name] = object_name(case, manifest)
                held = kind == "certificates" and (space, f"tls {name}") in cast.services
                if not held and (object_kind, f"{symbol}/{called}") not in made:
                    made.add((object_kind, f"{symbol}/{called}"))
                    yield manifest


def _named(found: Found, kind: str) -> Iterator[tuple[str, str]]:
    """Yield namespace and name of the objects of a kind that annotations name in the Ingress's own namespace."""
    known = known_annotations()
    for key, value in found.annotations.items():
        family = known.families.get(known.family(key))
        if family and family.names.get(known.short(key)) == kind:
            name = value.removeprefix(f"{found.namespace}/")
            if name and "/" not in name:
                yield found.namespace, name


def _backends(spec: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if spec.get("defaultBackend"):
        yield spec["defaultBackend"]
    for rule in spec.get("rules") or []:
        for path in (rule.get("http") or {}).get("paths") or []:
            if path.get("backend"):
                yield path["backend"]


def _meta(name: str, namespace: str) -> dict[str, str]:
    return {"name": name, "namespace": namespace} if namespace else {"name": name}


def _passwords() -> dict[str, str]:
    """Return the one user in both forms that ingress-nginx reads: a file of passwords, and a map."""
    digest = hashlib.sha1(USER.encode(), usedforsecurity=False).digest()
    password = "{SHA}" + base64.b64encode(digest).decode()
    return {"auth": f"{USER}:{password}", USER: password}
