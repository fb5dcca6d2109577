"""Limits of how much at once: what slow requests at the same time show, and what they do not."""

from collections.abc import Callable

import pytest

from conformance.migrate.model import Migration, Sort
from conformance.migrate.question import Question
from conformance.tests.migrations import Reply, ingress, migrated, plan, served

LIMITED = [ingress(limit_connections="20")]
SLOW = "/cart?delay=2"


def letting(through: int, refusal: str = "status:503", target: str = SLOW) -> Callable[[Question], Reply]:
    """A controller that lets so many of twelve requests through."""

    def answer(question: Question) -> Reply:
        if question.number == 1:
            return served(question)
        tally = {who: n for who, n in (("a", through), (refusal, 12 - through)) if n}
        outcome = next(iter(tally)) if len(tally) == 1 else f"varies:a,{refusal}"
        return Reply("a" if through else "", outcome, target=target, tallies=(tally,) * 3)

    return answer


def statuses(migration: Migration) -> dict[str, str]:
    return {one.name: one.status for one in migration.annotations}


@pytest.mark.parametrize(("path", "target"), [("/", "/?delay=2"), ("/cart/", "/cart/?delay=2"), ("/cart", SLOW)])
def test_what_a_query_asks_for_goes_to_the_path_as_it_is_written(path: str, target: str) -> None:
    made = plan(ingress(path=path, path_type="Exact", limit_connections="20"))
    assert [probe.target for case in made.cases for probe in case.probes if probe.times > 1] == [target]


def test_slow_requests_are_sent_at_once_with_a_limit_of_one() -> None:
    (asked,) = plan(*LIMITED).asked
    (scene,) = [one for one in asked.scenes if "-connections" in one.case.id]
    (probe,) = scene.case.probes
    assert (probe.times, probe.together, probe.target) == (12, True, SLOW)
    (object_,) = [manifest for manifest in scene.case.objects if manifest["kind"] == "Ingress"]
    assert list(object_["metadata"]["annotations"].values()) == ["1"]


@pytest.mark.parametrize("new", [12, 9, 4])
def test_a_limit_that_lets_more_through_is_less_safe(new: int) -> None:
    found = migrated(LIMITED, letting(1), letting(new))
    assert found.counts == {Sort.UNSAFE: 1}
    (change,) = found.of(Sort.UNSAFE)
    assert change.title.startswith("Open: the" if new == 12 else "Looser: the guard connections lets more")
    assert change.places[0].old.facts["let through"] == "1 of 12"
    assert change.places[0].old.curl.startswith("for n in $(seq 12); do { curl ")
    assert change.places[0].old.curl.endswith(" & }; done; wait")


def test_a_limit_that_holds_is_kept_though_one_more_was_late_enough_to_get_through() -> None:
    for old, new in ((1, 1), (1, 2), (1, 3), (3, 1)):
        found = migrated(LIMITED, letting(old), letting(new))
        assert statuses(found) == {"limit-connections": "kept"}
        assert found.counts == {Sort.UNCHANGED: 1}
    assert migrated(LIMITED, letting(1), letting(1, "status:429")).counts == {Sort.DIFFERS: 1}
    assert migrated(LIMITED, letting(12), letting(1)).counts == {Sort.DIFFERS: 1}
    # A controller that makes them wait, until some wait for too long, refuses nobody.
    assert migrated(LIMITED, letting(1), letting(2, "timeout")).counts == {Sort.DIFFERS: 1}


def test_a_limit_that_nobody_saw_is_not_kept() -> None:
    assert statuses(migrated(LIMITED, letting(12), letting(12))) == {"limit-connections": "open before"}
    quick = letting(12, target="/cart")
    assert statuses(migrated(LIMITED, quick, quick)) == {"limit-connections": "not asked"}
    for old, new in ((0, 0), (0, 1), (1, 0)):
        # Perhaps for another reason than the limit: nobody was seen to be let through.
        found = migrated(LIMITED, letting(old), letting(new))
        assert (statuses(found), found.counts) == ({"limit-connections": "not asked"}, {Sort.PARTLY: 1})
    queued = letting(2, "timeout")
    assert statuses(migrated(LIMITED, queued, queued)) == {"limit-connections": "not asked"}
    elsewhere = letting(0, "redirect:301:https://x.test/")
    found = migrated(LIMITED, elsewhere, elsewhere)
    assert statuses(found) == {"limit-connections": "not asked"}
    assert found.counts == {Sort.PARTLY: 1}
    nonsense = migrated([ingress(limit_connections="many")], letting(1), letting(1))
    assert statuses(nonsense) == {"limit-connections": "not asked"}


def test_what_takes_long_is_asked_on_two_of_a_kind_and_holds_for_all_of_them() -> None:
    mine = [ingress(f"i{n}", path=f"/p{n}", service=f"s{n}", limit_connections="20") for n in range(5)]
    (asked,) = plan(*mine).asked
    (scene,) = [one for one in asked.scenes if "-connections" in one.case.id]
    assert len(scene.questions) == 2
    assert any("other long questions of this kind" in left.why for left in plan(*mine).left_out)
    assert migrated(mine, letting(1), letting(12)).counts == {Sort.UNSAFE: 5}


@pytest.mark.parametrize("name", ["limit_connections", "limit_rps", "limit_rpm"])
def test_a_limit_that_is_turned_off_has_nothing_to_lose(name: str) -> None:
    annotations = {name: "0"}
    (asked,) = plan(ingress(**annotations)).asked  # type: ignore[arg-type]
    assert len(asked.scenes) == 1


def test_a_limit_that_lets_less_through_differs() -> None:
    assert migrated(LIMITED, letting(9), letting(1)).counts == {Sort.DIFFERS: 1}
