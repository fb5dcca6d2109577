"""What nobody asked about is never called kept or unchanged, and stands where it is seen."""

import json
from typing import Any

import pytest
from lxml import html

from conformance.migrate.annotations import Family, known_annotations
from conformance.migrate.markdown import MOST_ANNOTATIONS, migration_markdown
from conformance.migrate.model import Migration, Problem, Sort, exit_status
from conformance.migrate.question import Question
from conformance.site.pages import move_site
from conformance.tests.migrations import NGINX, Reply, guarding, ingress, migrated, not_found, served, shown

MIDDLEWARE = "traefik.ingress.kubernetes.io/router.middlewares"


def strange(key: str, value: str = "1", **more: Any) -> dict[str, Any]:
    """Return an Ingress with an annotation of any name."""
    made = ingress(**more)
    made["metadata"]["annotations"][key] = value
    return made


def statuses(migration: Migration) -> dict[str, str]:
    return {one.name: one.status for one in migration.annotations}


def page_text(migration: Migration) -> str:
    return "".join(map(str, html.document_fromstring(dict(move_site(migration))["index.html"].decode()).itertext()))


RESTRICTING = [
    (ingress(limit_connections="5", limit_rate="10"), "limit-rate"),
    (ingress(enable_modsecurity="true"), "enable-modsecurity"),
    (ingress(configuration_snippet="deny all;"), "configuration-snippet"),
    (ingress(auth_tls_secret="x", auth_tls_verify_depth="2"), "auth-tls-verify-depth"),
    (ingress(whitelist_source_range="nonsense"), "whitelist-source-range"),
]


@pytest.mark.parametrize(("manifest", "name"), [*RESTRICTING, (strange(f"{NGINX}no-such"), f"{NGINX}no-such")])
def test_an_ingress_with_what_may_keep_requests_out_and_was_not_asked_is_not_unchanged(
    manifest: dict[str, Any], name: str
) -> None:
    answers = guarding("status:403")
    found = migrated([manifest], answers, answers)
    assert found.counts == {Sort.PARTLY: 1}
    assert exit_status(found) == 3
    (record,) = found.ingresses
    assert record.detail == f"nobody asked about {name}"
    assert [one.name for one in found.unasked] == [name]
    assert "Nobody asked about 1 annotation that " in found.summary
    assert found.summary.endswith(", on 1 Ingress.")


def test_an_ingress_that_is_not_there_while_its_guard_is_closed_shows_no_guard() -> None:
    def dropped(question: Question) -> Reply:
        return not_found(question) if question.variant else served(question)

    found = migrated([ingress(auth_tls_secret="shop/ca", denylist_source_range="10.0.0.0/8")], dropped, dropped)
    assert set(statuses(found).values()) == {"not asked"}
    assert found.counts == {Sort.PARTLY: 1}


@pytest.mark.parametrize(("name", "value"), [("limit_connections", "0"), ("enable_modsecurity", "false")])
def test_a_guard_that_is_turned_off_keeps_nobody_out(name: str, value: str) -> None:
    annotations: dict[str, Any] = {name: value}
    found = migrated([ingress(**annotations)], served, served)
    assert found.counts == {Sort.UNCHANGED: 1}
    assert exit_status(found) == 0


def test_guards_that_nobody_asked_about_stand_after_what_is_less_safe_with_their_ingresses() -> None:
    mine = [
        ingress("open", host="open.test", whitelist_source_range="10.0.0.0/8"),
        ingress("limited", host="limited.test", path="/a/b", limit_rate="5"),
        strange(f"{NGINX}no-such", name="odd", host="odd.test", path="/a/b/c"),
        ingress("moved", host="moved.test", path="/a/b/c/d", permanent_redirect="https://x.test/"),
    ]

    def old(question: Question) -> Reply:
        away = question.host == "moved.test"
        return Reply(outcome="redirect:301:https://x.test/") if away else guarding("status:403")(question)

    found = migrated(mine, old, served)
    assert "2 stay as they are in the part that was asked" in found.summary
    assert found.summary.endswith(
        "Nobody asked about 1 annotation that may keep requests out and 1 annotation that the suite does not know, "
        "on 2 Ingresses."
    )
    written = json.loads(found.to_json())
    assert [one["name"] for one in written["annotations"] if one["restricts"] and one["status"] == "not asked"] == [
        "limit-rate"
    ]
    for text in (shown(found), migration_markdown(found), page_text(found)):
        asked_first = text.lower().index("less safe", text.index("Nobody asked about") + 40)
        listed = text.index("Nobody asked about these annotations")
        assert asked_first < listed < text.index("Annotations that are ignored")
        after = text[listed : text.index("Annotations that are ignored")]
        for words in ("limit-rate", "it may keep requests out", "shop/limited", "no-such", "shop/odd"):
            assert words in after


@pytest.mark.parametrize(
    "name",
    [
        "load-balance",
        "upstream-hash-by",
        "service-upstream",
        "proxy-http-version",
        "connection-proxy-header",
        "proxy-ssl-verify",
        "hsts",
        "limit-burst-multiplier",
        "auth-cache-key",
        "session-cookie-hash",
        "default-backend",
    ],
)
def test_an_annotation_that_no_answer_shows_is_not_kept(name: str) -> None:
    annotations: dict[str, Any] = {name.replace("-", "_"): "x", "affinity": "cookie", "limit_rps": "1"}
    found = migrated([ingress(backend_protocol="HTTP", **annotations)], served, served)
    assert statuses(found)[name] == "not asked"
    assert statuses(found)["backend-protocol"] == "kept"


def test_nothing_is_told_of_annotations_that_go_with_one_but_are_not_there() -> None:
    def naming(question: Question) -> Reply:
        return Reply("a", target=question.target, received=(("X-Forwarded-Host", question.host),))

    assert not migrated([ingress(load_balance="ewma")], naming, served).changes
    assert migrated([ingress(upstream_vhost="inside.example")], naming, served).changes


def test_the_error_that_is_asked_for_is_one_that_the_annotation_lists() -> None:
    def intercepting(question: Question) -> Reply:
        return Reply("b", target="/") if question.target.endswith("?status=500") else served(question)

    one = [ingress(custom_http_errors="500,502")]
    assert statuses(migrated(one, intercepting, intercepting)) == {"custom-http-errors": "kept"}
    assert statuses(migrated(one, intercepting, served)) == {"custom-http-errors": "ignored"}
    assert statuses(migrated([ingress(custom_http_errors="nonsense value")], served, served)) == {
        "custom-http-errors": "not asked"
    }


def test_two_equal_errors_show_nothing_of_what_an_annotation_does() -> None:
    def exact(question: Question) -> Reply:
        return served(question) if question.target == "/cart" else not_found(question)

    found = migrated([ingress(path_type="Exact", rewrite_target="/x")], exact, exact)
    assert statuses(found) == {"rewrite-target": "not asked"}
    assert found.counts == {Sort.UNCHANGED: 1}


def test_the_request_for_the_root_is_asked_of_its_annotation_even_where_the_path_is_the_root() -> None:
    def moved(question: Question) -> Reply:
        return Reply(outcome="redirect:302:http://x/app") if question.target == "/" else served(question)

    one = [ingress(path="/", app_root="/app", x_forwarded_prefix="/shop")]
    assert statuses(migrated(one, moved, moved)) == {"app-root": "kept", "x-forwarded-prefix": "no effect before"}


@pytest.mark.parametrize(
    "annotations",
    [
        {"rewrite_target": "/x"},
        {"permanent_redirect": "https://x.test/"},
        {"from_to_www_redirect": "true"},
        {"app_root": "/app"},
        {"enable_cors": "true", "cors_max_age": "5"},
        {"affinity": "cookie"},
        {"upstream_vhost": "inside.example"},
    ],
)
def test_what_neither_controller_heeds_is_not_kept(annotations: dict[str, Any]) -> None:
    def plain(question: Question) -> Reply:
        return Reply("a", target=question.target, received=(("Host", question.host),))

    found = migrated([ingress(**annotations)], plain, plain)
    assert set(statuses(found).values()) == {"no effect before"}
    assert found.counts == {Sort.UNCHANGED: 1}


def test_a_header_of_a_canary_that_goes_nowhere_has_no_effect_and_one_that_does_is_kept() -> None:
    one = [ingress(canary="true", canary_by_header="X-Canary")]

    def other(question: Question) -> Reply:
        return Reply("b", target=question.target) if question.kind == "canary-always" else served(question)

    assert set(statuses(migrated(one, served, served)).values()) == {"no effect before"}
    assert set(statuses(migrated(one, other, other)).values()) == {"kept"}


FAMILIES = known_annotations().families.items()


@pytest.mark.parametrize(("name", "family"), FAMILIES, ids=[name for name, _ in FAMILIES])
def test_each_annotation_is_asked_or_it_is_said_why_not(name: str, family: Family) -> None:
    shown_ones = {short for ask in family.ask for short in ask.shows}
    assert not shown_ones & set(family.not_asked)
    assert set(family.restricting) <= set(family.annotations)
    assert set(family.holds) | set(family.seen) <= shown_ones
    if family.ask:
        assert shown_ones | set(family.not_asked) == set(family.annotations), name
    else:
        assert family.cannot


def test_what_the_old_controller_does_not_serve_beside_an_unknown_annotation_is_not_judged() -> None:
    named = strange(MIDDLEWARE, "x@kubernetescrd", enable_cors="true")
    found = migrated([named], not_found, served)
    assert not found.changes
    assert found.counts == {Sort.NOT_JUDGED: 1}
    assert exit_status(found) == 3
    (record,) = found.ingresses
    assert record.detail == (
        "not served before: Prefix /cart of shop.example.com (status:404), and "
        f"{MIDDLEWARE} may name what nothing stands in for here"
    )
    assert set(statuses(found).values()) == {"not asked", "unknown"}
    # Without it, or where the old one serves the rule, the answers count.
    assert migrated([ingress()], not_found, served).counts == {Sort.DIFFERS: 1}
    assert migrated([named], served, not_found).counts == {Sort.DIFFERS: 1}


def test_an_unknown_annotation_hides_nothing_that_becomes_less_safe() -> None:
    named = strange(MIDDLEWARE, "x@kubernetescrd", auth_type="basic")
    assert migrated([named], not_found, served).counts == {Sort.UNSAFE: 1}
    assert migrated([strange(MIDDLEWARE)], lambda _: Reply(outcome="status:401"), served).counts == {Sort.UNSAFE: 1}


def test_a_long_table_of_annotations_is_cut_and_says_so() -> None:
    many = ingress()
    many["metadata"]["annotations"] = {f"example.com/a{n}": "1" for n in range(MOST_ANNOTATIONS + 3)}
    markdown = migration_markdown(migrated([many], served, served))
    table = markdown.partition("### Annotations")[2]
    assert sum(line.startswith("| <code>example.com/a") for line in table.splitlines()) == MOST_ANNOTATIONS
    assert "and 3 more annotations, see migration.json." in table


def test_a_team_finds_the_numbers_of_its_changes_in_its_row() -> None:
    def gone(question: Question) -> Reply:
        return not_found(question) if question.host in {"a.test", "c.test"} else served(question)

    mine = [
        ingress("a", namespace="one", host="a.test"),
        ingress("b", namespace="two", host="b.test", path="/x/y", permanent_redirect="https://x.test/"),
        ingress("c", namespace="two", host="c.test"),
    ]

    def old(question: Question) -> Reply:
        away = question.host == "b.test"
        return Reply(outcome="redirect:301:https://x.test/") if away else served(question)

    markdown = migration_markdown(migrated(mine, old, gone))
    rows = [line for line in markdown.splitlines() if line.startswith(("| <code>one", "| <code>two"))]
    assert [row.rstrip(" |").rpartition("| ")[2] for row in rows] == ["1, 2", "1"]
    assert "**1. The path of a rule" in markdown
    assert "**2. Ignored. redirect: " in markdown
    assert "- annotations: <code>permanent-redirect</code>" in markdown


@pytest.mark.parametrize(
    ("kind", "changed", "status"),
    [("invalid", False, 2), ("other", False, 0), ("invalid", True, 1), ("other", True, 1)],
)
def test_input_that_could_not_be_used_is_no_success_and_what_changes_is_told_before_it(
    kind: str, changed: bool, status: int
) -> None:
    found = migrated([ingress()], served, not_found if changed else served)
    problem = Problem(where="mine.yaml", kind=kind, message="m", hint="")
    assert exit_status(found.model_copy(update={"problems": (problem,)})) == status
