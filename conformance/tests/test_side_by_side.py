"""Several runs at once: places, what is shown, statuses, and signals that end all of them."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.cli import side_by_side
from conformance.cli.side_by_side import at_once, run_side_by_side
from conformance.cli.statuses import worst
from conformance.clusters.local.namespace import Inside

SAYS = "import sys, time; sys.stderr.write('{name}: judging 2 cases\\n'); sys.stderr.flush();"


class Seen:
    """A display that remembers."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.counts: dict[str, tuple[int, int]] = {}
        self.ends: list[tuple[str, int]] = []
        self.begun = threading.Event()

    def say(self, name: str, line: str) -> None:
        self.said.append((name, line))
        self.begun.set()

    def count(self, name: str, judged: int, selected: int) -> None:
        self.counts[name] = (judged, selected)

    def end(self, name: str, status: int) -> None:
        self.ends.append((name, status))


class Plain(Inside):
    """A process without namespaces, which gets the signals itself."""

    def forward(self, number: int) -> None:
        self.process.send_signal(number)


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Start plain Python in place of pytest in namespaces, and tell what was started."""
    commands: list[str] = []

    def start(_module: str, arguments: Sequence[str], *, shown: bool) -> Inside:
        assert not shown
        commands.append(arguments[0])
        process = subprocess.Popen([sys.executable, "-c", arguments[0]], stderr=subprocess.PIPE)
        return Plain(process, os.open(os.devnull, os.O_RDONLY))

    monkeypatch.setattr(side_by_side, "start_inside", start)
    return commands


def test_statuses_and_words_of_each(tmp_path: Path) -> None:
    seen = Seen()
    commands = {name: [SAYS.format(name=name) + f"sys.exit({status})"] for name, status in (("a", 0), ("b", 1))}
    assert run_side_by_side(commands, 2, tmp_path, seen) == {"a": 0, "b": 1}
    assert sorted(seen.said) == [("a", "a: judging 2 cases"), ("b", "b: judging 2 cases")]
    assert sorted(seen.ends) == [("a", 0), ("b", 1)]


def test_no_more_than_there_are_places(tmp_path: Path) -> None:
    mark = tmp_path / "running"
    script = f"import pathlib, time; p = pathlib.Path({str(mark)!r}); p.mkdir(); time.sleep(0.2); p.rmdir()"
    commands = {name: [script] for name in "abc"}
    assert set(run_side_by_side(commands, 1, tmp_path, Seen()).values()) == {0}


def test_a_run_that_was_killed_has_a_status_too(tmp_path: Path) -> None:
    commands = {"a": ["import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]}
    assert run_side_by_side(commands, 1, tmp_path, Seen()) == {"a": 137}


def test_counts_come_from_the_events_of_this_run(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    events = tmp_path / "a" / "events.jsonl"
    events.write_text('{"event": "run", "selected": ["old"]}\n')
    new = '{}\\n{"event": "run", "selected": ["x", "y"]}\\n{"event": "case", "case": {"id": "x"}}\\n{"eve'
    write = f"open({str(events)!r}, 'w').write('{new}');"
    seen = Seen()
    run_side_by_side({"a": [write + SAYS.format(name="a") + "time.sleep(0.6)"]}, 1, tmp_path, seen)
    assert seen.counts["a"] == (1, 2)


def test_a_signal_ends_all_and_nothing_begins_after_it(tmp_path: Path, started: list[str]) -> None:
    seen = Seen()
    script = "import signal, sys, time; signal.signal(2, lambda *_: sys.exit(130));" + SAYS.format(name="a")
    commands = {name: [script + "time.sleep(60)"] for name in "abc"}

    def interrupt() -> None:
        seen.begun.wait(20)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    assert run_side_by_side(commands, 1, tmp_path, seen) == {"a": 130, "b": 130, "c": 130}
    assert len(started) == 1


def test_places_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "cores", lambda: 4)
    monkeypatch.setattr(side_by_side, "_free_memory", lambda: 64 << 30)
    assert [at_once(count) for count in (1, 3, 9)] == [1, 3, 4]
    monkeypatch.setattr(side_by_side, "_free_memory", lambda: 5 << 30)
    assert at_once(9) == 2
    monkeypatch.setattr(side_by_side, "_free_memory", lambda: 0)
    assert at_once(9) == 1


@pytest.mark.parametrize(
    ("statuses", "status"), [([0, 0], 0), ([0, 1], 1), ([1, 3, 0], 3), ([3, 130, 1], 130), ([0, 137], 3)]
)
def test_the_worst_of_them(statuses: list[int], status: int) -> None:
    assert worst(statuses) == status
