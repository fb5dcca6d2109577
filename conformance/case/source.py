"""From the paths a user gives to the text of the case files, whatever is found there."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from conformance.case.problems import Place, Problem

MOST_BYTES = 4 * 1024 * 1024
NOT_CASES = frozenset({"statements.yaml"})
"""Files beside the case files that hold something else."""


def case_files(paths: Iterable[Path]) -> Iterator[Path | Problem]:
    """Yield the files that the paths stand for, each once: a folder stands for the ``*.yaml`` in it."""
    seen: set[str] = set()
    for path in paths:
        for found in _files_of(path):
            if isinstance(found, Problem):
                yield found
            elif (real := _real(found)) not in seen:
                seen.add(real)
                yield found


def read_text(path: Path) -> str | Problem:
    """Return the text of a file, or why it cannot be one."""
    file = shown(path)
    try:
        # Not blocking: a named pipe without a writer would otherwise hold the program for good.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        with os.fdopen(descriptor, "rb") as stream:
            kind = os.fstat(stream.fileno()).st_mode
            if not stat.S_ISREG(kind):
                return Problem(file, "is not a regular file", "give case files, or a folder that holds them")
            content = stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        return unreadable(path, error)
    if len(content) > MOST_BYTES:
        return Problem(file, f"is larger than {MOST_BYTES // 1024 // 1024} MiB", "split it: one file per section")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8", "replace")) + 1
        place = Place(before.count(b"\n") + 1, column)
        message = f"byte 0x{content[error.start]:02x} is not UTF-8"
        return Problem(file, message, "save the file as UTF-8", place)


def unreadable(path: Path, error: Exception) -> Problem:
    """Return the problem that a path cannot be read."""
    hints = {
        errno.ENOENT: "check the path; without one the built-in cases are used",
        errno.ELOOP: "a symbolic link leads back to itself",
        errno.EACCES: "check the permissions of the file",
        errno.EISDIR: "give case files, or a folder that holds them",
    }
    if isinstance(error, OSError):
        reason = (error.strerror or "cannot be read").lower()
        return Problem(shown(path), f"cannot be read: {reason}", hints.get(error.errno or 0, ""))
    return Problem(shown(path), f"is no path: {error}")


def shown(path: Path) -> str:
    """Return the path as messages name it: relative where that is shorter, and on one line."""
    text = str(path)
    if path.is_absolute():
        try:
            text = str(path.relative_to(Path.cwd()))
        except (ValueError, OSError):
            text = str(path)
    return text if text.isprintable() else ascii(text)[1:-1]


def _files_of(path: Path) -> Iterator[Path | Problem]:
    try:
        if not stat.S_ISDIR(path.stat().st_mode):
            yield path
            return
        names = sorted(entry.name for entry in path.iterdir())
        names = [name for name in names if name.endswith(".yaml") and name not in NOT_CASES]
    except (OSError, ValueError) as error:
        yield unreadable(path, error)
        return
    if not names:
        yield Problem(shown(path), "holds no case files", "case files end in .yaml")
    for name in names:
        yield path / name


def _real(path: Path) -> str:
    return os.path.realpath(path)
