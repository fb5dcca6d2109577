"""Runs that were cut short are finished with one command, and with no other than the same."""

import shutil
from pathlib import Path

import pytest

from conformance.report.events import Event, read_events
from conformance.tests.faults import await_events
from conformance.tests.live import begin, run, wrong_reference

pytestmark = pytest.mark.e2e

CASES = "exact-itself or exact-other-path or no-host or wildcard-one-label"


@pytest.fixture(scope="module")
def cut_short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of two runs, side by side, that were killed once one of them had judged a case."""
    out = tmp_path_factory.mktemp("cut") / "out"
    entry = wrong_reference(out.parent, "string-prefix")
    live = begin(out, "run", "reference", entry, "-k", CASES)
    await_events(live, '"final":true')
    live.process.kill()
    live.finish(30)
    assert live.leftovers() == []
    return out


def test_several_are_finished_side_by_side(cut_short: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(cut_short, out)
    shutil.copy(cut_short.parent / "string-prefix.yaml", tmp_path)
    before = {event["case"]["id"] for event in _events(out) if event["event"] == "case" and event["final"]}
    finished = run(out, "run", "reference", str(tmp_path / "string-prefix.yaml"), "--resume", str(out))
    assert set(finished.reports) == {"reference", "string-prefix"}, finished.errors
    assert all(report["run"]["complete"] for report in finished.reports.values())
    assert finished.status in {0, 1}
    assert "have been judged before" in finished.errors
    events = _events(out)
    (again,) = [number for number, event in enumerate(events) if event["event"] == "resumed"]
    judged = {event["case"]["id"] for event in events[again:] if event["event"] == "case"}
    assert before
    assert not before & judged
    # What is finished is not judged again, and shows the same.
    once_more = run(out, "run", "--resume", str(out), "reference", "-n", "2")
    assert once_more.status == 0, once_more.errors
    assert _events(out) == events


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["reference", "-k", "exact-itself"], "leave -k and --level out"),
        (["reference", "--isolate"], "leave --isolate out"),
        (["reference", "--convergence", "3"], "add --convergence 10"),
        ([], "string-prefix"),
    ],
)
def test_another_run_is_refused_and_nothing_is_lost(cut_short: Path, arguments: list[str], words: str) -> None:
    events = _events(cut_short)
    refused = begin(cut_short, "run", *arguments, "--resume", str(cut_short)).finish()
    assert refused.status == 2, refused.errors
    assert words in refused.errors
    assert _events(cut_short) == events


def test_where_there_is_nothing_nothing_is_finished(tmp_path: Path) -> None:
    refused = begin(tmp_path, "run", "reference", "--resume", str(tmp_path)).finish()
    assert refused.status == 2
    assert "there is no run to finish" in refused.errors


def _events(out: Path) -> list[Event]:
    return list(read_events(out / "reference" / "events.jsonl"))
