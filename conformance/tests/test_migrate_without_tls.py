"""http that is served now and was sent to https before: less safe, whatever was asked about."""

from typing import Any

import pytest

from conformance.migrate.model import Migration, Sort
from conformance.migrate.question import Question
from conformance.tests.migrations import Answering, Reply, ingress, migrated, not_found, served

SERVED = "Served without TLS: http was not served, now it is"
HOST = "shop.example.com"
ONE_HOST = [ingress("a-web", path="/", tls=True), ingress("b-api", path="/api", service="api")]
"""The first has TLS for the host, so a controller that knows it by host redirects what the second serves, too."""


def to_https(location: str = "https://{host}{target}") -> Answering:
    """A controller that sends all http there, and serves https."""

    def answer(question: Question) -> Reply:
        there = location.format(host=question.host.partition(":")[0].lower(), target=question.target)
        return Reply(outcome=f"redirect:308:{there}") if question.scheme == "http" else served(question)

    return answer


def words(found: Migration) -> dict[str, str]:
    return {one.name: one.status for one in found.annotations}


def test_the_rule_of_an_ingress_beside_one_with_tls_is_less_safe() -> None:
    def http_too(question: Question) -> Reply:
        return not_found(question) if (question.scheme, question.rule) == ("http", "Prefix /") else served(question)

    found = migrated(ONE_HOST, to_https(), http_too)
    (change,) = found.of(Sort.UNSAFE)
    assert (change.title, change.kind, change.ingresses) == (SERVED, "without-tls", ("shop/b-api",))
    assert {place.rule for place in change.places} == {"Prefix /api"}
    assert found.counts == {Sort.UNSAFE: 1, Sort.DIFFERS: 1}


def test_where_no_ingress_of_the_host_has_tls_it_is_one_change_whatever_was_asked() -> None:
    found = migrated(ONE_HOST[1:], to_https(), served)
    (change,) = found.of(Sort.UNSAFE)
    assert (change.title, change.kind, change.ingresses) == (SERVED, "without-tls", ("shop/b-api",))
    assert len(change.places) > 5
    assert found.counts == {Sort.UNSAFE: 1}


def test_of_all_ingresses_it_is_told_once() -> None:
    both = migrated(ONE_HOST, to_https(), served).of(Sort.UNSAFE)
    assert [change.title for change in both] == [SERVED]
    assert set(both[0].ingresses) == {"shop/a-web", "shop/b-api"}


@pytest.mark.parametrize("spelled", ["https://{host}:443{target}", "https://{host}", "HTTPS://SHOP.example.com/x"])
def test_however_the_redirect_is_written(spelled: str) -> None:
    assert migrated([ingress()], to_https(spelled), served).of(Sort.UNSAFE)


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.test{target}", "http://{host}/x", "https://{host}.elsewhere.test/", "/x"]
)
def test_a_redirect_to_another_place_was_not_one_to_tls(elsewhere: str) -> None:
    assert not migrated([ingress()], to_https(elsewhere), served).of(Sort.UNSAFE)


@pytest.mark.parametrize("new", [not_found, to_https()], ids=["gone", "kept"])
def test_what_is_not_served_now_is_not_less_safe(new: Answering) -> None:
    assert not migrated(ONE_HOST, to_https(), new).of(Sort.UNSAFE)


def test_an_annotation_of_the_rule_has_no_part_in_it() -> None:
    cors: dict[str, Any] = {"enable_cors": "true", "rewrite_target": "/y"}
    found = migrated([ingress(**cors)], to_https(), served)
    (change,) = found.of(Sort.UNSAFE)
    assert change.annotations == ()
    assert "unsafe" not in words(found).values()
    assert found.counts == {Sort.UNSAFE: 1}


def test_a_guard_that_is_lost_as_well_is_told_as_the_guard() -> None:
    found = migrated([ingress(whitelist_source_range="10.0.0.0/8")], to_https(), served)
    assert words(found) == {"whitelist-source-range": "unsafe"}
    assert {change.title.partition(".")[0] for change in found.of(Sort.UNSAFE)} == {
        "Open: the guard source-range is not there",
        SERVED,
    }


def test_a_404_keeps_plain_http_out_where_the_rule_is_served_over_tls() -> None:
    def over_tls_only(question: Question) -> Reply:
        return not_found(question) if question.scheme == "http" else served(question)

    found = migrated([ingress(tls=True)], over_tls_only, served)
    assert found.counts == {Sort.UNSAFE: 1}
    assert "without-tls" in {change.kind for change in found.of(Sort.UNSAFE)}


def test_a_404_for_a_rule_that_was_not_there_over_tls_either_kept_nobody_out() -> None:
    found = migrated([ingress(tls=True)], not_found, served)
    assert not found.of(Sort.UNSAFE)
    assert found.counts == {Sort.DIFFERS: 1}
