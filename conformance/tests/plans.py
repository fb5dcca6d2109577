"""Cases and grounds for the tests of plans."""

from typing import Any

from conformance.case.model import Case, Expectation, Level, Manifest, Marker, Placement, Probe
from conformance.plan.hosts import REALM
from conformance.plan.instance import Ground

NAMESPACES = {"": "conformance-1", "other": "conformance-1-other"}


def ground(realm: str = REALM) -> Ground:
    """The ground of a run whose controller serves the class ``lane-0``."""
    return Ground(NAMESPACES, "lane-0", "10.0.0.9", realm)


def path(backend: str, value: str = "/") -> dict[str, Any]:
    """A path of a rule."""
    service = {"name": backend, "port": {"number": 80}}
    return {"path": value, "pathType": "Prefix", "backend": {"service": service}}


def ingress(*hosts: str, name: str = "web", namespace: str | None = None, backend: str = "a", **spec: Any) -> Manifest:
    """An Ingress with a rule for each host."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    rules = [{"host": host, "http": {"paths": [path(backend)]}} for host in hosts]
    return {"kind": "Ingress", "metadata": metadata, "spec": {"rules": rules, **spec}}


def probe(host: str = "foo.com", **changes: Any) -> Probe:
    """A probe of ``host`` that expects backend a."""
    return Probe(**{"id": f"GET {host}", "host": host, "expect": Expectation(outcome="a"), **changes})


def case(
    identifier: str,
    *objects: Manifest,
    probes: tuple[Probe, ...] = (),
    placement: Placement = "packed",
    marker: Marker = "own",
    copies: int = 1,
) -> Case:
    """A case with one Ingress for foo.com unless ``objects`` are given."""
    return Case(
        id=identifier,
        statements=("P01",),
        level=Level.CORE,
        title="a case",
        spec_url="https://example.test/",
        objects=objects or (ingress("foo.com"),),
        probes=probes or (probe(),),
        placement=placement,
        marker=marker,
        copies=copies,
    )
