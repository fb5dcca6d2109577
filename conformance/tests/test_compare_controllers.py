"""What several controllers do differently: by statement, what is wrong apart from what is left open."""

import io
import json
from collections.abc import Sequence
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from conformance.case.model import Level
from conformance.compare.comparison import comparison
from conformance.compare.comparison_model import Comparison, Sort
from conformance.compare.comparison_text import comparison_markdown, print_comparison
from conformance.compare.comparison_words import HEADINGS
from conformance.errors import BadInput
from conformance.export.published import FOLDER
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, Expected, Finding, Observed, ProbeRecord, Report
from conformance.tests.reports import case_record, probe_record, report
from conformance.tests.rich_report import HOSTILE, named, passing, rich


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


def test_who_was_not_asked_because_the_api_server_refused_the_objects_gives_no_answer() -> None:
    asked: dict[str, Any] = {"asked_digest": "sha256:0"}
    found = compared(one=saw("a", Verdict.FAIL, probes=(), **asked), two=saw("status:404", **asked))
    ((_, (case,)),) = found.of(Sort.AGAINST_THE_SPECIFICATION)
    assert [group.runs for group in case.verdicts] == [("one",), ("two",)]
    (probe,) = case.probes
    assert [(group.outcome, group.runs) for group in probe.answers] == [("status:404", ("two",))]


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


def terminal(found: Comparison) -> str:
    console = Console(file=io.StringIO(), width=500)
    print_comparison(found, console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(
    ("level", "verdict", "sort"),
    [
        (Level.CORE, Verdict.FAIL, Sort.AGAINST_THE_SPECIFICATION),
        (Level.EXTENDED, Verdict.FAIL, Sort.EXTENDED),
        (Level.API, Verdict.FAIL, Sort.API),
        (Level.PARITY, Verdict.FAIL, Sort.UNLIKE_INGRESS_NGINX),
        (Level.CORE, Verdict.UNSUPPORTED, Sort.DECLARED_UNSUPPORTED),
        (Level.EXTENDED, Verdict.UNSUPPORTED, Sort.DECLARED_UNSUPPORTED),
    ],
)
def test_levels_and_what_is_declared_stand_apart(level: Level, verdict: Verdict, sort: Sort) -> None:
    wrong = saw("a", verdict, level=level, probes=(failing(),))
    found = compared(one=wrong, two=saw("status:404", level=level, probes=(failing("status:404", Verdict.PASS),)))
    assert [case.id for _, cases in found.of(sort) for case in cases] == ["s/one"]
    for text in (terminal(found), comparison_markdown(found)):
        assert f"{HEADINGS[sort]} (1 case)" in text
        assert ("declared unsupported, no-match: " in text) is (verdict is Verdict.UNSUPPORTED)


def test_who_fails_is_not_excused_by_who_has_declared_it() -> None:
    found = compared(one=saw("a", Verdict.FAIL), two=saw("a", Verdict.UNSUPPORTED, probes=(failing(),)))
    assert found.of(Sort.AGAINST_THE_SPECIFICATION)
    assert not found.of(Sort.DECLARED_UNSUPPORTED)


def failing(outcome: str = "a", verdict: Verdict = Verdict.FAIL, **changes: Any) -> ProbeRecord:
    answer = {"expected": Expected(outcome="no match"), "observed": Observed(outcome=outcome)}
    return probe_record(verdict, **answer, **changes)


def test_copies_that_were_answered_alike_are_one_line() -> None:
    def copies(*outcomes: str) -> CaseRecord:
        probes = tuple(failing(seen, id=f"GET / (copy {at})") for at, seen in enumerate(outcomes, 1))
        return saw("a", Verdict.FAIL, probes=probes)

    found = compared(one=copies("a", "b", "a", "a"), two=copies("c", "c", "c", "c"))
    ((_, (case,)),) = found.of(Sort.AGAINST_THE_SPECIFICATION)
    assert [(probe.id, probe.copies, probe.of_copies) for probe in case.probes] == [
        ("GET /", (1, 3, 4), 4),
        ("GET /", (2,), 4),
    ]
    for text in (terminal(found), comparison_markdown(found)):
        assert text.count("GET / (copies 1, 3, 4 of 4) (expected no match)") == 1
        assert text.count("GET / (copy 2 of 4) (expected no match)") == 1
    found = compared(one=copies("a", "a"), two=copies("c", "c"))
    assert terminal(found).count("GET / (2 copies) (expected no match)") == terminal(found).count("GET /") == 1


def test_requests_that_were_answered_alike_share_their_answers() -> None:
    def two(outcome: str) -> CaseRecord:
        return saw("a", Verdict.FAIL, probes=tuple(failing(outcome, id=f"GET /{at}") for at in "xy"))

    text = terminal(compared(one=two("a"), two=two("b")))
    assert "    GET /x (expected no match)\n    GET /y (expected no match)\n      a: one\n      b: two\n" in text


def test_requests_of_the_same_name_are_no_copies() -> None:
    twice = saw("a", Verdict.FAIL, probes=(failing(), failing()))
    ((_, (case,)),) = compared(one=twice, two=twice).of(Sort.AGAINST_THE_SPECIFICATION)
    assert [(probe.copies, probe.of_copies) for probe in case.probes] == [((), 1), ((), 1)]


def test_the_first_lines_say_how_each_controller_stands() -> None:
    bad = (
        saw("a", Verdict.FAIL),
        saw("a", Verdict.FAIL, id="s/more", level=Level.EXTENDED),
        saw("a", Verdict.UNSUPPORTED, id="s/claimed"),
        saw("b", id="s/open", level=Level.OBSERVED),
        saw("a", Verdict.ERROR, id="s/unseen"),
    )
    good = tuple(
        saw("b" if case.level is Level.OBSERVED else "status:404", id=case.id, level=case.level) for case in bad
    )
    found = compared(bad=bad, good=good)
    said = "wrong in 2 of 4 judged cases (1 core, 1 extended); 1 declared unsupported; 1 not judged"
    first, second, *_ = terminal(found).splitlines()
    assert first == f"bad   {said}  demo 1.0 on local Kubernetes v1.37.2, 6 cases".replace("demo", "bad")
    assert second.startswith("good  wrong in none of 4 judged cases  good 1.0 on local")
    assert f"- <code>bad</code> {said} (" in comparison_markdown(found)
    bad_overview = json.loads(found.model_dump_json(by_alias=True))["overviews"][0]
    assert bad_overview["summary"]["core"] == {"pass": 1, "fail": 1, "unsupported": 1, "skipped": 0, "error": 0}


def test_parity_is_not_called_wrong() -> None:
    found = compared(
        one=saw("a", Verdict.FAIL, level=Level.PARITY, probes=(failing(),)),
        two=saw("status:404", level=Level.PARITY, probes=(failing("status:404", Verdict.PASS),)),
    )
    assert "unlike ingress-nginx in 1 of 1 case  one 1.0" in terminal(found)


def test_findings_are_shown_wherever_they_are() -> None:
    of_a_case = Finding(kind="interference", detail="beside others it failed")
    of_the_run = Finding(kind="poison", detail=f"{HOSTILE}{'long' * 1000}")
    spoilt = named(report(saw("status:404", findings=(of_a_case,))), "one")
    spoilt = spoilt.model_copy(update={"findings": (of_the_run,)})
    found = comparison([spoilt, named(report(saw("status:404")), "two")], {})
    assert [(one.run, one.case, one.kind) for one in found.findings] == [
        ("one", "", "poison"),
        ("one", "s/one", "interference"),
    ]
    shown = terminal(found)
    assert "Findings: one object spoiled another, or the whole controller (2)" in shown
    assert "interference one: s/one: beside others it failed" in shown
    assert "- **interference** one: s/one: beside others it failed" in comparison_markdown(found)
    for text in (shown, comparison_markdown(found), found.model_dump_json()):
        assert "\x1b" not in text
        assert "long" * 60 not in text


def test_of_very_many_findings_the_rest_is_counted() -> None:
    many = tuple(Finding(kind="interference", detail=str(at)) for at in range(30))
    found = compared(one=saw("status:404", findings=many), two=saw("status:404"))
    for text in (terminal(found), comparison_markdown(found)):
        assert "… and 5 more, in the reports" in text


def nothing_common(*reports: Report, files: Sequence[str] = ()) -> str:
    with pytest.raises(BadInput) as caught:
        comparison(reports, {}, files)
    return str(caught.value)


def test_reports_without_a_common_case_are_named_with_what_they_have() -> None:
    rewrites = saw("a", id="n/rewrite", level=Level.PARITY)
    reports = [
        named(report(saw("a"), saw("a", id="s/two", level=Level.EXTENDED)), "one"),
        named(report(saw("a")), "two"),
        named(report(rewrites), "three"),
        named(report(rewrites), "four"),
        named(report(), "five"),
    ]
    assert nothing_common(*reports, files=["1.json", "2 2.json", "3.json", "4.json", "5.json"]).splitlines() == [
        "no case is in all 5 reports",
        "  2 cases (1 core, 1 extended), such as s/one: 1.json",
        "  1 case (1 core), such as s/one: 2 2.json",
        "  1 case (1 parity), such as n/rewrite: 3.json, 4.json",
        "  no case at all: 5.json",
        "  hint: compare those that have cases in common:",
        "    ingress-conformance compare 1.json '2 2.json'",
        "    ingress-conformance compare 3.json 4.json",
    ]


def test_where_no_two_have_a_case_in_common_the_hint_says_so() -> None:
    message = nothing_common(named(report(saw("a", id="a/\x1b")), "one"), named(report(saw("b", id="b/b")), "two"))
    assert "no two have a case in common" in message
    assert "such as b/b: two" in message
    assert "\x1b" not in message
