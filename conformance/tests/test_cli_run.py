"""What ``run`` refuses before anything is started, and the statuses it ends with."""

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.case.builtin import folders_of
from conformance.case.load import load_cases
from conformance.case.model import Level
from conformance.case.selection import selected
from conformance.cli import judging_one
from conformance.cli.run import pytest_arguments, run
from conformance.cli.run_current import Heard
from conformance.cli.statuses import worst
from conformance.errors import BadInput
from conformance.report.events import EventLog
from conformance.suite import kind_cluster, own_cluster
from conformance.suite.options import levels_of
from conformance.tests.reports import case_record, events_of


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """The commands that got past their start instead of a cluster; each ends as pytest does for bad options."""
    commands: list[Sequence[str]] = []

    def record(_module: str, arguments: Sequence[str], meanwhile: Callable[[], None] = lambda: None) -> int:
        meanwhile()
        commands.append(arguments)
        return int(pytest.ExitCode.USAGE_ERROR)

    monkeypatch.setattr(judging_one, "run_inside", record)
    return commands


def judged(*options: str) -> Result:
    return CliRunner().invoke(run, ["reference", *options], standalone_mode=False)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-k", "foo and"], "-k: expected a word, not, or an opening parenthesis at character 8 of 'foo and'"),
        (["-k", "no-such-case"], "-k: no case fits\n  hint: see: ingress-conformance cases list"),
        (["-k", "exact", "--level", "api"], "-k/--level: no case fits"),
        (["-k", "exact-itself-x3", "--repeat", "2"], "-k: no case fits"),
        (["--convergence", "-1"], "--convergence: -1 is not a positive number of seconds"),
        (["--marker-limit", "nan"], "--marker-limit: nan is not a positive number of seconds"),
        (["--marker-limit", "inf"], "--marker-limit: inf is not a positive number of seconds"),
        (["--convergence", "inf"], "--convergence: inf is not a positive number of seconds"),
        (["--convergence", "0"], "hint: for example --convergence 60"),
        (["--level", "cor"], "--level: there is no level 'cor'\n  hint: did you mean core?"),
        (["--repeat", "0"], "hint: for example --repeat 3"),
        (["--repeat", "0"], "--repeat: 0 is not between 1 and 50"),
    ],
)
def test_bad_options_are_refused_before_anything_starts(
    started: list[Sequence[str]], options: list[str], words: str, tmp_path: Path
) -> None:
    done = judged(*options, "--out", str(tmp_path / "out"))
    assert isinstance(done.exception, BadInput), done.output
    assert words in str(done.exception)
    assert not started
    assert not (tmp_path / "out").exists()


def test_workers_are_counted_before_pytest_hears_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging_one, "judge_one", lambda *_: pytest.fail("too late"))
    done = judged("-n", "abc")
    assert isinstance(done.exception, BadInput)
    assert str(done.exception) == "-n: 'abc' is not a number of workers\n  hint: for example -n 4"


@pytest.mark.parametrize("options", [["-k", "P02 AND\nNOT below"], ["-k", "exact-itself-x2", "--repeat", "2"], []])
def test_what_is_left_of_bad_input_has_the_status_of_bad_input(
    started: list[Sequence[str]], options: list[str], tmp_path: Path
) -> None:
    done = judged(*options, "--out", str(tmp_path / "out"))
    assert (done.return_value, len(started)) == (2, 1), done.exception
    assert worst([1, 4]) == 2


def test_a_run_that_goes_on_has_its_cases_from_before(started: list[Sequence[str]], tmp_path: Path) -> None:
    log = EventLog(tmp_path / "reference" / "events.jsonl")
    for event in events_of(case_record("s/one")):
        log.write(event)
    log.close()
    (parity,) = folders_of([Level.PARITY])
    given = ["--cases", str(parity), "--resume", str(tmp_path)]
    assert judged(*given).return_value == 2
    assert len(started) == 1
    assert "no case fits" in str(judged(*given, "-k", "no-such-case").exception)
    assert len(started) == 1


def test_pytest_selects_what_is_checked(tmp_path: Path) -> None:
    folder = tmp_path / "p02"
    folder.mkdir()
    expression = "P02 AND\n NOT below"
    options = run.make_context("run", ["none", "-k", expression]).params
    arguments = pytest_arguments("none", options)
    at = arguments.index("--select")
    command = [sys.executable, "-m", "pytest", "--pyargs", "conformance.suite", "--collect-only", "-q"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *arguments[at : at + 2]],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        # Its name is a word of the expression, and no case's.
        cwd=folder,
    )
    found = [line.rpartition("::")[2] for line in done.stdout.splitlines() if "::" in line]
    assert found, done.stdout + done.stderr
    assert found == [case.id for case in selected(load_cases(), expression, levels_of(""))]


def test_the_help_names_all_clusters_on_which_an_option_means_something() -> None:
    said = " ".join(CliRunner().invoke(run, ["--help"]).output.split())
    assert set(kind_cluster.SHARED) == own_cluster.SHARED
    for option in kind_cluster.SHARED:
        _, _, text = said.partition(f"{option} ")
        assert text.partition(" ")[2].startswith("--cluster current or kind: ")
    assert "--context NAME --cluster current: " in said


def test_the_help_says_what_the_limits_of_time_are_for() -> None:
    told = " ".join(CliRunner().invoke(run, ["--help"]).output.split())
    assert "--marker-limit SECONDS How long the controller may take to serve new objects" in told
    assert "--convergence SECONDS How long an answer may still be wrong once the objects are served" in told


def test_an_interrupt_that_somebody_swallowed_is_raised_again() -> None:
    interrupted = threading.Event()
    heard = Heard(interrupted)
    heard.pytest_collection_finish()
    interrupted.set()
    for look in (heard.pytest_collection_finish, heard.pytest_runtest_setup):
        with pytest.raises(KeyboardInterrupt):
            look()
