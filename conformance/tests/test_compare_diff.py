"""What ``diff`` calls a regression, and that it never says that there is none without having seen it."""

import io
import itertools
import json
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from conformance.case.model import Level
from conformance.compare.diff_model import Change, Conclusion, Diff, Kind
from conformance.compare.diff_text import diff_markdown, print_diff
from conformance.compare.difference import difference
from conformance.errors import BadInput
from conformance.export.published import FOLDER
from conformance.judge.words import Reason, Verdict
from conformance.report.model import CaseRecord, Expected, Finding, Observed, Parity, Report
from conformance.tests.reports import case_record, probe_record, report
from conformance.tests.rich_report import HOSTILE, named, passing, perfect, rich
from conformance.tests.site_reports import compared, unjudged

P, F, U, S, E = Verdict
TABLE: dict[tuple[Verdict, Verdict], Kind | None] = {
    (P, P): None,
    (P, F): Kind.REGRESSION,
    (P, U): Kind.REGRESSION,
    (P, S): Kind.UNPROVEN,
    (P, E): Kind.UNPROVEN,
    (F, P): Kind.IMPROVEMENT,
    (F, F): None,
    (F, U): Kind.CHANGED,
    (F, S): Kind.CHANGED,
    (F, E): Kind.CHANGED,
    (U, P): Kind.IMPROVEMENT,
    (U, F): Kind.CHANGED,
    (U, U): None,
    (U, S): Kind.CHANGED,
    (U, E): Kind.CHANGED,
    (S, P): Kind.IMPROVEMENT,
    (S, F): Kind.CHANGED,
    (S, U): Kind.CHANGED,
    (S, S): None,
    (S, E): Kind.CHANGED,
    (E, P): Kind.IMPROVEMENT,
    (E, F): Kind.CHANGED,
    (E, U): Kind.CHANGED,
    (E, S): Kind.CHANGED,
    (E, E): None,
}
GOOD = case_record("s/good", probes=(passing(),))


def case(verdict: Verdict = P, **changes: Any) -> CaseRecord:
    return case_record("s/one", verdict, **{"probes": (probe_record(verdict),), **changes})


def found(old: CaseRecord | Report, new: CaseRecord | Report, **options: Any) -> Diff:
    """The difference between two reports, or between two cases beside one that passes in both."""
    reports = [made if isinstance(made, Report) else report(GOOD, made) for made in (old, new)]
    diff = difference(*reports, **options)
    schema = json.loads((FOLDER / "diff.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(diff.model_dump_json(by_alias=True)))
    assert diff.unchanged + sum(None not in {c.old, c.new} for c in diff.changes) == len(
        {c.id for c in reports[0].cases} & {c.id for c in reports[1].cases}
    )
    return diff


def only(diff: Diff) -> Change:
    (change,) = diff.changes
    return change


@pytest.mark.parametrize(("old", "new"), list(itertools.product(Verdict, Verdict)))
@pytest.mark.parametrize("level", Level)
def test_every_transition(old: Verdict, new: Verdict, level: Level) -> None:
    # Only the verdict changes; whether the probes changed too is another test.
    same = (probe_record(F),)
    diff = found(case(old, level=level, probes=same, reason=None), case(new, level=level, probes=same, reason=None))
    kind = TABLE[old, new]
    assert [change.kind for change in diff.changes] == ([kind] if kind else [])
    expected = {Kind.REGRESSION: Conclusion.REGRESSION, Kind.UNPROVEN: Conclusion.UNPROVEN}
    assert diff.conclusion is (expected.get(kind, Conclusion.NO_REGRESSION) if kind else Conclusion.NO_REGRESSION)


class TestWithinAVerdict:
    def test_another_reason_is_a_change_and_a_crash_is_worse(self) -> None:
        assert only(found(case(F), case(F, reason=Reason.UNSTABLE))).kind is Kind.CHANGED
        assert only(found(case(F), case(F, reason=Reason.CONTROLLER_CRASHED))).kind is Kind.REGRESSION
        crashed = case(F, reason=Reason.CONTROLLER_CRASHED)
        assert not found(crashed, crashed).changes

    def test_other_answers_are_shown_with_both_observations(self) -> None:
        other = probe_record(P, observed=Observed(outcome="status:503"))
        change = only(found(case(), case(probes=(other,))))
        assert change.kind is Kind.CHANGED
        assert [(probe.old, probe.new) for probe in change.probes] == [("status:404", "status:503")]

    def test_an_observed_answer_that_differs_is_no_regression(self) -> None:
        def recorded(outcome: str) -> CaseRecord:
            probe = passing(expected=Expected(outcome="record"), observed=Observed(outcome=outcome))
            return case(level=Level.OBSERVED, probes=(probe,))

        diff = found(recorded("a"), recorded("varies:a,b"))
        assert only(diff).kind is Kind.CHANGED
        assert "leaves it open" in only(diff).why
        assert diff.conclusion is Conclusion.NO_REGRESSION

    def test_a_failing_case_that_fails_in_more_ways_got_worse(self) -> None:
        one, two = passing(id="GET /one", expected=Expected(outcome="a")), probe_record(F, id="GET /two")
        worse = probe_record(F, id="GET /one")
        change = only(found(case(F, probes=(one, two)), case(F, probes=(worse, two))))
        assert change.kind is Kind.REGRESSION
        assert "GET /one passed" in change.why

    def test_copies_that_agree_by_chance_are_no_regression(self) -> None:
        def copies(*verdicts: Verdict) -> CaseRecord:
            probes = tuple(probe_record(v, id=f"GET / (copy {n})") for n, v in enumerate(verdicts, start=1))
            return case(F, probes=(*probes, probe_record(F, id="GET /x")))

        assert only(found(copies(P, F), copies(F, F))).kind is Kind.CHANGED
        assert only(found(copies(P, F), copies(F, P))).kind is Kind.CHANGED
        assert only(found(copies(P, P), copies(F, P))).kind is Kind.REGRESSION

    def test_a_new_finding_is_worse_even_where_the_case_passes(self) -> None:
        poison = (Finding(kind="poison", detail="an older Ingress died"),)
        for verdict in (P, F):
            change = only(found(case(verdict), case(verdict, findings=poison)))
            assert change.kind is Kind.REGRESSION
            assert "poison" in change.why
        assert only(found(case(findings=poison), case())).kind is Kind.IMPROVEMENT

    @pytest.mark.parametrize("before", [Parity.DIFFERS, Parity.REFUSED, Parity.IGNORED, Parity.SAME])
    def test_a_restriction_that_is_gone_is_worse_however_the_case_failed_before(self, before: Parity) -> None:
        shut, stands_open = compared("n/x", before), compared("n/x", Parity.IGNORED, fail_open=True)
        diff = found(shut, stands_open)
        assert only(diff).kind is Kind.REGRESSION
        assert only(diff).why.startswith("a restriction has no effect any more")
        assert diff.conclusion is Conclusion.REGRESSION
        assert [change.kind for change in found(stands_open, shut).changes if change.kind is Kind.REGRESSION] == []
        assert not found(stands_open, stands_open).changes

    def test_it_is_worse_as_well_where_the_case_itself_changed(self) -> None:
        more = (*compared("n/x", Parity.IGNORED).probes, probe_record(F, id="GET /more"))
        change = only(
            found(compared("n/x", Parity.DIFFERS), compared("n/x", Parity.IGNORED, fail_open=True, probes=more))
        )
        assert change.kind is Kind.REGRESSION
        assert "a restriction has no effect any more; the case itself changed" in change.why

    def test_nobody_knows_whether_what_was_not_judged_stood_open(self) -> None:
        change = only(found(unjudged("n/x"), compared("n/x", Parity.IGNORED, fail_open=True)))
        assert change.kind is Kind.CHANGED

    def test_the_address_of_the_controller_plays_no_part(self) -> None:
        def at(address: str) -> Report:
            probe = probe_record(observed=Observed(outcome=f"redirect:301:https://{address}/"))
            made = report(GOOD, case(probes=(probe,)))
            return made.model_copy(update={"controller": made.controller.model_copy(update={"address": address})})

        assert not found(at("10.0.0.1"), at("10.0.0.2")).changes


class TestNothingIsClaimedWithoutSight:
    def test_a_removed_case_that_passed_is_unproven(self) -> None:
        diff = found(report(GOOD, case()), report(GOOD))
        assert only(diff).kind is Kind.UNPROVEN
        assert diff.conclusion is Conclusion.UNPROVEN

    def test_it_can_be_left_out_on_demand_and_is_then_said(self) -> None:
        diff = found(report(GOOD, case()), report(GOOD), ignore_missing=True)
        assert diff.conclusion is Conclusion.NO_REGRESSION
        assert any("left out" in why for why in diff.why)

    def test_what_got_worse_is_not_left_out_with_what_is_missing(self) -> None:
        diff = found(report(GOOD, case(), case_record("s/gone")), report(GOOD, case(F)), ignore_missing=True)
        assert diff.conclusion is Conclusion.REGRESSION
        assert only(diff).kind is Kind.REGRESSION

    def test_a_removed_case_that_failed_is_only_removed(self) -> None:
        assert only(found(report(GOOD, case(F)), report(GOOD))).kind is Kind.REMOVED

    def test_an_added_case_is_no_regression_whatever_it_says(self) -> None:
        for verdict in Verdict:
            assert only(found(report(GOOD), report(GOOD, case(verdict)))).kind is Kind.ADDED

    @pytest.mark.parametrize(
        "changed",
        [
            {"level": Level.EXTENDED},
            {"probes": (probe_record(P, expected=Expected(outcome="b")),)},
            {"probes": (probe_record(P), probe_record(P, id="GET /more"))},
            {"probes": ()},
        ],
    )
    def test_a_case_that_was_redefined_is_said_to_be(self, changed: dict[str, Any]) -> None:
        assert only(found(case(), case(**changed))).kind is Kind.CHANGED
        assert "the case itself changed" in only(found(case(), case(**changed))).why
        failing = found(case(), case(F, **changed))
        assert only(failing).kind is Kind.UNPROVEN

    def test_other_objects_make_it_another_case_though_its_probes_are_the_same(self) -> None:
        old, new = (f"sha256:{number}" for number in range(2))
        change = only(found(case(asked_digest=old), case(F, asked_digest=new)))
        assert (change.kind, "the case itself changed" in change.why) == (Kind.UNPROVEN, True)
        assert only(found(case(asked_digest=old), case(F, asked_digest=old))).kind is Kind.REGRESSION
        # An older report does not say what it asked: its probes are all there is.
        assert only(found(case(), case(F, asked_digest=new))).kind is Kind.REGRESSION

    def test_a_case_without_probes_is_the_same_where_its_digest_says_so(self) -> None:
        asked: dict[str, Any] = {"asked_digest": "sha256:0"}
        gone = only(found(case(**asked), case(Verdict.ERROR, probes=(), **asked)))
        assert (gone.kind, gone.why) == (Kind.UNPROVEN, "it passed, and was not judged now (error)")
        assert only(found(case(**asked), case(F, probes=(), **asked))).kind is Kind.REGRESSION
        assert only(found(case(Verdict.ERROR, probes=(), **asked), case(**asked))).kind is Kind.IMPROVEMENT

    def test_a_run_that_was_cut_short_proves_nothing(self) -> None:
        diff = found(perfect(), perfect(complete=False))
        assert diff.conclusion is Conclusion.UNPROVEN
        assert "cut short" in diff.why[0]
        assert not diff.changes

    def test_where_nothing_passed_nothing_is_proven(self) -> None:
        diff = found(report(case(F)), report(case(F)))
        assert diff.conclusion is Conclusion.UNPROVEN

    def test_nothing_in_common_or_nothing_at_all_is_bad_input(self) -> None:
        for old, new in ((report(), perfect()), (perfect(), report()), (report(GOOD), report(case()))):
            with pytest.raises(BadInput, match=r"no case"):
                difference(old, new)
        with pytest.raises(BadInput, match="in common"):
            difference(report(GOOD), report(case()), ignore_missing=True)


class TestNotes:
    def test_what_else_differs_is_said(self) -> None:
        old, new = perfect(), named(perfect(), "other")
        suite = new.suite.model_copy(update={"version": "9", "cases_digest": "sha256:1", "options": {"isolate": True}})
        cluster = new.cluster.model_copy(update={"provider": "kind", "kubernetes_version": "v2"})
        started = new.run.model_copy(update={"started": "2020-01-01T00:00:00+00:00"})
        new = new.model_copy(update={"suite": suite, "cluster": cluster, "run": started})
        notes = "\n".join(found(old, new).notes)
        for said in (
            "different controllers: demo and other",
            "cluster: local became kind",
            "Kubernetes: v1.37.2 became v2",
            "suite version: 0.1 became 9",
            "option isolate: None became True",
            "other digest",
            "0 cases in both ask something else",
            "NEW began before OLD",
        ):
            assert said in notes

    def test_equal_runs_have_nothing_to_note_but_that(self) -> None:
        assert found(perfect(), perfect()).notes == ("OLD and NEW are the same report",)


def test_the_same_answer_with_another_verdict_is_told_apart() -> None:
    one, other = (
        probe_record(verdict, id="step 1: GET /foo", step=1, reason=reason, observed=Observed(outcome="c"))
        for verdict, reason in ((P, None), (F, Reason.UNSTABLE))
    )
    diff = found(case(probes=(one,)), case(F, probes=(other,)))
    output = io.StringIO()
    print_diff(diff, Console(file=output, width=200))
    assert "    step 1: GET /foo: expected a; saw c (pass), now c (fail, unstable)\n" in output.getvalue()
    assert "</code> (pass), now <code>c</code> (fail, unstable)" in diff_markdown(diff)
    (probe,) = only(diff).probes
    assert probe.new_judged is not None
    assert probe.new_judged.reason is Reason.UNSTABLE


def test_markdown_shows_hostile_answers_as_text() -> None:
    text = diff_markdown(found(rich(), report(*(c for c in rich().cases if c.id != "hosts/hostile"), GOOD)))
    assert "## ✅" in text
    text = diff_markdown(
        found(report(GOOD, case()), report(GOOD, case(F, detail=HOSTILE, probes=rich().cases[2].probes)))
    )
    assert "## ⚠️" in text
    outside = "".join(part for number, part in enumerate(text.split("````")) if number % 2 == 0)
    for dangerous in ("<script", "@all", "![x]"):
        assert dangerous not in outside
