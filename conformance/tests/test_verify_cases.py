"""What a report says of its cases, held against the cases themselves."""

from typing import Any

import pytest

from conformance.case.digest import asked_digest, cases_digest
from conformance.case.load import load_cases
from conformance.case.model import Case
from conformance.engine.probe_record import expected
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, Expected, Report
from conformance.tests.reports import case_record, probe_record, report
from conformance.verify.model import Problem, Unchecked
from conformance.verify.suite_cases import against_cases

EVERY = load_cases(None)
CASES = [case for case in EVERY if not case.steps and not case.submissions][:40]
VERSION = "0.1"
"""The version that hand-made reports name."""


def record_of(case: Case, **changes: Any) -> CaseRecord:
    """The record that a run of the case leaves."""
    probes = []
    for copy in range(1, case.copies + 1):
        for probe in case.probes:
            name = f"{probe.id} (copy {copy})" if case.copies > 1 else probe.id
            received = probe.expect.received
            seen = received.model_dump(exclude_defaults=True) if received else None
            probes.append(probe_record(id=name, expected=Expected(outcome=probe.expect.outcome, received=seen)))
    fields: dict[str, Any] = {
        "statements": case.statements,
        "title": case.title,
        "spec_url": case.spec_url,
        "placement": case.placement,
        "asked_digest": asked_digest(case),
        "probes": tuple(probes),
    }
    return case_record(case.id, Verdict.PASS, case.level, **{**fields, **changes})


def of(*records: CaseRecord, digest: str = "", **suite: Any) -> Report:
    made = report(*records)
    digest = digest or cases_digest(CASES)
    return made.model_copy(update={"suite": made.suite.model_copy(update={"cases_digest": digest, **suite})})


def found(made: Report, version: str = VERSION) -> list[tuple[str, str]]:
    return [(type(f).__name__, getattr(f, "place", "")) for f in against_cases(made, CASES, version)]


ALL = [record_of(case) for case in CASES]


def test_a_report_of_these_cases_is_found_to_be_one() -> None:
    assert not found(of(*ALL))


def test_cases_of_others_are_counted() -> None:
    strange = [record_of(CASES[0], id=f"mine/{number}") for number in range(2)]
    for some, said in ((strange[:1], "1 case is not of this suite"), (strange, "2 cases are not of this suite")):
        (problem,) = against_cases(of(*ALL, *some), CASES, VERSION)
        assert said in problem.what


def test_the_digest_of_other_cases_is_a_problem() -> None:
    assert found(of(*ALL, digest="sha256:0")) == [("Problem", "suite.casesDigest")]
    assert found(of(*ALL[1:])) == [("Problem", "suite.casesDigest")]


def test_cases_that_ask_something_else_are_named() -> None:
    other = ALL[1].model_copy(update={"asked_digest": "sha256:0"})
    assert found(of(ALL[0], other, *ALL[2:])) == [("Problem", f"{other.id}: askedDigest")]
    (problem,) = against_cases(of(ALL[0], other, *ALL[2:], digest="sha256:0"), CASES, VERSION)
    assert f"1 ask something else: {other.id};" in problem.what
    unsaid = ALL[1].model_copy(update={"asked_digest": ""})
    assert not found(of(ALL[0], unsaid, *ALL[2:]))


def test_what_cannot_be_compared_is_said() -> None:
    assert found(of(*ALL), "9.9") == [("Unchecked", "")]
    assert found(of(*ALL, options={"invert": True})) == [("Unchecked", "")]
    assert found(of(*ALL, options={"repeat": 3})) == [("Unchecked", "")]


def test_cases_that_the_suite_does_not_have_are_a_problem() -> None:
    assert found(of(case_record("mine/own"))) == [("Problem", "mine/own")]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"title": "Something easier"}, ": title"),
        ({"statements": ("Z99",)}, ": statements"),
        ({"spec_url": "https://example.test/"}, ": specUrl"),
        ({"placement": "odd"}, ": placement"),
        ({"probes": ALL[0].probes[1:]}, f": {ALL[0].probes[0].id}"),
        ({"probes": (*ALL[0].probes, probe_record(id="GET /easy"))}, ": GET /easy"),
        (
            {
                "probes": (
                    ALL[0].probes[0].model_copy(update={"expected": Expected(outcome="record")}),
                    *ALL[0].probes[1:],
                )
            },
            f": {ALL[0].probes[0].id}",
        ),
    ],
)
def test_an_easier_case_is_a_problem(changes: dict[str, Any], place: str) -> None:
    problems = list(against_cases(of(record_of(CASES[0], **changes), *ALL[1:]), CASES, VERSION))
    assert [p.place for p in problems if isinstance(p, Problem)] == [f"{CASES[0].id}{place}"]
    assert not any(isinstance(p, Unchecked) for p in problems)


@pytest.mark.parametrize("what", ["by", "headers", "tally", "arrived", "certificate", "alpn", "continued"])
def test_whatever_else_a_case_demands_of_an_answer_must_stand_in_the_report(what: str) -> None:
    told = [(case, {p.id: expected(p.expect) for p in case.probes}) for case in EVERY if not case.steps]
    case, wanted = next((case, all_of) for case, all_of in told if any(what in one.more for one in all_of.values()))
    dropped = next(name for name, one in wanted.items() if what in one.more)
    assert not list(against_cases(with_demands(case, wanted), [case], VERSION))
    less = {key: value for key, value in wanted[dropped].more.items() if key != what}
    easier = with_demands(case, {**wanted, dropped: wanted[dropped].model_copy(update={"more": less})})
    (problem,) = against_cases(easier, [case], VERSION)
    assert getattr(problem, "place", "") == f"{case.id}: {dropped}"


@pytest.mark.parametrize("what", ["status", "field", "stored", "shown"])
def test_whatever_the_api_server_must_say_must_stand_in_the_report(what: str) -> None:
    case = next(case for case in EVERY if any(getattr(one, what) for one in case.submissions))
    asked = next(one for one in case.submissions if getattr(one, what))
    more = {key: getattr(asked, key) for key in ("status", "field", "stored", "shown") if getattr(asked, key)}
    case = case.model_copy(update={"submissions": (asked,)})
    told = {asked.id: Expected(outcome=asked.outcome, more=more)}
    assert not list(against_cases(with_demands(case, told), [case], VERSION))
    easier = Expected(outcome=asked.outcome, more={key: value for key, value in more.items() if key != what})
    assert len(list(against_cases(with_demands(case, {asked.id: easier}), [case], VERSION))) == 1


def with_demands(case: Case, told: dict[str, Expected]) -> Report:
    """A report of one case whose probes say that they expect this."""
    probes = tuple(probe_record(id=name, expected=one) for name, one in told.items())
    return of(record_of(case, probes=probes), digest=cases_digest([case]))
