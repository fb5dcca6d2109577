"""A run that cannot begin touches nothing of an older one, and nobody takes the older one for it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from conformance.cli import judging
from conformance.cli.judging import judge_several
from conformance.controllers.catalogue import find
from conformance.controllers.entry import Entry
from conformance.errors import HarnessFailure
from conformance.report.events import Event
from conformance.report.fold import report_of
from conformance.tests.reports import case_record, events_of

OLD = {"events.jsonl": '{"event": "run", "selected": []}\n', "report.json": "an older one"}


def attempt(folder: Path) -> None:
    """Start a run on a cluster of which there is no kubeconfig."""
    asked = ("--cluster", "current", "x", "--context", "nope", "--ingress-class", "y", "--out", str(folder / "out"))
    command = [sys.executable, "-m", "conformance", "run", *asked]
    nowhere = {**os.environ, "KUBECONFIG": str(folder / "no-kubeconfig")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=nowhere)
    assert done.returncode == 3, done.stderr
    assert "there is no kubeconfig" in done.stderr


def test_an_older_run_stays_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "x"
    folder.mkdir(parents=True)
    for name, text in OLD.items():
        (folder / name).write_text(text)
    attempt(tmp_path)
    assert {path.name: path.read_text() for path in folder.iterdir()} == OLD


def test_where_nothing_was_nothing_comes(tmp_path: Path) -> None:
    attempt(tmp_path)
    assert not (tmp_path / "out" / "x").exists()


def test_the_matrix_shows_only_what_was_written_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(name: str) -> None:
        (tmp_path / name).mkdir(exist_ok=True)
        new = tmp_path / name / "new"
        new.write_text(report_of(named(name)).to_json())
        new.replace(tmp_path / name / "report.json")

    def named(name: str) -> list[Event]:
        events = events_of(case_record("s/one"))
        events[2]["controller"]["name"] = name
        return events

    def prepare(entry: Entry, *_: object) -> None:
        if entry.name == "skipper":
            raise HarnessFailure("no such program")

    def side_by_side(commands: Mapping[str, object], *_: object) -> dict[str, int]:
        # Of the two that begin, one comes to an end.
        write("reference")
        return dict.fromkeys(commands, 3)

    monkeypatch.setattr(judging, "prepare", prepare)
    monkeypatch.setattr(judging, "run_side_by_side", side_by_side)
    names = ("reference", "skipper", "traefik")
    for name in names:
        write(name)
    arguments = {name: ["--controller", name] for name in names}
    assert judge_several([find(name) for name in names], arguments, {}, tmp_path, None) == [3, 3, 3]
    assert "skipper: no report (exit status 3)\ntraefik: no report (exit status 3)\n" in capsys.readouterr().out
    assert [(tmp_path / name / "report.txt").exists() for name in names] == [True, False, False]
    assert all((tmp_path / name / "report.json").exists() for name in names)
