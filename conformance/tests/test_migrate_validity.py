"""What no API server takes, and templates that nobody rendered: told with the place; and what is taken, is read."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from conformance.migrate.documents import Document
from conformance.migrate.found import Origin, Reading
from conformance.migrate.objects import ingresses, reading_of
from conformance.tests.migrations import NGINX, ingress, read_text

GOOD = yaml.safe_dump(ingress("good"))
TEMPLATE = "{{ .Values.x }}"
SERVICE = {"service": {"name": "web", "port": {"number": 80}}}
BUCKET = {"kind": "Bucket", "name": "files"}

Change = Callable[[dict[str, Any]], object]


def annotated(value: str, key: str = f"{NGINX}rewrite-target") -> Change:
    return lambda m: m["metadata"]["annotations"].update({key: value})


def hosted(host: str | None) -> Change:
    return lambda m: m["spec"]["rules"][0].update(host=host)


def service(**values: Any) -> Change:
    return lambda m: m["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"].update(values)


def tls(**values: Any) -> Change:
    return lambda m: m["spec"].update(tls=[{"hosts": ["shop.example.com"], "secretName": "cert", **values}])


def path(**values: Any) -> Change:
    return lambda m: m["spec"]["rules"][0]["http"]["paths"][0].update(values)


def spec(**values: Any) -> Change:
    return lambda m: m["spec"].update(values)


def meta(**values: Any) -> Change:
    return lambda m: m["metadata"].update(values)


def changed(change: Change) -> dict[str, Any]:
    manifest = ingress("bad")
    change(manifest)
    return manifest


def beside_a_good_one(change: Change) -> tuple[Reading, list[str]]:
    text = f"{GOOD}---\n# Two\n{yaml.safe_dump(changed(change), sort_keys=False)}"
    reading = read_text(text)
    assert "shop/good" in [one.label for one in reading.ingresses]
    return reading, text.splitlines()


@pytest.mark.parametrize(
    "change",
    [
        annotated(TEMPLATE),
        annotated('auth "{{- include "shop.realm" . | quote }}"'),
        annotated("x", f"{TEMPLATE}/own"),
        hosted(f"{TEMPLATE}.example.com"),
        service(name=TEMPLATE),
        service(port={"name": TEMPLATE}),
        tls(hosts=["shop.example.com", TEMPLATE]),
        tls(secretName=f"{TEMPLATE}-tls"),
        spec(ingressClassName=TEMPLATE),
        spec(defaultBackend={"resource": {"kind": "Bucket", "name": TEMPLATE}}),
        lambda m: m["metadata"].update(name=TEMPLATE),
        meta(namespace=TEMPLATE),
        lambda m: m.update(spec=TEMPLATE),
        lambda m: m.update(apiVersion=TEMPLATE),
    ],
)
def test_a_template_anywhere_in_what_is_read_is_told_with_its_line(change: Change) -> None:
    reading, lines = beside_a_good_one(change)
    (trouble,) = reading.troubles
    assert trouble.kind == "template"
    assert "{{" in lines[trouble.origin.line - 1]
    assert "{{" in trouble.message
    assert "helm template" in trouble.hint


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("$http_x_forwarded_for", "upstream-hash-by"),
        ("if ($host ~ a{2}) { return 403; }\nlocation / { set $x '${y}'; }", "configuration-snippet"),
        ("content_by_lua_block { local t = {{1, 2}, {3, 4}} local u = {{'a'}, {}} }", "configuration-snippet"),
        ('return 200 \'{"a":{"b":{"c":1}}}\';', "server-snippet"),
        ("}} before {{", "auth-realm"),
    ],
)
def test_braces_that_stand_for_themselves_are_read(value: str, key: str) -> None:
    reading, _ = beside_a_good_one(annotated(value, NGINX + key))
    assert not reading.troubles
    assert reading.ingresses[1].annotations[NGINX + key] == value


def test_what_others_read_and_what_a_cluster_holds_is_as_it_is_meant_to_be() -> None:
    assert not beside_a_good_one(annotated("see {{ runbook }}", "description"))[0].troubles
    held = Document(Origin("context mine"), {"kind": "List", "items": [changed(annotated("{{ mine }}"))]})
    reading = reading_of(ingresses(held))
    assert not reading.troubles
    assert reading.ingresses


@pytest.mark.parametrize(
    "change",
    [
        *map(hosted, ("*.foo.com", "", None, "localhost", "1.example.com", "xn--bcher-kva.example", "*.com", "a--b.c")),
        hosted(".".join(["x" * 63] * 3)),
        service(port={"name": "https-web"}),
        service(port={"number": 1}),
        service(port={"number": 65535}),
        service(port={"name": "web", "number": 0}),
        service(port={"name": "", "number": 80}),
        service(port={"name": "a-23456789012345"[:15]}),
        lambda m: m["spec"]["rules"][0].pop("http"),
        spec(rules=[], defaultBackend=SERVICE),
        path(backend={"resource": BUCKET}),
        path(backend={"resource": BUCKET, "service": None}),
        path(path="/a/..b/.c/%2e"),
        path(path="/a//b/../%2F/.", pathType="ImplementationSpecific"),
        annotated("x", "Example.COM/Key_of.mine"),
        annotated("x" * 200_000),
        tls(hosts=["*.foo.com", "10.0.0.1"], secretName="my.cert"),
        tls(hosts=None, secretName=None),
        tls(secretName=""),
        spec(ingressClassName="nginx.internal"),
        meta(name="my.ingress-1"),
        meta(namespace=None),
    ],
)
def test_what_an_api_server_takes_is_read(change: Change) -> None:
    reading, _ = beside_a_good_one(change)
    assert not reading.troubles
    assert len(reading.ingresses) == 2


def with_http(http: Any) -> Change:
    return lambda m: m["spec"]["rules"][0].update(http=http)


HOSTS = ("a_b.com", "foo..com", "foo.com.", "foo.com:80", "Foo.com", "*", "a.*.com", "*.", "-a.com", "b\u00fc.de")
PARTS = ("//", "/./", "/../", "%2f", "%2F")
PORTS = ("Web", "a-name-of-16-let", "a--b", "-a", "a-", "a_b", "123-4")


@pytest.mark.parametrize(
    ("change", "said", "on"),
    [
        *((hosted(host), f"spec.rules[0].host is {host!r}, which is no DNS name", "host: ") for host in HOSTS),
        (hosted("x" * 254), "which is no DNS name", "host: x"),
        (hosted("foo.com\n"), "which is no DNS name", "host: "),
        (hosted("10.0.0.1"), "spec.rules[0].host is the address 10.0.0.1", "host: "),
        (service(name="my_web"), "backend.service.name is 'my_web', which is no DNS name", "my_web"),
        (service(name="my.web"), "which is no DNS name", "my.web"),
        (service(name="w" * 64), "which is no DNS name", "www"),
        (service(name=""), "which is no DNS name", "name: ''"),
        (service(port={"number": 70000}), "backend.service.port.number is 70000, and must be from 1 to 65535", "70000"),
        (service(port={"number": 0}), "port.number is 0, and", "number: 0"),
        (service(port={"number": -1}), "port.number is -1, and", "number: -1"),
        (service(port={"number": True}), "names no Service with a port", "service:"),
        (tls(hosts=["shop.example.com", "a b"]), "spec.tls[0].hosts[1] is 'a b', which is no DNS name", "- a b"),
        (tls(hosts=[""]), "which is no DNS name", "- ''"),
        (tls(secretName="my_cert"), "spec.tls[0].secretName is 'my_cert'", "my_cert"),
        (tls(secretName=7), "spec.tls[0].secretName is 7", "secretName: 7"),
        (spec(ingressClassName="Nginx"), "spec.ingressClassName is 'Nginx'", "Nginx"),
        (meta(name="My"), "metadata.name is 'My'", "name: My"),
        (lambda m: m.update(spec={"ingressClassName": "x"}), "neither rules nor a defaultBackend", "ingressClassName"),
        (with_http({"paths": []}), "spec.rules[0].http.paths holds no path", "paths: []"),
        (with_http({}), "spec.rules[0].http.paths holds no path", "http: {}"),
        *((path(path=f"/a{part}b"), f"paths[0].path is '/a{part}b', and must not hold {part}", part) for part in PARTS),
        (path(path="/a/..", pathType="Exact"), "must not hold /.. at its end", "/a/.."),
        (path(path="/a/."), "must not hold /. at its end", "/a/."),
        (
            path(backend={**SERVICE, "resource": BUCKET}),
            "paths[0].backend has both a service and a resource",
            "service",
        ),
        (path(backend={"resource": {"kind": "Bucket"}}), "backend.resource has no kind and name", "resource"),
        (service(port={"name": "web", "number": 80}), "service.port has both a number and a name", "name: web"),
        (service(port={}), "names no Service with a port", "service"),
        *((service(port={"name": n}), f"port.name is {n!r}, which is no name of a port", f"name: {n}") for n in PORTS),
        (annotated("x", "two/slashes/in-it"), "'two/slashes/in-it' is no key of an annotation", "two/slashes"),
        (annotated("x", "-a"), "'-a' is no key of an annotation", "-a: x"),
        (annotated("x", "a_b/c"), "'a_b/c' is no key of an annotation", "a_b/c"),
        (annotated("x", "k" * 64), "is no key of an annotation", "kkk"),
        (annotated("\u00e4" * 131_072), "bytes, more than the 262144", NGINX),
        (meta(namespace="a.b"), "metadata.namespace is 'a.b'", "namespace: a.b"),
    ],
)
def test_names_and_ports_that_no_api_server_takes_are_told_with_their_line(change: Change, said: str, on: str) -> None:
    reading, lines = beside_a_good_one(change)
    (trouble,) = reading.troubles
    assert trouble.kind == "invalid"
    assert said in trouble.message
    assert trouble.hint
    assert trouble.origin.line > lines.index("# Two") + 1
    assert on in lines[trouble.origin.line - 1]


def test_an_object_of_a_list_is_told_with_its_own_line() -> None:
    whole = {"kind": "List", "items": [ingress("good"), changed(service(name="my_web")), changed(meta(name=None))]}
    text = yaml.safe_dump(whole)
    reading = read_text(text)
    named, unnamed = reading.troubles
    assert "my_web" in text.splitlines()[named.origin.line - 1]
    assert unnamed.origin.line > named.origin.line
    assert {trouble.origin.line for trouble in read_text(json.dumps(whole)).troubles} == {1}


def test_both_backends_of_the_older_form_are_not_one() -> None:
    backend = {"serviceName": "web", "servicePort": 80, "resource": BUCKET}
    old = {
        "apiVersion": "extensions/v1beta1",
        "kind": "Ingress",
        "metadata": {"name": "old"},
        "spec": {"backend": backend},
    }
    (trouble,) = read_text(yaml.safe_dump(old)).troubles
    assert "spec.defaultBackend has both a service and a resource" in trouble.message


@pytest.mark.parametrize(("port", "said"), [("70000", "70000, and must be"), ("²", "no name"), ("9" * 5000, "no name")])
def test_a_port_of_the_older_form_is_checked_as_well(port: str, said: str) -> None:
    old = {
        "apiVersion": "extensions/v1beta1",
        "kind": "Ingress",
        "metadata": {"name": "old"},
        "spec": {"backend": {"serviceName": "web", "servicePort": port}},
    }
    reading = read_text(yaml.safe_dump(old))
    assert [said in trouble.message for trouble in reading.troubles] == [True]


def test_a_million_braces_are_looked_through_in_no_time() -> None:
    began = time.perf_counter()
    read_text(json.dumps(changed(hosted("{{" * 600_000))))
    read_text(json.dumps(changed(annotated("{{a " * 300_000))))
    read_text("kind: Ingress\nx: " + "{{" * 300_000)
    assert time.perf_counter() - began < 10
