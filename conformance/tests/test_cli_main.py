"""The command line as a process: closed pipes, full disks, interrupts, and how soon it answers."""

import errno
import gc
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click
import pytest

from conformance import cli
from conformance.errors import BadInput, HarnessFailure
from conformance.garbage import FEW_COLLECTIONS
from conformance.judge.words import Verdict
from conformance.tests.reports import case_record, report

PROGRAM = [sys.executable, "-m", "conformance"]


def run(arguments: str, *, stdout: int | None = None, stderr: int = subprocess.PIPE) -> tuple[int, str]:
    done = subprocess.run([*PROGRAM, *arguments.split()], stdout=stdout, stderr=stderr, timeout=60, check=False)
    return done.returncode, (done.stderr or b"").decode()


@pytest.mark.parametrize(
    "arguments", ["cases list", "cases list --format ids", "controllers list", "--help", "--version"]
)
def test_closed_pipe_is_quiet(arguments: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        assert run(arguments, stdout=writer) == (141, "")
    finally:
        os.close(writer)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", ["cases list", "cases list --format ids", "controllers list", "--help"])
def test_full_disk_is_told(arguments: str) -> None:
    with Path("/dev/full").open("wb") as full:
        status, said = run(arguments, stdout=full.fileno())
    assert status == 3
    assert said == "error: cannot write: No space left on device\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", ["--no-such-option", "cases show nothing-like-it"])
def test_status_survives_when_the_message_cannot_be_written(arguments: str) -> None:
    with Path("/dev/full").open("wb") as full:
        assert run(arguments, stdout=subprocess.DEVNULL, stderr=full.fileno())[0] == 2


def test_closed_output() -> None:
    done = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *PROGRAM, "cases", "list"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    "environment",
    [{"PYTHONIOENCODING": "latin-1"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
)
def test_a_sign_that_the_output_cannot_write_is_no_failure(environment: dict[str, str], tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(report(case_record("s/one")).to_json())
    new.write_text(report(case_record("s/one"), case_record("s/two", title="✗")).to_json())
    surroundings = {name: text for name, text in os.environ.items() if name != "PYTHONIOENCODING"} | environment

    def printed(*arguments: object) -> bytes:
        command = [*PROGRAM, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False, env=surroundings)
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout

    assert b"\\u2717" in printed("diff", old, new)
    new.write_text(report(case_record("s/one", Verdict.FAIL, detail="ä✗€")).to_json())
    assert "ä✗€".encode() in printed("export", "--format", "junit", new), "a file, whatever the terminal writes"
    assert json.loads(printed("controllers", "list", "--format", "json"))


@pytest.mark.parametrize(("word", "hint"), [("rum", "run"), ("reprot", "report"), ("Doctr", "doctor")])
def test_a_command_that_is_none_has_near_ones(word: str, hint: str) -> None:
    status, said = run(word)
    assert (status, f"error: there is no command {word!r}\n  hint: did you mean {hint}" in said) == (2, True), said


def test_a_command_like_no_other_has_the_help() -> None:
    said = run("xyzzy")[1]
    assert "hint: see: " in said
    assert said.endswith(" --help\n")
    assert run("--rum")[1].startswith("Usage: ")


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colours_are_left_out_where_nobody_wants_them(
    environment: dict[str, str], coloured: bool, tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    path.write_text(report(case_record("s/one")).to_json().replace("Demo", "Omed"))
    surroundings = {name: text for name, text in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    surroundings |= {"TERM": "xterm"} | environment
    commands: list[Sequence[object]] = [["verify", path], ["cases", "show", "none"]]
    if environment.get("NO_COLOR"):
        # A whole look at the machine takes seconds, so only one is taken.
        commands.append(["doctor"])
    for arguments in commands:
        assert (b"\x1b[" in on_a_terminal(arguments, surroundings)) is coloured, arguments


def on_a_terminal(arguments: Sequence[object], environment: dict[str, str]) -> bytes:
    """Return what a command writes to a terminal."""
    outside, inside = pty.openpty()
    command = [*PROGRAM, *map(str, arguments)]
    with subprocess.Popen(command, stdout=inside, stderr=inside, stdin=subprocess.DEVNULL, env=environment):
        os.close(inside)
        written = b""
        # A terminal that nobody writes to any more cannot be read, says Linux.
        with suppress(OSError):
            while part := os.read(outside, 1 << 16):
                written += part
    os.close(outside)
    return written


def test_interrupt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(**_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(cli.cli, "main", interrupted)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_hardly_any_time_goes_into_looking_for_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    thresholds: list[int] = []
    monkeypatch.setattr(gc, "set_threshold", thresholds.append)
    monkeypatch.setattr(cli.cli, "main", lambda **_: 1 if thresholds else 0)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1, "before the command begins"
    assert thresholds == [FEW_COLLECTIONS]


def test_other_failures_are_bugs_and_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise PermissionError("no")

    monkeypatch.setattr(cli.cli, "main", broken)
    with pytest.raises(PermissionError):
        cli.main()


EVIL = "\x1b[2J\x1b]0;mine\x07\u202e"


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (BadInput(f"the annotation {EVIL} is no text\nin line 2", where=f"{EVIL}.yaml", hint=f"quote {EVIL}"), 2),
        (HarnessFailure(f"the server said {EVIL}\nin line 2\n hint:"), 3),
        (click.UsageError(f"no such option {EVIL}\nin line 2\n hint:"), 2),
        (OSError(errno.ENOSPC, "no room\nin line 2\n hint:", EVIL), 3),
    ],
    ids=["bad input", "failure", "usage", "disk"],
)
def test_what_somebody_else_wrote_of_a_failure_is_no_command_of_the_terminal(
    failure: Exception, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(**_: object) -> None:
        raise failure

    monkeypatch.setattr(cli.cli, "main", failing)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert ended.value.code == status
    assert "\\x1b]0;mine\\x07\\u202e" in said
    assert not {"\x1b", "\x07", "\u202e"} & set(said)
    assert "\nin line 2\n" in said
    assert "hint:" in said


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom conformance.cli import cli\n"
        "try:\n    cli(['--help'])\nfinally:\n"
        "    heavy = {'pydantic', 'requests', 'kubernetes', 'yaml', 'rich', 'pytest'} & set(sys.modules)\n"
        "    print(*sorted(heavy), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")
