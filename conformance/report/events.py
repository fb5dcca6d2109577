"""The event stream of a run: one JSON object a line, written as things happen, flushed at once."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from conformance.errors import BadInput, HarnessFailure
from conformance.outfolder import cannot_write
from conformance.report.canonical import loads
from conformance.report.model import CaseRecord

Event = dict[str, Any]
"""As JSON has it; the ``case`` of an event that has not been written yet is a :class:`CaseRecord`."""


def case_event(record: CaseRecord, *, final: bool) -> Event:
    """Return the event of a verdict; one that is not ``final`` may still be replaced."""
    return {"event": "case", "final": final, "case": record}


def is_final(event: Event) -> bool:
    """Tell whether an event is a verdict that stands."""
    return event["event"] == "case" and event.get("final") is True


class CannotWrite(HarnessFailure):
    """What was seen cannot be kept, so there is no sense in going on."""


class EventLog:
    """Appends events to a file. A killed run loses at most the case in flight.

    What is there already is thrown away, or (``go_on``) kept up to the last whole line. A file that was made for
    nothing is taken away again.

    Raises:
        BadInput: another run writes to the same file, or its folder is no place to write to.
        HarnessFailure: the disk is full.
    """

    def __init__(self, path: Path, *, go_on: bool = False) -> None:
        self.path = path
        try:
            self._made = [one for one in (path, path.parent) if not one.exists()]
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab", buffering=0)
            _take(self._file, path)
            self._size = path.read_bytes().rfind(b"\n") + 1 if go_on else 0
            if path.stat().st_size > self._size:
                self._file.truncate(self._size)
        except OSError as error:
            raise cannot_write(error, path) from error

    def begin_anew(self) -> None:
        """Throw away what was kept so far.

        Raises:
            CannotWrite: the file went away.
        """
        try:
            self._file.truncate(0)
        except OSError as error:
            raise CannotWrite(f"cannot write {self.path}: {error.strerror}") from error
        self._size = 0

    def write(self, event: Event) -> None:
        """Append one event.

        Raises:
            CannotWrite: the disk is full or the file went away.
        """
        line = to_json(event, by_alias=True) + b"\n"
        try:
            rest = memoryview(line)
            while rest:
                # A disk that is nearly full takes a part, and says so only by the number.
                rest = rest[self._file.write(rest) or 0 :]
            self._size += len(line)
        except OSError as error:
            with suppress(OSError):
                # Half a line must not be in the way of the next.
                self._file.truncate(self._size)
            raise CannotWrite(
                f"cannot write {self.path}: {error.strerror}", hint="free some space; what was written so far is kept"
            ) from error

    def close(self) -> None:
        """Write everything through to the disk."""
        with suppress(OSError):
            os.fsync(self._file.fileno())
            # Before the lock is given up: what another run makes here is not ours.
            for one in self._made if not self._size else ():
                one.rmdir() if one.is_dir() else one.unlink()
        self._file.close()


def _take(file: FileIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        taken = path.samefile(f"/proc/self/fd/{file.fileno()}")
    except BlockingIOError:
        taken = False
    if not taken:
        file.close()
        hint = "wait for its end, or choose another folder with --out"
        raise BadInput("another run is writing here", where=str(path), hint=hint)


def read_events(path: Path) -> Iterator[Event]:
    """Yield the events of a file; a last line that a killed run left half-written is dropped.

    Raises:
        BadInput: the file cannot be read, or a line in the middle is no event.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        hint = "give the events.jsonl of a run: it lies beside its report.json"
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path), hint=hint) from error
    for number, line in enumerate(lines, start=1):
        event = _event(line)
        if event is not None:
            yield event
        elif line.strip() and number < len(lines):
            raise BadInput("not an event", where=f"{path}:{number}", hint="each line is one JSON object")


def _event(line: str) -> Event | None:
    try:
        event = loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None
