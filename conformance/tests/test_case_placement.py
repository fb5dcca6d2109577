"""Where a case may run, from its objects; and what the checks read from objects of any shape."""

from typing import Any

import pytest

from conformance.case.flaw import Flaw
from conformance.case.lint import lint
from conformance.case.matching import default_host, names, served_backends
from conformance.case.model import Case, Expectation, Level, Manifest, Probe
from conformance.case.placement import derived_placement, looser


def ingress(spec: dict[str, Any], **metadata: Any) -> Manifest:
    return {"kind": "Ingress", "metadata": {"name": "main", **metadata}, "spec": spec}


def rule(host: str | None = "foo.com", kind: str | None = "Prefix") -> dict[str, Any]:
    path = {"path": "/", "pathType": kind, "backend": {"service": {"name": "a", "port": {"number": 80}}}}
    return {**({"host": host} if host else {}), "http": {"paths": [path]}}


BACKEND = {"service": {"name": "a", "port": {"number": 80}}}


@pytest.mark.parametrize(
    ("objects", "placement"),
    [
        ([ingress({"rules": [rule()]})], "packed"),
        ([ingress({"rules": [rule(), rule("bar.com", "Exact"), rule("x.com", "ImplementationSpecific")]})], "packed"),
        ([ingress({"rules": [rule("*.foo.com")]})], "own"),
        ([ingress({"rules": [rule(kind=None)]})], "own"),
        ([ingress({"rules": [rule(kind="Odd")]})], "own"),
        ([ingress({"rules": [{"host": "foo.com"}]})], "own"),
        ([ingress({"rules": [rule()]}, annotations={"a": "b"})], "own"),
        ([ingress({"rules": [rule()]}, namespace="other")], "own"),
        ([ingress({"rules": [rule()], "tls": [{}]})], "own"),
        ([ingress({"rules": [rule()], "ingressClassName": "x"})], "own"),
        ([ingress({"rules": [rule()]}), ingress({"rules": [rule()]})], "own"),
        ([ingress({"rules": [rule()]}), {"kind": "Service", "metadata": {"name": "x"}}], "own"),
        ([ingress({"rules": [rule()], "defaultBackend": BACKEND})], "alone"),
        ([ingress({"defaultBackend": BACKEND})], "alone"),
        ([ingress({"rules": [rule(), rule(None)]})], "alone"),
        ([ingress({"rules": [{}]})], "alone"),
        ([ingress({"rules": [rule()]}), ingress({})], "alone"),
        ([{"kind": "Service", "metadata": {"name": "x"}}], "own"),
    ],
)
def test_placement(objects: Any, placement: str) -> None:
    assert derived_placement(objects) == placement


def test_strictness() -> None:
    assert looser("packed", "own")
    assert looser("alone", "odd")
    assert not looser("odd", "odd")
    assert not looser("own", "packed")


@pytest.mark.parametrize(
    ("written", "asked", "named"),
    [
        ("foo.com", "foo.com", True),
        ("foo.com", "FOO.com", True),
        ("foo.com", "foo.com:8080", True),
        ("foo.com", "foo.com.", True),
        ("foo.com", "foo.com.:80", True),
        ("foo.com", "www.foo.com", False),
        ("*.foo.com", "www.foo.com", True),
        ("*.foo.com", "foo.com", False),
        ("*.foo.com", "a.b.foo.com", False),
        ("*.foo.com", ".foo.com", False),
        ("", "foo.com", False),
        ("", "", False),
    ],
)
def test_which_hosts_a_rule_names(written: str, asked: str, named: bool) -> None:
    assert names(written, asked) is named


def test_backends_are_named_as_expectations_name_them() -> None:
    service = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"backend": "c"}}}
    web = {"service": {"name": "web", "port": {"number": 1}}}
    objects = [
        service,
        ingress({"rules": [rule()], "defaultBackend": web}),
        ingress({"rules": [rule()], "defaultBackend": web}, namespace="other"),
    ]
    assert served_backends(objects) == {"a", "c", "other/a"}


@pytest.mark.parametrize(
    "objects",
    [
        ({},),
        ({"kind": "Ingress"},),
        ({"kind": "Ingress", "metadata": 3, "spec": []},),
        (ingress({"rules": 3, "defaultBackend": 4, "tls": 5}),),
        (ingress({"rules": [None, 3, {"http": 1}, {"http": {"paths": [None, {"backend": {"service": 2}}]}}]}),),
        ({"kind": "Service", "metadata": {"name": "x"}, "spec": {"ports": [1, {"port": "x"}], "selector": 3}},),
    ],
)
def test_objects_of_any_shape_are_read(objects: Any) -> None:
    case = Case(
        id="x/y",
        statements=("P01",),
        level=Level.CORE,
        title="t",
        spec_url="https://example.org/",
        objects=objects,
        probes=(Probe(id="x", host="foo.com", expect=Expectation(outcome="a")),),
        placement="odd",
    )
    assert all(isinstance(flaw, Flaw) for flaw in lint(case))
    assert default_host(objects) is None


def test_a_case_that_was_not_read_from_a_file_is_checked_too() -> None:
    case = Case(
        id="No/Label_",
        statements=("P01",),
        level=Level.CORE,
        title="t",
        spec_url="https://example.org/",
        objects=(ingress({"rules": [rule()]}, labels={"x": "y"}),),
        probes=(),
        placement="packed",
    )
    assert [flaw.message for flaw in lint(case)] == [
        "section cannot be 'No'",
        "name cannot be 'Label_'",
        "placement packed is looser than the objects allow (own)",
        "the case has no probes",
    ]
