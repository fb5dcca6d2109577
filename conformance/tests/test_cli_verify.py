"""``verify`` as users run it."""

import json
import re
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from conformance.cli import cli
from conformance.errors import BadInput
from conformance.report.events import EventLog
from conformance.tests.sound_report import events, sound


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conformance", "verify", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, text=True, timeout=60)


def test_a_sound_report_ends_with_0_and_a_changed_one_with_1(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(sound().to_json())
    log = EventLog(tmp_path / "events.jsonl")
    for event in events():
        log.write(event)
    log.close()
    good = run(path, "--events", tmp_path / "events.jsonl")
    assert good.returncode == 0, good.stdout + good.stderr
    assert good.stdout.endswith("sound\n")
    path.write_text(sound().to_json().replace('"finished": "2026', '"finished": "2020'))
    wrong = run(path)
    assert wrong.returncode == 1
    assert "digest  the report: something in it was changed" in wrong.stdout
    assert "not sound" in wrong.stdout
    assert "Traceback" not in wrong.stderr
    read = json.loads(run(path, "--format", "json").stdout)
    assert read["sound"] is False
    assert {problem["check"] for problem in read["problems"]} >= {"digest", "consistency"}


def test_what_is_no_json_ends_with_2(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    matrix = '{"schemaVersion": "1", "suite": "0.2.0", "cases": [{}]}'
    for text in ("", "{", "[]", '{"a": 1, "a": 2}', "NaN", "{}", matrix):
        path.write_text(text)
        outcome = run(path)
        assert outcome.returncode == 2, text
        assert "hint" in outcome.stderr
    assert run(tmp_path / "none.json").returncode == 2


def test_a_number_without_an_end_is_bad_input_everywhere(tmp_path: Path) -> None:
    path, log = tmp_path / "report.json", tmp_path / "events.jsonl"
    text = sound().to_json()
    path.write_text(text)
    log.write_text('{"event": "run", "at": 1e999}\n{"event": "end"}\n')
    outcome = run(path, "--events", log)
    assert (outcome.returncode, f"{log}:1: not an event" in outcome.stderr) == (2, True)
    endless = re.sub(r'"total": ?[0-9.]+', '"total": 1e999', text)
    assert endless != text
    path.write_text(endless)
    assert run(path).returncode == 2
    for command in (["export", "--format", "all", "--out"], ["report", "--out"]):
        result = CliRunner().invoke(cli, [*command, str(tmp_path / "out"), str(path)])
        assert isinstance(result.exception, BadInput), command
        assert "the number 1e999 is too large" in str(result.exception)
    assert isinstance(CliRunner().invoke(cli, ["diff", str(path), str(path)]).exception, BadInput)


def test_hostile_text_moves_no_terminal(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"schemaVersion": "1", "suite": {}, "cases": [{"id": "\x1b[31m\u202e\n"}]}))
    outcome = run(path)
    assert outcome.returncode == 1
    assert not {c for c in outcome.stdout if not c.isprintable() and c != "\n"}
