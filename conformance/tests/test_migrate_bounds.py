"""However many share a host: whether each is served is asked first, and what is not asked is not judged."""

from typing import Any

import pytest

from conformance.judge.words import Verdict
from conformance.migrate import derivation
from conformance.migrate.changes import Pair
from conformance.migrate.found import Reading
from conformance.migrate.migration import migration_of
from conformance.migrate.model import Sort, exit_status
from conformance.migrate.plan import plan_of
from conformance.migrate.question import Question
from conformance.tests.migrations import (
    Answering,
    Reply,
    found,
    guarding,
    ingress,
    migrated,
    of_paths,
    plan,
    report,
    served,
)

GUARDS: dict[str, Any] = {"tls": True, "auth_type": "basic", "auth_secret": "users"}


def guarded(count: int, **more: Any) -> list[dict[str, Any]]:
    """So many on one host, each with a path of its own and addresses of its own."""
    return [
        ingress(f"i{n:04}", path=f"/p{n:04}", whitelist_source_range=f"10.{n // 250}.{n % 250}.0/24", **more)
        for n in range(count)
    ]


def asked(count: int, **more: Any) -> list[Question]:
    (one,) = plan(*guarded(count, **more)).asked
    return [question for scene in one.scenes for question in scene.questions.values()]


def by_another(old: Answering) -> Answering:
    """Every path leads to another backend; guards hold."""

    def answer(question: Question) -> Reply:
        reply = old(question)
        return reply if reply.outcome else Reply("b", target=question.target)

    return answer


def test_that_a_path_leads_elsewhere_is_seen_of_every_ingress_on_a_host() -> None:
    keeping = guarding("status:403")
    told = migrated(guarded(90, **GUARDS), keeping, by_another(keeping))
    assert told.counts == {Sort.DIFFERS: 90}


def test_a_thousand_guarded_ingresses_on_one_host_are_all_asked_whether_they_are_served() -> None:
    questions = asked(1000)
    assert sum(question.serves for question in questions) == 1000
    own = [question for question in questions if question.kind == "from-elsewhere"]
    assert len(own) == derivation.GUARDED
    assert all(len({question.owner, *question.speaks_for}) == 1 + 1000 - derivation.GUARDED for question in own)
    assert len(questions) <= 1000 + derivation.BESIDE_SERVING
    passwords = [question for question in asked(90, **GUARDS) if question.kind == "without-credentials"]
    assert len(passwords) == derivation.GUARDED


def test_the_guards_of_a_few_speak_for_all_of_their_kind_and_that_is_told() -> None:
    keeping = guarding("status:403", "source-range", "basic-auth")
    many = guarded(100, **GUARDS)
    told = migrated(many, keeping, keeping)
    assert told.counts == {Sort.UNCHANGED: 100}
    assert {one.family: one.status for one in told.annotations} == {"source-range": "kept", "basic-auth": "kept"}
    assert any("other guards of this kind" in left.why for left in told.left_out)
    assert migrated(many, keeping, served).counts == {Sort.UNSAFE: 100}


def test_an_ingress_whose_paths_are_not_asked_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivation, "MOST_QUESTIONS", 6)
    plain = [ingress(f"i{n}", path=f"/p{n}") for n in range(10)]
    told = migrated(plain, served, served)
    assert told.counts == {Sort.NOT_JUDGED: 4, Sort.UNCHANGED: 6}
    assert exit_status(told) == 3
    assert {one.detail for one in told.ingresses if one.sort is Sort.NOT_JUDGED} == {
        "not all of its paths and guards were asked about: too many share its hosts"
    }
    (left,) = [left for left in told.left_out if left.kind == "questions"]
    assert left.count > 4


def test_an_ingress_whose_guard_is_not_asked_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivation, "BESIDE_SERVING", 3)
    two = [ingress("one", path="/one", limit_rps="1"), ingress("two", path="/two/x", **GUARDS)]
    keeping = guarding("status:401")
    told = migrated(two, keeping, keeping)
    assert {one.label: one.sort for one in told.ingresses} == {
        "shop/one": Sort.UNCHANGED,
        "shop/two": Sort.UNCHANGED,
    }
    monkeypatch.setattr(derivation, "BESIDE_SERVING", 1)
    assert {one.label: one.sort for one in migrated(two, keeping, keeping).ingresses} == {
        "shop/one": Sort.UNCHANGED,
        "shop/two": Sort.NOT_JUDGED,
    }


def test_a_guard_that_is_cut_for_one_kind_of_path_is_partly_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    two = [of_paths("one", ("/a", "Prefix", "web"), ("/b", "Exact", "web"), whitelist_source_range="10.0.0.0/8")]
    keeping = guarding("status:403")
    for beside, sort in ((4, Sort.UNCHANGED), (2, Sort.PARTLY), (0, Sort.NOT_JUDGED)):
        monkeypatch.setattr(derivation, "BESIDE_SERVING", beside)
        assert migrated(two, keeping, keeping).counts == {sort: 1}


def test_those_for_which_a_guard_speaks_are_not_judged_where_it_says_nothing() -> None:
    many = found(*guarded(12), ingress("plain", path="/plain"))
    made, keeping = plan_of(many), guarding("status:403")
    old, new = report("before", made, keeping), report("after", made, keeping)
    cases = tuple(
        case.model_copy(update={"verdict": Verdict.FAIL}) if case.id.endswith("-source-range") else case
        for case in new.cases
    )
    told = migration_of(Reading(many), made, Pair(old, new.model_copy(update={"cases": cases})))
    assert told.counts == {Sort.NOT_JUDGED: 12, Sort.UNCHANGED: 1}


def test_a_path_that_is_asked_as_the_boundary_of_others_says_nothing_of_them() -> None:
    many = [ingress(f"i{n}", path=f"/p{n}") for n in range(5)] + [ingress("below", path="/p0/x")]

    def other(question: Question) -> Reply:
        return Reply("b", target="/p0/x") if question.target == "/p0/x" else served(question)

    changed = [one.name for one in migrated(many, served, other).ingresses if one.sort is Sort.DIFFERS]
    assert changed == ["below", "i0"]
