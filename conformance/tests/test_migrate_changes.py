"""What is told of two controllers' answers: less safe before all else, and nothing that was not seen."""

from collections.abc import Callable
from typing import Any

import pytest

from conformance.controllers.catalogue import names
from conformance.export.markdown_text import link
from conformance.migrate.annotations import known_annotations
from conformance.migrate.boundaries import HSTS
from conformance.migrate.model import Migration, Sort, exit_status
from conformance.migrate.question import Question
from conformance.migrate.restoring import FOLDER, Restores
from conformance.migrate.wording import KINDS
from conformance.plan.ground import EITHER_PORT
from conformance.tests.migrations import Reply, guarding, ingress, migrated, not_found, served, shown


def annotated(annotations: dict[str, Any]) -> dict[str, Any]:
    return ingress(**annotations)


def titles(migration: Migration, sort: Sort) -> list[str]:
    return [change.title for change in migration.of(sort)]


def test_the_same_answers_are_no_change() -> None:
    found = migrated([ingress(whitelist_source_range="10.0.0.0/8")], guarding("status:403"), guarding("status:403"))
    assert not found.changes
    assert found.counts == {Sort.UNCHANGED: 1}
    assert exit_status(found) == 0
    assert [(one.name, one.status) for one in found.annotations] == [("whitelist-source-range", "kept")]


@pytest.mark.parametrize(
    ("annotations", "refusal", "family"),
    [
        ({"whitelist_source_range": "10.0.0.0/8"}, "status:403", "source-range"),
        ({"denylist_source_range": "10.0.0.0/8"}, "status:403", "denylist"),
        ({"auth_type": "basic", "auth_secret": "x"}, "status:401", "basic-auth"),
        ({"auth_url": "http://x"}, "status:500", "external-auth"),
        ({"auth_tls_secret": "x"}, "status:400", "client-certificate"),
        ({"limit_rps": "5"}, "status:503", "rate"),
        ({"proxy_body_size": "8m"}, "status:413", "body-size"),
        ({"force_ssl_redirect": "true"}, "redirect:308:https://shop.example.com/", "ssl-redirect"),
    ],
)
def test_a_guard_that_is_gone_is_less_safe_and_stands_first(
    annotations: dict[str, str], refusal: str, family: str
) -> None:
    def elsewhere(question: Question) -> Reply:
        return Reply(outcome="status:404") if question.kind == "other-case" else served(question)

    found = migrated([annotated(annotations)], guarding(refusal), elsewhere)
    assert found.changes[0].sort is Sort.UNSAFE
    assert found.counts == {Sort.UNSAFE: 1}
    assert exit_status(found) == 1
    assert {one.status for one in found.annotations if one.family == family} == {"unsafe"}
    text = shown(found)
    assert text.index("LESS SAFE") < text.index("Answered differently")
    assert "LESS SAFE" not in shown(migrated([annotated(annotations)], elsewhere, guarding(refusal)))


def limiting(*through: int, refusal: str = "status:503") -> Callable[[Question], Reply]:
    """A controller that lets so many of thirty requests through, each time."""

    def answer(question: Question) -> Reply:
        if question.requests == 1:
            return served(question)
        tallies = tuple({"a": n, refusal: 30 - n} if n < 30 else {"a": 30} for n in through)
        # The record shows a backend where any request of the last attempt reached one.
        backend = "a" if through[-1] else ""
        return Reply(backend, "a" if through[-1] == 30 else refusal, target=question.target, tallies=tallies)

    return answer


@pytest.mark.parametrize("old", [(2, 1, 2), (2, 0, 0), (1, 1, 0)])
def test_a_rate_limit_that_is_gone_is_less_safe_whatever_chance_let_through(old: tuple[int, ...]) -> None:
    found = migrated([ingress(limit_rps="5")], limiting(*old), limiting(30, 30, 30))
    assert found.counts == {Sort.UNSAFE: 1}
    assert titles(found, Sort.UNSAFE)[0].startswith("Open: the guard rate is not there.")
    (change,) = found.changes
    assert (change.places[0].old.facts["let through"], change.places[0].new.facts["let through"]) == (
        f"{old[0]} of 30",
        "30 of 30",
    )


def test_a_rate_limit_that_lets_far_more_through_is_less_safe_and_one_that_lets_less_through_a_change() -> None:
    loosened = migrated([ingress(limit_rps="5")], limiting(2, 1, 1), limiting(29, 29, 29))
    assert titles(loosened, Sort.UNSAFE)[0].startswith("Looser: the guard rate lets more requests through.")
    tightened = migrated([ingress(limit_rps="5")], limiting(29, 29, 29), limiting(2, 1, 1))
    assert tightened.counts == {Sort.DIFFERS: 1}
    assert "how many requests are let through" in tightened.changes[0].title


def test_a_rate_limit_that_lets_nearly_as_many_through_is_kept() -> None:
    found = migrated([ingress(limit_rps="5")], limiting(2, 1, 0), limiting(1, 0, 1))
    assert found.counts == {Sort.UNCHANGED: 1}
    assert found.annotations[0].status == "kept"
    other_status = migrated([ingress(limit_rps="5")], limiting(2, 0), limiting(1, 1, refusal="status:429"))
    assert other_status.counts == {Sort.DIFFERS: 1}
    cut_off = Reply("a", "reset", tallies=({"a": 1, "reset": 1},))
    broken = migrated([ingress(limit_rps="5")], limiting(2, 0), lambda q: cut_off if q.requests > 1 else served(q))
    assert broken.counts == {Sort.DIFFERS: 1}
    open_before = migrated([ingress(limit_rps="5")], limiting(30), limiting(30))
    assert open_before.annotations[0].status == "open before"


def test_a_guard_that_never_held_is_said_to_have_been_open() -> None:
    found = migrated([ingress(whitelist_source_range="10.0.0.0/8")], served, served)
    assert [(one.name, one.status) for one in found.annotations] == [("whitelist-source-range", "open before")]
    assert exit_status(found) == 0


def test_http_that_was_redirected_and_is_now_served_is_less_safe() -> None:
    def redirecting(question: Question) -> Reply:
        target = f"redirect:308:https://{question.host}{question.target}"
        return Reply(outcome=target) if question.scheme == "http" else served(question)

    found = migrated([ingress(tls=True)], redirecting, served)
    assert titles(found, Sort.UNSAFE) == ["Served without TLS: http was not served, now it is"]


def test_a_rule_that_was_not_served_at_all_had_no_redirect_to_lose() -> None:
    found = migrated([ingress(tls=True)], not_found, served)
    assert not titles(found, Sort.UNSAFE)
    assert all(change.opens for change in found.changes if change.kind == "path")


def test_a_guard_whose_ingress_was_dropped_and_is_now_served_is_less_safe() -> None:
    nonsense = migrated([ingress(auth_type="nonsense")], not_found, served)
    assert nonsense.counts == {Sort.UNSAFE: 1}
    assert titles(nonsense, Sort.UNSAFE)[0].startswith("Open: the guard basic-auth is not there.")
    assert {one.status for one in nonsense.annotations} == {"unsafe"}
    assert migrated([ingress(tls=True, proxy_body_size="8m")], not_found, served).counts == {Sort.UNSAFE: 1}


def test_an_annotation_that_is_ignored_where_nothing_was_reachable_says_that_more_is() -> None:
    opened = migrated([ingress(rewrite_target="/x")], not_found, served).of(Sort.IGNORED)
    assert opened
    assert all(change.opens for change in opened)


def test_http_that_was_not_there_beside_https_and_is_now_served_is_less_safe() -> None:
    def tls_only(question: Question) -> Reply:
        return served(question) if question.scheme == "https" else not_found(question)

    assert titles(migrated([ingress(tls=True)], tls_only, served), Sort.UNSAFE)


def test_another_spelling_that_gets_past_a_guard_is_less_safe() -> None:
    def lax(question: Question) -> Reply:
        return served(question) if question.kind == "other-case" else guarding("status:401")(question)

    (title,) = titles(migrated([ingress(auth_type="basic")], guarding("status:401"), lax), Sort.UNSAFE)
    assert title.startswith("Past the guard basic-auth: ")


def test_an_address_that_a_client_claims_and_an_origin_that_nobody_listed() -> None:
    def believing(question: Question) -> Reply:
        return Reply("a", target=question.target, received=question.headers)

    assert titles(migrated([ingress()], served, believing), Sort.UNSAFE)
    assert not titles(migrated([ingress()], believing, served), Sort.UNSAFE)

    def generous(question: Question) -> Reply:
        return Reply("a", target=question.target, headers=(("Access-Control-Allow-Origin", "*"),))

    found = migrated([ingress(enable_cors="true")], served, generous)
    assert any("origin" in title for title in titles(found, Sort.UNSAFE))


def test_more_than_before_is_served_and_that_is_said() -> None:
    def elementwise(question: Question) -> Reply:
        return not_found(question) if question.kind in {"one-letter-more", "longer-sibling"} else served(question)

    (change,) = migrated([ingress()], elementwise, served).changes
    assert change.opens
    assert change.sort is Sort.DIFFERS
    assert len(change.places) == 2
    (reverse,) = migrated([ingress()], served, elementwise).changes
    assert not reverse.opens


def test_an_annotation_without_effect_is_ignored_and_speaks_for_what_follows_from_it() -> None:
    def redirecting(question: Question) -> Reply:
        return Reply(outcome="redirect:301:https://elsewhere.test/x")

    found = migrated([ingress(permanent_redirect="https://elsewhere.test/x")], redirecting, served)
    assert [change.sort for change in found.changes] == [Sort.IGNORED]
    assert found.annotations[0].status == "ignored"
    assert found.counts == {Sort.IGNORED: 1}


def test_a_rule_that_is_not_served_at_all_is_one_change() -> None:
    found = migrated([ingress(enable_cors="true", rewrite_target="/x")], served, not_found)
    assert len(found.changes) == 1
    assert "status 404" in found.changes[0].title


def test_another_backend_and_another_path_at_it_are_told() -> None:
    def other(question: Question) -> Reply:
        return Reply("a", target=f"/rewritten{question.target}")

    (change,) = [c for c in migrated([ingress()], served, other).changes if c.kind == "path"]
    assert "another path for the backend" in change.title
    assert change.places[0].old.outcome == "backend shop/web"


def test_a_backend_that_one_speaks_tls_to_and_the_other_does_not_is_a_change() -> None:
    def speaking(*, tls: bool) -> Callable[[Question], Reply]:
        return lambda question: Reply("a", target=question.target, port=EITHER_PORT, tls=tls)

    found = migrated([ingress()], speaking(tls=False), speaking(tls=True))
    assert found.counts == {Sort.DIFFERS: 1}
    assert any("TLS or none to the backend" in title for title in titles(found, Sort.DIFFERS))
    assert not migrated([ingress()], speaking(tls=True), speaking(tls=True)).changes


@pytest.mark.parametrize("who", ["old", "new"])
@pytest.mark.parametrize("reason", ["not-programmed", "harness", "controller-crashed"])
def test_what_could_not_be_judged_is_never_unchanged(who: str, reason: str) -> None:
    found = migrated([ingress()], served, served, {who: reason})
    assert found.counts == {Sort.NOT_JUDGED: 1}
    assert exit_status(found) == 3
    assert reason in found.ingresses[0].detail


@pytest.mark.parametrize("outcome", ["status:502", "status:404", "timeout", "status:403"])
def test_a_rule_that_neither_serves_is_not_judged(outcome: str) -> None:
    def dead(question: Question) -> Reply:
        return Reply(outcome=outcome)

    found = migrated([ingress(tls=True)], dead, dead)
    assert found.counts == {Sort.NOT_JUDGED: 1}
    assert exit_status(found) == 3
    assert "served by neither here: Prefix /cart of shop.example.com" in found.ingresses[0].detail


def test_an_annotation_of_a_rule_that_neither_serves_is_not_kept() -> None:
    found = migrated([ingress(rewrite_target="/x")], not_found, not_found)
    assert [(one.name, one.sort) for one in found.annotations] == [("rewrite-target", Sort.NOT_JUDGED)]


def test_a_rule_that_both_redirect_or_refuse_because_of_a_guard_is_judged() -> None:
    def redirecting(question: Question) -> Reply:
        return Reply(outcome="redirect:301:https://elsewhere.test/x")

    def refusing(question: Question) -> Reply:
        return Reply(outcome="status:401")

    moved = migrated([ingress(permanent_redirect="https://elsewhere.test/x")], redirecting, redirecting)
    assert moved.counts == {Sort.UNCHANGED: 1}
    assert migrated([ingress(auth_type="basic")], refusing, refusing).counts == {Sort.UNCHANGED: 1}
    assert migrated([ingress()], refusing, refusing).counts == {Sort.NOT_JUDGED: 1}


def test_a_rule_that_neither_serves_leaves_the_others_of_its_group_judged() -> None:
    def half(question: Question) -> Reply:
        return not_found(question) if question.target.startswith("/gone") else served(question)

    found = migrated([ingress("here", path="/cart"), ingress("gone", path="/gone", path_type="Exact")], half, half)
    assert {one.label: one.sort for one in found.ingresses} == {
        "shop/here": Sort.UNCHANGED,
        "shop/gone": Sort.NOT_JUDGED,
    }


def test_a_pattern_that_its_plain_beginning_misses_is_judged_by_what_lies_below() -> None:
    pattern = ingress(path="/v(?!x)", path_type="ImplementationSpecific", use_regex="true")

    def below(question: Question) -> Reply:
        return served(question) if question.target.startswith("/v/") else not_found(question)

    assert migrated([pattern], below, below).counts == {Sort.UNCHANGED: 1}
    assert migrated([pattern], not_found, not_found).counts == {Sort.NOT_JUDGED: 1}


def test_a_rule_without_paths_and_without_a_backend_has_nothing_to_serve() -> None:
    bare = ingress()
    del bare["spec"]["rules"][0]["http"]
    assert migrated([bare], not_found, not_found).counts == {Sort.UNCHANGED: 1}


def test_those_that_are_alike_stand_the_same() -> None:
    both = [ingress("one", host="a.test"), ingress("two", host="b.test", namespace="other")]
    found = migrated(both, served, not_found)
    assert [(one.label, one.asked_as) for one in found.ingresses] == [("other/two", ""), ("shop/one", "other/two")]
    assert found.changes[0].ingresses == ("other/two", "shop/one")
    assert {one.sort for one in found.ingresses} == {Sort.DIFFERS}


def test_a_host_with_www_does_not_speak_for_one_without() -> None:
    def one_way(question: Question) -> Reply:
        bare = question.host.removeprefix("www.")
        redirects = question.family == "www" and question.host != bare
        return Reply(outcome=f"redirect:308:http://{bare}/") if redirects else served(question)

    def both_ways(question: Question) -> Reply:
        other = {"www.a.com": "a.com", "b.com": "www.b.com"}.get(question.host, "")
        redirects = question.family == "www" and other
        return Reply(outcome=f"redirect:308:http://{other}/") if redirects else served(question)

    both = [
        ingress("a", host="a.com", from_to_www_redirect="true"),
        ingress("b", host="www.b.com", namespace="team", from_to_www_redirect="true"),
    ]
    assert {one.label: one.sort for one in migrated(both, both_ways, one_way).ingresses} == {
        "shop/a": Sort.UNCHANGED,
        "team/b": Sort.IGNORED,
    }


def test_what_is_asked_of_two_of_a_kind_holds_for_all_of_them() -> None:
    many = [ingress(f"i{n}", path=f"/p{n}", service=f"s{n}") for n in range(5)]

    def strict(question: Question) -> Reply:
        return not_found(question) if question.kind == "other-case" else served(question)

    found = migrated(many, served, strict)
    assert {one.sort for one in found.ingresses} == {Sort.DIFFERS}
    assert len(found.changes[0].ingresses) == 5


def test_an_unknown_annotation_is_counted() -> None:
    strange = ingress()
    strange["metadata"]["annotations"]["example.com/own"] = "1"
    found = migrated([strange], served, served)
    assert [(one.name, one.status) for one in found.annotations] == [("example.com/own", "unknown")]
    assert found.ingresses[0].unknown == ("example.com/own",)


def test_the_hint_for_a_header_stands_where_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    restores = Restores("traefik-nginx")
    monkeypatch.setattr("conformance.migrate.migration.Restores", lambda _: restores)

    def promising(question: Question) -> Reply:
        return Reply("a", target=question.target, headers=tuple((name, "max-age=1") for name in question.compares))

    (change,) = migrated([ingress(tls=True)], promising, served).changes
    assert [hint.says.partition(":")[0] for hint in change.restore] == list(HSTS)


def test_hints_name_families_and_kinds_that_there_are() -> None:
    known = known_annotations().families
    compared = {*HSTS, *(name for family in known.values() for name in (*family.compares, *family.received))}
    files = sorted(FOLDER.glob("*.yaml"))
    assert files
    for file in files:
        restores = Restores(file.stem)
        hinted = [family for family in known if restores.for_question(family, "")]
        assert "ssl-redirect" in hinted
        assert not any("Strict-Transport-Security" in hint.says for hint in restores.for_question("ssl-redirect", ""))
        for hint in restores._hints:
            assert set(hint.families) <= set(known)
            assert set(hint.kinds) <= {*KINDS, "without-tls-slash"}
            assert set(hint.headers) <= compared
            assert hint.link.startswith("https://")
            # Markdown shows any other URL as text.
            assert hint.link in link(hint.says, hint.link).partition("](")[2]
            assert hint.families or hint.kinds or hint.headers
        assert file.stem in names()
    assert not Restores("no-such-controller").for_question("rate", "")
