"""What several controllers do differently: by statement, what is wrong apart from what is left open."""

import json
from typing import Any

import jsonschema
import pytest

from conformance.case.model import Level
from conformance.compare.comparison import comparison
from conformance.compare.comparison_model import Comparison, Sort
from conformance.compare.comparison_text import comparison_markdown
from conformance.errors import BadInput
from conformance.export.published import FOLDER
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, Expected, Observed, Report
from conformance.tests.reports import case_record, probe_record, report
from conformance.tests.rich_report import named, passing, rich


def saw(outcome: str, verdict: Verdict = Verdict.PASS, **changes: Any) -> CaseRecord:
    fields: dict[str, Any] = {"id": "s/one", "statements": ("P02", "P01")}
    fields |= changes
    expected = Expected(outcome="record" if fields.get("level") is Level.OBSERVED else "no match")
    probe = probe_record(verdict, expected=expected, observed=Observed(outcome=outcome))
    identifier = fields.pop("id")
    return case_record(identifier, verdict, **{"probes": (probe,), **fields})


def compared(**cases: CaseRecord | tuple[CaseRecord, ...]) -> Comparison:
    """The comparison of controllers with these cases, beside one that all pass alike."""
    same = case_record("s/same", probes=(passing(),))
    reports = [named(report(same, *(of if isinstance(of, tuple) else (of,))), name) for name, of in cases.items()]
    found = comparison(reports, {"P02": "it says so"})
    schema = json.loads((FOLDER / "comparison.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(found.model_dump_json(by_alias=True)))
    return found


def test_what_is_against_the_specification_says_who_and_how() -> None:
    found = compared(one=saw("a", Verdict.FAIL), two=saw("status:404"), three=saw("status:404"))
    ((statement, (case,)),) = found.of(Sort.AGAINST_THE_SPECIFICATION)
    assert (statement.id, statement.says) == ("P02", "it says so")
    assert not case.alike
    assert [(group.verdict.value, group.runs) for group in case.verdicts] == [
        ("fail", ("one",)),
        ("pass", ("two", "three")),
    ]
    (probe,) = case.probes
    assert [(group.outcome, group.runs) for group in probe.answers] == [
        ("a", ("one",)),
        ("status:404", ("two", "three")),
    ]
    assert (found.compared, found.alike) == (2, 1)


def test_all_wrong_in_the_same_way_is_shown_as_wrong() -> None:
    found = compared(one=saw("a", Verdict.FAIL), two=saw("a", Verdict.FAIL))
    ((_, (case,)),) = found.of(Sort.AGAINST_THE_SPECIFICATION)
    assert case.alike
    assert case.probes[0].answers[0].runs == ("one", "two")


def test_what_is_left_open_and_what_is_also_right_stand_apart() -> None:
    left_open: dict[str, Any] = {"level": Level.OBSERVED}
    found = compared(one=saw("a", **left_open), two=saw("b", **left_open))
    assert [case.id for _, cases in found.of(Sort.LEFT_OPEN) for case in cases] == ["s/one"]
    found = compared(one=saw("status:404"), two=saw("status:503"))
    assert [case.id for _, cases in found.of(Sort.ALSO_RIGHT) for case in cases] == ["s/one"]


def test_the_same_everywhere_is_not_shown() -> None:
    found = compared(one=saw("status:404"), two=saw("status:404"))
    assert not found.statements
    assert found.alike == found.compared == 2


@pytest.mark.parametrize(
    "other",
    [
        (),
        saw("status:404", Verdict.ERROR),
        saw("status:404", Verdict.SKIPPED),
        saw("status:404", level=Level.EXTENDED),
        saw("status:404", probes=()),
    ],
)
def test_what_was_not_judged_everywhere_is_not_compared_and_said(other: CaseRecord | tuple[()]) -> None:
    found = compared(one=saw("a", Verdict.FAIL), two=other)
    assert not found.statements
    assert found.not_compared == ("s/one",)
    assert found.compared == 1


def test_runs_that_differ_in_more_than_the_controller_are_noted() -> None:
    one, two = named(report(saw("a")), "one"), named(report(saw("a"), complete=False), "two")
    two = two.model_copy(update={"cluster": two.cluster.model_copy(update={"provider": "kind"})})
    notes = "\n".join(comparison([one, two], {}).notes)
    assert "2 different clusters" in notes
    assert "the run of two was cut short" in notes


def test_two_versions_of_one_controller_are_told_apart() -> None:
    old = report(saw("status:404"))
    new = old.model_copy(update={"controller": old.controller.model_copy(update={"version": "2.0"})})
    assert [run.name for run in comparison([old, new], {}).runs] == ["demo-1.0", "demo-2.0"]


@pytest.mark.parametrize("reports", [[], [report(saw("a"))], [report(saw("a")), named(report(), "two")]])
def test_nothing_to_compare_is_bad_input(reports: list[Report]) -> None:
    with pytest.raises(BadInput):
        comparison(reports, {})


def test_a_step_is_named_once() -> None:
    after: dict[str, Any] = {"id": "step 1: GET /foo", "step": 1}
    wrong = saw("a", Verdict.FAIL, probes=(probe_record(Verdict.FAIL, **after, observed=Observed(outcome="a")),))
    text = comparison_markdown(compared(one=wrong, two=saw("c", probes=(probe_record(**after),))))
    assert "<code>step 1: GET /foo (expected a)</code>" in text


def test_markdown_shows_hostile_answers_as_text() -> None:
    text = comparison_markdown(comparison([rich(controller="one"), rich(controller="two")], {}))
    assert "hosts/hostile" in text
    for dangerous in ("<script", "@all", "![x]", "\x1b"):
        assert dangerous not in text
