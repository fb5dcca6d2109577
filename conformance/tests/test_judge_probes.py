"""From all attempts to the verdict of a probe: no vacuous pass, no impatience, no hidden flake."""

import dataclasses
import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.case.model import NO_MATCH, RECORD, Certificate, Received
from conformance.judge.facts import Facts
from conformance.judge.looks import judge_again
from conformance.judge.probes import (
    CLEAN_RATIO,
    CLEAN_RUN,
    CONSECUTIVE,
    Attempt,
    ProbeVerdict,
    judge_probe,
    recorded_outcome,
    settled,
    streak,
)
from conformance.judge.words import Reason, Verdict
from conformance.probes.answer import BODY_KEPT
from conformance.tests.answers import ENDING, expecting, seen, uncounted

OUTCOMES = ["a", "b", "status:404", "status:503", "timeout", "reset", "redirect:301:/"]
attempts = st.lists(st.builds(lambda o, c: seen(o, counted=c), st.sampled_from(OUTCOMES), st.booleans()), max_size=9)


def judged(expected: str, *outcomes: str | Attempt) -> ProbeVerdict:
    made = [seen(outcome) if isinstance(outcome, str) else outcome for outcome in outcomes]
    return judge_probe(expecting(expected), made, ENDING)


def short(verdict: ProbeVerdict) -> tuple[Verdict, Reason | None]:
    return verdict.verdict, verdict.reason


PASS = (Verdict.PASS, None)


def fail(reason: Reason) -> tuple[Verdict, Reason | None]:
    return Verdict.FAIL, reason


class TestThreeInARow:
    def test_three_expected_answers_pass(self) -> None:
        assert short(judged("a", "a", "a", "a")) == PASS

    def test_two_do_not(self) -> None:
        assert short(judged("a", "a", "a")) == fail(Reason.UNSTABLE)

    def test_three_wrong_answers_fail_for_what_they_are(self) -> None:
        assert short(judged("a", "b", "b", "b")) == fail(Reason.WRONG_BACKEND)

    def test_wrong_answers_before_are_forgiven(self) -> None:
        assert short(judged("a", "status:404", "status:404", "status:404", "status:503", "a", "a", "a")) == PASS

    def test_right_answers_before_are_no_help(self) -> None:
        assert short(judged("a", "a", "a", "a", "b", "b", "b")) == fail(Reason.WRONG_BACKEND)

    def test_answers_that_alternate_are_unstable(self) -> None:
        assert short(judged("a", "a", "b", "a", "b", "a", "b")) == fail(Reason.UNSTABLE)

    def test_different_codes_that_all_mean_no_match_are_not_three_equal_ones(self) -> None:
        verdict = judged(NO_MATCH, "status:404", "reset", "status:404", "reset")
        assert short(verdict) == fail(Reason.UNSTABLE)
        assert "reset" in verdict.detail

    def test_one_backend_that_received_different_requests_is_unstable(self) -> None:
        wants = expecting("a", Received(target="/x"))
        made = [seen("a", target="/y"), seen("a", target="/x"), seen("a", target="/x")]
        assert short(judge_probe(wants, made, ENDING)) == fail(Reason.UNSTABLE)

    def test_a_request_that_always_arrives_changed_fails_for_that(self) -> None:
        made = [seen("a", target="/y") for _ in range(3)]
        assert short(judge_probe(expecting("a", Received(target="/x")), made, ENDING)) == fail(Reason.WRONG_HEADER)


class TestRightAnswersThatTurnWrong:
    """One that errs in every second request shows three right answers in a row soon enough."""

    @pytest.mark.parametrize(
        ("choice", "reason"),
        [
            ("b", Reason.WRONG_BACKEND),
            ("status:404", Reason.NO_MATCH),
            ("redirect:301:/", Reason.REDIRECTED),
        ],
    )
    def test_three_in_a_row_are_not_enough_then(self, choice: str, reason: Reason) -> None:
        verdict = judged("a", "a", choice, "a", "a", "a")
        assert short(verdict) == fail(reason)
        assert verdict.detail.startswith("right answers kept turning wrong: ")

    @pytest.mark.parametrize("brief", ["status:503", "timeout", "reset"])
    def test_what_was_only_not_served_for_a_moment_is_no_choice(self, brief: str) -> None:
        assert short(judged("a", "a", brief, "a", "a", "a")) == PASS

    @pytest.mark.parametrize(("run", "expected"), [(CLEAN_RUN - 1, fail(Reason.NO_MATCH)), (CLEAN_RUN, PASS)])
    def test_a_long_run_of_right_answers_makes_up_for_a_handover(
        self, run: int, expected: tuple[Verdict, Reason | None]
    ) -> None:
        assert short(judged("a", *["status:404"] * 50, "a", "status:404", *["a"] * run)) == expected

    def test_the_longer_it_went_on_the_longer_the_run_must_be(self) -> None:
        lapses = ["a", "b"] * CLEAN_RUN
        needed = CLEAN_RATIO * len(lapses)
        assert short(judged("a", *lapses, *["a"] * (needed - 1))) == fail(Reason.WRONG_BACKEND)
        assert short(judged("a", *lapses, *["a"] * needed)) == PASS

    def test_so_it_is_with_a_backend_where_none_may_answer(self) -> None:
        assert short(judged(NO_MATCH, "status:404", "b", *["status:404"] * 3)) == fail(Reason.UNEXPECTED_MATCH)
        assert short(judged(NO_MATCH, "b", *["status:404"] * 3)) == PASS

    def test_and_with_the_right_backend_that_received_something_else(self) -> None:
        wants = expecting("a", Received(target="/x"))
        made = [seen("a", target=target) for target in ("/x", "/y", "/x", "/x", "/x")]
        assert short(judge_probe(wants, made, ENDING)) == fail(Reason.WRONG_HEADER)

    def test_what_stays_wrong_fails_for_what_it_is(self) -> None:
        assert short(judged("a", "a", "b", "b", "b")) == fail(Reason.WRONG_BACKEND)


class TestWhoseCertificate:
    """A controller may make itself a new default certificate whenever it loads anything; ours are told apart."""

    OURS, THEIRS = b"one", b"two"
    FACTS = Facts(minted=frozenset(hashlib.sha256(der).hexdigest() for der in (OURS, THEIRS)))

    @staticmethod
    def answered(*leaves: bytes) -> list[Attempt]:
        made = [seen("a") for _ in leaves]
        answers = [dataclasses.replace(one.answer, certificate=leaf) for one, leaf in zip(made, leaves, strict=True)]
        return [dataclasses.replace(one, answer=answer) for one, answer in zip(made, answers, strict=True)]

    def test_three_foreign_ones_are_equal_whatever_they_are(self) -> None:
        assert len(streak(self.answered(b"x", b"y", b"z"), self.FACTS)) == CONSECUTIVE

    @pytest.mark.parametrize("leaves", [(OURS, THEIRS), (OURS, b"x"), (b"x", OURS)])
    def test_one_of_the_run_equals_only_itself(self, leaves: tuple[bytes, bytes]) -> None:
        assert len(streak(self.answered(*leaves), self.FACTS)) == 1

    @pytest.mark.parametrize(("after", "reason"), [(b"y", Reason.WRONG_CERTIFICATE), (OURS, Reason.UNSTABLE)])
    def test_on_the_second_look_only_the_right_one_is_a_change(self, after: bytes, reason: Reason) -> None:
        probe = expecting("a")
        wants = probe.expect.model_copy(update={"certificate": Certificate(secret="one")})
        probe = probe.model_copy(update={"expect": wants})
        facts = dataclasses.replace(self.FACTS, certificates={"one": (hashlib.sha256(self.OURS).hexdigest(),)})
        first = ProbeVerdict(Verdict.FAIL, Reason.WRONG_CERTIFICATE, "")
        before, again = self.answered(b"x", after)
        assert judge_again(probe, first, before, [again], ENDING, facts).reason is reason


class TestNoVacuousPass:
    def test_no_match_without_a_live_marker_is_not_programmed(self) -> None:
        made = [uncounted("status:404")] * 20
        assert short(judged(NO_MATCH, *made)) == fail(Reason.NOT_PROGRAMMED)

    def test_no_attempt_at_all_is_not_programmed(self) -> None:
        assert short(judged(NO_MATCH)) == fail(Reason.NOT_PROGRAMMED)
        assert short(judged(RECORD)) == fail(Reason.NOT_PROGRAMMED)

    @pytest.mark.parametrize("expected", ["a", NO_MATCH, RECORD])
    def test_even_the_expected_backend_is_not_believed_without_the_marker(self, expected: str) -> None:
        assert short(judged(expected, *[uncounted("a")] * 9)) == fail(Reason.NOT_PROGRAMMED)

    def test_uncounted_answers_in_between_neither_break_nor_make_a_row(self) -> None:
        between = uncounted("status:404")
        assert short(judged("a", "a", between, "a", between, "a", between)) == PASS
        assert short(judged("a", "a", uncounted("a"), "a", uncounted("a"))) == fail(Reason.UNSTABLE)


@given(attempts, st.sampled_from(["a", NO_MATCH, RECORD]))
def test_uncounted_attempts_decide_nothing(made: list[Attempt], expected: str) -> None:
    counted = [attempt for attempt in made if attempt.counted]
    probe = expecting(expected)
    assert short(judge_probe(probe, made, ENDING)) == short(judge_probe(probe, counted, ENDING))
    assert streak(made) == streak(counted)


@given(attempts, st.sampled_from(["a", NO_MATCH]))
def test_a_pass_rests_on_three_equal_counted_answers_at_the_end(made: list[Attempt], expected: str) -> None:
    right = {"a": {"a"}, NO_MATCH: {"status:404", "status:503", "reset"}}[expected]
    last = [attempt.seen.outcome for attempt in made if attempt.counted][-CONSECUTIVE:]
    passes = len(last) == CONSECUTIVE and len(set(last)) == 1 and set(last) <= right
    # In so few attempts nobody recovers from having chosen otherwise after a right answer.
    choices = {"a", "b", "status:404", "redirect:301:/"} - right
    since = list(itertools.dropwhile(lambda outcome: outcome not in right, (m.seen.outcome for m in made if m.counted)))
    passes = passes and choices.isdisjoint(since)
    assert (judge_probe(expecting(expected), made, ENDING).verdict is Verdict.PASS) == passes
    assert settled(expecting(expected), made, ENDING) == passes


class TestRecording:
    def test_a_steady_answer_is_recorded(self) -> None:
        made = [seen("status:503"), *[seen("b")] * 3]
        assert short(judged(RECORD, *made)) == PASS
        assert recorded_outcome(expecting(RECORD), made) == "b"

    def test_a_varying_answer_passes_and_is_recorded_as_such(self) -> None:
        made = [seen("b"), seen("a"), seen("b"), seen("a")]
        verdict = judged(RECORD, *made)
        assert short(verdict) == PASS
        assert "a, b" in verdict.detail
        assert recorded_outcome(expecting(RECORD), made) == "varies:a,b"

    def test_fewer_than_three_answers_are_no_record(self) -> None:
        assert short(judged(RECORD, "b")) == fail(Reason.UNSTABLE)
        assert short(judged(RECORD, "b", "a")) == fail(Reason.UNSTABLE)

    def test_a_change_on_the_second_look_is_recorded(self) -> None:
        before, after = seen("b"), seen("a")
        assert recorded_outcome(expecting(RECORD), [before, before, before, after]) == "varies:a,b"
        assert short(judge_again(expecting(RECORD), ProbeVerdict(Verdict.PASS), before, [after], ENDING)) == PASS

    def test_what_was_seen_without_the_marker_is_not_recorded(self) -> None:
        made = [seen("a"), seen("a"), seen("a"), uncounted("status:404")]
        assert recorded_outcome(expecting(RECORD), made) == "a"

    def test_where_nothing_counted_the_last_answer_is_shown(self) -> None:
        assert recorded_outcome(expecting(NO_MATCH), [uncounted("a"), uncounted("timeout")]) == "timeout"

    def test_a_judged_probe_never_varies(self) -> None:
        assert recorded_outcome(expecting("a"), [seen("a"), seen("b")]) == "b"


class TestTheSecondLook:
    right = ProbeVerdict(Verdict.PASS)
    wrong = ProbeVerdict(Verdict.FAIL, Reason.NO_MATCH, "404 came")

    def again(self, first: ProbeVerdict, before: str, after: Attempt, expected: str = "a") -> ProbeVerdict:
        return judge_again(expecting(expected), first, seen(before), [after], ENDING)

    def test_what_is_still_right_passes(self) -> None:
        assert self.again(self.right, "a", seen("a")) == self.right

    def test_what_is_still_wrong_keeps_its_reason(self) -> None:
        assert self.again(self.wrong, "status:404", seen("status:404")) == self.wrong

    @pytest.mark.parametrize("after", ["b", "status:404", "timeout"])
    def test_what_turned_wrong_is_unstable(self, after: str) -> None:
        verdict = self.again(self.right, "a", seen(after))
        assert short(verdict) == fail(Reason.UNSTABLE)
        assert after in verdict.detail

    def test_what_turned_right_is_unstable_too(self) -> None:
        assert short(self.again(self.wrong, "status:404", seen("a"))) == fail(Reason.UNSTABLE)

    def test_what_is_wrong_in_another_way_is_unstable(self) -> None:
        assert short(self.again(self.wrong, "status:404", seen("b"))) == fail(Reason.UNSTABLE)

    def test_what_is_wrong_for_the_same_reason_is_the_same_verdict(self) -> None:
        first = ProbeVerdict(Verdict.FAIL, Reason.NO_ANSWER, "refused")
        assert self.again(first, "refused", seen("reset")) == first

    def test_another_code_that_still_means_no_match_is_right(self) -> None:
        assert self.again(self.right, "status:404", seen("reset"), NO_MATCH) == self.right

    @pytest.mark.parametrize("expected", ["a", NO_MATCH, RECORD])
    def test_a_marker_that_no_longer_answers_is_unstable(self, expected: str) -> None:
        assert short(self.again(self.right, "a", uncounted("a"), expected)) == fail(Reason.UNSTABLE)

    @pytest.mark.parametrize("reason", [Reason.NOT_PROGRAMMED, Reason.UNSTABLE])
    def test_a_later_success_does_not_heal_what_never_stood(self, reason: Reason) -> None:
        first = ProbeVerdict(Verdict.FAIL, reason)
        assert self.again(first, "a", seen("a")) == first

    def test_the_suite_s_own_trouble_does_not_become_the_controller_s(self) -> None:
        first = ProbeVerdict(Verdict.ERROR, Reason.HARNESS, "nobody has counted")
        assert self.again(first, "a", seen("a")) == first

    def test_a_request_that_arrives_changed_on_the_second_look_is_unstable(self) -> None:
        wants = expecting("a", Received(target="/"))
        verdict = judge_again(wants, self.right, seen("a"), [seen("a", target="/y")], ENDING)
        assert short(verdict) == fail(Reason.UNSTABLE)


def test_attempts_are_kept_for_the_whole_run_but_not_their_long_bodies() -> None:
    attempt = seen("a")
    long = Attempt(0.0, dataclasses.replace(attempt.answer, body=b"x" * (1 << 20)), attempt.seen, counted=True)
    assert len(long.answer.body) == BODY_KEPT
