"""A time limit for answers: seen only where an answer that takes longer is cut off, or is not."""

import pytest

from conformance.migrate.model import Migration, Sort
from conformance.migrate.question import Question
from conformance.tests.migrations import Answering, Reply, ingress, migrated, not_found, plan, served

TIMED = [ingress(proxy_read_timeout="300")]


def cutting(outcome: str = "status:504") -> Answering:
    """A controller that answers so where the backend takes longer than it may."""

    def answer(question: Question) -> Reply:
        return Reply(outcome=outcome) if question.variant == "timeouts" else served(question)

    return answer


def statuses(migration: Migration) -> dict[str, str]:
    return {one.name: one.status for one in migration.annotations}


def test_an_answer_that_takes_longer_is_asked_for_in_objects_of_its_own_with_a_short_limit() -> None:
    retried = ingress(proxy_read_timeout="300", proxy_next_upstream_tries="0")
    (asked,) = plan(retried).asked
    (scene,) = [one for one in asked.scenes if one.case.id.endswith("-timeouts")]
    assert [probe.target for probe in scene.case.probes] == ["/cart?delay=3"]
    (object_,) = [manifest for manifest in scene.case.objects if manifest["kind"] == "Ingress"]
    assert list(object_["metadata"]["annotations"].values()) == ["1", "1"]


def test_a_limit_that_no_longer_cuts_off_is_ignored_even_where_the_path_is_rewritten() -> None:
    (change,) = migrated(TIMED, cutting(), served).changes
    assert (change.sort, change.before, change.after) == (Sort.IGNORED, "status 504", "a backend answers")
    assert not change.opens
    assert change.places[0].held == "proxy-read-timeout: 1"

    def rewriting(question: Question) -> Reply:
        return Reply("a", target=f"/new{question.target}")

    rewritten = [ingress(proxy_read_timeout="300", rewrite_target="/new$1")]
    assert statuses(migrated(rewritten, rewriting, rewriting))["proxy-read-timeout"] == "no effect before"


def test_a_limit_that_cuts_off_alike_is_kept_and_one_that_does_so_in_another_way_differs() -> None:
    assert statuses(migrated(TIMED, cutting(), cutting())) == {"proxy-read-timeout": "kept"}
    assert migrated(TIMED, cutting(), cutting("status:502")).counts == {Sort.DIFFERS: 1}
    assert migrated(TIMED, served, cutting()).counts == {Sort.DIFFERS: 1}


def lost(question: Question) -> Reply:
    """The query does not get to the backend, which is not slow then."""
    return Reply("a", target="/cart") if question.variant else served(question)


@pytest.mark.parametrize("both", [cutting("redirect:301:https://x.test/"), cutting("status:502"), lost])
def test_what_shows_nothing_of_a_limit_is_not_kept(both: Answering) -> None:
    assert statuses(migrated(TIMED, both, both)) == {"proxy-read-timeout": "not asked"}


def test_a_redirect_that_is_gone_says_nothing_of_the_limit() -> None:
    moved = [ingress(proxy_read_timeout="300", permanent_redirect="https://x.test/")]
    found = migrated(moved, lambda _: Reply(outcome="redirect:301:https://x.test/"), served)
    assert statuses(found) == {"proxy-read-timeout": "not asked", "permanent-redirect": "ignored"}
    assert [change.family for change in found.changes] == ["redirect"]


def test_a_rule_that_is_not_served_any_more_is_one_change_whatever_else_is_asked_about_it() -> None:
    mine = [ingress(proxy_read_timeout="300", mirror_target="https://x.test", proxy_cookie_path="/one/ /")]
    found = migrated(mine, cutting(), not_found)
    assert [change.kind for change in found.changes] == ["path"]
    assert "proxy-read-timeout" in found.changes[0].annotations


@pytest.mark.parametrize("value", ["0", "60s"])
def test_a_value_that_sets_no_limit_is_not_kept(value: str) -> None:
    assert statuses(migrated([ingress(proxy_read_timeout=value)], cutting(), cutting())) == {
        "proxy-read-timeout": "not asked"
    }


def test_other_limits_of_time_are_not_asked() -> None:
    other = [ingress(proxy_connect_timeout="5", proxy_send_timeout="5", proxy_next_upstream="off")]
    (asked,) = plan(*other).asked
    assert len(asked.scenes) == 1
    assert set(statuses(migrated(other, served, served)).values()) == {"not asked"}
