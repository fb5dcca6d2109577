"""A command that is started early: it does nothing that can be seen before it may, and nothing at all if it may not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.clusters.local.namespace import GO_ON, KILLED, run_inside
from conformance.errors import BadInput
from conformance.waiting import wait_until

pytestmark = pytest.mark.e2e

HELD = "conformance.tests.held"


def test_it_goes_on_once_all_is_well(tmp_path: Path) -> None:
    def look() -> None:
        assert wait_until((tmp_path / "started").exists, 20)
        assert not wait_until((tmp_path / "went-on").exists, 0.3)

    assert run_inside(HELD, [str(tmp_path)], meanwhile=look) == 0
    assert (tmp_path / "went-on").exists()


@pytest.mark.parametrize("trouble", [BadInput("wrong"), KeyboardInterrupt()])
def test_whatever_is_wrong_ends_it(tmp_path: Path, trouble: BaseException) -> None:
    def fail() -> None:
        assert wait_until((tmp_path / "started").exists, 20)
        raise trouble

    with pytest.raises(type(trouble)):
        run_inside(HELD, [str(tmp_path)], meanwhile=fail)
    assert not wait_until((tmp_path / "went-on").exists, 0.3)


def test_an_end_of_the_waiting_is_no_leave_to_go_on(tmp_path: Path) -> None:
    # With its lifeline intact: which of the two it hears of first is chance.
    held, go_on = os.pipe()
    os.close(go_on)
    command = [sys.executable, "-m", HELD, str(tmp_path)]
    done = subprocess.run(
        command, env={**os.environ, GO_ON: str(held)}, pass_fds=[held], capture_output=True, check=False
    )
    os.close(held)
    assert (done.returncode, done.stdout, done.stderr) == (KILLED, b"", b"")
    assert (tmp_path / "started").exists()
    assert not (tmp_path / "went-on").exists()


def test_nobody_holds_back_what_is_started_as_usual(tmp_path: Path) -> None:
    assert run_inside(HELD, [str(tmp_path)]) == 0
    assert (tmp_path / "went-on").exists()


def test_one_that_ends_by_itself_has_its_own_status(tmp_path: Path) -> None:
    assert run_inside(HELD, [str(tmp_path / "nowhere")], meanwhile=lambda: None) == 1
