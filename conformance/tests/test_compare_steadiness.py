"""Whether runs came to the same: any verdict, reason, finding or answer that differs is named, and none is skipped."""

from typing import Any

import pytest

from conformance.compare.steadiness import unlike
from conformance.errors import BadInput
from conformance.judge.words import Reason, Verdict
from conformance.report.fold import report_of
from conformance.report.model import CaseRecord, Finding, Observed, Report
from conformance.tests.reports import case_record, events_of, probe_record

RIGHT = probe_record(observed=Observed(outcome="a", backend="a"))
WRONG = probe_record(Verdict.FAIL)


def report(*cases: CaseRecord, repeat: int = 1) -> Report:
    made = report_of(events_of(*cases))
    suite = made.suite.model_copy(update={"options": {**made.suite.options, "repeat": repeat}})
    return made.model_copy(update={"suite": suite})


def right(name: str = "s/one", **changes: Any) -> CaseRecord:
    return case_record(name, **{"probes": (RIGHT,), **changes})


def wrong(name: str = "s/one", **changes: Any) -> CaseRecord:
    return case_record(name, Verdict.FAIL, **{"probes": (WRONG,), **changes})


def told(first: Report, now: Report, *, same_way: bool = True) -> list[tuple[str, bool]]:
    return [(str(one), one.judged) for one in unlike(first, now, same_way=same_way)]


def test_equal_runs_are_equal() -> None:
    assert told(report(right(), wrong("s/two")), report(right(), wrong("s/two"))) == []


def test_another_verdict_is_named_with_both_answers() -> None:
    assert told(report(right()), report(wrong())) == [
        ("s/one  verdict: first pass, now fail no-match", True),
        ("s/one  GET /: first a (pass), now status:404 (fail no-match)", False),
    ]


def test_another_reason_is_another_verdict() -> None:
    [(text, judged), *_] = told(report(wrong()), report(wrong(reason=Reason.UNSTABLE)))
    assert (text, judged) == ("s/one  verdict: first fail no-match, now fail unstable", True)


def test_another_answer_to_a_recorded_probe_is_named_though_the_verdict_is_the_same() -> None:
    other = probe_record(observed=Observed(outcome="status:503"))
    assert told(report(right()), report(right(probes=(other,)))) == [
        ("s/one  GET /: first a (pass), now status:503 (pass)", False)
    ]


def test_another_reason_of_a_single_probe_is_named() -> None:
    other = WRONG.model_copy(update={"reason": Reason.UNSTABLE})
    assert told(report(wrong()), report(wrong(probes=(other,)))) == [
        ("s/one  GET /: first status:404 (fail no-match), now status:404 (fail unstable)", False)
    ]


def test_a_probe_that_is_missing_is_named() -> None:
    [(text, _)] = told(report(right(probes=(RIGHT, RIGHT.model_copy(update={"id": "GET /x"})))), report(right()))
    assert text == "s/one  GET /x: first a (pass), now no such probe"


def test_a_new_finding_is_named_but_interference_needs_company() -> None:
    def finding(kind: str) -> CaseRecord:
        return right(findings=(Finding.model_validate({"kind": kind, "detail": "x"}),))

    assert told(report(right()), report(finding("poison"))) == [("s/one  findings: first none, now poison", True)]
    assert told(report(right()), report(finding("interference")))
    assert told(report(right()), report(finding("interference")), same_way=False) == []
    assert told(report(right()), report(finding("poison")), same_way=False)


def test_the_controllers_address_may_differ() -> None:
    def at(address: str) -> Report:
        one = report(right(probes=(probe_record(observed=Observed(outcome=f"redirect:302:https://{address}/")),)))
        return one.model_copy(update={"controller": one.controller.model_copy(update={"address": address})})

    assert told(at("10.100.0.7"), at("10.100.0.8")) == []
    assert told(at("10.100.0.7"), at("10.100.0.8").model_copy(update={"controller": at("1.1.1.1").controller}))


def test_repeats_within_a_run_are_compared_with_the_first_turn() -> None:
    shaky = report(right(), wrong("s/one-x2"), right("s/one-x3"), repeat=3)
    assert told(shaky, shaky) == [
        ("s/one (repeat 2)  verdict: first pass, now fail no-match", True),
        ("s/one (repeat 2)  GET /: first a (pass), now status:404 (fail no-match)", False),
    ]
    assert told(report(right()), report(right(), right("s/one-x2"), repeat=2)) == []


def test_a_case_whose_name_ends_like_a_repeat_is_itself() -> None:
    assert told(report(right("s/one-x2")), report(wrong("s/one-x2")))
    assert told(report(right("s/one"), wrong("s/one-x2")), report(right("s/one"), wrong("s/one-x2"))) == []


@pytest.mark.parametrize(
    "other",
    [
        report(right("s/two")),
        report(right(), right("s/two")),
        report(right(), right("s/one-x3"), repeat=3),
        report_of(event for event in events_of(right()) if event["event"] != "end"),
        report_of(events_of()),
    ],
    ids=["another case", "one more", "a repeat is missing", "cut short", "empty"],
)
def test_runs_that_cannot_be_compared_are_never_called_equal(other: Report) -> None:
    for first, now in ((report(right()), other), (other, report(right()))):
        with pytest.raises(BadInput):
            unlike(first, now)
