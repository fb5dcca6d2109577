"""The decision table: one answer held against one expectation."""

import dataclasses
from typing import Any

import pytest

from conformance.case.model import HAS_ADDRESS, NO_ADDRESS, NO_MATCH, RECORD, Expectation, Received
from conformance.judge.answers import header_values, is_choice, may_still_change, reason_against
from conformance.judge.exact import reason_against_exact
from conformance.judge.words import Reason
from conformance.probes.outcome import Sighting, sighting
from conformance.tests.answers import AWAY, ENDING, HOME, NAMES, expecting, seen, served, status

CODES = ["status:404", "status:200", "status:502", "redirect:308:https://foo.com/", "reset", "refused", "timeout"]
CODES += ["malformed", "stale", "tls-alert:unrecognized-name"]

TABLE: dict[str, dict[str, Reason | None]] = {
    # what was seen         expects a             expects no match
    "a": {"a": None, NO_MATCH: Reason.UNEXPECTED_MATCH},
    "b": {"a": Reason.WRONG_BACKEND, NO_MATCH: Reason.UNEXPECTED_MATCH},
    "other/a": {"a": Reason.WRONG_BACKEND, NO_MATCH: Reason.UNEXPECTED_MATCH},
    "status:404": {"a": Reason.NO_MATCH, NO_MATCH: None},
    "status:200": {"a": Reason.WRONG_STATUS, NO_MATCH: None},
    "status:502": {"a": Reason.WRONG_STATUS, NO_MATCH: None},
    "redirect:308:https://foo.com/": {"a": Reason.REDIRECTED, NO_MATCH: Reason.REDIRECTED},
    "reset": {"a": Reason.NO_ANSWER, NO_MATCH: None},
    "refused": {"a": Reason.NO_ANSWER, NO_MATCH: None},
    "tls-alert:unrecognized-name": {"a": Reason.NO_ANSWER, NO_MATCH: None},
    "timeout": {"a": Reason.NO_ANSWER, NO_MATCH: Reason.NO_ANSWER},
    "malformed": {"a": Reason.NO_ANSWER, NO_MATCH: Reason.NO_ANSWER},
    "stale": {"a": Reason.NO_ANSWER, NO_MATCH: Reason.NO_ANSWER},
}


@pytest.mark.parametrize("outcome", TABLE)
@pytest.mark.parametrize("expected", ["a", NO_MATCH])
def test_every_outcome_has_its_reason(outcome: str, expected: str) -> None:
    against = reason_against(expecting(expected), seen(outcome).seen, ENDING)
    assert (against[0] if against else None) == TABLE[outcome][expected]
    if against:
        assert outcome.removeprefix("status:") in against[1], "the sentence must say what was seen"


@pytest.mark.parametrize("outcome", TABLE)
def test_what_is_only_recorded_is_never_wrong(outcome: str) -> None:
    assert reason_against(expecting(RECORD), seen(outcome).seen, ENDING) is None


def test_a_backend_of_the_other_namespace_may_be_the_expected_one() -> None:
    assert reason_against(expecting("other/a"), seen("other/a").seen, ENDING) is None
    against = reason_against(expecting("other/a"), seen("a").seen, ENDING)
    assert against is not None
    assert against[0] is Reason.WRONG_BACKEND


def test_a_backend_that_answers_with_an_error_is_a_match_all_the_same() -> None:
    failing = sighting(served("a", status=503), names=NAMES)
    for expected, reason in (("a", Reason.WRONG_STATUS), (NO_MATCH, Reason.UNEXPECTED_MATCH)):
        against = reason_against(expecting(expected), failing, ENDING)
        assert against is not None
        assert against[0] is reason


@pytest.mark.parametrize(
    ("expected", "reason"), [(HAS_ADDRESS, Reason.NOT_PROGRAMMED), (NO_ADDRESS, Reason.UNEXPECTED_MATCH)]
)
def test_a_status_has_an_address_or_none(expected: str, reason: Reason) -> None:
    for outcome in (HAS_ADDRESS, NO_ADDRESS):
        found = reason_against(expecting(expected), Sighting(outcome), ENDING)
        assert (found[0] if found else None) is (None if outcome == expected else reason)


ACCOUNT: dict[str, Any] = {
    "method": "POST",
    "target": "/a%2Fb?x=1",
    "port": 9090,
    "headers": [("Host", f"foo.com{ENDING}:80"), ("X-A", "1"), ("x-b", "2"), ("X-B", "3")],
    # The digest of "body".
    "body": {"length": 4, "sha256": "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"},
}
RIGHT = {
    "method": "POST",
    "target": "/a%2Fb?x=1",
    "port": 9090,
    "host": "foo.com:80",
    "body": "body",
    "headers": {"x-a": "1"},
}
WRONG = {
    "method": "GET",
    "target": "/a/b?x=1",
    "port": 8080,
    "host": "foo.com",
    "body": "boby",
    "headers": {"X-B": "2"},
}


def against_account(account: dict[str, Any], received: dict[str, Any]) -> tuple[Reason, str] | None:
    shown = Sighting("a", "a", "ns", "a-0", account)
    return reason_against(expecting("a", Received.model_validate(received)), shown, ENDING)


def test_a_request_that_arrived_as_it_must_is_right() -> None:
    assert against_account(ACCOUNT, RIGHT) is None


@pytest.mark.parametrize("part", RIGHT)
def test_each_part_of_the_request_is_looked_at(part: str) -> None:
    against = against_account(ACCOUNT, {**RIGHT, part: WRONG[part]})
    assert against is not None
    assert against[0] is Reason.WRONG_HEADER


@pytest.mark.parametrize("part", RIGHT)
@pytest.mark.parametrize("account", [{}, {"headers": None, "body": 7}], ids=["empty", "odd"])
def test_an_account_that_leaves_a_part_out_does_not_pass_for_right(part: str, account: dict[str, Any]) -> None:
    assert against_account(account, {part: RIGHT[part]}) is not None


def test_a_header_that_arrived_twice_did_not_arrive_as_sent() -> None:
    twice = {**ACCOUNT, "headers": [("X-A", "1"), ("x-a", "1")]}
    assert header_values(twice, "X-A") == ["1", "1"]
    assert against_account(twice, {"headers": {"X-A": "1"}}) is not None


def test_the_account_of_the_wrong_backend_is_not_what_is_wrong() -> None:
    shown = dataclasses.replace(seen("b").seen, account=ACCOUNT)
    against = reason_against(expecting("a", Received(method="GET")), shown, ENDING)
    assert against is not None
    assert against[0] is Reason.WRONG_BACKEND


@pytest.mark.parametrize("outcome", ["a", "other/a", "status:404", "redirect:301:/x"])
def test_a_choice_that_was_made_is_not_expected_to_change(outcome: str) -> None:
    assert not may_still_change(outcome)


@pytest.mark.parametrize(
    "outcome", ["status:503", "status:502", "status:500", "grpc-status:14", "varies:a,b", NO_ADDRESS, *CODES[4:]]
)
def test_trouble_may_still_pass(outcome: str) -> None:
    assert may_still_change(outcome)


def test_a_connection_that_ends_before_its_last_answer_is_no_wrong_backend() -> None:
    cut_short = Sighting("reset", backend="a", namespace="conformance-1", pod="a-1")
    found = reason_against(expecting("a"), cut_short, "")
    assert found is not None
    assert found[0] is Reason.NO_ANSWER


FORBIDDEN = {"the controller": status(403), "a": served("a", HOME, status=403), "b": served("b", HOME, status=403)}
FORBIDDEN |= {"other/a": served("a", AWAY, status=403)}


@pytest.mark.parametrize("who", FORBIDDEN)
@pytest.mark.parametrize("by", ["", "a", "other/a"])
def test_an_exact_status_is_only_right_from_the_one_who_must_answer_it(by: str, who: str) -> None:
    found = reason_against_exact(Expectation(outcome="status:403", by=by), sighting(FORBIDDEN[who], names=NAMES))
    assert (found is None) == (who == (by or "the controller"))
    if found:
        assert found[0] is (Reason.WRONG_BACKEND if by else Reason.UNEXPECTED_MATCH)
        assert f"came from {'' if who == 'the controller' else 'backend '}{who}" in found[1]


def test_several_backends_at_once_are_a_choice_though_it_may_still_change() -> None:
    assert is_choice("varies:a,b")
    assert may_still_change("varies:a,b")
