"""What the objects of a case say about hosts and backends; no judgement, and no trust in their shape."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.case.model import SHARED_BACKENDS, Manifest

SHARED_PORTS: tuple[int | str, ...] = (80, "http", 8081, "alt")
Pointer = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A backend that an Ingress names, and where in the case's objects it does."""

    pointer: Pointer
    namespace: str
    service: str
    port: int | str | None


@dataclass(frozen=True, slots=True)
class DefinedService:
    """A Service that the case brings along."""

    index: int
    namespace: str
    name: str
    backend: str | None
    ports: tuple[int | str, ...]
    external: bool = False


def mapping(value: Any) -> Mapping[str, Any]:
    """Return the value if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> Sequence[Any]:
    """Return the value if it is a list, else an empty one."""
    return value if isinstance(value, (list, tuple)) else ()


def namespace_of(manifest: Manifest) -> str:
    """Return the symbolic namespace: empty, or ``other``."""
    return str(mapping(manifest.get("metadata")).get("namespace") or "")


def name_of(manifest: Manifest) -> str:
    """Return the object's name."""
    return str(mapping(manifest.get("metadata")).get("name") or "")


def ingress_specs(objects: Iterable[Manifest]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the spec of each Ingress with the object's index."""
    for index, manifest in enumerate(objects):
        if manifest.get("kind") == "Ingress":
            yield index, mapping(manifest.get("spec"))


def rule_hosts(objects: Iterable[Manifest]) -> tuple[str, ...]:
    """Return the host of every rule in its order; an empty text is a rule without a host."""
    specs = (spec for _, spec in ingress_specs(objects))
    return tuple(str(mapping(rule).get("host") or "") for spec in specs for rule in items(spec.get("rules")))


def default_host(objects: Iterable[Manifest]) -> str | None:
    """Return the host that probes are sent to when they name none: the first that is not a wildcard."""
    return next((host for host in rule_hosts(objects) if host and not host.startswith("*")), None)


def names(rule_host: str, host: str) -> bool:
    """Tell whether a rule's host names a request's host: the same name, or a wildcard in place of its first label."""
    asked = host.partition(":")[0].removesuffix(".").lower()
    written = rule_host.lower()
    if written.startswith("*."):
        first, dot, rest = asked.partition(".")
        return bool(first and dot) and rest == written[2:]
    return bool(written) and written == asked


def has_default_backend(objects: Iterable[Manifest]) -> bool:
    """Tell whether some Ingress of the case has a default backend."""
    return any(spec.get("defaultBackend") for _, spec in ingress_specs(objects))


def references(objects: Sequence[Manifest]) -> Iterator[Reference]:
    """Yield every Service backend that the Ingresses name."""
    for index, spec in ingress_specs(objects):
        namespace = namespace_of(objects[index])
        backends: list[tuple[Pointer, Any]] = [(("spec", "defaultBackend"), spec.get("defaultBackend"))]
        for r, rule in enumerate(items(spec.get("rules"))):
            for p, path in enumerate(items(mapping(mapping(rule).get("http")).get("paths"))):
                backends.append((("spec", "rules", r, "http", "paths", p, "backend"), mapping(path).get("backend")))
        for pointer, backend in backends:
            service = mapping(mapping(backend).get("service"))
            if service:
                port = mapping(service.get("port"))
                wanted = port.get("number", port.get("name"))
                yield Reference(("objects", index, *pointer), namespace, str(service.get("name") or ""), wanted)


def defined_services(objects: Iterable[Manifest]) -> Iterator[DefinedService]:
    """Yield the Services of the case."""
    for index, manifest in enumerate(objects):
        if manifest.get("kind") == "Service":
            spec = mapping(manifest.get("spec"))
            backend = mapping(spec.get("selector")).get("backend")
            ports = [value for port in items(spec.get("ports")) for value in (_number(port), _name(port)) if value]
            yield DefinedService(
                index,
                namespace_of(manifest),
                name_of(manifest),
                backend if isinstance(backend, str) else None,
                tuple(ports),
                spec.get("type") == "ExternalName",
            )


def served_backends(objects: Sequence[Manifest], own_backends: Collection[str] = ()) -> frozenset[str]:
    """Return the echo backends that the Ingresses lead to, as expectations name them.

    ``own_backends`` are those of the case's own; they stand in the first namespace.
    """
    own = {(service.namespace, service.name): service.backend for service in defined_services(objects)}
    found = set()
    for reference in references(objects):
        known = SHARED_BACKENDS if reference.namespace else (*SHARED_BACKENDS, *own_backends)
        shared = reference.service if reference.service in known else None
        backend = own.get((reference.namespace, reference.service), shared)
        if backend:
            found.add(f"{reference.namespace}/{backend}" if reference.namespace else backend)
    return frozenset(found)


def _number(port: Any) -> int | None:
    value = mapping(port).get("port")
    return value if isinstance(value, int) else None


def _name(port: Any) -> str | None:
    value = mapping(port).get("name")
    return value if isinstance(value, str) else None
