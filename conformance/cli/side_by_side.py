"""Several runs at once, each in namespaces of its own: started as places get free, ended together by one signal."""

import json
import os
import selectors
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from conformance.clusters.local.namespace import Inside, forwarding, start_inside

MEMORY_OF_A_RUN = 2 << 30
"""A control plane, and up to 16 instances of a controller."""

_LOOK_EVERY = 0.2
_INTERRUPTED = 130


class Display(Protocol):
    """Where the progress of the runs is shown."""

    def say(self, name: str, line: str) -> None:
        """Show a line of a run."""

    def count(self, name: str, judged: int, selected: int) -> None:
        """Show how many cases of a run have been judged."""

    def end(self, name: str, status: int) -> None:
        """Show that a run has ended."""


@dataclass
class _Running:
    """A run, what it has said so far, and how far its events have been read."""

    inside: Inside
    errors: IO[bytes]
    events: Path
    rest: bytes = b""
    judging: bool = False
    read: int = 0
    selected: int = 0
    judged: set[str] = field(default_factory=set)


def at_once(count: int) -> int:
    """Return how many of ``count`` runs this machine can carry at once: one a core, as far as memory allows."""
    # Most of a run is waiting, so more would go; but a machine that is too busy makes controllers look unstable.
    return max(1, min(count, cores(), _free_memory() // MEMORY_OF_A_RUN))


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def run_side_by_side(
    commands: Mapping[str, Sequence[str]], places: int, out: Path, display: Display, module: str = "pytest"
) -> dict[str, int]:
    """Run ``module`` with each of the argument lists, ``places`` at once; return the exit status of each by its name.

    A signal that would end this process ends all of them; what has not begun then never does.
    """
    statuses: dict[str, int] = {}
    running: dict[str, _Running] = {}
    waiting = list(commands)
    stopping = False

    def stop(number: int) -> None:
        nonlocal stopping
        stopping = True
        for run in running.values():
            run.inside.forward(number)

    with forwarding(stop), selectors.DefaultSelector() as selector:
        try:
            while running or (waiting and not stopping):
                while waiting and len(running) < places and not stopping:
                    name = waiting.pop(0)
                    running[name] = _start(module, commands[name], out / name / "events.jsonl")
                    selector.register(running[name].errors, selectors.EVENT_READ, name)
                for key, _ in selector.select(timeout=_LOOK_EVERY):
                    if not _heed(running[key.data], lambda line, name=key.data: display.say(name, line)):  # type: ignore[misc]
                        selector.unregister(key.fileobj)
                for name, run in list(running.items()):
                    _count(run)
                    display.count(name, len(run.judged), run.selected)
                    status = run.inside.ended()
                    if status is not None:
                        _last_words(run, selector, lambda line, name=name: display.say(name, line))  # type: ignore[misc]
                        statuses[name] = status
                        display.end(name, status)
                        run.inside.close()
                        del running[name]
        finally:
            for run in running.values():
                run.inside.close()
    return {name: statuses.get(name, _INTERRUPTED) for name in commands}


def _start(module: str, arguments: Sequence[str], events: Path) -> _Running:
    inside = start_inside(module, arguments, shown=False)
    assert inside.process.stderr is not None
    os.set_blocking(inside.process.stderr.fileno(), False)
    return _Running(inside, inside.process.stderr, events)


def _heed(run: _Running, say: Callable[[str], None]) -> bool:
    """Pass on what a run has said; returns whether it may say more."""
    try:
        piece = os.read(run.errors.fileno(), 65536)
    except BlockingIOError:
        return True
    *lines, run.rest = (run.rest + piece).split(b"\n")
    for line in lines:
        text = line.decode(errors="replace").rstrip()
        run.judging = run.judging or ": judging " in text
        if text:
            say(text)
    return bool(piece)


def _last_words(run: _Running, selector: selectors.BaseSelector, say: Callable[[str], None]) -> None:
    with suppress(KeyError):
        selector.unregister(run.errors)
        # What a run leaves behind in its pipe is less than a pipe holds.
        with suppress(OSError):
            _heed(run, say)
    run.errors.close()


def _count(run: _Running) -> None:
    """Read the events that are new. Before it judges, a run has not yet put away the events of an older one."""
    if not run.judging:
        return
    with suppress(OSError), run.events.open("rb") as file:
        file.seek(run.read)
        whole, newline, _ = file.read().rpartition(b"\n")
        run.read += len(whole) + len(newline)
        for line in whole.splitlines():
            with suppress(ValueError, KeyError):
                event = json.loads(line)
                if event["event"] == "run":
                    run.selected = len(event["selected"])
                elif event["event"] == "case":
                    run.judged.add(event["case"]["id"])


def _free_memory() -> int:
    """Return the bytes that the kernel thinks can be used without swapping."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return MEMORY_OF_A_RUN
