"""Units: which cases share objects, and that nothing is lost, doubled or left without a marker."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.case.load import load_cases
from conformance.case.model import SPECIFICATION, Case, Manifest, Placement
from conformance.case.selection import selected
from conformance.plan.ground import (
    backend_manifests,
    class_manifest,
    first_backends,
    namespace_manifests,
    namespaces,
)
from conformance.plan.hosts import ALONE_REALM, REALM
from conformance.plan.objects import MARKER_BACKEND, REVISION_LABEL
from conformance.plan.planning import CASES_PER_OBJECT, plan
from conformance.plan.single import unit_of
from conformance.plan.units import Unit
from conformance.tests.plans import NAMESPACES, case, ground, ingress, probe

CASES = selected(load_cases(), levels=SPECIFICATION)
PACKED, ISOLATED = plan(CASES, ground()), plan(CASES, ground(), isolate=True)
ways = pytest.mark.parametrize("units", [PACKED, ISOLATED], ids=["packed", "isolated"])

STRANGERS = {
    "a Service of its own": case("s/service", {"kind": "Service", "metadata": {"name": "x"}}, ingress("foo.com")),
    "two Ingresses": case("s/two", ingress("foo.com", name="a"), ingress("foo.com", name="b")),
    "another namespace": case("s/away", ingress("foo.com", namespace="other")),
    "a default backend": case("s/default", ingress("foo.com", defaultBackend={"service": {"name": "a"}})),
    "a certificate": case("s/tls", ingress("foo.com", tls=[{"hosts": ["foo.com"]}])),
    "a class": case("s/class", ingress("foo.com", ingressClassName="x")),
    "no marker": case("s/unmarked", marker="none"),
    "company it may not have": case("s/alone", placement="alone"),
    "odd objects": case("s/odd", placement="odd"),
}


def rules_with_marker_backend(manifest: Manifest) -> list[int]:
    rules = (manifest.get("spec") or {}).get("rules") or []
    return [
        number
        for number, rule in enumerate(rules)
        for path in (rule.get("http") or {}).get("paths") or []
        if (path["backend"].get("service") or {}).get("name") == MARKER_BACKEND
    ]


@ways
def test_every_probe_of_every_case_is_planned_once_for_each_copy(units: tuple[Unit, ...]) -> None:
    planned = [planned for unit in units for planned in unit.probes]
    assert len({one.key for one in planned}) == len(planned)
    asked = Counter((one.case_id, one.probe.id.partition(" (copy ")[0]) for one in planned)
    assert asked == Counter({(one.id, tried.id): one.copies for one in CASES for tried in one.probes})


@ways
def test_every_case_is_in_one_unit(units: tuple[Unit, ...]) -> None:
    assert Counter(one.id for unit in units for one in unit.cases) == Counter(one.id for one in CASES)


@ways
def test_the_requests_are_those_of_the_probes(units: tuple[Unit, ...]) -> None:
    for planned in (planned for unit in units for planned in unit.probes):
        written, wire = planned.probe, planned.wire
        assert (wire.method, wire.scheme, wire.target) == (written.method, written.scheme, written.target)
        assert wire.headers == written.headers
        assert wire.body == (written.body.encode() if written.body is not None else None)


@ways
def test_each_marked_object_has_one_marker_rule_and_it_is_the_last(units: tuple[Unit, ...]) -> None:
    for unit in units:
        assert len(unit.markers()) == len(unit.marked)
        for index, marker in zip(unit.marked, unit.markers(), strict=True):
            rules = unit.objects[index]["spec"]["rules"]
            assert rules_with_marker_backend(unit.objects[index]) == [len(rules) - 1]
            assert rules[-1]["host"] == marker.host
            assert marker.host.startswith("r1.")


@ways
def test_every_ingress_is_marked_unless_its_case_has_no_room_for_one(units: tuple[Unit, ...]) -> None:
    for unit in units:
        ingresses = {n for n, manifest in enumerate(unit.objects) if manifest.get("kind") == "Ingress"}
        beside = set() if unit.beside is None else {unit.beside}
        assert set(unit.marked) == (ingresses if unit.cases[0].marker == "own" else beside)


@ways
def test_a_later_revision_changes_the_markers_and_nothing_else(units: tuple[Unit, ...]) -> None:
    for unit in units:
        later = unit.next_revision()
        assert later.revision == 2
        assert (later.probes, later.name, later.marked, later.cases) == (
            unit.probes,
            unit.name,
            unit.marked,
            unit.cases,
        )
        renewed = unit.marked if unit.beside is None else (unit.beside,)
        assert not {unit.marker_of(index) for index in renewed} & {later.marker_of(index) for index in renewed}
        for index, (before, after) in enumerate(zip(unit.objects, later.objects, strict=True)):
            if index in unit.marked:
                assert before["spec"]["rules"][:-1] == after["spec"]["rules"][:-1]
                assert {**before, "spec": {**before["spec"], "rules": 0}} == {
                    **after,
                    "spec": {**after["spec"], "rules": 0},
                }
            else:
                assert before == after


@ways
def test_what_is_loaded_anew_is_every_ingress_that_stands_and_none_means_another_thing(units: tuple[Unit, ...]) -> None:
    for unit in units:
        later = unit.loaded_anew()
        assert later.revision == 2
        assert set(later.revisions) <= {2}
        for index, (before, after) in enumerate(zip(unit.objects, later.objects, strict=True)):
            if before.get("kind") != "Ingress":
                assert before == after
            elif index in unit.marked:
                assert before["spec"]["rules"][:-1] == after["spec"]["rules"][:-1]
                assert before["spec"]["rules"][-1] != after["spec"]["rules"][-1]
            else:
                labels = before["metadata"].get("labels") or {}
                assert after == {**before, "metadata": {**before["metadata"], "labels": labels | {REVISION_LABEL: "2"}}}
                assert later.loaded_anew().objects[index] != after


@ways
def test_every_ingress_of_a_unit_names_a_class(units: tuple[Unit, ...]) -> None:
    """A case that is about classes says itself which; every other gets the class under test."""
    for unit in units:
        about_classes = any(statement.startswith("C") for one in unit.cases for statement in one.statements)
        own = any(
            m["spec"].get("ingressClassName") for one in unit.cases for m in one.objects if m["kind"] == "Ingress"
        )
        for manifest in (m for m in unit.standing if m["kind"] == "Ingress" and not (about_classes or own)):
            assert manifest["spec"]["ingressClassName"] == "lane-0"


def test_isolated_cases_have_a_unit_each() -> None:
    assert [unit.name for unit in ISOLATED] == [one.id for one in CASES]
    assert all(len(unit.cases) == 1 and unit.placement != "packed" for unit in ISOLATED)


def test_packing_loses_no_rule_of_a_case() -> None:
    def rules(units: tuple[Unit, ...]) -> Counter[str]:
        objects = [m for unit in units for n, m in enumerate(unit.objects) if n in unit.marked]
        return Counter(str(rule) for m in objects for rule in m["spec"]["rules"][:-1])

    assert rules(PACKED) == rules(ISOLATED)


def test_packing_is_worth_it() -> None:
    shared = [unit for unit in PACKED if unit.placement == "packed"]
    assert len(shared) < sum(len(unit.cases) for unit in shared) / 8


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
def test_a_case_that_is_about_more_than_hosts_and_paths_is_never_packed(stranger: Case) -> None:
    units = plan([case("s/one"), stranger, case("s/two-more")], ground())
    assert [tuple(one.id for one in unit.cases) for unit in units] == [("s/one", "s/two-more"), (stranger.id,)]
    assert units[1].placement == ("own" if stranger.placement == "packed" else stranger.placement)


def test_cases_that_might_trouble_plainer_ones_only_share_with_their_like() -> None:
    kin: tuple[Placement, ...] = ("packed", "own", "packed", "own")
    cases = [case(f"s/{number}", placement=placement) for number, placement in enumerate(kin)]
    packed = [[one.id for one in unit.cases] for unit in plan(cases, ground())]
    assert packed == [["s/0", "s/2"], ["s/1", "s/3"]]


@given(st.integers(0, 40))
def test_no_object_gets_more_cases_than_it_may(count: int) -> None:
    units = plan([case(f"s/{number}") for number in range(count)], ground())
    assert [len(unit.cases) for unit in units[:-1]] == [CASES_PER_OBJECT] * (len(units) - 1)
    assert sum(len(unit.cases) for unit in units) == count
    assert len({unit.objects[0]["metadata"]["name"] for unit in units}) == len(units)


def test_a_class_that_the_case_names_is_left_alone() -> None:
    [manifest] = unit_of(case("s/class", ingress("foo.com", ingressClassName="theirs")), ground()).objects
    assert manifest["spec"]["ingressClassName"] == "theirs"


def test_a_case_without_room_for_a_marker_gets_none() -> None:
    unit = unit_of(case("s/bare", marker="none"), ground())
    assert (unit.marked, unit.markers()) == ((), ())
    assert rules_with_marker_backend(unit.objects[0]) == []


def test_the_second_judgement_of_a_case_shares_no_host_with_the_first() -> None:
    one = case("s/one", probes=(probe("foo.com"),))
    first, second = (unit_of(one, ground(realm)) for realm in (REALM, ALONE_REALM))
    assert first.probes[0].wire.host != second.probes[0].wire.host
    assert first.markers()[0].host != second.markers()[0].host
    assert second.probes[0].wire.host == second.objects[0]["spec"]["rules"][0]["host"]


class TestTheGroundOfARun:
    def test_every_backend_stands_in_both_namespaces_with_its_service(self) -> None:
        kinds = Counter((m["kind"], m["metadata"]["namespace"]) for m in backend_manifests("1"))
        assert kinds == Counter({(k, ns): 6 for k in ("Deployment", "Service") for ns in NAMESPACES.values()})

    def test_a_service_selects_the_pods_of_its_own_deployment(self) -> None:
        pods = {}
        for manifest in backend_manifests("1"):
            key = (manifest["metadata"]["namespace"], manifest["metadata"]["name"])
            if manifest["kind"] == "Deployment":
                pods[key] = manifest["spec"]["template"]["metadata"]["labels"]
            else:
                assert manifest["spec"]["selector"].items() <= pods[key].items()

    def test_the_first_pods_are_such_as_their_replica_sets_would_make(self) -> None:
        made = list(first_backends("1"))
        sets = {m["metadata"]["name"]: m["spec"] for m in made if m["kind"] == "ReplicaSet"}
        pods = [manifest for manifest in made if manifest["kind"] == "Pod"]
        assert len(pods) == 12
        for pod in pods:
            backend = pod["metadata"]["labels"]["backend"]
            assert sets[backend]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
            assert pod["spec"] == sets[backend]["template"]["spec"]
            assert sets[backend]["replicas"] == 1

    def test_all_that_a_run_makes_can_be_found_by_its_id(self) -> None:
        backends = (*backend_manifests("1"), *first_backends("1"))
        made = [*namespace_manifests("1"), *backends, class_manifest("1", "lane-0", "x/y")]
        assert {m["metadata"]["labels"]["ingress-conformance.dev/run"] for m in made} == {"1"}

    def test_two_runs_share_no_namespace(self) -> None:
        assert not set(namespaces("1").values()) & set(namespaces("2").values())
        assert namespaces("1") == NAMESPACES
