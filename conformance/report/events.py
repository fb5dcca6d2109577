"""The event stream of a run: one JSON object a line, written as things happen, flushed at once."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from conformance.errors import BadInput, HarnessFailure
from conformance.report.model import CaseRecord

Event = dict[str, Any]
"""As JSON has it; the ``case`` of an event that has not been written yet is a :class:`CaseRecord`."""


def case_event(record: CaseRecord, *, final: bool) -> Event:
    """Return the event of a verdict; one that is not ``final`` may still be replaced."""
    return {"event": "case", "final": final, "case": record}


class EventLog:
    """Appends events to a file. A killed run loses at most the case in flight."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            raise HarnessFailure(
                f"cannot write {path}: {error.strerror}", hint="choose another folder with --out"
            ) from error

    def write(self, event: Event) -> None:
        """Append one event.

        Raises:
            HarnessFailure: the disk is full or the file went away.
        """
        try:
            rest = memoryview(to_json(event, by_alias=True) + b"\n")
            while rest:
                # A disk that is nearly full takes a part, and says so only by the number.
                rest = rest[self._file.write(rest) or 0 :]
        except OSError as error:
            raise HarnessFailure(
                f"cannot write {self.path}: {error.strerror}", hint="free some space; what was written so far is kept"
            ) from error

    def close(self) -> None:
        """Write everything through to the disk."""
        with suppress(OSError):
            os.fsync(self._file.fileno())
        self._file.close()


def read_events(path: Path) -> Iterator[Event]:
    """Yield the events of a file; a last line that a killed run left half-written is dropped.

    Raises:
        BadInput: the file cannot be read, or a line in the middle is no event.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from error
    for number, line in enumerate(lines, start=1):
        event = _event(line)
        if event is not None:
            yield event
        elif line.strip() and number < len(lines):
            raise BadInput("not an event", where=f"{path}:{number}", hint="each line is one JSON object")


def _event(line: str) -> Event | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None
