"""Whether pages of an origin that nobody listed may call: as a browser reads the header, not by its being there."""

import pytest

from conformance.migrate.model import Migration, Sort
from conformance.migrate.question import Question
from conformance.tests.migrations import Answering, Reply, ingress, migrated

LISTED, NONE = "https://good.example", ""
MINE = [ingress(enable_cors="true", cors_allow_origin=LISTED)]
TITLE = "Pages of any origin may call it: an origin that is not listed is allowed"


def allowing(origin: str, *, credentials: bool = False) -> Answering:
    """A controller that answers with this origin; {origin} is the one that asks."""

    def answer(question: Question) -> Reply:
        asking = dict(question.headers).get("Origin", "")
        allowed = origin.format(origin=asking)
        headers = ((("Access-Control-Allow-Origin", allowed),) if allowed else ()) + (
            (("Access-Control-Allow-Credentials", "true"),) if credentials else ()
        )
        return Reply("a", target=question.target, headers=headers if asking else ())

    return answer


def listing(question: Question) -> Reply:
    """A controller that answers with the origin that asks if it is listed, and with none if it is not."""
    return allowing(LISTED if LISTED in dict(question.headers).values() else NONE)(question)


def told(found: Migration) -> list[str]:
    return [change.title for change in found.of(Sort.UNSAFE)]


@pytest.mark.parametrize("old", [listing, allowing(LISTED), allowing(NONE)], ids=["listing", "fixed", "none"])
@pytest.mark.parametrize("new", ["*", "{origin}"])
def test_an_origin_that_is_allowed_now_is_less_safe_whatever_was_answered_before(old: Answering, new: str) -> None:
    found = migrated(MINE, old, allowing(new))
    assert told(found) == [TITLE]
    assert {one.status for one in found.annotations} == {"unsafe"}
    assert not told(migrated(MINE, allowing(new), old))


@pytest.mark.parametrize("new", [LISTED, f"{LISTED}, {{origin}}", "null"])
def test_another_origin_in_the_header_allows_this_one_nothing(new: str) -> None:
    found = migrated(MINE, listing, allowing(new))
    assert not told(found)
    assert found.counts == {Sort.DIFFERS: 1}


def test_who_is_given_cookies_now_is_allowed_more() -> None:
    anybody = allowing("*", credentials=True)
    assert told(migrated(MINE, anybody, allowing("{origin}", credentials=True))) == [TITLE]
    assert not told(migrated(MINE, anybody, allowing("{origin}")))
    assert not told(migrated(MINE, allowing("*"), anybody))
