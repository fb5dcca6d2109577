"""From probes to a case, and what a controller's claims make of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.judge.cases import CaseVerdict, judge_case, with_claims
from conformance.judge.probes import ProbeVerdict
from conformance.judge.words import Reason, Verdict

RIGHT = ProbeVerdict(Verdict.PASS)
CLAIMS = {"P18": "https://example.test/no-such-path-type"}


def wrong(reason: Reason) -> ProbeVerdict:
    return ProbeVerdict(Verdict.FAIL, reason, f"it was {reason.value}")


def test_a_case_whose_probes_all_pass_passes() -> None:
    assert judge_case([("one", RIGHT), ("two", RIGHT)]) == CaseVerdict(Verdict.PASS)


def test_a_case_without_a_probe_is_the_suites_own_trouble() -> None:
    verdict = judge_case([])
    assert (verdict.verdict, verdict.reason) == (Verdict.ERROR, Reason.HARNESS)


@given(st.permutations([("one", RIGHT), ("two", RIGHT), ("three", wrong(Reason.NO_MATCH))]))
def test_one_failing_probe_fails_the_case_wherever_it_stands(verdicts: list[tuple[str, ProbeVerdict]]) -> None:
    assert judge_case(verdicts) == CaseVerdict(Verdict.FAIL, Reason.NO_MATCH, "three: it was no-match")


WORST_FIRST = [
    Reason.CONTROLLER_CRASHED,
    Reason.NOT_PROGRAMMED,
    Reason.UNSTABLE,
    Reason.UNEXPECTED_MATCH,
    Reason.WRONG_BACKEND,
    Reason.NO_MATCH,
]


@given(st.permutations(WORST_FIRST), st.integers(1, len(WORST_FIRST)))
def test_the_worst_reason_is_that_of_the_case(order: list[Reason], count: int) -> None:
    shown = order[:count]
    worst = min(shown, key=WORST_FIRST.index)
    verdict = judge_case([("right", RIGHT), *((reason.value, wrong(reason)) for reason in shown)])
    assert verdict.reason is worst
    assert f"it was {worst.value}" in verdict.detail


def test_of_reasons_as_bad_as_each_other_the_first_is_told() -> None:
    verdict = judge_case([("one", wrong(Reason.REDIRECTED)), ("two", wrong(Reason.NO_ANSWER))])
    assert verdict.detail == "one: it was redirected"


def test_what_the_suite_could_not_judge_is_an_error_whatever_else_fails() -> None:
    trouble = ProbeVerdict(Verdict.ERROR, Reason.HARNESS, "nobody counted")
    for verdicts in ([trouble], [RIGHT, trouble], [wrong(Reason.CONTROLLER_CRASHED), trouble]):
        verdict = judge_case([(str(number), one) for number, one in enumerate(verdicts)])
        assert (verdict.verdict, verdict.reason) == (Verdict.ERROR, Reason.HARNESS)


class TestClaims:
    failing = CaseVerdict(Verdict.FAIL, Reason.NO_MATCH, "p: 404 came")
    passing = CaseVerdict(Verdict.PASS)

    def test_declared_and_failing_is_unsupported_with_both_sides_told(self) -> None:
        verdict = with_claims(self.failing, ["P01", "P18"], CLAIMS)
        assert (verdict.verdict, verdict.reason, verdict.contradiction) == (Verdict.UNSUPPORTED, Reason.NO_MATCH, "")
        assert "P18" in verdict.detail
        assert CLAIMS["P18"] in verdict.detail
        assert "404 came" in verdict.detail

    def test_declared_and_passing_contradicts(self) -> None:
        verdict = with_claims(self.passing, ["P18"], CLAIMS)
        assert verdict.verdict is Verdict.PASS
        assert "P18" in verdict.contradiction

    def test_undeclared_and_failing_contradicts(self) -> None:
        verdict = with_claims(self.failing, ["P01"], CLAIMS)
        assert verdict.verdict is Verdict.FAIL
        assert verdict.contradiction

    def test_undeclared_and_passing_is_what_everybody_hopes_for(self) -> None:
        assert with_claims(self.passing, ["P01"], CLAIMS) == self.passing

    @pytest.mark.parametrize("verdict", [Verdict.ERROR, Verdict.SKIPPED])
    @pytest.mark.parametrize("statement", ["P01", "P18"])
    def test_what_was_not_judged_says_nothing_about_claims(self, verdict: Verdict, statement: str) -> None:
        unjudged = CaseVerdict(verdict, Reason.HARNESS, "no cluster")
        assert with_claims(unjudged, [statement], CLAIMS) == unjudged
