"""Whatever is redirected to https is asked over https, whoever holds the certificate, or it is not judged."""

from typing import Any

from conformance.migrate.model import Migration, Sort, exit_status
from conformance.migrate.question import Question
from conformance.tests.migrations import Answering, Reply, ingress, migrated, not_found, of_paths, plan

HOST = "shop.example.com"
PLAIN = [("/", "Prefix", "web"), ("/api", "Prefix", "api"), ("/pay", "Exact", "pay")]


def right(question: Question) -> Reply:
    path = question.target.partition("?")[0]
    who = "pay" if path == "/pay" else "api" if path == "/api" or path.startswith("/api/") else "web"
    return Reply(f"shop/{who}", target=question.target)


def all_to_web(question: Question) -> Reply:
    return Reply("shop/web", target=question.target)


def redirecting(behind: Answering) -> Answering:
    """A controller that sends all http to https."""

    def answer(question: Question) -> Reply:
        to_https = f"redirect:308:https://{question.host.partition(':')[0].lower()}{question.target}"
        return Reply(outcome=to_https) if question.scheme == "http" else behind(question)

    return answer


def two() -> list[dict[str, Any]]:
    """Two Ingresses of one host, of which one has TLS."""
    return [of_paths("a", ("/", "Prefix", "web"), tls=True), of_paths("b", ("/api", "Prefix", "api"))]


def sorts(migration: Migration) -> dict[str, Sort]:
    return {one.label: one.sort for one in migration.ingresses}


def schemes(*manifests: dict[str, Any]) -> dict[tuple[str, str], set[str]]:
    asked: dict[tuple[str, str], set[str]] = {}
    for scene in (scene for one in plan(*manifests).asked for scene in one.scenes):
        for question in scene.questions.values():
            asked.setdefault((question.kind, question.target), set()).add(question.scheme)
    return asked


def test_where_http_must_be_redirected_each_rule_is_asked_over_https_without_a_certificate_of_its_own() -> None:
    mine = [of_paths("web", *PLAIN, force_ssl_redirect="true")]
    asked = schemes(*mine)
    assert all(asked["path", path] == {"https"} and asked["without-tls", path] == {"http"} for path, *_ in PLAIN)
    assert migrated(mine, redirecting(right), redirecting(all_to_web)).counts == {Sort.DIFFERS: 1}
    assert migrated(mine, redirecting(right), redirecting(right)).counts == {Sort.UNCHANGED: 1}
    assert migrated(mine, redirecting(right), right).counts == {Sort.UNSAFE: 1}
    assert schemes(of_paths("web", *PLAIN, force_ssl_redirect="false"))["without-tls", "/"] == {"http"}


def test_a_rule_on_a_host_that_another_ingress_has_tls_for_is_asked_over_both() -> None:
    asked = schemes(*two())
    assert (asked["path", "/api"], asked["without-tls", "/api"]) == ({"https"}, {"http"})
    assert ("tls-unasked", "/api") not in asked
    elsewhere = migrated(two(), redirecting(right), redirecting(all_to_web))
    assert sorts(elsewhere) == {"shop/a": Sort.UNCHANGED, "shop/b": Sort.DIFFERS}
    opened = migrated(two(), redirecting(right), lambda q: right(q) if q.target.startswith("/api") else not_found(q))
    assert sorts(opened)["shop/b"] is Sort.UNSAFE
    assert "Served without TLS: http was not served, now it is" in [change.title for change in opened.of(Sort.UNSAFE)]


def test_tls_for_another_host_is_none_for_this_one() -> None:
    other = ingress("a", host="x.example.com", tls=True)
    other["spec"]["rules"] += ingress("a", path="/z")["spec"]["rules"]
    assert schemes(other, of_paths("b", ("/api", "Prefix", "api")))["path", "/api"] == {"http"}


def test_a_rule_that_both_serve_without_the_tls_of_another_ingress_is_judged() -> None:
    def as_written(question: Question) -> Reply:
        mine = question.target.startswith("/api") == (question.scheme == "http")
        return right(question) if mine else not_found(question)

    assert sorts(migrated(two(), as_written, as_written)) == {"shop/a": Sort.UNCHANGED, "shop/b": Sort.UNCHANGED}


def test_a_rule_of_which_only_a_redirect_to_https_is_seen_is_not_judged() -> None:
    found = migrated([of_paths("web", *PLAIN)], redirecting(right), redirecting(all_to_web))
    assert found.counts == {Sort.NOT_JUDGED: 1}
    assert exit_status(found) == 3
    assert found.ingresses[0].detail == f"only redirected to https here: Prefix /api of {HOST}"
    # Of one path of each host the same is asked over https.
    first = [of_paths("web", PLAIN[0])]
    assert migrated(first, redirecting(right), redirecting(right)).counts == {Sort.UNCHANGED: 1}
    assert migrated(first, redirecting(not_found), redirecting(not_found)).counts == {Sort.NOT_JUDGED: 1}


def test_a_redirect_that_leads_elsewhere_is_what_a_rule_may_be_there_for() -> None:
    for where in (f"https://{HOST}/new", "https://elsewhere.test/api", f"http://{HOST}/api/"):

        def away(question: Question, where: str = where) -> Reply:
            return right(question) if question.target.startswith("/pay") else Reply(outcome=f"redirect:301:{where}")

        assert migrated([of_paths("web", *reversed(PLAIN))], away, away).counts == {Sort.UNCHANGED: 1}
