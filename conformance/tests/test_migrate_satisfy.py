"""Whether one of two guards suffices: seen only where the guard itself is."""

from typing import Any

import pytest

from conformance.migrate.derivation import CREDENTIALS
from conformance.migrate.model import Migration, Sort
from conformance.migrate.question import Question
from conformance.tests.migrations import Answering, Reply, ingress, migrated, plan, served

BOTH: dict[str, Any] = {"auth_type": "basic", "auth_secret": "users", "whitelist_source_range": "10.0.0.0/8"}


def guarded(value: str, **more: Any) -> list[dict[str, Any]]:
    return [ingress(satisfy=value, **{**BOTH, **more})]


def needing(*, both: bool, password: bool = True) -> Answering:
    """A controller that keeps who is elsewhere out, and who has no password; ``both`` says that it needs the two."""

    def answer(question: Question) -> Reply:
        if question.variant == "source-range":
            return Reply(outcome="status:403")
        anonymous = CREDENTIALS not in question.headers
        suffices = question.variant == "satisfy" and not both
        return Reply(outcome="status:401") if anonymous and password and not suffices else served(question)

    return answer


def status(found: Migration, name: str = "satisfy") -> str:
    return {one.name: one.status for one in found.annotations}[name]


@pytest.mark.parametrize("value", ["any", "all"])
def test_both_are_needed_for_all_else_and_the_one_question_meets_the_value(value: str) -> None:
    (asked,) = plan(*guarded(value)).asked
    held = {
        scene.case.id: manifest["metadata"]["annotations"]["nginx.ingress.kubernetes.io/satisfy"]
        for scene in asked.scenes
        for manifest in scene.case.objects
        if manifest["kind"] == "Ingress"
    }
    assert held == {"mine/g0001": "all", "mine/g0001-source-range": "all", "mine/g0001-satisfy": value}
    (scene,) = [one for one in asked.scenes if one.case.id.endswith("-satisfy")]
    (question,) = scene.questions.values()
    assert (question.target, question.headers) == ("/cart", ())


def test_one_that_needs_both_where_either_sufficed_is_stricter() -> None:
    found = migrated(guarded("any"), needing(both=False), needing(both=True))
    assert status(found) == "differs"
    assert found.counts == {Sort.DIFFERS: 1}
    assert found.changes[0].title.startswith("Differs (a backend answers → status 401). satisfy: ")


@pytest.mark.parametrize("value", ["any", "all"])
def test_one_that_takes_either_where_both_were_needed_is_less_safe(value: str) -> None:
    found = migrated(guarded(value), needing(both=True), needing(both=False))
    assert status(found) == "unsafe"
    assert found.counts == {Sort.UNSAFE: 1}


def test_what_is_heeded_on_both_is_kept() -> None:
    for value, both in (("any", False), ("all", True)):
        found = migrated(guarded(value), needing(both=both), needing(both=both))
        assert {one.name: one.status for one in found.annotations} == dict.fromkeys(
            ("satisfy", "auth-type", "auth-secret", "whitelist-source-range"), "kept"
        )
        assert found.counts == {Sort.UNCHANGED: 1}
    assert status(migrated(guarded("any"), needing(both=True), needing(both=True))) == "no effect before"


def test_where_the_password_is_not_asked_for_at_all_nothing_is_said_of_satisfy() -> None:
    for value in ("any", "all"):
        gone = needing(both=False, password=False)
        lost = migrated(guarded(value), needing(both=value == "all"), gone)
        assert (status(lost), status(lost, "auth-type")) == ("not asked", "unsafe")
        assert {change.family for change in lost.of(Sort.UNSAFE)} - {""} == {"basic-auth"}
        never = migrated(guarded(value), gone, gone)
        assert (status(never), status(never, "auth-type")) == ("not asked", "open before")
        assert never.counts == {Sort.PARTLY: 1}


@pytest.mark.parametrize("dropped", ["auth_type", "whitelist_source_range"])
def test_it_is_not_asked_without_two_guards_and_that_is_told(dropped: str) -> None:
    annotations = {key: value for key, value in BOTH.items() if key != dropped}
    one = [ingress(satisfy="any", **annotations)]
    found = migrated(one, needing(both=False), needing(both=False))
    assert status(found) == "not asked"
    assert found.counts == {Sort.PARTLY: 1}


def test_a_guard_that_was_open_by_itself_before_takes_no_difference_away() -> None:
    def answer(question: Question) -> Reply:
        if question.variant == "source-range":
            return Reply(outcome="status:403")
        return Reply(outcome="status:401") if question.variant == "satisfy" else served(question)

    found = migrated(guarded("all"), answer, needing(both=True, password=False))
    assert found.counts == {Sort.UNSAFE: 1}
    assert status(found) == "unsafe"
