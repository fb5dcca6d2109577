"""A rule with a pattern is really asked, or not judged: another rule may take its requests on both."""

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.migrate.model import Migration, Sort, exit_status
from conformance.migrate.patterns import matched, path_for
from conformance.migrate.question import Question
from conformance.tests.migrations import Answering, Reply, ingress, migrated, not_found, of_paths, plan

ANY = "ImplementationSpecific"


def choosing(*rules: tuple[str, str], guarded: str = "") -> Answering:
    """A controller that gives a request to the first of these expressions; a guard keeps elsewhere out of a Service."""

    def answer(question: Question) -> Reply:
        path = question.target.partition("?")[0]
        who = next((service for expression, service in rules if re.match(expression, path)), "")
        if who and who == guarded and question.variant == "source-range":
            return Reply(outcome="status:403")
        return Reply(who, target=question.target) if who else not_found(question)

    return answer


def sorts(migration: Migration) -> dict[str, Sort]:
    return {one.label: one.sort for one in migration.ingresses}


def statuses(migration: Migration) -> dict[str, str]:
    return {one.name: one.status for one in migration.annotations}


def beside_web(*paths: tuple[str, str, str], **annotations: Any) -> list[dict[str, Any]]:
    """An Ingress with patterns, and all other paths of its host."""
    return [of_paths("web", ("/", "Prefix", "web")), of_paths("own", *paths, use_regex="true", **annotations)]


STATIC, USERS = r"/.+\.(css|js|png)$", "/(v1|v2)/users/.*"
ADMIN = "/(admin|internal)(/.*)?"
NOT_PLAIN = "/(?!api).*"
EVERYTHING = ("/", "shop/web")


def test_a_rule_with_a_pattern_that_another_rule_serves_now_is_a_change() -> None:
    mine = beside_web((STATIC, ANY, "cdn"), (USERS, ANY, "api"))
    old, new = choosing((STATIC, "shop/cdn"), (USERS, "shop/api"), EVERYTHING), choosing(EVERYTHING)
    found = migrated(mine, old, new)
    assert sorts(found) == {"shop/own": Sort.DIFFERS, "shop/web": Sort.UNCHANGED}
    requests = " ".join(place.request for change in found.changes for place in change.places)
    assert "/x.js" in requests
    assert "/v1/users/" in requests
    assert sorts(migrated(mine, old, old)) == {"shop/own": Sort.UNCHANGED, "shop/web": Sort.UNCHANGED}


def test_a_guard_of_a_rule_with_a_pattern_that_is_gone_is_less_safe() -> None:
    mine = beside_web((ADMIN, ANY, "admin"), whitelist_source_range="10.0.0.0/8")
    rules = (ADMIN, "shop/admin"), EVERYTHING
    found = migrated(mine, choosing(*rules, guarded="shop/admin"), choosing(*rules))
    assert sorts(found)["shop/own"] is Sort.UNSAFE
    kept = choosing(*rules, guarded="shop/admin")
    assert statuses(migrated(mine, kept, kept)) == {"whitelist-source-range": "kept", "use-regex": "kept"}


def test_a_pattern_that_no_request_is_seen_to_meet_is_not_judged_and_the_others_of_its_host_are() -> None:
    mine = beside_web((NOT_PLAIN, ANY, "app"), whitelist_source_range="10.0.0.0/8")
    found = migrated(mine, choosing(EVERYTHING), choosing(EVERYTHING))
    assert sorts(found) == {"shop/own": Sort.NOT_JUDGED, "shop/web": Sort.UNCHANGED}
    assert exit_status(found) == 3
    (why,) = [one.detail for one in found.ingresses if one.detail]
    assert why == f"no answer shows that a request met its pattern: {ANY} {NOT_PLAIN} of shop.example.com"
    assert set(statuses(found).values()) == {"not asked"}
    met = choosing((NOT_PLAIN, "shop/app"), EVERYTHING, guarded="shop/app")
    assert sorts(migrated(mine, met, met)) == {"shop/own": Sort.UNCHANGED, "shop/web": Sort.UNCHANGED}


def test_a_service_that_has_a_plain_rule_too_shows_no_pattern_to_be_met_by_its_beginning() -> None:
    for pattern, sort in ((NOT_PLAIN, Sort.NOT_JUDGED), (ADMIN, Sort.UNCHANGED)):
        found = migrated(beside_web((pattern, ANY, "web")), choosing(EVERYTHING), choosing(EVERYTHING))
        assert sorts(found) == {"shop/own": sort, "shop/web": Sort.UNCHANGED}


def test_a_pattern_that_is_redirected_as_its_annotation_says_was_asked() -> None:
    mine = beside_web((NOT_PLAIN, ANY, "app"), permanent_redirect="https://new.test/$1")

    def away(where: str) -> Answering:
        return lambda _: Reply(outcome=f"redirect:301:{where}")

    assert sorts(migrated(mine, away("https://new.test/"), away("https://new.test/")))["shop/own"] is Sort.UNCHANGED
    assert sorts(migrated(mine, away("https://x.test/"), away("https://x.test/")))["shop/own"] is Sort.NOT_JUDGED


def targets(*manifests: dict[str, Any]) -> set[str]:
    return {
        q.target
        for asked in plan(*manifests).asked
        for scene in asked.scenes
        for q in scene.questions.values()
        if q.kind == "path"
    }


@pytest.mark.parametrize("kind", ["Exact", "Prefix"])
def test_a_path_of_another_type_is_what_is_written_unless_its_host_has_regular_expressions(kind: str) -> None:
    plain = ingress(path="/a(b|c)", path_type=kind)
    assert targets(plain) == {"/a(b|c)"}
    assert targets(plain, ingress("other", path="/z", use_regex="true")) == {"/ab", "/z"}
    assert targets(plain, ingress("other", path="/z", rewrite_target="/$1")) == {"/ab", "/z"}
    assert "/a(b|c)" in targets(plain, ingress("other", host="x.example.com", path="/z", use_regex="true"))
    assert "/a(b|c)" in targets(plain, ingress("other", path="/z", use_regex="false"))
    found = migrated([plain], choosing((r"/a\(b\|c\)$", "shop/web")), not_found)
    assert found.counts == {Sort.DIFFERS: 1}


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        (STATIC, "/x.js"),
        (USERS, "/v1/users/"),
        (ADMIN, "/admin"),
        ("/v1(/|$)(.*)", "/v1"),
        ("/foo($|/)bar", "/foo/bar"),
        (r"/users/\d+/[^/]+", "/users/0/x"),
        ("/(en|de)?/shop", "/en/shop"),
        ("/foo/?", "/foo"),
        ("/one|two", "/one"),
        ("/[é-ü]", "/é"),
        (r"/[^x0ay-]z\.html", "/_z.html"),
    ],
)
def test_a_short_path_that_meets_it_stands_for_a_pattern(pattern: str, path: str) -> None:
    assert path_for(pattern, read=True) == (path, True)
    assert re.match(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        (NOT_PLAIN, "/"),
        ("/a/(?<name>b)", "/a/"),
        ("/a(", "/a"),
        ("/[[:alpha:]]+", "/"),
        ("/x{65535}", "/x"),
        ("/(?=a)a", "/"),
        ("/a\x00*", "/a\x00"),
        ("/" + "(" * 5000, "/"),
        ("/" + "(" * 300 + ")" * 300, "/"),
    ],
)
def test_what_is_not_plain_has_its_beginning_and_is_not_sure(pattern: str, path: str) -> None:
    assert path_for(pattern, read=True) == (path, False)


def test_where_nobody_says_that_it_is_a_regular_expression_the_beginning_is_kept() -> None:
    assert path_for("/foo/*", read=False) == ("/foo/", False)
    assert path_for("/v1(/|$)(.*)", read=False) == ("/v1", False)


def test_no_expression_takes_long() -> None:
    began = time.process_time()
    for hostile in ("/(a?){30}a{30}" + "(|a)" * 30 + "q", "/((a{1,9}){1,9}){1,9}b" * 9, "/" + "(a|b|c)*" * 100):
        matched(hostile)
    assert time.process_time() - began < 2


LEAVES = st.sampled_from(["a", "b", ".", r"\.", "[a-c]", "[^a/]", r"\d", r"\w", "/", "[xyz-]", "$"])
PATTERNS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("(%s|%s)".__mod__),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "*?"])).map("(%s)%s".__mod__),
    ),
    max_leaves=8,
)


@given(PATTERNS)
def test_whatever_stands_for_a_pattern_matches_it(pattern: str) -> None:
    path = matched(f"/{pattern}")
    assert not path or re.match(f"/{pattern}", path)
