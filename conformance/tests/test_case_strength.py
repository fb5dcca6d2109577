"""The cases against the specification's algorithm and against ways to get it wrong, without a cluster.

What is right must pass every case, and every way to be wrong must fail one: so the cases are neither unfair nor weak.
"""

from functools import cache

import pytest

from conformance.case.load import load_cases
from conformance.case.matching import defined_services
from conformance.case.model import ADDRESS, NO_MATCH, RECORD, SPECIFICATION, TLS_REFUSED, Case, Level
from conformance.case.selection import selected
from conformance.plan.instance import Ground
from conformance.plan.objects import own_name
from conformance.plan.single import unit_of
from conformance.plan.units import Unit
from conformance.proof.expectation import expectations, tried_with
from conformance.reference.behaviour import REFERENCE, Behaviour
from conformance.reference.model import Table
from conformance.reference.mutant import Mutant
from conformance.reference.objects import Objects
from conformance.reference.state import RIGHT, table_of
from conformance.reference.wrong_matching import MUTANTS

GROUND = Ground({"": "one", "other": "two"}, "reference", "192.0.2.1")
EVERY = selected(load_cases(), levels=SPECIFICATION)


def is_about_matching(case: Case) -> bool:
    """Tell whether the objects of a case, as they stand at the beginning, decide alone what its requests reach."""
    classes = any(manifest["kind"] == "IngressClass" for manifest in case.objects)
    named = any("ingressClassName" in (manifest.get("spec") or {}) for manifest in case.objects)
    annotated = any(manifest["metadata"].get("annotations") for manifest in case.objects)
    refused = any(probe.expect.outcome == TLS_REFUSED for probe in case.probes)
    return case.level is not Level.API and case.marker != "beside" and not (classes or named or annotated or refused)


CASES = [case for case in EVERY if is_about_matching(case)]
OPEN = {
    "slashes-merged": "P30: whether a request is normalized is left open",
    "encoded-slash-decoded": "P30: whether a request is normalized is left open",
    "dots-resolved": "P30: whether a request is normalized is left open",
    "hostless-fallthrough": "H05: only recorded, the page can be read both ways",
    "default-backend-global": "B03: only recorded, the page does not say",
}
"""Differences on which no case passes judgement, and why."""


@cache
def planned(case_id: str) -> tuple[Case, Unit, Table]:
    case = next(case for case in CASES if case.id == case_id)
    unit = unit_of(case, GROUND)
    ingresses = [manifest for manifest in unit.standing if manifest["kind"] == "Ingress"]
    return case, unit, table_of(ingresses, Objects(), RIGHT)


def answers(behaviour: Behaviour, case_id: str) -> list[tuple[str, str, str]]:
    """Return each probe's id, what is expected of it, and what a controller that behaves like this answers."""
    case, unit, table = planned(case_id)
    own = {(s.namespace, own_name(case, s.name)): s.backend for s in defined_services(case.objects)}
    own |= {("", own_name(case, backend.name)): backend.name for backend in case.backends}
    found = []
    for planned_probe in unit.probes:
        if planned_probe.status_of is not None:
            continue
        wire, expected = planned_probe.wire, planned_probe.probe.expect.outcome
        backend = behaviour.choose(table, "10.0.0.1" if wire.host == ADDRESS else wire.host, wire.target)
        seen = NO_MATCH
        if backend is not None:
            space = "" if backend.namespace == "one" else "other"
            name = str(own.get((space, backend.service), backend.service))
            seen = f"{space}/{name}" if space else name
        found.append((planned_probe.probe.id, expected, seen))
    return found


def wrong_probes(behaviour: Behaviour, case_id: str) -> list[str]:
    """Return the probes that a controller that behaves like this would not answer as expected."""
    return [
        f"{probe}: {seen}, not {expected}"
        for probe, expected, seen in answers(behaviour, case_id)
        if expected not in {RECORD, seen}
    ]


@pytest.mark.parametrize("case_id", [case.id for case in CASES])
def test_what_the_specification_says_passes(case_id: str) -> None:
    assert wrong_probes(REFERENCE, case_id) == []


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.name not in OPEN], ids=lambda mutant: mutant.name)
def test_a_wrong_way_to_match_fails_a_case(mutant: Mutant) -> None:
    behaviour = mutant.make(mutant.default)
    assert any(wrong_probes(behaviour, case.id) for case in CASES), mutant.sentence


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.name in OPEN], ids=lambda mutant: mutant.name)
def test_a_way_that_is_left_open_is_tried_with_the_recorded_cases_that_show_it(mutant: Mutant) -> None:
    behaviour = mutant.make(mutant.default)
    recorded = [case for case in CASES if case.level is Level.OBSERVED]
    showing = [case for case in recorded if answers(behaviour, case.id) != answers(REFERENCE, case.id)]
    tried = {case.id for case in tried_with(expectations()[mutant.name], EVERY)}
    assert tried.intersection(case.id for case in showing), [case.id for case in showing]
