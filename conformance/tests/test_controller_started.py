"""A controller of several processes: what comes before, what runs beside, and all of it as one."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.controllers.catalogue import find
from conformance.controllers.command import PRIVATE, Invocation, Layout
from conformance.controllers.instance import Instance
from conformance.controllers.private import private_command
from conformance.controllers.started import start
from conformance.errors import HarnessFailure
from conformance.tests.entries import OWN, launch, site
from conformance.waiting import wait_until

SLEEP = "['{mine}', -c, 'import time; print(\"up\", flush=True); time.sleep(60)']"
Run = Callable[[str], Instance]


@pytest.fixture
def run(tmp_path: Path, write: Callable[..., str]) -> Iterator[Run]:
    running: list[Instance] = []

    def started(more: str) -> Instance:
        head, _, _ = OWN.partition("  command:")
        folder = tmp_path / "folder"
        folder.mkdir(mode=0o700, exist_ok=True)
        entry = find(write(f"{head}{more}"))
        running.append(launch(entry, {"mine": (sys.executable,)}, site(folder)))
        return running[-1]

    yield started
    for instance in running:
        instance.stop(grace=0)


def up(log: Path, times: int = 1) -> bool:
    return wait_until(lambda: log.exists() and log.read_text().count("up") >= times, 10)


def test_all_of_it_is_one_controller(run: Run, tmp_path: Path) -> None:
    instance = run(f"  command: {SLEEP}\n  beside: {{proxy: {SLEEP}}}\n")
    assert up(instance.log)
    assert up(tmp_path / "folder/proxy.log")
    assert instance.alive
    instance.restart()
    assert up(instance.log, 2)
    assert up(tmp_path / "folder/proxy.log", 2)
    instance.stop()
    assert not instance.alive


def test_it_is_down_when_what_runs_beside_it_is(run: Run) -> None:
    ends = "['{mine}', -c, 'print(\"no port\"); raise SystemExit(7)']"
    instance = run(f"  command: {SLEEP}\n  beside: {{proxy: {ends}}}\n")
    assert wait_until(lambda: not instance.alive, 10)
    assert instance.exit_status == 7
    # Its last words explain the end, not those of the one that still runs.
    assert "no port" in instance.log_tail()


def test_a_signal_tells_which_of_them_was_killed(run: Run) -> None:
    killed = "['{mine}', -c, 'import os, signal; os.kill(os.getpid(), signal.SIGSEGV)']"
    instance = run(f"  command: {SLEEP}\n  beside: {{proxy: {killed}}}\n")
    assert wait_until(lambda: not instance.alive, 10)
    assert instance.exit_status == -signal.SIGSEGV


def test_what_comes_before_has_ended_before_it_starts(run: Run, tmp_path: Path) -> None:
    first = '[\'{mine}\', -c, \'import time; time.sleep(0.3); open("made", "w").write("x")\']'
    reads = "['{mine}', -c, 'print(\"up\", open(\"made\").read(), flush=True); import time; time.sleep(60)']"
    instance = run(f"  before: [{first}]\n  command: {reads}\n")
    assert up(instance.log)


def test_what_comes_before_must_end_well(run: Run) -> None:
    with pytest.raises(
        HarnessFailure, match=r"mine cannot be started: .* ended with status 3:\n.*no such thing"
    ) as failed:
        run(f"  before: [['{{mine}}', -c, 'print(\"no such thing\"); raise SystemExit(3)']]\n  command: {SLEEP}\n")
    assert "Traceback" not in str(failed.value)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent's thread")
def test_it_outlives_the_thread_that_started_it(run: Run) -> None:
    dies_with_its_parent = "import ctypes; ctypes.CDLL(None).prctl(1, 15)"
    command = f"['{{mine}}', -c, '{dies_with_its_parent}; print(\"up\", flush=True); import time; time.sleep(60)']"
    started: list[Instance] = []

    def launched() -> None:
        started.append(run(f"  command: {command}\n"))
        assert up(started[0].log)

    thread = threading.Thread(target=launched)
    thread.start()
    thread.join()
    assert not wait_until(lambda: not started[0].alive, 0.5)


def test_private_folders_begin_anew_with_each_start(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "folder"
    source.mkdir()
    (source / "template").write_text("original")
    folder.mkdir()
    layout = Layout(folders={"/etc/mine": str(source), "/var/mine": ""})
    files, folders = {f"{PRIVATE}/etc/mine/conf/own": "text"}, (f"{PRIVATE}/etc/mine/a/b", "c")
    private = folder / PRIVATE
    for _ in range(2):
        # No namespace is needed to see what is laid out; the command itself may fail to start in it.
        start(Invocation(("true",), (), {"PATH": "/bin"}, files, folders, layout=layout), folder).end(grace=0)
        assert all(list((folder / name).iterdir()) == [] for name in folders)
        assert (private / "etc/mine/template").read_text() == "original"
        assert (private / "etc/mine/conf/own").read_text() == "text"
        assert list((private / "var/mine").iterdir()) == []
        (private / "etc/mine/template").write_text("changed by the controller")
        (private / "var/mine/left").touch()
    assert (source / "template").read_text() == "original"


def test_command_in_namespaces() -> None:
    command = private_command(["/bin/x", "-v"], Path("/folder"), ["/etc/mine"], "/python", processes=True)
    assert command[command.index("--") + 1 :] == [
        *("/python", "-m", "conformance.controllers.private", "/folder", "/etc/mine", "--", "/bin/x", "-v")
    ]
    assert {"--mount", "--pid", "--kill-child", "--mount-proc"} <= set(command)
    alone = private_command(["x"], Path("/folder"), ["/etc/mine"], "/python", processes=False)
    assert "--pid" not in alone
