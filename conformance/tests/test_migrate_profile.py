"""What the cases of level parity say of a move away from ingress-nginx."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import html

from conformance.case.load import load_asked
from conformance.case.model import Level
from conformance.cli import migrating_profile
from conformance.errors import HarnessFailure
from conformance.export.published import schema_text
from conformance.judge.words import Verdict
from conformance.migrate.annotations import known_annotations
from conformance.migrate.markdown import migration_markdown
from conformance.migrate.model import Migration, Sort
from conformance.migrate.profile import profile_of, recorded_probes
from conformance.migrate.recorded_turn import RecordedTurn, recorded_turn
from conformance.migrate.replay import line_for_other
from conformance.migrate.restoring import Restores
from conformance.migrate.wording import NOT_ASKED_NOW
from conformance.report.evidence import is_evidence
from conformance.report.model import CaseRecord, Expected, Observed, Parity, ProbeRecord
from conformance.site.pages import move_site
from conformance.tests.migrations import shown
from conformance.tests.reports import CURL, case_record, probe_record, report

ASKED_OF_OLD = CURL.replace("10.0.0.9", "INGRESS-NGINX")


HSTS = {"headers": {"Strict-Transport-Security": "max-age=1"}}


def turned(
    name: str, outcome: str = "a", *, expected: dict[str, Any] | None = None, more: dict[str, Any] | None = None
) -> ProbeRecord:
    """A probe that failed although a backend answered."""
    seen = Observed(outcome="a", status=200, backend="a", headers=(("Server", "be"),), received={"target": "/a"})
    wanted = Expected(outcome=outcome, received=expected, more=more or {})
    return probe_record(Verdict.FAIL, id=name, expected=wanted, observed=seen)


def judged(parity: Parity, *, fail_open: bool = False) -> CaseRecord:
    verdict = Verdict.PASS if parity is Parity.SAME else Verdict.FAIL
    probes = (probe_record(verdict), probe_record(Verdict.PASS))
    made = case_record("ingress-nginx/one", verdict, Level.PARITY, probes=probes, parity=parity)
    return made.model_copy(update={"fail_open": fail_open})


@pytest.mark.parametrize(
    ("case", "sort"),
    [
        (judged(Parity.SAME), Sort.UNCHANGED),
        (judged(Parity.DIFFERS), Sort.DIFFERS),
        (judged(Parity.REFUSED), Sort.DIFFERS),
        (judged(Parity.IGNORED), Sort.IGNORED),
        (judged(Parity.IGNORED, fail_open=True), Sort.UNSAFE),
        (judged(Parity.SAME).model_copy(update={"parity": None}), Sort.NOT_JUDGED),
    ],
    ids=["same", "differs", "refused", "ignored", "open", "not judged"],
)
def test_the_word_of_parity_decides_and_what_failed_is_shown(case: CaseRecord, sort: Sort) -> None:
    found = profile_of(report(case), ())
    assert found.counts == {sort: 1}
    changed = sort not in {Sort.UNCHANGED, Sort.NOT_JUDGED}
    assert [len(change.places) for change in found.changes] == ([1] if changed else [])
    assert "ingress-nginx, as it was recorded or documented," in found.summary


def page_text(migration: Migration) -> str:
    return "".join(map(str, html.document_fromstring(dict(move_site(migration))["index.html"].decode()).itertext()))


def test_both_answers_have_a_curl_line_and_the_old_one_names_no_controller_of_the_run() -> None:
    (change,) = profile_of(report(judged(Parity.DIFFERS)), ()).changes
    (place,) = change.places
    assert (place.old.curl, place.new.curl) == (ASKED_OF_OLD, CURL)


@pytest.mark.parametrize(
    ("recorded", "word"),
    [({("ingress-nginx/one", "GET /")}, "recorded"), ({("ingress-nginx/two", "GET /")}, "documented")],
    ids=["a recording", "none"],
)
def test_every_form_says_how_the_old_answer_is_known_and_explains_it_once(
    recorded: set[tuple[str, str]], word: str
) -> None:
    found = profile_of(report(judged(Parity.DIFFERS), judged(Parity.IGNORED)), recorded)
    jsonschema.validate(json.loads(found.to_json()), json.loads(schema_text("migration.schema.json")))
    markdown = migration_markdown(found)
    assert f"{word} <code>a</code>, after <code>status:404</code>" in markdown
    assert f"      {word}: a\n      {'after':{len(word)}}: status:404\n      {ASKED_OF_OLD}\n      {CURL}\n" in shown(
        found
    )
    assert f"{word}a" in page_text(found)
    for text in (shown(found), markdown, page_text(found)):
        assert "before" not in text
        assert text.count(NOT_ASKED_NOW) == 1
        assert text.count(ASKED_OF_OLD) == text.count(CURL) == 2


def test_what_was_written_without_an_old_curl_line_leaves_no_gap_for_it() -> None:
    whole = json.loads(profile_of(report(judged(Parity.DIFFERS)), ()).to_json())
    old = whole["changes"][0]["places"][0]["old"]
    old["curl"] = ""
    del old["source"]
    older = Migration.model_validate(whole)
    assert f"```\n{CURL}\n```" in migration_markdown(older)
    assert f": status:404\n      {CURL}" in shown(older)
    assert dict(move_site(older))["index.html"].count(b"<pre class=copy>") == 1


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("curl http://10.0.0.1:80/a", "curl http://OLD:80/a"),
        ("curl --resolve a.test:443:10.0.0.1 https://a.test:443/", "curl --resolve a.test:443:OLD https://a.test:443/"),
        ("openssl s_client -connect 10.0.0.1:443", "openssl s_client -connect OLD:443"),
        (
            "curl -H 'X-Forwarded-For: 10.0.0.12' http://10.0.0.1:80/",
            "curl -H 'X-Forwarded-For: 10.0.0.12' http://OLD:80/",
        ),
        ("curl -H 'Forwarded: for=110.0.0.1' http://10.0.0.1:80/", "curl -H 'Forwarded: for=110.0.0.1' http://OLD:80/"),
    ],
    ids=["plain", "resolved", "openssl", "longer", "longer in front"],
)
def test_only_the_address_of_the_controller_makes_way_for_another(line: str, asked: str) -> None:
    assert line_for_other(line, "10.0.0.1", "OLD") == asked


def test_without_an_address_there_is_no_line_for_another() -> None:
    assert not line_for_other("curl http://10.0.0.1:80/", "", "OLD")


@pytest.mark.parametrize(
    ("probe", "turn"),
    [
        (turned("https GET /", more=HSTS), RecordedTurn(headers=("Strict-Transport-Security",))),
        (turned("GET /", more={"headers": {"Server": None}}), RecordedTurn(headers=("Server",))),
        (
            turned("GET /", expected={"headers": {"X-Request-ID": {"like": "x"}}}),
            RecordedTurn(headers=("X-Request-ID",)),
        ),
        (turned("GET //a", expected={"target": "//a"}), RecordedTurn("double-slash")),
        (turned("GET /x/../a", expected={"target": "/x/../a"}), RecordedTurn("dot-segments")),
        (turned("GET /a", expected={"target": "/a"}), RecordedTurn()),
        (turned("GET /", "redirect:308:https://a.test/"), RecordedTurn("without-tls")),
        (turned("GET /", "redirect:308:http://www.a.test/"), RecordedTurn()),
        (turned("POST /", "status:413"), RecordedTurn(family="body-size")),
        (probe_record(Verdict.FAIL, observed=None), RecordedTurn()),
    ],
)
def test_what_turned_is_found_without_a_question(probe: ProbeRecord, turn: RecordedTurn) -> None:
    assert recorded_turn(probe) == turn


def test_a_case_without_an_annotation_has_the_hint_for_what_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    restores = Restores("traefik-nginx")
    monkeypatch.setattr("conformance.migrate.profile.Restores", lambda _: restores)
    case = judged(Parity.DIFFERS).model_copy(update={"probes": (turned("https GET /", more=HSTS),)})
    (change,) = profile_of(report(case), ()).changes
    assert [hint.says.partition(":")[0] for hint in change.restore] == ["Strict-Transport-Security"]


def test_known_annotations_are_in_the_profile_or_listed_as_not_in_it_with_a_reason() -> None:
    known = known_annotations()
    objects = [
        manifest
        for case in load_asked((), {Level.PARITY})
        for part in (case, *case.steps)
        for manifest in getattr(part, "objects", ())
    ]
    held = {known.short(key) for one in objects for key in one.get("metadata", {}).get("annotations") or {}}
    listed = [name for names in known.without_a_case.values() for name in names]
    everything = {name for family in known.families.values() for name in family.annotations}
    assert everything - held == set(listed)
    assert len(listed) == len(set(listed))
    left = profile_of(report(judged(Parity.SAME)), ()).left_out
    assert {name for one in left for name in one.examples} == set(listed)


def test_what_rests_on_a_recording_is_found_by_the_ids_of_a_report() -> None:
    recorded = recorded_probes(load_asked((), {Level.PARITY}))
    assert ("ingress-nginx/dlal", "GET /") in recorded
    assert ("ingress-nginx/dup", "step 1: GET /d") in recorded
    assert ("ingress-nginx/deny-everyone", "GET /") not in recorded


def test_what_a_profile_saw_is_no_run_even_if_it_is_broken_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupted(commands: dict[str, Any], *_: object) -> dict[str, int]:
        return dict.fromkeys(commands, migrating_profile.INTERRUPTED)

    monkeypatch.setattr(migrating_profile, "run_side_by_side", interrupted)
    with pytest.raises(HarnessFailure, match="interrupted"):
        migrating_profile.profile_migration("traefik", "traefik", (), tmp_path)
    assert is_evidence(tmp_path / "asked")
