"""Objects as the plan writes them: names, references and marker rules."""

import copy
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.case.load import load_cases
from conformance.case.model import SPECIFICATION, Manifest
from conformance.case.selection import selected
from conformance.plan.hosts import ALONE_REALM, REALM
from conformance.plan.objects import MARKER_BACKEND, concrete, marker_host, own_name, with_marker
from conformance.plan.planning import plan
from conformance.plan.single import unit_of
from conformance.tests.plans import NAMESPACES, case, ground, ingress

ENDING = ".row.section.test"
RFC_1123 = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
RFC_1035 = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
CASES = selected(load_cases(), levels=SPECIFICATION)

labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)
services = st.from_regex(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)


def made(*objects: Manifest) -> list[Manifest]:
    one = case("section/row", *objects)
    return [concrete(manifest, one, ENDING, ground()) for manifest in objects]


def objects_of(realm: str) -> list[Manifest]:
    return [manifest for unit in plan(CASES, ground(realm), isolate=True) for manifest in unit.every_object()]


@pytest.mark.parametrize("realm", [REALM, ALONE_REALM])
def test_every_name_of_the_built_in_cases_is_valid(realm: str) -> None:
    for manifest in objects_of(realm):
        name = manifest["metadata"]["name"]
        assert len(name) <= 253
        assert RFC_1123.fullmatch(name), name
        if manifest["kind"] == "Service":
            assert len(name) <= 63
            assert RFC_1035.fullmatch(name), name


def test_no_two_objects_of_the_built_in_cases_have_one_name() -> None:
    keys = Counter((m["kind"], m["metadata"].get("namespace"), m["metadata"]["name"]) for m in objects_of(REALM))
    assert [key for key, count in keys.items() if count > 1] == []


def test_no_two_marked_objects_of_the_built_in_cases_have_one_marker() -> None:
    for isolate in (False, True):
        hosts = Counter(m.host for unit in plan(CASES, ground(), isolate=isolate) for m in unit.markers())
        assert [host for host, count in hosts.items() if count > 1] == []


@given(services, labels, labels)
def test_the_name_of_a_service_is_a_label(service: str, section: str, row: str) -> None:
    name = own_name(case(f"{section}/{row}"), service)
    assert len(name) <= 63
    assert RFC_1035.fullmatch(name)


def test_names_that_had_to_be_cut_stay_different() -> None:
    long = "a" * 50
    names = {own_name(case(f"section/{row}"), f"{long}-{number}") for row in ("x" * 40, "x" * 39) for number in (1, 2)}
    assert len(names) == 4
    assert own_name(case("section/row"), "web") == "web-row-section"


def test_the_manifest_of_the_case_is_left_as_it_was() -> None:
    written = ingress("foo.com", name="web", backend="mine")
    before = copy.deepcopy(written)
    made(written, {"kind": "Service", "metadata": {"name": "mine"}})
    assert written == before


def test_backends_follow_the_services_of_the_case_and_leave_the_shared_ones_alone() -> None:
    mine = {"service": {"name": "mine", "port": {"number": 80}}}
    web = ingress("foo.com", backend="mine", defaultBackend=mine)
    web["spec"]["rules"] += ingress("bar.com", backend="a")["spec"]["rules"]
    served, _ = made(web, {"kind": "Service", "metadata": {"name": "mine"}})
    used = [rule["http"]["paths"][0]["backend"]["service"]["name"] for rule in served["spec"]["rules"]]
    assert used == ["mine-row-section", "a"]
    assert served["spec"]["defaultBackend"]["service"]["name"] == "mine-row-section"


def test_certificates_are_found_under_their_new_names() -> None:
    web = ingress("foo.com", tls=[{"hosts": ["foo.com", "*.foo.com"], "secretName": "cert"}, {"secretName": "absent"}])
    served, secret = made(web, {"kind": "Secret", "metadata": {"name": "cert"}})
    first, second = served["spec"]["tls"]
    assert first == {"hosts": [f"foo.com{ENDING}", f"*.foo.com{ENDING}"], "secretName": secret["metadata"]["name"]}
    assert second["secretName"] == "absent"


def test_a_class_of_the_case_is_followed_and_has_no_namespace() -> None:
    web = ingress("foo.com", ingressClassName="mine")
    served, own = made(web, {"kind": "IngressClass", "metadata": {"name": "mine"}, "spec": {"controller": "x/y"}})
    assert served["spec"]["ingressClassName"] == own["metadata"]["name"] != "mine"
    assert "namespace" not in own["metadata"]


def test_endpoints_follow_their_service() -> None:
    slice_ = {"kind": "EndpointSlice", "metadata": {"name": "s", "labels": {"kubernetes.io/service-name": "mine"}}}
    service, endpoints, sliced = made(
        {"kind": "Service", "metadata": {"name": "mine"}}, {"kind": "Endpoints", "metadata": {"name": "mine"}}, slice_
    )
    assert endpoints["metadata"]["name"] == service["metadata"]["name"]
    assert sliced["metadata"]["labels"]["kubernetes.io/service-name"] == service["metadata"]["name"]


def test_a_backend_that_is_another_object_is_followed() -> None:
    web = ingress("foo.com")
    web["spec"]["rules"][0]["http"]["paths"][0]["backend"] = {"resource": {"kind": "ConfigMap", "name": "page"}}
    served, page = made(web, {"kind": "ConfigMap", "metadata": {"name": "page"}})
    resource = served["spec"]["rules"][0]["http"]["paths"][0]["backend"]["resource"]
    assert resource["name"] == page["metadata"]["name"]


def test_objects_land_in_the_namespaces_of_the_run() -> None:
    home, away = made(ingress("foo.com"), ingress("foo.com", namespace="other"))
    assert home["metadata"]["namespace"] == NAMESPACES[""]
    assert away["metadata"]["namespace"] == NAMESPACES["other"]


def test_namesakes_in_two_namespaces_have_markers_of_their_own() -> None:
    unit = unit_of(case("section/row", ingress("foo.com"), ingress("foo.com", namespace="other")), ground())
    markers = [marker.host for marker in unit.markers()]
    assert len(set(markers)) == 2
    for manifest, marker in zip(unit.objects, markers, strict=True):
        assert manifest["spec"]["rules"][-1]["host"] == marker


def test_every_object_has_its_api_version() -> None:
    kinds = ["Service", "Secret", "ConfigMap", "EndpointSlice", "IngressClass", "Endpoints"]
    objects = made(ingress("foo.com"), *({"kind": kind, "metadata": {"name": "x"}} for kind in kinds))
    assert [m["apiVersion"] for m in objects] == [
        "networking.k8s.io/v1",
        *["v1"] * 3,
        "discovery.k8s.io/v1",
        "networking.k8s.io/v1",
        "v1",
    ]


def test_the_marker_rule_comes_last_and_replaces_the_older_one() -> None:
    web = made(ingress("foo.com", "bar.com"))[0]
    first = with_marker(web, 1, REALM)
    third = with_marker(with_marker(first, 2, REALM), 3, REALM)
    assert first["spec"]["rules"][:-1] == third["spec"]["rules"][:-1] == web["spec"]["rules"]
    assert third["spec"]["rules"][-1]["host"] == marker_host(web["metadata"]["name"], 3, REALM)
    [path] = third["spec"]["rules"][-1]["http"]["paths"]
    assert path["backend"]["service"]["name"] == MARKER_BACKEND


def test_an_ingress_without_rules_gets_the_marker_as_its_only_one() -> None:
    bare = {"kind": "Ingress", "metadata": {"name": "web"}, "spec": {"rules": None}}
    assert len(with_marker(bare, 1, REALM)["spec"]["rules"]) == 1


@given(st.integers(1, 50), st.integers(1, 50), labels)
def test_each_revision_has_a_marker_of_its_own(one: int, other: int, name: str) -> None:
    same = marker_host(name, one, REALM) == marker_host(name, other, REALM)
    assert same == (one == other)
    assert marker_host(name, one, REALM) != marker_host(name, one, ALONE_REALM)


def test_a_markers_host_is_a_name_whatever_its_object_is_called() -> None:
    one, other = (marker_host(f"{'x' * 90}{end}.other", 1, REALM) for end in "ab")
    assert one != other
    assert one.endswith(f".other.marker.{REALM}")
    assert all(0 < len(part) <= 63 for part in one.split("."))
