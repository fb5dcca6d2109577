"""An Ingress that an API server refuses all the same: told in its words, and the rest of its group is asked."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from conformance.case.model import Case, Manifest
from conformance.cli import migrating
from conformance.cli.migrating import Wanted, migrate_objects
from conformance.clusters.api import Api, Refused
from conformance.controllers.catalogue import find
from conformance.errors import BadInput
from conformance.migrate.found import Found, Reading
from conformance.migrate.interview import Interview
from conformance.migrate.model import Migration, Sort, exit_status
from conformance.migrate.plan import Plan, plan_of
from conformance.migrate.refused import Refusal, read_refusals, refusals, refused_of, write_refusals
from conformance.report.reading import FILE_NAME, report_files
from conformance.suite.opening import Opening
from conformance.suite.session import write_report
from conformance.tests.engine_world import Ground, World
from conformance.tests.migrations import found, ingress, plan, report, served, shown
from conformance.tests.plans import ground

WORDS = "Ingress is invalid: spec: Invalid value"


@dataclass
class Refusing(World):
    """An API server that takes no Ingress with ``odd`` in its name."""

    status: int = 422
    words: str = WORDS
    offered: list[str] = field(default_factory=list)

    def try_out(self, manifest: Manifest, *, update: bool, strict: bool) -> Manifest:
        assert not update
        assert not strict
        assert manifest["metadata"]["namespace"]
        assert manifest["spec"]["ingressClassName"]
        self.offered.append(manifest["metadata"]["name"])
        if "odd" in manifest["metadata"]["name"]:
            raise Refused("POST", self.status, self.words)
        return manifest

    def version(self) -> str:
        return "v1.37.2"


def three() -> tuple[Found, ...]:
    """Two on one host, and one that is like the first of them would be, were it alone."""
    return found(ingress("even"), ingress("odd", path="/odd"), ingress("other", host="other.example"))


def test_each_ingress_of_each_case_is_offered_and_what_is_refused_is_found() -> None:
    cases = plan_of(found(ingress("even"), ingress("odd", path="/odd", permanent_redirect="x"))).cases
    api = Refusing()
    (refusal,) = refusals(cast("Api", api), cases, ground())
    assert refusal == Refusal(cases[0].id, 1, WORDS)
    assert len(api.offered) == 2
    assert not api.objects


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, "no answer"), (403, "no right"), (503, "away"), (400, 'admission webhook "x" does not support dry run')],
)
def test_what_says_nothing_of_an_object_refuses_none(status: int, words: str) -> None:
    assert not refusals(cast("Api", Refusing(status=status, words=words)), plan(ingress("odd")).cases, ground())


def test_those_that_are_alike_are_refused_with_the_one_that_was_offered() -> None:
    made = plan(ingress("a"), ingress("b", host="b.example"))
    (one,) = made.cases
    why = refused_of(made, [Refusal(one.id, 0, WORDS)])
    assert why["shop/a"] == f"the API server refuses it: {WORDS}"
    assert why["shop/b"].startswith("like shop/a, of which is said: ")


def test_an_interview_in_which_something_is_refused_asks_nothing_and_says_so(tmp_path: Path) -> None:
    @dataclass
    class Stage(Ground):
        provider: str = "local"

        def end(self) -> None:
            """Nothing runs."""

    world = Refusing()

    class Opens:
        def open(self, *_: object) -> Stage:
            return Stage(world)

    said: list[str] = []
    interview = Interview(cast("Opening", Opens()), tmp_path, time.monotonic(), said.append, said.append)
    assert interview.carry_out(plan(ingress("even"), ingress("odd", path="/odd")).cases) == 0
    assert [one.words for one in read_refusals(tmp_path)] == [WORDS]
    assert not (tmp_path / FILE_NAME).exists()
    assert not world.objects


@dataclass
class Asking:
    """Both controllers, whose API servers take no Ingress that is called odd."""

    plans: list[Sequence[Case]] = field(default_factory=list)
    plan: Plan = field(default_factory=lambda: Plan(()))

    def __call__(self, entries: Sequence[Any], cases: Sequence[Case], *, asked: Path, shown: object) -> dict[str, int]:
        self.plans.append(cases)
        for entry in entries:
            folder = asked / entry.name
            folder.mkdir(parents=True, exist_ok=True)
            if refused := refusals(cast("Api", Refusing()), cases, ground()):
                write_refusals(refused, folder)
            else:
                write_report(folder / FILE_NAME, report(entry.name, self.plan, served))
        return dict.fromkeys((entry.name for entry in entries), 0)


def migrated(monkeypatch: pytest.MonkeyPatch, out: Path, *ingresses: Found) -> tuple[Migration, Asking]:
    asking = Asking()

    def planned(*given: Any) -> Plan:
        asking.plan = plan_of(*given)
        return asking.plan

    monkeypatch.setattr(migrating, "plan_of", planned)
    monkeypatch.setattr(migrating, "_entries", lambda *_: [find("reference"), find("traefik")])
    monkeypatch.setattr(migrating, "_way_to_ask", lambda *_: asking)
    return migrate_objects(Wanted("reference", "traefik", (), out), Reading(ingresses)), asking


def test_only_the_one_that_is_refused_is_not_judged_and_the_rest_of_its_group_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stale = tmp_path / "asked" / "traefik"
    stale.mkdir(parents=True)
    write_refusals([Refusal("mine/g0001", 0, "long ago")], stale)
    whole, asking = migrated(monkeypatch, tmp_path, *three())
    assert {one.label: one.sort for one in whole.ingresses} == {
        "shop/even": Sort.UNCHANGED,
        "shop/odd": Sort.NOT_JUDGED,
        "shop/other": Sort.UNCHANGED,
    }
    assert whole.counts == {Sort.NOT_JUDGED: 1, Sort.UNCHANGED: 2}
    assert exit_status(whole) == 3
    assert f"shop/odd: the API server refuses it: {WORDS}" in shown(whole)
    # Without it, the other of its group is like the one of the other host.
    assert [len(cases) for cases in asking.plans] == [2, 1]
    assert "odd" not in json.dumps([case.model_dump(mode="json") for case in asking.plans[-1]])


def test_what_was_seen_is_no_run_even_if_the_migration_is_broken_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(migrating, "write_files", lambda *_: None)
    migrated(monkeypatch, tmp_path, *found(ingress("even")))
    assert not (tmp_path / "migration.json").exists()
    with pytest.raises(BadInput, match="only what `migrate` saw"):
        report_files(tmp_path)
    assert len(report_files(tmp_path / "asked")) == 2


def test_a_folder_that_is_no_place_to_write_to_is_told_before_anybody_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot write"):
        migrated(monkeypatch, tmp_path / "file", *found(ingress("even")))


def test_the_annotations_of_one_that_is_refused_are_not_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    odd = found(ingress("odd", path="/odd", proxy_body_size="1m", own="x"))
    whole, _ = migrated(monkeypatch, tmp_path, *found(ingress("even")), *odd)
    assert {one.status for one in whole.annotations} == {"not asked", "unknown"}
    assert {one.ingresses for one in whole.annotations} == {("shop/odd",)}


def test_where_all_are_refused_it_is_told_why_nothing_can_be_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (odd,) = found(ingress("odd"))
    with pytest.raises(BadInput, match="nothing can be asked") as raised:
        migrated(monkeypatch, tmp_path, odd)
    assert f"mine.yaml:1 (document 1): Ingress shop/odd: the API server refuses it: {WORDS}" in raised.value.hint
