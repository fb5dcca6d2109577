"""One request that asks of several annotations: sent once, and judged for each of them."""

from typing import Any

import pytest

from conformance.migrate.model import Migration, Sort
from conformance.migrate.plan import plan_of
from conformance.migrate.question import Question
from conformance.migrate.restoring import Restores
from conformance.plan.ground import EITHER_PORT
from conformance.tests.migrations import Answering, Reply, found, ingress, migrated, not_found, plan, served

COOKIE = (("Set-Cookie", "route=1; Path=/"),)


def both() -> dict[str, Any]:
    return ingress(affinity="cookie", upstream_vhost="inside.example")


def backend(host: str = "", *, forwarded: str = "", **more: object) -> Answering:
    """A controller whose backend gets this Host, or the one that was sent."""

    def answer(question: Question) -> Reply:
        names = (("Host", host or question.host), ("X-Forwarded-Host", forwarded))
        return Reply("a", target=question.target, received=names, **more)  # type: ignore[arg-type]

    return answer


def statuses(migration: Migration) -> dict[str, str]:
    return {one.name: one.status for one in migration.annotations}


def test_a_request_with_several_reasons_is_sent_once_and_keeps_what_it_is_about() -> None:
    (asked,) = plan(both()).asked
    (path,) = [q for scene in asked.scenes for q in scene.questions.values() if q.kind == "path"]
    assert (path.family, [one.family for one in path.also]) == ("", ["affinity", "upstream"])
    assert path.serves
    assert not path.compares
    every = [question.sent for scene in asked.scenes for question in scene.questions.values()]
    assert len(every) == len(set(every))


def test_of_two_owners_each_annotation_is_only_its_own_owners() -> None:
    plain, sticky = ingress("plain"), ingress("sticky", affinity="cookie")
    (asked,) = plan_of(found(plain, sticky)).asked
    (path,) = [q for q in asked.scenes[0].questions.values() if q.kind == "path"]
    assert (path.owner, path.speaks_for) == (0, (1,))
    assert [(one.family, one.owner) for one in path.also] == [("affinity", 1)]


def test_annotations_asked_with_the_path_of_a_rule_count_as_asked() -> None:
    kept = migrated([both()], backend("inside.example", headers=COOKIE), backend("inside.example", headers=COOKIE))
    assert statuses(kept) == {"affinity": "kept", "upstream-vhost": "kept"}
    assert not kept.changes


def test_a_cookie_that_is_gone_is_told_of_the_annotation_for_it_and_of_no_other() -> None:
    gone = migrated([both()], backend("inside.example", headers=COOKIE), backend("inside.example"))
    assert statuses(gone) == {"affinity": "ignored", "upstream-vhost": "kept"}
    (change,) = gone.changes
    assert (change.sort, change.family) == (Sort.IGNORED, "affinity")
    assert change.title.startswith("Ignored. affinity: ")
    assert gone.counts == {Sort.IGNORED: 1}


def test_a_host_for_the_backend_is_ignored_only_where_the_one_that_was_sent_arrives() -> None:
    one = [ingress(upstream_vhost="inside.example")]
    assert statuses(migrated(one, backend("inside.example"), backend())) == {"upstream-vhost": "ignored"}
    assert statuses(migrated(one, backend("inside.example"), backend("x.example"))) == {"upstream-vhost": "differs"}
    other = migrated(one, backend("inside.example"), backend("inside.example", forwarded="shop.example.com"))
    assert statuses(other) == {"upstream-vhost": "differs"}


def test_what_is_not_about_an_annotation_is_not_told_of_it() -> None:
    hsts = (("Strict-Transport-Security", "max-age=1"),)
    one = [ingress(tls=True, affinity="cookie")]
    (change,) = migrated(one, backend(headers=hsts + COOKIE), backend(headers=COOKIE)).changes
    assert (change.kind, change.family) == ("path", "")
    two = migrated(one, backend(headers=hsts + COOKIE), backend())
    assert [(change.kind, change.family) for change in two.changes] == [("path", ""), ("sticky", "affinity")]


def test_tls_to_the_backend_is_one_change_and_about_how_it_is_spoken_to() -> None:
    one = [ingress(backend_protocol="HTTP")]
    found = migrated(one, backend(port=EITHER_PORT), backend(port=EITHER_PORT, tls=True))
    assert statuses(found) == {"backend-protocol": "differs"}
    (change,) = found.changes
    assert change.title.startswith("Differs (TLS or none to the backend). upstream: ")
    requests = [(place.request, place.headers) for place in change.places]
    assert len(requests) == len(set(requests))


def test_where_somebody_else_answers_the_annotations_that_may_be_why_are_named_with_their_hints(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refusing(question: Question) -> Reply:
        return Reply(outcome="status:400")

    traefik = Restores("traefik")
    monkeypatch.setattr("conformance.migrate.migration.Restores", lambda _: traefik)
    two = [ingress("one", backend_protocol="HTTPS"), ingress("two", host="plain.example", path="/a/b")]
    changes = {change.family: change for change in migrated(two, served, refusing).changes}
    assert set(changes) == {"", "upstream"}
    assert changes["upstream"].title.endswith(
        "(a backend answers → status 400). Its rules have annotations that may be why: upstream"
    )
    assert changes["upstream"].ingresses == ("shop/one",)
    assert any("service.serversscheme" in hint.says for hint in changes["upstream"].restore)
    assert not any("service.serversscheme" in hint.says for hint in changes[""].restore)
    assert statuses(migrated(two, served, refusing)) == {"backend-protocol": "differs"}
    assert changes["upstream"].annotations == ("backend-protocol",)


def test_a_prefix_for_the_backend_is_only_ignored_where_none_arrives() -> None:
    def prefixed(prefix: str) -> Answering:
        names = (("X-Forwarded-Prefix", prefix),) if prefix else ()
        return lambda question: Reply("a", target=question.target, received=names if question.target == "/" else ())

    one = [ingress(path="/", x_forwarded_prefix="/shop")]
    assert statuses(migrated(one, prefixed("/shop"), prefixed(""))) == {"x-forwarded-prefix": "ignored"}
    assert statuses(migrated(one, prefixed("/shop"), prefixed("/other"))) == {"x-forwarded-prefix": "differs"}


def test_what_lies_behind_a_redirect_to_https_is_asked_over_https() -> None:
    def redirecting(question: Question) -> Reply:
        to_https = Reply(outcome=f"redirect:308:https://{question.host}{question.target}")
        return to_https if question.scheme == "http" else backend(headers=COOKIE)(question)

    one = [ingress(force_ssl_redirect="true", affinity="cookie")]
    assert statuses(migrated(one, redirecting, redirecting)) == {"force-ssl-redirect": "kept", "affinity": "kept"}
    assert statuses(migrated(one, redirecting, served)) == {"force-ssl-redirect": "unsafe", "affinity": "ignored"}


def test_annotations_of_a_rule_that_neither_serves_are_not_kept() -> None:
    assert statuses(migrated([both()], not_found, not_found)) == {
        "affinity": "not asked",
        "upstream-vhost": "not asked",
    }
