"""An answer that looks right and is wrong says why, in every form of ``compare``."""

import html
import io
from typing import Any

import pytest
from rich.console import Console

from conformance.compare.comparison import comparison
from conformance.compare.comparison_model import Answers, Comparison
from conformance.compare.comparison_text import comparison_markdown, print_comparison
from conformance.judge.words import Reason, Verdict
from conformance.report.model import AttemptRecord, Expected, Observed, ProbeRecord
from conformance.tests.reports import case_record, probe_record, report
from conformance.tests.rich_report import HOSTILE, named

TARGET = "the backend received the request target as '/?a=1&b=2', not '/?a=1;b=2'"
OLDER = "a certificate of another case, or an older one was presented in place of that of one"


def attempts(*outcomes: str) -> tuple[AttemptRecord, ...]:
    return tuple(AttemptRecord(at=1.0, seconds=0.1, outcome=outcome, counted=True) for outcome in outcomes)


def wrong(reason: Reason, detail: str, outcome: str = "a", expected: str = "a", **changes: Any) -> ProbeRecord:
    """A probe that fails for a reason which the outcome may not show."""
    changes = {"attempts": attempts(outcome, outcome, outcome), **changes}
    answer = {"expected": Expected(outcome=expected), "observed": Observed(outcome=outcome)}
    return probe_record(Verdict.FAIL, reason=reason, detail=detail, **{**answer, **changes})


def right(outcome: str = "a", expected: str = "a") -> ProbeRecord:
    return probe_record(expected=Expected(outcome=expected), observed=Observed(outcome=outcome))


def compared(*probes: ProbeRecord) -> Comparison:
    """The comparison of controllers, named one and two, by what their only probe came to."""
    cases = (case_record("s/one", probe.verdict, reason=probe.reason, probes=(probe,)) for probe in probes)
    return comparison(
        [named(report(case), name) for case, name in zip(cases, ("one", "two", "three"), strict=False)], {}
    )


def answers(found: Comparison) -> tuple[Answers, ...]:
    (case,) = found.statements[0].cases
    (probe,) = case.probes
    return probe.answers


def forms(found: Comparison) -> dict[str, str]:
    console = Console(file=io.StringIO(), width=500)
    print_comparison(found, console)
    terminal = console.file.getvalue()  # type: ignore[attr-defined]
    return {"terminal": terminal, "markdown": comparison_markdown(found), "json": found.model_dump_json(by_alias=True)}


@pytest.mark.parametrize(
    ("probe", "told"),
    [
        (wrong(Reason.WRONG_HEADER, TARGET), ("a", "wrong-header", TARGET)),
        (wrong(Reason.WRONG_CERTIFICATE, OLDER), ("a", "wrong-certificate", OLDER)),
        (
            wrong(Reason.UNSTABLE, "first b, on the second look a", attempts=attempts("b", "b", "b", "a")),
            ("varies:a,b", "unstable", "the answers changed"),
        ),
    ],
)
def test_who_fails_with_the_outcome_that_is_expected_does_not_stand_with_who_passes(
    probe: ProbeRecord, told: tuple[str, str, str]
) -> None:
    found = compared(right(), probe)
    first, second = answers(found)
    assert (first.outcome, first.reason, first.detail, first.runs) == ("a", "", "", ("one",))
    assert (second.outcome, second.reason, second.detail, second.runs) == (*told, ("two",))
    for form, text in forms(found).items():
        shown = html.unescape(text)
        assert f"({told[1]}: {told[2]})" in shown or form == "json"
        assert told[1] in shown, form
        assert told[2] in shown, form


@pytest.mark.parametrize(
    "probe",
    [
        wrong(Reason.WRONG_CERTIFICATE, OLDER, outcome="status:404", expected="no match"),
        wrong(Reason.UNEXPECTED_MATCH, "backend b (status:404) answered", outcome="status:404", expected="no match"),
        wrong(Reason.NOT_PROGRAMMED, "the marker did not answer", outcome="status:404", expected="no match"),
        wrong(Reason.WRONG_CERTIFICATE, OLDER, outcome="status:404", expected="record"),
    ],
)
def test_where_several_outcomes_are_right_the_failing_one_is_told_too(probe: ProbeRecord) -> None:
    first, second = answers(compared(right("status:404", probe.expected.outcome), probe))
    assert first.outcome == second.outcome == "status:404"
    assert (first.reason, second.reason) == ("", probe.reason)


@pytest.mark.parametrize(
    "probe",
    [
        wrong(Reason.NO_MATCH, "404 came in place of backend a", outcome="status:404"),
        wrong(Reason.UNEXPECTED_MATCH, "backend b answered", outcome="b", expected="no match"),
        wrong(Reason.NOT_PROGRAMMED, "the marker of this object never answered", observed=None),
    ],
)
def test_where_the_outcome_shows_it_nothing_is_added(probe: ProbeRecord) -> None:
    _, second = answers(compared(right("a", probe.expected.outcome), probe))
    assert second.reason == second.detail == ""


def test_answers_that_change_by_chance_are_alike_whichever_came_last() -> None:
    one = wrong(Reason.UNSTABLE, "first b, on the second look a", attempts=attempts("b", "b", "b", "a"))
    two = wrong(Reason.UNSTABLE, "first a, on the second look b", outcome="b", attempts=attempts("a", "a", "a", "b"))
    assert [same.runs for same in answers(compared(one, two))] == [("one", "two")]


def test_one_answer_that_is_unstable_for_another_cause_keeps_its_words() -> None:
    why = "the same backend received different requests"
    _, second = answers(compared(right(), wrong(Reason.UNSTABLE, why)))
    assert (second.outcome, second.reason, second.detail) == ("a", "unstable", why)


def test_what_differs_from_run_to_run_does_not_part_answers() -> None:
    pods = Expected(outcome="a", more={"pods": 1})
    spread = (wrong(Reason.WRONG_BACKEND, f"2 of 1 pods answered: pods-{at} 3", expected="a") for at in "xy")
    first, second = (probe.model_copy(update={"expected": pods}) for probe in spread)
    assert [same.detail for same in answers(compared(first, second))] == ["2 of 1 pods answered"]


def test_words_of_a_report_are_cut_and_obeyed_by_nothing() -> None:
    found = compared(right(), wrong(Reason.WRONG_HEADER, HOSTILE + "long" * 1000))
    for form, text in forms(found).items():
        assert "long" * 60 not in text, form
        assert "\x1b" not in text, form
        assert form == "json" or "…" in text
    assert "<script" not in forms(found)["markdown"]
