"""Which cases are left out on a cluster that others use too, and what is said of them."""

import pytest

from conformance.case.load import load_cases
from conformance.case.model import OUR_CLASS, SPECIFICATION, Case
from conformance.case.selection import selected
from conformance.clusters.current.observable import not_observable
from conformance.judge.words import Verdict
from conformance.plan.objects import every_manifest
from conformance.report.model import exit_status
from conformance.suite.skipping import skipped_record
from conformance.tests.reports import report

CASES = selected(load_cases(), levels=SPECIFICATION)


def skipped(*, exclusive: bool = False, https: bool = True) -> dict[str, str]:
    return not_observable(CASES, exclusive=exclusive, https=https)


def touches(case: Case) -> bool:
    """Whether the case restarts the controller or changes its class."""
    restarts = any(action.restart for step in case.steps for action in step.actions)
    return restarts or any(manifest["metadata"]["name"] == OUR_CLASS for manifest in every_manifest(case))


def test_no_rule_of_an_observed_case_takes_other_people_s_requests() -> None:
    left_out = skipped()
    for case in CASES:
        for manifest in case.objects:
            if manifest["kind"] == "Ingress" and case.id not in left_out:
                spec = manifest["spec"]
                assert not spec.get("defaultBackend") or spec.get("rules"), case.id
                assert all(rule.get("host") for rule in spec.get("rules") or []), case.id


@pytest.mark.parametrize("placement", ["alone", "odd"])
def test_every_case_that_must_run_apart_is_left_out_and_says_how_to_have_it(placement: str) -> None:
    left_out = skipped()
    apart = [case.id for case in CASES if case.placement == placement]
    assert apart
    assert all("--exclusive" in left_out[case_id] or "owner" in left_out[case_id] for case_id in apart)


def test_most_cases_stay() -> None:
    assert len(skipped()) < len(CASES) / 2


def test_default_classes_are_everybody_s() -> None:
    left_out = skipped()
    assert all(case.id in left_out for case in CASES if case.uses)


def test_exclusive_leaves_out_only_what_touches_the_controller_itself() -> None:
    assert set(skipped(exclusive=True)) == {case.id for case in CASES if touches(case)}
    assert skipped(exclusive=True)


def test_requests_from_several_addresses_are_sent_to_this_very_machine_alone() -> None:
    cases = [case for case in load_cases() if any(probe.source for probe in case.probes)]
    assert cases
    left_out = not_observable(cases, exclusive=True, https=True)
    assert all("from several addresses" in left_out[case.id] for case in cases)


def test_without_a_port_no_https_request_is_sent() -> None:
    left_out = skipped(exclusive=True, https=False)
    with_https = [case.id for case in CASES if any(probe.scheme == "https" for probe in case.probes)]
    assert with_https
    assert all("--https-port" in left_out[case_id] or "owner" in left_out[case_id] for case_id in with_https)


def test_a_skipped_case_is_recorded_as_that_and_fails_nothing() -> None:
    core = next(case for case in CASES if case.level.value == "core")
    record = skipped_record(core, "not here")
    assert (record.verdict, record.reason, record.detail) == (Verdict.SKIPPED, None, "not here")
    assert not record.objects
    assert not record.probes
    assert exit_status(report(record)) == 0
