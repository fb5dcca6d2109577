"""Copies of requests: counted where they arrive, and nothing is said where that cannot be seen."""

import pytest

from conformance.migrate.model import Migration, Sort
from conformance.migrate.question import Question
from conformance.tests.migrations import Answering, Reply, ingress, migrated, not_found, plan, served

MIRRORED = [ingress(mirror_target="https://copies.example.com$request_uri")]


def copying(*numbers: int) -> Answering:
    """A controller that sends so many copies of a request, each time that it is looked at."""

    def answer(question: Question) -> Reply:
        return Reply("a", target=question.target, copies=numbers if question.copies else ())

    return answer


def status(found: Migration, name: str = "mirror-target") -> str:
    return {one.name: one.status for one in found.annotations}[name]


def test_copies_go_to_an_echo_backend_and_only_where_they_are_asked_for() -> None:
    plain, mirrored = plan(*MIRRORED).asked[0].scenes
    targets = [
        manifest["metadata"].get("annotations", {})
        for scene in (plain, mirrored)
        for manifest in scene.case.objects
        if manifest["kind"] == "Ingress"
    ]
    assert list(targets[0]) == []
    assert list(targets[1].values()) == ["http://@address(d)$request_uri"]
    (probe,) = mirrored.case.probes
    assert probe.expect.arrived == {"d": 1}
    assert not any(probe.expect.arrived for probe in plain.case.probes)


def test_a_copy_that_no_longer_arrives_is_ignored_and_one_more_differs() -> None:
    (change,) = migrated(MIRRORED, copying(1, 1, 1), copying(0, 0, 0)).changes
    assert change.sort is Sort.IGNORED
    (place,) = change.places
    assert (place.old.facts["copies elsewhere"], place.new.facts["copies elsewhere"]) == ("1", "0")
    assert status(migrated(MIRRORED, copying(1, 1, 1), copying(2, 2, 2))) == "differs"
    assert status(migrated(MIRRORED, copying(0, 0, 0), copying(1, 1, 1))) == "differs"


def test_a_copy_that_arrives_on_both_is_kept_and_one_on_neither_had_no_effect() -> None:
    assert status(migrated(MIRRORED, copying(1, 1, 1), copying(1, 0, 1))) == "kept"
    assert status(migrated(MIRRORED, copying(0, 0, 0), copying(0, 0, 0))) == "no effect before"


@pytest.mark.parametrize("new", [copying(0, 0, 0), copying(1, 1, 1), served])
def test_where_nobody_counted_nothing_is_said(new: Answering) -> None:
    found = migrated(MIRRORED, served, new)
    assert not found.changes
    assert status(found) == "not asked"


def test_where_the_backend_stands_for_a_service_a_request_there_is_no_copy() -> None:
    four = [ingress(f"i{n}", path=f"/p{n}", service=f"s{n}") for n in range(3)]
    four += [ingress("mirrored", path="/q/x", service="s3", mirror_target="https://copies.example.com$request_uri")]
    assert status(migrated(four, copying(1, 1, 1), copying(1, 1, 1))) == "not asked"


def test_who_is_asked_for_external_auth_is_not_where_copies_are_counted() -> None:
    both = ingress(mirror_target="https://copies.example.com$request_uri", auth_url="http://auth.example.com/")
    (scene,) = [one for one in plan(both).asked[0].scenes if one.case.id.endswith("-mirror")]
    (made,) = [manifest for manifest in scene.case.objects if manifest["kind"] == "Ingress"]
    targets = {key.partition("/")[2]: value for key, value in made["metadata"]["annotations"].items()}
    assert "@address(e)" in targets["auth-url"]
    assert "@address(e)" not in targets["mirror-target"]


def test_no_answer_says_nothing_of_copies_and_another_path_does_not_touch_them() -> None:
    def away(question: Question) -> Reply:
        return Reply(outcome="redirect:301:https://x.test/", copies=(0, 0, 0) if question.copies else ())

    assert status(migrated(MIRRORED, away, away)) == "not asked"
    assert status(migrated(MIRRORED, not_found, not_found)) == "not asked"

    def elsewhere(question: Question) -> Reply:
        return Reply("a", target="/other", copies=(1, 1, 1) if question.copies else ())

    assert status(migrated(MIRRORED, copying(1, 1, 1), elsewhere)) == "kept"


def test_what_a_copy_holds_is_not_asked() -> None:
    found = migrated([ingress(mirror_target="https://x.test", mirror_host="y.test")], copying(1), copying(1))
    assert status(found, "mirror-host") == "not asked"
