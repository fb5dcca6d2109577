"""A guard keeps out what it guards however it is spelled, and what gets past it is told."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.migrate import derivation
from conformance.migrate.boundaries import RESPELLED
from conformance.migrate.derivation import CREDENTIALS, IN_FULL
from conformance.migrate.model import Migration, Sort, exit_status
from conformance.migrate.question import Question
from conformance.tests.migrations import Answering, Reply, ingress, migrated, not_found, of_paths, plan, served, shown

RANGE: dict[str, Any] = {"whitelist_source_range": "10.0.0.0/8"}
PASSWORD: dict[str, Any] = {"auth_type": "basic", "auth_secret": "users"}


def outside(question: Question) -> bool:
    """Whether a guard is to keep it out: from elsewhere, or without the password."""
    return question.variant == "source-range" or (
        question.family == "basic-auth" and CREDENTIALS not in question.headers
    )


def keeping(refusal: str, guards: Callable[[Question], bool], elsewhere: Answering = served) -> Answering:
    """A controller that keeps out whoever is outside, from what it guards."""

    def answer(question: Question) -> Reply:
        return Reply(outcome=refusal) if outside(question) and guards(question) else elsewhere(question)

    return answer


def always(_: Question) -> bool:
    return True


def as_written(question: Question) -> bool:
    return question.target.startswith("/admin") and question.host == "shop.example.com"


def behind(annotations: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """One path with a guard, and all others of the host without, at the same Service."""
    return [ingress("admin", path="/admin", **annotations, **more), ingress("front", path="/", **more)]


def asked(*manifests: dict[str, Any]) -> list[Question]:
    return [q for one in plan(*manifests).asked for scene in one.scenes for q in scene.questions.values()]


def titles(migration: Migration, sort: Sort) -> list[str]:
    return [change.title for change in migration.of(sort)]


@pytest.mark.parametrize(
    ("annotations", "refusal", "family"),
    [(RANGE, "status:403", "source-range"), (PASSWORD, "status:401", "basic-auth")],
)
def test_another_spelling_that_gets_past_a_guard_is_less_safe_and_told_with_both_answers(
    annotations: dict[str, Any], refusal: str, family: str
) -> None:
    found = migrated(behind(annotations), keeping(refusal, always), keeping(refusal, as_written))
    assert found.counts[Sort.UNSAFE] == 1
    assert {one.family: one.status for one in found.annotations} == {family: "unsafe"}
    kinds = {change.kind: change for change in found.of(Sort.UNSAFE)}
    assert set(kinds) == {
        *("double-slash", "dot-segments", "other-case", "percent-encoded"),
        *("host-with-port", "host-in-capitals"),
    }
    (place,) = kinds["other-case"].places
    assert (place.old.outcome, place.new.outcome) == (refusal, "backend shop/web")
    assert all("/ADMIN" in side.curl and "Authorization" not in side.curl for side in (place.old, place.new))
    assert kinds["other-case"].title.startswith(f"Past the guard {family}: it was kept out, now it is served. Capital")
    assert "LESS SAFE" in shown(found)


@pytest.mark.parametrize(
    ("tls", "scheme", "what"),
    [(True, "https", "http for a host with TLS"), (False, "http", "https for a host without TLS")],
)
def test_the_other_scheme_is_a_way_past_a_guard_too(*, tls: bool, scheme: str, what: str) -> None:
    def only_one(question: Question) -> bool:
        return question.scheme == scheme

    found = migrated(behind(RANGE, tls=tls), keeping("status:403", always), keeping("status:403", only_one))
    assert titles(found, Sort.UNSAFE) == [f"Past the guard source-range: it was kept out, now it is served. {what}"]


def test_a_spelling_that_no_rule_had_and_that_reaches_what_is_guarded_is_less_safe() -> None:
    def strict(question: Question) -> Reply:
        return not_found(question) if question.target == "/ADMIN" else served(question)

    def elsewhere(question: Question) -> Reply:
        return Reply("b") if question.target == "/ADMIN" else served(question)

    guarded = [ingress(path="/admin", **RANGE)]
    old = keeping("status:403", as_written, strict)
    found = migrated(guarded, old, keeping("status:403", as_written))
    assert [change.kind for change in found.of(Sort.UNSAFE)] == ["other-case"]
    assert not titles(migrated(guarded, old, keeping("status:403", as_written, elsewhere)), Sort.UNSAFE)
    gone = titles(migrated(guarded, not_found, served), Sort.UNSAFE)
    assert not [title for title in gone if title.startswith("Past")]


def test_what_a_guard_kept_out_by_an_answer_of_its_own_is_seen_by_that_answer() -> None:
    one = behind({"auth_url": "http://auth.default.svc/check"})

    def closed(question: Question) -> Reply:
        return Reply(outcome="status:500") if question.variant else served(question)

    def open_beside(question: Question) -> Reply:
        return Reply(outcome="status:500") if question.variant and as_written(question) else Reply("b")

    assert titles(migrated(one, closed, open_beside), Sort.UNSAFE)


def test_a_guard_that_no_request_came_to_is_neither_open_before_nor_kept() -> None:
    mine = [ingress("admin", path="/admin", service="admin", **RANGE), ingress("front", path="/")]

    def by_front(question: Question) -> Reply:
        return Reply("shop/web", target=question.target)

    found = migrated(mine, by_front, by_front)
    assert {one.name: one.status for one in found.annotations} == {"whitelist-source-range": "not asked"}
    assert {one.label: one.sort for one in found.ingresses} == {
        "shop/admin": Sort.PARTLY,
        "shop/front": Sort.UNCHANGED,
    }


def test_spellings_that_were_open_before_say_nothing_against_the_guard() -> None:
    found = migrated(behind(RANGE), keeping("status:403", as_written), keeping("status:403", as_written))
    assert {one.name: one.status for one in found.annotations} == {"whitelist-source-range": "kept"}
    assert found.counts == {Sort.UNCHANGED: 2}


def test_a_guard_that_keeps_out_more_than_before_is_a_change() -> None:
    found = migrated(behind(RANGE), keeping("status:403", as_written), keeping("status:403", always))
    assert titles(found, Sort.DIFFERS) == [
        "Differs (a backend answers → status 403). source-range: Only clients of these addresses are let in."
    ]


def test_where_no_backend_answers_on_either_side_the_guard_is_kept() -> None:
    def no_capitals(question: Question) -> Reply:
        return not_found(question) if question.kind == "other-case" else served(question)

    found = migrated(behind(RANGE), keeping("status:403", always, no_capitals), no_capitals_refused)
    assert found.annotations[0].status == "kept"


def no_capitals_refused(question: Question) -> Reply:
    """Nothing is served in capitals, and whoever is outside gets nothing at all."""
    if question.kind == "other-case":
        return not_found(question)
    return keeping("status:403", always)(question)


def test_one_that_varies_is_a_change() -> None:
    def now_and_then(question: Question) -> Reply:
        by_chance = Reply(outcome="varies:a,status:403") if question.kind == "other-case" else None
        return by_chance or Reply(outcome="status:403") if outside(question) else served(question)

    found = migrated(behind(RANGE), keeping("status:403", always), now_and_then)
    assert found.annotations[0].status == "differs"


def test_a_guard_that_is_gone_is_told_once_whatever_the_spelling() -> None:
    (change,) = migrated(behind(RANGE), keeping("status:403", always), served).of(Sort.UNSAFE)
    assert change.title == "Open: the guard source-range is not there. Only clients of these addresses are let in."
    assert {"/admin", "/ADMIN", "//admin"} <= {
        place.request.partition("shop.example.com")[2] for place in change.places
    }


def test_one_that_believes_a_claimed_address_does_not_hide_that_it_can_be_passed_by_another_spelling() -> None:
    def believing(question: Question) -> bool:
        return as_written(question) and "X-Forwarded-For" not in dict(question.headers)

    found = migrated(behind(RANGE), keeping("status:403", always), keeping("status:403", believing))
    assert any(title.startswith("Past the guard") for title in titles(found, Sort.UNSAFE))


def test_a_request_that_is_a_guards_own_for_another_rule_is_that_rules() -> None:
    below = [ingress("admin", path="/admin", **RANGE), ingress("below", path="/admin/x", **RANGE)]
    (own,) = [q for q in asked(*below) if (q.kind, q.target) == ("from-elsewhere", "/admin/x")]
    assert not own.keeps
    assert not any(
        q.target == "/admin/x" and q.keeps for q in asked(*below) if q.scheme == own.scheme and q.host == own.host
    )


def test_every_spelling_is_asked_with_the_guard_closed() -> None:
    for annotations in (RANGE, PASSWORD):
        for tls, other_scheme in ((True, "tls-unasked"), (False, "without-tls")):
            spelled = [q for q in asked(*behind(annotations, tls=tls)) if q.keeps]
            assert {q.kind for q in spelled} == RESPELLED - {other_scheme}
            assert all(outside(q) and q.keeps == "shop/web" for q in spelled)
    assert not any(q.keeps for q in asked(ingress(proxy_body_size="1m", limit_rps="5", ssl_redirect="true")))


def for_passwords(guards: Callable[[Question], bool]) -> Answering:
    """A controller that asks for the password where a guard is."""

    def answer(question: Question) -> Reply:
        refused = CREDENTIALS not in question.headers and guards(question)
        who = "admin" if question.target.startswith("/admin") else "web"
        return Reply(outcome="status:401") if refused else Reply(f"shop/{who}", target=question.target)

    return answer


def test_a_password_that_a_whole_host_asks_for_is_a_change_for_those_of_its_ingresses_that_ask_for_none() -> None:
    mine = [ingress("admin", path="/admin", service="admin", **PASSWORD), ingress("front", path="/")]
    open_front, closed = for_passwords(as_written), for_passwords(always)
    found = migrated(mine, open_front, closed)
    assert {one.label: one.sort for one in found.ingresses}["shop/front"] is Sort.DIFFERS
    (change,) = [change for change in found.changes if change.kind == "without-password"]
    assert change.title == (
        "A path that asks for no password is answered differently without one (a backend answers → status 401)"
    )
    assert change.ingresses == ("shop/front",)
    for same in (open_front, closed):
        assert migrated(mine, same, same).counts == {Sort.UNCHANGED: 2}
    opened = migrated(mine, closed, open_front)
    assert {one.label: one.sort for one in opened.ingresses}["shop/front"] is Sort.UNSAFE
    assert not any(q.kind == "without-password" for q in asked(*mine[:1], ingress("x", host="x.test")))


def test_whether_a_path_is_served_without_the_password_is_always_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = [ingress("admin", path="/admin", **PASSWORD), *(ingress(f"i{n}", path=f"/p{n}") for n in range(9))]
    monkeypatch.setattr(derivation, "BESIDE_SERVING", 0)
    assert sum(q.kind == "without-password" for q in asked(*mine)) == 9
    monkeypatch.setattr(derivation, "MOST_QUESTIONS", 15)
    everybody = for_passwords(as_written)
    judged = {one.label: one.sort for one in migrated(mine, everybody, everybody).ingresses}
    assert judged["shop/i8"] is Sort.NOT_JUDGED


KINDS = [*((f"/{name}", "Prefix", name) for name in "abc"), ("/admin", "Exact", "admin")]


def by_kind(question: Question) -> Reply:
    """Each path leads to a Service of its own."""
    who = question.target.strip("/").partition("/")[0].lower()
    return Reply(f"shop/{who}", target=question.target) if who in {*"abc", "admin"} else not_found(question)


def test_a_guard_is_asked_on_each_kind_of_path_that_an_ingress_has() -> None:
    mine = [of_paths("web", *KINDS, **RANGE)]

    def but_one(question: Question) -> bool:
        return "admin" not in question.target.lower()

    found = migrated(mine, keeping("status:403", always, by_kind), keeping("status:403", but_one, by_kind))
    assert found.counts == {Sort.UNSAFE: 1}
    kept = keeping("status:403", always, by_kind)
    assert {one.status for one in migrated(mine, kept, kept).annotations} == {"kept"}


def test_a_guard_that_shows_nothing_on_one_kind_of_path_is_not_kept() -> None:
    mine = [of_paths("web", *KINDS, **RANGE), ingress("front", path="/", service="front")]

    def taken(question: Question) -> Reply:
        by_front = question.target.lower().startswith("/admin")
        return Reply("shop/front", target=question.target) if by_front else by_kind(question)

    def but_taken(question: Question) -> bool:
        return not question.target.lower().startswith("/admin")

    both = keeping("status:403", but_taken, taken)
    found = migrated(mine, both, both)
    assert {one.label: one.sort for one in found.ingresses}["shop/web"] is Sort.PARTLY
    assert exit_status(found) == 3
    assert {one.status for one in found.annotations} == {"not asked"}


def test_spellings_are_asked_on_some_paths_of_a_kind_and_the_rest_is_told() -> None:
    many = [ingress(f"i{n:02}", path=f"/p{n:02}", whitelist_source_range=f"10.0.{n}.0/24") for n in range(15)]
    many.append(ingress("front", path="/"))
    spelled = [q for q in asked(*many) if q.keeps and q.kind == "other-case"]
    assert len(spelled) == IN_FULL
    assert all(len({q.owner, *q.speaks_for}) == 14 for q in spelled)
    assert any("other guarded paths of this kind" in left.why for left in plan(*many).left_out)

    def open_in_capitals(question: Question) -> bool:
        return question.kind != "other-case"

    found = migrated(many, keeping("status:403", always), keeping("status:403", open_in_capitals))
    assert found.counts == {Sort.UNSAFE: 15, Sort.UNCHANGED: 1}


def test_paths_with_other_neighbours_are_of_another_kind() -> None:
    alone = [ingress(f"a{n}", host=f"h{n}.example.com", path=f"/p{n}", **RANGE) for n in range(3)]
    for manifest in alone[1:]:
        manifest["spec"]["rules"] += alone[0]["spec"]["rules"]
    beside = ingress("front", host="h2.example.com", path="/")
    assert {q.host for q in asked(*alone, beside) if q.kind == "other-case" and q.keeps} >= {"h2.example.com"}


@pytest.mark.parametrize("status", [404, 500])
def test_who_gets_to_a_backend_that_answers_with_an_error_has_got_past_the_guard(status: int) -> None:
    def let_in(question: Question) -> Reply:
        if not outside(question):
            return served(question)
        return replace(served(question), outcome=f"status:{status}", status=status)

    found = migrated([ingress("admin", **RANGE)], keeping("redirect:302:https://sign.in/", always), let_in)
    assert {one.name: one.status for one in found.annotations} == {"whitelist-source-range": "unsafe"}
    assert [title for title in titles(found, Sort.UNSAFE) if not title.startswith("Past the guard")]


def test_where_the_guard_itself_is_not_found_no_spelling_gets_past_it() -> None:
    found = migrated(behind(RANGE), keeping("status:404", always), keeping("status:404", as_written))
    assert not found.of(Sort.UNSAFE)
