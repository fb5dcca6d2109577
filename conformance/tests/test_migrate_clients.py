"""Clients with certificates: one that is known is let in, a stranger is not, and what the backend hears of it."""

from typing import Any

import pytest

from conformance.migrate.model import Migration, Sort
from conformance.migrate.question import Question
from conformance.tests.migrations import Answering, Reply, ingress, migrated, plan, served

TLS: dict[str, Any] = {"tls": True, "auth_tls_secret": "shop/clients"}
PASSING: dict[str, Any] = {**TLS, "auth_tls_pass_certificate_to_upstream": "true"}
NAMED: dict[str, Any] = {**TLS, "auth_tls_match_cn": "CN=somebody"}
PEM = "-----BEGIN%20CERTIFICATE-----%0A"


def verifying(known: str = "", stranger: str = "status:400", nobody: str = "status:400", header: str = "") -> Answering:
    """A controller that answers so to each client; empty is a backend. Of a known one it hands this on."""

    def answer(question: Question) -> Reply:
        if question.variant != "client-certificate":
            return served(question)
        refusal = {"known": known, "stranger": stranger, "": nobody}[question.client]
        received = (("ssl-client-cert", header),) if header and question.client else ()
        return Reply(outcome=refusal) if refusal else Reply("a", target=question.target, received=received)

    return answer


def statuses(found: Migration) -> dict[str, str]:
    return {one.name: one.status for one in found.annotations}


def asked(**annotations: Any) -> dict[str, Question]:
    (group,) = plan(ingress(**annotations)).asked
    (scene,) = [one for one in group.scenes if one.case.id.endswith("-client-certificate")]
    assert {probe.client for probe in scene.case.probes} == {"", "known", "stranger"}
    return {q.kind: q for q in scene.questions.values() if q.client}


def test_a_known_client_and_a_stranger_are_sent_and_the_authority_knows_the_one() -> None:
    assert list(asked(**TLS)) == ["with-a-certificate-of-another-authority", "with-a-known-certificate"]
    assert list(asked(**NAMED))[1:] == ["with-a-known-certificate-of-another-name"]
    for name in ("clients", "cert"):
        made = plan(ingress(**{**TLS, "auth_tls_secret": f"shop/{name}"}))
        secrets = [one for one in made.cases[0].objects if one["kind"] == "Secret"]
        assert [one["metadata"]["name"] for one in secrets if one.get("authority") == "known"] == [name]


def test_a_stranger_that_is_let_in_is_less_safe() -> None:
    found = migrated([ingress(**TLS)], verifying(), verifying(stranger=""))
    assert statuses(found)["auth-tls-secret"] == "unsafe"
    (change,) = found.of(Sort.UNSAFE)
    assert change.title.startswith("Open: the guard client-certificate is not there.")
    assert all("--cert client.crt --key client.key" in place.new.curl for place in change.places)


def test_a_known_client_that_is_turned_away_is_a_change_and_one_let_in_on_both_is_kept() -> None:
    turned_away = migrated([ingress(**TLS)], verifying(), verifying(known="status:400"))
    assert statuses(turned_away)["auth-tls-secret"] == "differs"
    assert turned_away.counts == {Sort.DIFFERS: 1}
    found = migrated([ingress(**TLS)], verifying(), verifying())
    assert statuses(found)["auth-tls-secret"] == "kept"
    assert found.counts == {Sort.UNCHANGED: 1}
    refused = migrated([ingress(**TLS)], verifying(known="status:400"), verifying())
    assert statuses(refused)["auth-tls-secret"] == "differs"


def test_the_certificate_that_the_backend_gets_is_seen_whoever_made_it() -> None:
    mine = [ingress(**PASSING)]
    name = "auth-tls-pass-certificate-to-upstream"
    one, other = verifying(header=f"{PEM}abc"), verifying(header=f"{PEM}xyz")
    assert statuses(migrated(mine, one, other))[name] == "kept"
    lost = migrated(mine, one, verifying())
    assert statuses(lost) == {"auth-tls-secret": "kept", name: "ignored"}
    (place,) = next(change for change in lost.changes if change.family == "client-certificate").places
    assert place.old.facts["received ssl-client-cert"] == "the client's certificate"
    assert statuses(migrated(mine, verifying(), verifying()))[name] == "no effect before"
    nobody = verifying(known="status:400", header=f"{PEM}abc")
    assert statuses(migrated(mine, nobody, nobody))[name] == "not asked"


def test_a_name_that_is_asked_for_keeps_another_out() -> None:
    mine = [ingress(**NAMED)]
    keeping = verifying(known="status:403")
    assert statuses(migrated(mine, keeping, verifying()))["auth-tls-match-cn"] == "unsafe"
    assert statuses(migrated(mine, keeping, keeping))["auth-tls-match-cn"] == "kept"
    assert statuses(migrated(mine, keeping, verifying(known="status:400")))["auth-tls-match-cn"] == "differs"
    assert statuses(migrated(mine, verifying(), verifying()))["auth-tls-match-cn"] == "open before"


@pytest.mark.parametrize("refusal", ["status:400", "status:500", "reset"])
def test_a_refusal_that_is_not_for_the_name_says_nothing_of_it(refusal: str) -> None:
    all_out = verifying(known=refusal)
    found = migrated([ingress(**NAMED)], all_out, all_out)
    assert statuses(found)["auth-tls-match-cn"] == "not asked"
    assert found.counts == {Sort.PARTLY: 1}
