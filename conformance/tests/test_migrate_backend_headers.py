"""Cookies and redirects of backends: the echo sends what an annotation speaks of, and what comes of it is compared."""

from typing import Any
from urllib.parse import unquote

import pytest

from conformance.echo.knobs import knobs_of
from conformance.migrate.model import Migration, Sort
from conformance.migrate.question import Question
from conformance.tests.migrations import Answering, Reply, ingress, migrated, plan, served

PATH: dict[str, Any] = {"proxy_cookie_path": "/one/ /"}
DOMAIN: dict[str, Any] = {"proxy_cookie_domain": "internal.example app.example"}
REDIRECT: dict[str, Any] = {
    "proxy_redirect_from": "http://internal.example/",
    "proxy_redirect_to": "https://app.example/",
}


def asked(**annotations: Any) -> list[Question]:
    (group,) = plan(ingress(**annotations)).asked
    return [q for scene in group.scenes for q in scene.questions.values() if q.family == "cookies"]


def changing(*words: tuple[str, str], more: tuple[tuple[str, str], ...] = ()) -> Answering:
    """A controller that changes these words of the headers that its backend sends, and adds more."""

    def answer(question: Question) -> Reply:
        headers = []
        for name, sent in question.answers:
            value = sent
            for one, other in words:
                value = value.replace(one, other)
            headers.append((name, value))
        location = dict(headers).get("Location", "")
        outcome, status = (f"redirect:302:{location}", 302) if location else ("a", 200)
        return Reply("a", outcome, (*headers, *more), question.target, status=status)

    return answer


def statuses(found: Migration) -> dict[str, str]:
    return {one.name: one.status for one in found.annotations}


@pytest.mark.parametrize(
    ("annotations", "header", "status"),
    [
        (PATH, (b"Set-Cookie", b"conformance=1; Path=/one/"), None),
        (DOMAIN, (b"Set-Cookie", b"conformance=1; Domain=internal.example"), None),
        (REDIRECT, (b"Location", b"http://internal.example/"), 302),
    ],
)
def test_the_echo_is_asked_to_send_what_the_annotation_speaks_of(
    annotations: dict[str, Any], header: tuple[bytes, bytes], status: int | None
) -> None:
    (question,) = asked(**annotations)
    knobs = knobs_of(question.target.encode())
    assert knobs.headers == (header,)
    assert knobs.status == status
    assert unquote(question.target).startswith("/cart?")


@pytest.mark.parametrize(
    ("annotations", "changed"),
    [
        (PATH, changing(("Path=/one/", "Path=/"))),
        (DOMAIN, changing(("internal", "app"))),
        (REDIRECT, changing(("http://internal", "https://app"))),
    ],
)
def test_what_is_left_as_the_backend_sent_it_is_ignored_and_what_is_changed_alike_is_kept(
    annotations: dict[str, Any], changed: Answering
) -> None:
    mine = [ingress(**annotations)]
    as_sent = changing()
    found = migrated(mine, changed, as_sent)
    assert set(statuses(found).values()) == {"ignored"}
    assert found.counts == {Sort.IGNORED: 1}
    assert set(statuses(migrated(mine, changed, changed)).values()) == {"kept"}
    assert set(statuses(migrated(mine, as_sent, as_sent)).values()) == {"no effect before"}
    otherwise = changing(("/one/", "/x/"), ("internal", "y"))
    assert set(statuses(migrated(mine, changed, otherwise)).values()) == {"differs"}
    assert set(statuses(migrated(mine, as_sent, changed)).values()) == {"differs"}


def test_cookies_that_others_set_say_nothing_of_the_backends() -> None:
    changed = changing(("Path=/one/", "Path=/"))
    sticky = changing(("Path=/one/", "Path=/"), more=(("Set-Cookie", "INGRESSCOOKIE=1; Path=/cart"),))
    assert statuses(migrated([ingress(**PATH)], sticky, changed)) == {"proxy-cookie-path": "kept"}
    assert statuses(migrated([ingress(**PATH)], sticky, changing()))["proxy-cookie-path"] == "ignored"


def test_what_the_backend_was_not_told_to_send_is_not_kept() -> None:
    assert statuses(migrated([ingress(**PATH)], served, served)) == {"proxy-cookie-path": "not asked"}

    def away(question: Question) -> Reply:
        return Reply(outcome="redirect:301:https://x.test/", headers=(("Location", "https://x.test/"),))

    assert set(statuses(migrated([ingress(**REDIRECT)], away, away)).values()) == {"not asked"}


@pytest.mark.parametrize(
    "annotations",
    [
        {"proxy_cookie_path": "off"},
        {"proxy_cookie_path": "~*^/user/(.+) /u/$1"},
        {"proxy_cookie_domain": "$host app.example"},
        {"proxy_redirect_from": "off", "proxy_redirect_to": "https://app.example/"},
        {"proxy_redirect_from": "default", "proxy_redirect_to": "https://app.example/"},
        {"proxy_redirect_from": "http://internal.example/"},
        {"proxy_redirect_to": "https://app.example/"},
    ],
)
def test_patterns_and_what_is_turned_off_are_not_asked(annotations: dict[str, Any]) -> None:
    assert not asked(**annotations)
    found = migrated([ingress(**annotations)], served, served)
    assert set(statuses(found).values()) == {"not asked"}
