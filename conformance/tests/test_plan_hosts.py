"""Hosts are made unique for a case, and relate to each other as they were written."""

import re
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.case.load import load_cases
from conformance.case.model import ADDRESS, SPECIFICATION
from conformance.case.selection import selected
from conformance.plan.hosts import ALONE_REALM, REALM, suffixes, unique
from conformance.plan.planning import plan
from conformance.tests.plans import case, ground, ingress, probe

ENDING = ".row.section.test"
CASES = selected(load_cases(), levels=SPECIFICATION)

labels = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,10}[A-Za-z0-9])?", fullmatch=True)
names = st.lists(labels, min_size=1, max_size=4).map(".".join)
hosts = st.builds(lambda star, name: star + name, st.sampled_from(["", "*."]), names)
ports = st.sampled_from(["", ":80", ":8443"])


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("foo.com", "foo.com.row.section.test"),
        ("*.foo.com", "*.foo.com.row.section.test"),
        ("FOO.com", "FOO.com.row.section.test"),
        ("foo.com:8080", "foo.com.row.section.test:8080"),
        ("foo.com.", "foo.com.row.section.test."),
        ("foo.com.:80", "foo.com.row.section.test.:80"),
        ("localhost", "localhost.row.section.test"),
        ("foo.com|.org", "foo.com.row.section.test.org"),
        ("foo.com|x.:80", "foo.com.row.section.testx.:80"),
        (ADDRESS, ADDRESS),
    ],
)
def test_what_stands_after_a_name_stays_after_it(written: str, made: str) -> None:
    assert unique(written, ENDING) == made


def covers(rule: str, host: str) -> bool:
    """The specification's relation of a rule's host to a request's: equal, or one label in place of the asterisk."""
    one, other = rule.lower().split("."), host.lower().split(".")
    return one == other or (one[0] == "*" and len(one) == len(other) and one[1:] == other[1:])


@given(hosts, names)
def test_a_rule_names_the_host_after_as_it_did_before(rule: str, host: str) -> None:
    assert covers(unique(rule, ENDING), unique(host, ENDING)) == covers(rule, host)


@given(names, labels)
def test_a_wildcard_still_covers_one_label_and_not_two(parent: str, label: str) -> None:
    rule = unique(f"*.{parent}", ENDING)
    assert covers(rule, unique(f"{label}.{parent}", ENDING))
    assert not covers(rule, unique(f"{label}.{label}.{parent}", ENDING))
    assert not covers(rule, unique(parent, ENDING))


@given(hosts, hosts, ports, ports)
def test_different_hosts_stay_different(one: str, other: str, port: str, other_port: str) -> None:
    assert (unique(one + port, ENDING) == unique(other + other_port, ENDING)) == (one + port == other + other_port)


@given(names, ports, st.sampled_from(["", "."]))
def test_only_the_ending_is_added(name: str, port: str, dot: str) -> None:
    made = unique(f"{name}{dot}{port}", ENDING)
    assert made.replace(ENDING, "", 1) == f"{name}{dot}{port}"
    assert made.count(".") == name.count(".") + len(dot) + ENDING.count(".")


def test_the_ending_tells_cases_and_judgements_apart() -> None:
    endings = {suffixes(case(name), realm) for name in ("a/b", "b/a", "a/c") for realm in (REALM, ALONE_REALM)}
    assert len(endings) == 6
    assert suffixes(case("path-types/row"), REALM) == (".row.path-types.test",)


def test_each_copy_of_a_case_has_hosts_of_its_own() -> None:
    copied = case("path-types/row", copies=3)
    assert suffixes(copied, REALM) == tuple(f".copy{number}.row.path-types.test" for number in (1, 2, 3))
    [unit] = plan([copied], ground())
    asked = [planned.wire.host for planned in unit.probes]
    assert asked == [f"foo.com{ending}" for ending in suffixes(copied, REALM)]
    assert [rule["host"] for rule in unit.objects[0]["spec"]["rules"][:-1]] == asked
    assert len({planned.key for planned in unit.probes}) == 3


def test_every_host_of_the_built_in_cases_belongs_to_one_case_and_one_judgement() -> None:
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for realm in (REALM, ALONE_REALM):
        for unit in plan(CASES, ground(realm), isolate=True):
            for manifest in unit.objects:
                for rule in (manifest.get("spec") or {}).get("rules") or []:
                    if rule.get("host"):
                        owners[rule["host"].lower()].add(f"{unit.name} in {realm}")
    shared = {host: who for host, who in owners.items() if len(who) > 1}
    assert len(owners) > len(CASES)
    assert shared == {}


@pytest.mark.parametrize("realm", [REALM, ALONE_REALM])
def test_the_hosts_of_the_built_in_cases_keep_within_the_limits_of_dns(realm: str) -> None:
    units = plan(CASES, ground(realm), isolate=True)
    rules = [rule for unit in units for o in unit.objects for rule in (o.get("spec") or {}).get("rules") or []]
    named = {rule["host"] for rule in rules if rule.get("host")}
    asked = {planned.wire.host for unit in units for planned in unit.probes if not planned.status_of}
    markers = {marker.host for unit in units for marker in unit.markers()}
    for host in named | asked | markers:
        bare = re.sub(r":\d+$", "", host).removesuffix(".")
        assert len(bare) <= 253, host
        assert all(0 < len(label) <= 63 for label in bare.split(".")), host


@pytest.mark.parametrize(
    ("host", "wire", "sni"),
    [
        ("foo.com", "foo.com.b.a.test", "foo.com.b.a.test"),
        ("FOO.com.:8443", "FOO.com.b.a.test.:8443", "foo.com.b.a.test"),
        (ADDRESS, "10.0.0.9", None),
    ],
)
def test_the_name_in_the_handshake_is_the_bare_host(host: str, wire: str, sni: str | None) -> None:
    tried = case("a/b", ingress("foo.com"), probes=(probe(host),))
    [planned] = plan([tried], ground())[0].probes
    assert (planned.wire.host, planned.wire.sni) == (wire, sni)
