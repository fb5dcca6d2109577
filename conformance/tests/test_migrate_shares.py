"""Shares of requests that a canary gets: different only where chance cannot be why, and kept only where it was seen."""

from typing import Any

import pytest

from conformance.migrate.model import Migration, Sort
from conformance.migrate.question import Question
from conformance.migrate.shares import alike, differ, steady
from conformance.tests.migrations import Answering, Reply, ingress, migrated, plan, served

LOOKS = 4


def with_canary(weight: str = "20", service: str = "next", **more: Any) -> list[dict[str, Any]]:
    annotations = {"canary": "true", "canary_weight": weight, **more}
    return [ingress("app"), ingress("canary", service=service, **annotations)]


def dealing(*canary: int, of: int = 200) -> Answering:
    """A controller that gives the canary so many of so many requests at each look; at weight 0 it gets none."""

    def answer(question: Question) -> Reply:
        if not question.gets:
            return served(question)
        tallies = tuple({who: n for who, n in (("a", of - n), ("b", n)) if n} for n in canary)
        last = "varies:a,b" if len(tallies[-1]) > 1 else next(iter(tallies[-1]))
        return Reply("a", last, target=question.target, tallies=tallies)

    return answer


def statuses(found: Migration) -> dict[str, str]:
    return {one.name: one.status for one in found.annotations}


def test_only_the_question_for_shares_meets_the_weight() -> None:
    (asked,) = plan(*with_canary(canary_by_header="X-Canary")).asked
    plain, weighted = asked.scenes
    weights = [
        manifest["metadata"].get("annotations", {}).get("nginx.ingress.kubernetes.io/canary-weight")
        for scene in (plain, weighted)
        for manifest in scene.case.objects
        if manifest["kind"] == "Ingress" and "annotations" in manifest["metadata"]
    ]
    assert weights == ["0", "20"]
    (probe,) = weighted.case.probes
    assert (probe.times, probe.together) == (200, False)
    assert any(question.headers == (("X-Canary", "always"),) for question in plain.questions.values())
    assert [question.gets for question in weighted.questions.values()] == ["shop/next"]
    only_header = [ingress("app"), ingress("canary", service="next", canary="true", canary_by_header="X-Canary")]
    assert len(plan(*only_header).asked[0].scenes) == 1


def test_a_canary_that_gets_none_is_ignored_and_one_that_gets_another_share_differs() -> None:
    seen = dealing(38, 41, 44, 40)
    found = migrated(with_canary(), seen, dealing(0, 0, 0, 0))
    assert statuses(found) == {"canary": "ignored", "canary-weight": "ignored"}
    (change,) = found.changes
    assert change.sort is Sort.IGNORED
    (place,) = change.places
    assert place.old.facts["shares"] == "shop/next 163, shop/web 637 of 800"
    assert place.old.curl.startswith("for n in $(seq 200); do curl ")
    half = migrated(with_canary(), seen, dealing(100, 100, 100, 100))
    assert statuses(half)["canary-weight"] == "differs"
    assert "how the requests are shared out" in half.changes[0].title
    assert statuses(migrated(with_canary(), seen, dealing(200, 200, 200)))["canary-weight"] == "differs"


def test_shares_that_differ_by_chance_are_kept() -> None:
    found = migrated(with_canary(), dealing(38, 41, 44, 40), dealing(47, 36, 35, 39))
    assert set(statuses(found).values()) == {"kept"}
    assert found.counts == {Sort.UNCHANGED: 2}
    everything = migrated(with_canary("100"), dealing(200, 200, 200), dealing(200, 200, 200))
    assert set(statuses(everything).values()) == {"kept"}


def test_a_share_of_which_too_few_requests_tell_is_not_kept_nor_ignored() -> None:
    few = dealing(1, 2, 0, 1)
    for new in (dealing(0, 0, 0, 0), dealing(6, 4, 5, 4)):
        found = migrated(with_canary("1"), few, new)
        assert not found.changes
        assert statuses(found)["canary-weight"] == "not asked"


def test_what_neither_shares_out_had_no_effect_before() -> None:
    assert statuses(migrated(with_canary(), dealing(0, 0, 0), dealing(0, 0, 0)))["canary-weight"] == "no effect before"

    # Both Ingresses name one Service: whatever gets the request is the canary's, with and without a weight.
    def one_service(question: Question) -> Reply:
        return Reply("a", target=question.target, tallies=({"a": 200},) * 3 if question.gets else ())

    both = migrated(with_canary(service="web"), one_service, one_service)
    assert statuses(both)["canary-weight"] == "no effect before"


def test_a_choice_that_is_made_at_each_load_is_no_share() -> None:
    tossed = dealing(0, 0, 0, 200)
    found = migrated(with_canary("25"), dealing(50, 49, 51, 50), tossed)
    assert statuses(found)["canary-weight"] == "differs"
    assert "varies:shop/next,shop/web" in found.changes[0].places[0].new.outcome
    assert statuses(migrated(with_canary("25"), tossed, tossed))["canary-weight"] == "not asked"


def test_a_request_that_failed_by_the_way_is_not_taken_for_a_share() -> None:
    def stumbling(question: Question) -> Reply:
        reply = dealing(40, 40, 40)(question)
        failed = {"a": 159, "b": 40, "status:503": 1}
        return (
            Reply("a", "varies:a,b", target=question.target, tallies=(*reply.tallies, failed))
            if question.gets
            else reply
        )

    assert not migrated(with_canary(), dealing(40, 40, 40), stumbling).changes

    def failing(question: Question) -> Reply:
        tallies = ({"a": 159, "b": 40, "status:503": 1},) * 3
        return Reply("a", "varies:a,b,status:503", tallies=tallies) if question.gets else served(question)

    assert statuses(migrated(with_canary(), dealing(40, 40, 40), failing))["canary-weight"] == "differs"


def test_a_canary_whose_path_the_main_ingress_is_asked_for_is_held_against_that_answer() -> None:
    mine = [ingress("app"), ingress("canary", service="next", canary="true", canary_by_header="X-Canary")]

    def heeding(question: Question) -> Reply:
        return Reply("b", target=question.target) if question.kind == "canary-always" else served(question)

    assert statuses(migrated(mine, heeding, served)) == {"canary": "ignored", "canary-by-header": "ignored"}
    assert set(statuses(migrated(mine, served, served)).values()) == {"no effect before"}


@pytest.mark.parametrize(
    ("one", "other", "different", "same"),
    [
        ({"a": 640, "b": 160}, {"a": 640, "b": 160}, False, True),
        ({"a": 640, "b": 160}, {"a": 680, "b": 120}, False, True),
        ({"a": 640, "b": 160}, {"a": 690, "b": 110}, False, False),
        ({"a": 640, "b": 160}, {"a": 720, "b": 80}, True, False),
        ({"a": 776, "b": 24}, {"a": 800}, True, False),
        ({"a": 792, "b": 8}, {"a": 800}, False, False),
        ({"a": 300, "b": 300}, {"a": 300, "c": 300}, True, False),
    ],
)
def test_chance_decides_what_is_told(
    one: dict[str, int], other: dict[str, int], *, different: bool, same: bool
) -> None:
    assert differ(one, other) is differ(other, one) is different
    assert alike(one, other) is alike(other, one) is same


def test_equal_shares_are_hardly_ever_told_as_different() -> None:
    # Of two fair halves of 800 requests each a difference of 70 is less than four standard deviations.
    apart = [n for n in range(70, 110) if differ({"a": 400, "b": 400}, {"a": 400 + n, "b": 400 - n})]
    assert 80 < apart[0] < 100
    assert steady([{"a": 160, "b": 40}, {"a": 150, "b": 50}])
    assert not steady([{"a": 200}, {"b": 200}])
