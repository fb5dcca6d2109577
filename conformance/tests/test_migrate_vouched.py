"""Headers that only the service of auth-url may say: whether they get to the backend, and whether a client's own do."""

from typing import Any

from conformance.migrate.model import Migration, Sort
from conformance.migrate.question import Question
from conformance.tests.migrations import Answering, Reply, ingress, migrated, plan

AUTH: dict[str, Any] = {"auth_url": "http://auth.example.com/", "auth_response_headers": "X-User, X-Groups"}
MINE = [ingress(**AUTH)]


def passing(*values: str) -> Answering:
    """A controller that asks the service, and gives the backend this of the header."""

    def answer(question: Question) -> Reply:
        if question.guards:
            return Reply(outcome="status:401")
        headers = tuple(("X-Vouched-For", value) for value in values) if question.claims else ()
        return Reply("a", target=question.target, received=headers)

    return answer


VOUCHED, CLAIMED, NONE = passing("the-service"), passing("a-client"), passing()


def status(found: Migration, name: str = "auth-response-headers") -> str:
    return {one.name: one.status for one in found.annotations}[name]


def test_the_service_adds_a_header_and_the_client_claims_it() -> None:
    (asked,) = plan(*MINE).asked
    (question,) = [q for scene in asked.scenes for q in scene.questions.values() if q.claims]
    assert question.headers == (("X-Vouched-For", "a-client"),)
    assert question.variant == ""
    made = [
        manifest["metadata"]["annotations"]
        for scene in asked.scenes
        for manifest in scene.case.objects
        if manifest["kind"] == "Ingress"
    ]
    urls = [one["nginx.ingress.kubernetes.io/auth-url"] for one in made]
    assert urls[0].endswith("&hdr=X-Vouched-For:the-service")
    assert urls[1].endswith("&status=401")
    assert {one["nginx.ingress.kubernetes.io/auth-response-headers"] for one in made} == {"X-Vouched-For"}


def test_a_claim_that_reaches_the_backend_now_is_less_safe() -> None:
    for new in (CLAIMED, passing("a-client", "the-service")):
        found = migrated(MINE, VOUCHED, new)
        assert status(found) == "unsafe"
        (change,) = found.of(Sort.UNSAFE)
        assert change.title.startswith("Any client can claim what only the service of auth-url may say")
        assert change.places[0].new.facts["received X-Vouched-For"].startswith("a-client")
        assert "auth-response-headers: X-Vouched-For" in change.places[0].held
        assert "'X-Vouched-For: a-client'" in change.places[0].new.curl
    assert status(migrated(MINE, CLAIMED, VOUCHED)) == "differs"


def test_a_header_that_no_longer_comes_is_ignored_and_one_that_does_is_kept() -> None:
    assert status(migrated(MINE, VOUCHED, NONE)) == "ignored"
    found = migrated(MINE, VOUCHED, VOUCHED)
    assert (status(found), status(found, "auth-url")) == ("kept", "kept")
    assert found.counts == {Sort.UNCHANGED: 1}
    for neither in (CLAIMED, NONE):
        assert status(migrated(MINE, neither, neither)) == "no effect before"


def test_without_an_answer_of_the_backend_or_a_name_of_a_header_nothing_is_kept() -> None:
    def away(question: Question) -> Reply:
        return Reply(outcome="redirect:301:https://x.test/")

    assert status(migrated(MINE, away, away)) == "not asked"
    odd = [ingress(**{**AUTH, "auth_response_headers": "no header"})]
    assert status(migrated(odd, VOUCHED, VOUCHED)) == "not asked"
    assert not [
        q
        for one in plan(ingress(auth_url="http://auth.example.com/")).asked
        for scene in one.scenes
        for q in scene.questions.values()
        if q.claims
    ]


def test_where_nothing_was_served_there_was_no_claim_to_lose() -> None:
    gone = migrated(MINE, lambda _: Reply(outcome="status:404"), CLAIMED)
    assert not [change for change in gone.of(Sort.UNSAFE) if "claim" in change.title]
