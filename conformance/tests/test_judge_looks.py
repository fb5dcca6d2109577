"""Looks after the first verdict: at one load wrong answers may turn right, and never the other way round."""

import hashlib
from dataclasses import replace

import pytest

from conformance.case.model import RECORD, Certificate, Expectation, Probe
from conformance.judge.facts import Facts
from conformance.judge.looks import judge_again
from conformance.judge.probes import Attempt, ProbeVerdict, against
from conformance.judge.words import Reason, Verdict
from conformance.report.model import AttemptRecord
from conformance.tests.answers import ENDING, expecting, seen, uncounted
from conformance.tests.reports import report
from conformance.tests.sound_report import attempts
from conformance.tests.sound_report import case as sound_case
from conformance.tests.sound_report import probe as sound_probe
from conformance.verify.consistency import inconsistencies

RIGHT = ProbeVerdict(Verdict.PASS)


def look(told: str, revision: int) -> Attempt:
    """A look that saw this backend; in brackets one that does not count."""
    made = uncounted(told.strip("()")) if told.startswith("(") else seen(told)
    return Attempt(made.at, made.answer, made.seen, made.counted, revision, second_look=True)


def looks(told: str) -> list[Attempt]:
    """Looks at revisions from 1 on, such as ``a | b a a a | a a``."""
    return [look(one, number) for number, some in enumerate(told.split("|"), start=1) for one in some.split()]


@pytest.mark.parametrize(
    ("told", "passes"),
    [
        ("a", True),
        ("| a a | a a | a a a", True),
        ("a | a a | a", True),
        ("| b a a a | a", True),
        ("| b b a a a", True),
        ("| (b) a a | (b) (b) a", True),
        ("b", False),
        ("b a a a", False),
        ("| a b", False),
        ("| a a b a a a", False),
        ("| b a a", False),
        ("| b a b a a a", False),
        ("| a a | b b b", False),
        ("| a a | b | a a a a", False),
        ("| a a | (a)", False),
    ],
)
def test_a_pass_stands_if_it_is_right_at_each_load_in_the_end(told: str, passes: bool) -> None:
    verdict = judge_again(expecting("a"), RIGHT, seen("a"), looks(told), ENDING)
    assert verdict == RIGHT if passes else (verdict.verdict, verdict.reason) == (Verdict.FAIL, Reason.UNSTABLE)


def test_without_a_look_the_first_verdict_stands() -> None:
    assert judge_again(expecting("a"), RIGHT, seen("a"), [], ENDING) == RIGHT


def test_what_changes_at_some_load_is_recorded_where_nothing_is_judged() -> None:
    verdict = judge_again(expecting(RECORD), RIGHT, seen("a"), looks("| a | b | a"), ENDING)
    assert verdict.verdict is Verdict.PASS
    assert "on the second look b" in verdict.detail


def test_looks_come_last_and_what_came_meanwhile_counts_for_none() -> None:
    first, again = attempts("a", "a", "a", second_look=False), attempts("a", "a", "a")[-1:]
    meanwhile = attempts("a", counted=False, second_look=False)

    def problems(*parts: tuple[AttemptRecord, ...]) -> list[str]:
        flat = [one for part in parts for one in part]
        in_time = tuple(one.model_copy(update={"at": 2.0 + n}) for n, one in enumerate(flat))
        one = sound_case("s/one", sound_probe("GET", "a", "a").model_copy(update={"attempts": in_time}))
        return [found.what for found in inconsistencies(report(one, complete=False))]

    assert problems(first, again, again) == []
    assert problems(first, again, meanwhile, again) == []
    assert problems(first, again, first, again) == ["an attempt follows the second look"]


def test_where_the_backend_stays_the_same_it_is_said_what_has_changed() -> None:
    mine = hashlib.sha256(b"mine").hexdigest()
    facts = Facts(certificates={"one": (mine,)}, minted=frozenset({mine}))
    probe = Probe(id="p", host="foo.com", expect=Expectation(outcome="a", certificate=Certificate(secret="one")))

    def shown(leaf: bytes) -> Attempt:
        plain = look("a", 1)
        return replace(plain, answer=replace(plain.answer, certificate=leaf, chain=(leaf,)))

    before, after = shown(b"a foreign one"), shown(b"mine")
    found = against(probe, before, ENDING, facts)
    assert found is not None
    again = judge_again(probe, ProbeVerdict(Verdict.FAIL, *found), before, [after], ENDING, facts)
    assert again.reason is Reason.UNSTABLE
    assert again.detail == f"first {found[1]}; on the second look as expected"
    assert "a certificate that no Secret holds" in again.detail
