"""No case is vacuous: with its expectations turned round, a right controller fails each, for the right reason."""

from pathlib import Path

import pytest

from conformance.case.load import load_cases
from conformance.case.model import SPECIFICATION
from conformance.case.selection import selected
from conformance.tests.live import begin

pytestmark = pytest.mark.e2e

SAYS_NOTHING = {"not-programmed", "harness", "controller-crashed", None}
"""Reasons that would say nothing about the expectation itself."""


def test_every_case_fails_when_its_expectations_are_turned_round(tmp_path: Path) -> None:
    outcome = begin(tmp_path, "run", "reference", "--invert").finish(limit=580)
    assert outcome.status == 1, outcome.output + outcome.errors
    assert outcome.report["run"]["complete"]
    assert [case["id"] for case in outcome.report["cases"]] == [
        case.id for case in selected(load_cases(), levels=SPECIFICATION)
    ]
    assert {case_id: verdict for case_id, (verdict, _) in outcome.verdicts().items() if verdict != "fail"} == {}
    # Without a marker, the first probe stays as it is: it makes the others count.
    marked = {case.id for case in selected(load_cases(), levels=SPECIFICATION) if case.marker != "none"}
    # A step's traffic whose failures are only counted expects nothing that could be turned round.
    wrong = {
        f"{case['id']}: {probe['id']}": (probe["verdict"], probe["reason"])
        for case in outcome.report["cases"]
        for probe in case["probes"]
        if case["id"] in marked
        and (probe["verdict"] != "fail" or probe["reason"] in SAYS_NOTHING)
        and ": traffic " not in probe["id"]
        # An address that is wanted and missing is called not-programmed: here that is the right reason.
        and not (probe["expected"]["outcome"] == "address" and probe["reason"] == "not-programmed")
    }
    assert wrong == {}
