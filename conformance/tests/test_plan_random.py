"""Plans of random cases: hosts belong to one case and one judgement, and all names are names."""

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.case.model import Case
from conformance.plan.hosts import ALONE_REALM
from conformance.plan.units import Unit
from conformance.tests.plans import ground
from conformance.tests.random_cases import both_ways, case_set

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
DICE = st.randoms(use_true_random=False)


def is_name(text: str) -> bool:
    """RFC 1123: labels of at most 63 characters, at most 253 in all."""
    return len(text) <= 253 and all(len(part) <= 63 and LABEL.fullmatch(part) for part in text.split("."))


def planned(dice: random.Random) -> tuple[tuple[Case, ...], list[Unit]]:
    cases = case_set(dice)
    return cases, both_ways(cases, ground(), ground(ALONE_REALM))


def hosts(unit: Unit) -> Iterator[str]:
    """Yield every host that a unit ever claims, its markers' at all revisions included."""
    standing = unit
    for step in (None, *unit.steps):
        standing = standing if step is None else standing.after(step)
        for manifest in (m for m in standing.objects if m.get("kind") == "Ingress"):
            yield from (rule["host"] for rule in manifest["spec"].get("rules") or [] if rule.get("host"))
            yield from (name for entry in manifest["spec"].get("tls") or [] for name in entry.get("hosts") or [])


def every(unit: Unit) -> list[Any]:
    return [m for m in unit.every_object() if m]


@settings(max_examples=25)
@given(DICE)
def test_every_host_belongs_to_one_case_and_one_judgement(dice: random.Random) -> None:
    _, units = planned(dice)
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for number, unit in enumerate(units):
        for host in hosts(unit):
            assert is_name(host.removeprefix("*.")), host
            owners[host].add(f"{number} {unit.name}")
    assert not {host: who for host, who in owners.items() if len(who) > 1}


@settings(max_examples=25)
@given(DICE)
def test_every_object_has_a_name_that_no_other_has(dice: random.Random) -> None:
    _, units = planned(dice)
    packed = [unit for unit in units if unit.realm != ALONE_REALM]
    for part in (packed, [unit for unit in units if unit not in packed]):
        names = [(m["kind"], m["metadata"].get("namespace"), m["metadata"]["name"]) for u in part for m in every(u)]
        assert len(set(names)) == len(names)
        for kind, _, name in names:
            # What Kubernetes asks of most names has no limit for a label.
            assert len(name) <= 253, name
            assert all(LABEL.fullmatch(part) for part in name.split(".")), name
            assert kind not in {"Service", "Deployment"} or (len(name) <= 63 and "." not in name), name


@settings(max_examples=25)
@given(DICE)
def test_every_probe_asks_a_host_of_its_own_case(dice: random.Random) -> None:
    _, units = planned(dice)
    for unit in units:
        for probe in unit.probes:
            assert is_name(probe.wire.host), probe.wire.host
            assert probe.wire.host.endswith(
                f".{probe.case_id.partition('/')[2]}.{probe.case_id.partition('/')[0]}.{unit.realm}"
            )


def test_most_random_cases_are_let_through() -> None:
    """If the checks refused nearly all of them, the tests above would show nothing."""
    made = [case_set(random.Random(seed)) for seed in range(30)]
    assert sum(map(len, made)) > 60
    assert {"packed", "own", "alone"} <= {one.placement for cases in made for one in cases}
    assert any(one.steps for cases in made for one in cases)
    assert any(one.copies > 1 for cases in made for one in cases)
    assert any(one.backends for cases in made for one in cases)
    kinds = {m["kind"] for cases in made for one in cases for m in one.objects}
    assert kinds == {"Ingress", "Secret", "Service"}
