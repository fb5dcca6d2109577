"""Several controllers in one command, each on a cluster of its own: one matrix, one status, one end."""

import signal
from pathlib import Path

import pytest

from conformance.tests.live import begin, run, shell_controller
from conformance.waiting import wait_until

pytestmark = pytest.mark.e2e

FEW = "exact-itself or prefix-of-characters or wildcard-one-label"


def test_one_matrix_of_two_controllers(tmp_path: Path) -> None:
    outcome = run(tmp_path, "run", "traefik", "reference", "-k", FEW)
    assert outcome.status == 1, outcome.errors
    assert set(outcome.reports) == {"traefik", "reference"}
    lines = [line.split() for line in outcome.output.splitlines()]
    assert lines[0] == ["core", "traefik", "reference"]
    assert lines[1] == ["path-types/prefix-of-characters", "✗", "✓"]
    assert "the same verdict for all, pass" in outcome.output
    # Which of them a line is about can be seen, and what failed can be read.
    assert "traefik: judging 3 cases" in outcome.errors
    assert "reference: done" in outcome.errors
    assert "curl" in (tmp_path / "traefik" / "report.txt").read_text()


def test_a_controller_that_cannot_be_had_does_not_stop_the_others(tmp_path: Path) -> None:
    entry = tmp_path / "absent.yaml"
    entry.write_text(
        Path(shell_controller(tmp_path, "absent", "true")).read_text().replace("path: sh", "path: no-such")
    )
    outcome = run(tmp_path / "out", "run", str(entry), "reference", "-k", "exact-itself")
    assert outcome.status == 3
    assert set(outcome.reports) == {"reference"}
    assert "absent: error: absent: no-such is not on PATH" in outcome.errors
    assert "absent: no report" in outcome.output


def test_a_report_of_an_older_run_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    run(tmp_path / "out", "run", "reference", "-k", "exact-itself")
    broken = shell_controller(tmp_path, "reference", "exit 7")
    outcome = run(tmp_path / "out", "run", broken, "traefik", "-k", "exact-itself", "--marker-limit", "3")
    assert outcome.status == 3
    assert "✓" not in [line.split()[1] for line in outcome.output.splitlines() if line.startswith("path-types/")]


def test_ctrl_c_ends_all_of_them(tmp_path: Path) -> None:
    live = begin(tmp_path, "run", "traefik", "reference")
    assert wait_until(lambda: len(list(tmp_path.glob("*/events.jsonl"))) == 2, 60)
    live.process.send_signal(signal.SIGINT)
    outcome = live.finish(30)
    assert outcome.status == 130, outcome.errors
    assert live.leftovers() == []


def test_killing_the_command_ends_all_of_them(tmp_path: Path) -> None:
    live = begin(tmp_path, "run", "traefik", "reference")
    assert wait_until(lambda: len(list(tmp_path.glob("*/events.jsonl"))) == 2, 60)
    live.process.kill()
    live.finish(30)
    assert live.leftovers() == []
