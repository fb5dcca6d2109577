"""Whether the new controller believes what a client says of itself: asked where a backend can see it, or told."""

from typing import Any

from conformance.migrate.claimed import GROUPS, UNSEEN
from conformance.migrate.model import Sort
from conformance.migrate.question import Question
from conformance.tests.migrations import Reply, ingress, migrated, not_found, plan, served

MOVED: dict[str, Any] = {"permanent_redirect": "https://elsewhere.test/x"}


def moved(question: Question) -> bool:
    return question.host.lower().startswith("a.test")


def careful(question: Question) -> Reply:
    return Reply(outcome="redirect:301:https://elsewhere.test/x") if moved(question) else served(question)


def believing(question: Question) -> Reply:
    return careful(question) if moved(question) else Reply("a", target=question.target, received=question.headers)


def claims(*manifests: dict[str, Any]) -> list[str]:
    return [
        q.host
        for asked in plan(*manifests).asked
        for scene in asked.scenes
        for q in scene.questions.values()
        if q.kind == "claimed-address"
    ]


def test_it_is_asked_where_neither_a_redirect_nor_a_guard_answers() -> None:
    two = [ingress("a", host="a.test", **MOVED), ingress("b", host="b.test")]
    found = migrated(two, careful, believing)
    (change,) = found.of(Sort.UNSAFE)
    assert change.title == "Any client can claim another address: X-Forwarded-For is believed"
    assert change.ingresses == ("shop/b",)
    assert not any(left.kind == "claimed-address" for left in found.left_out)


def test_on_one_host_it_is_asked_of_the_ingress_that_is_plain() -> None:
    two = [ingress("a", path="/a", limit_rps="1"), ingress("b", path="/b")]
    (asked,) = plan(*two).asked
    (claim,) = [q for q in asked.scenes[0].questions.values() if q.kind == "claimed-address"]
    assert claim.target == "/b"


def test_it_is_asked_in_some_groups_and_the_plain_ones_first() -> None:
    plain = [ingress(f"p{n}", host=f"p{n}.test", path="/x" * (n + 1)) for n in range(GROUPS + 1)]
    hidden = [ingress("a", host="a.test", **MOVED)]
    assert claims(*hidden, *plain) == [f"p{n}.test" for n in range(GROUPS)]
    assert claims(*hidden) == ["a.test"]


def test_where_no_backend_saw_it_that_is_told() -> None:
    hidden = [ingress("a", host="a.test", **MOVED)]
    for found in (migrated(hidden, careful, careful), migrated([ingress()], served, not_found)):
        assert UNSEEN.why in [left.why for left in found.left_out]
