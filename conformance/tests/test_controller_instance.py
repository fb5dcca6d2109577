"""Running instances: looked at, held, ended and started again with all that they started."""

import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.controllers.catalogue import find
from conformance.controllers.instance import Instance
from conformance.controllers.site import Site
from conformance.errors import HarnessFailure
from conformance.probes.answer import Endpoint
from conformance.tests.entries import launch
from conformance.waiting import wait_until

TOKEN = "s3cret-token"
ENTRY = """\
variant-of: reference
name: fake
description: A script in place of a controller.
process:
  programs: {{fake: {{path: {program}}}}}
  files: {{conf/own.txt: "{{token}}"}}
  command: ["{{fake}}", "{{token}}", "{{token-file}}"]
"""
CHILD = "import os, sys, signal, time\nprint('child', os.getpid(), flush=True)\nwhile True: time.sleep(60)\n"
PARENT = (
    "import os, sys, subprocess\n"
    f"child = subprocess.Popen([sys.executable, '-c', {CHILD!r}])\n"
    "print('token', sys.argv[1], '\\x1b[31mred\\x1b[0m', flush=True)\n"
)
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
Run = Callable[[str], Instance]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    running: list[Instance] = []

    def start(script: str) -> Instance:
        program = tmp_path / "fake"
        program.write_text(f"#!{sys.executable}\n{script}")
        program.chmod(0o755)
        path = tmp_path / "fake.yaml"
        path.write_text(ENTRY.format(program=program))
        folder = tmp_path / "folder"
        folder.mkdir(mode=0o700)
        site = Site("https://10.0.0.1:6443", tmp_path / "ca.crt", TOKEN, folder, "10.0.1.1", "fake", "x/fake")
        running.append(launch(find(str(path)), {"fake": (str(program),)}, site))
        return running[-1]

    yield start
    for instance in running:
        instance.stop(grace=0)


def children(instance: Instance) -> list[int]:
    words = instance.log.read_text().split()
    return [int(words[at + 1]) for at, word in enumerate(words) if word == "child" and at + 1 < len(words)]


def state(pid: int) -> str:
    """Return the process's state as proc(5) has it, and Z for one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def comes(condition: Callable[[], bool]) -> bool:
    return wait_until(condition, 10, longest_pause=0.02)


def test_what_is_known_of_it(run: Run) -> None:
    instance = run(PARENT + "child.wait()\n")
    assert instance.alive
    assert instance.exit_status is None
    assert instance.endpoint == Endpoint("10.0.1.1")
    assert (instance.ingress_class, instance.controller) == ("fake", "x/fake")
    assert instance.arguments == ("fake", "***", "{token-file}")


def test_secrets_stay_private(run: Run) -> None:
    instance = run(PARENT + "child.wait()\n")
    assert comes(lambda: "token" in instance.log_tail())
    assert "token *** red" in instance.log_tail()
    folder = instance.log.parent
    for name in ("token", "conf/own.txt", "controller.log"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
    assert (folder / "token").read_text() == (folder / "conf/own.txt").read_text() == TOKEN
    assert TOKEN not in repr(vars(instance))


@pytest.mark.parametrize("first", ["", STUBBORN])
def test_stop_ends_all_of_it(run: Run, first: str) -> None:
    instance = run(first + PARENT + "child.wait()\n")
    assert comes(lambda: len(children(instance)) == 1)
    instance.stop(grace=0.2)
    assert not instance.alive
    assert instance.exit_status == (-signal.SIGKILL if first else -signal.SIGTERM)
    assert state(children(instance)[0]) == "Z"
    instance.stop()


def test_children_of_one_that_died_are_ended_too(run: Run) -> None:
    instance = run(PARENT + "sys.exit(7)\n")
    assert comes(lambda: not instance.alive and len(children(instance)) == 1)
    assert instance.exit_status == 7
    assert state(children(instance)[0]) != "Z"
    instance.stop()
    assert instance.exit_status == 7
    assert state(children(instance)[0]) == "Z"


def test_signals_are_told_apart(run: Run) -> None:
    instance = run("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    assert comes(lambda: not instance.alive)
    assert instance.exit_status == -signal.SIGSEGV


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="states are read from /proc")
def test_all_of_it_can_be_held(run: Run) -> None:
    instance = run(PARENT + "child.wait()\n")
    assert comes(lambda: len(children(instance)) == 1)
    with instance.held():
        assert comes(lambda: state(children(instance)[0]) == "T")
        assert instance.alive
    assert comes(lambda: state(children(instance)[0]) != "T")
    with instance.held():
        # However long the block takes: it may be the controller that it waits for.
        assert comes(lambda: state(children(instance)[0]) != "T")
    with instance.held():
        instance.stop()
    assert instance.exit_status == -signal.SIGTERM
    assert state(children(instance)[0]) == "Z"


def test_restart(run: Run) -> None:
    instance = run(PARENT + "child.wait()\n")
    assert comes(lambda: len(children(instance)) == 1)
    (instance.log.parent / "conf/own.txt").write_text("changed by the controller")
    instance.restart()
    assert comes(lambda: len(children(instance)) == 2)
    assert instance.alive
    first, second = children(instance)
    assert (state(first), first != second) == ("Z", True)
    assert (instance.log.parent / "conf/own.txt").read_text() == TOKEN
    instance.stop()
    with instance.held():
        assert not instance.alive


def test_a_token_cut_in_two_is_not_shown(run: Run) -> None:
    instance = run(f"import sys\nsys.stdout.write(sys.argv[1] + 'x' * {4096 - len(TOKEN) // 2})\n")
    assert comes(lambda: not instance.alive)
    tail = instance.log_tail()
    assert set(tail) == {"x"}
    assert len(tail) > 4000


def test_a_log_that_is_gone(run: Run) -> None:
    instance = run("")
    instance.log.unlink()
    assert "cannot be read" in instance.log_tail()


def test_what_cannot_be_started(tmp_path: Path) -> None:
    site = Site("https://10.0.0.1:6443", tmp_path / "ca.crt", TOKEN, tmp_path, "10.0.1.1", "x", "x/x")
    with pytest.raises(HarnessFailure, match="traefik cannot be started: No such file"):
        launch(find("traefik"), {"traefik": ("/no/such/program",)}, site)
    (tmp_path / "file").touch()
    nowhere = Site("https://10.0.0.1:6443", tmp_path, TOKEN, tmp_path / "file", "10.0.1.1", "x", "x/x")
    with pytest.raises(HarnessFailure, match="cannot be started: "):
        launch(find("traefik"), {"traefik": (sys.executable,)}, nowhere)


def test_environment_is_clean(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    instance = run("import os\nprint(os.getcwd(), *sorted(os.environ), flush=True)\n")
    assert comes(lambda: not instance.alive)
    folder, *variables = instance.log_tail().split()
    assert Path(folder) == instance.log.parent.resolve()
    assert "HOME" in variables
    assert "HTTPS_PROXY" not in variables
    assert os.environ["HTTPS_PROXY"]
