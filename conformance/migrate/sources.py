"""From the paths that a user gives to texts: files, folders, and standard input as ``-``; bounded."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.case.source import shown
from conformance.migrate.found import Origin, Trouble

ENDINGS = (".yaml", ".yml", ".json")
MOST_BYTES = 128 * 1024 * 1024
MOST_FILES = 20_000
STDIN = "-"


@dataclass(frozen=True)
class Text:
    """What stands in one file."""

    file: str
    content: str


def texts(paths: Iterable[str]) -> Iterator[Text | Trouble]:
    """Yield the text of each file, each file once; a folder stands for the manifests below it."""
    seen: set[str] = set()
    for path in paths:
        for file in [path] if path == STDIN else _files(path):
            if isinstance(file, Trouble):
                yield file
            elif (real := file if file == STDIN else os.path.realpath(file)) not in seen:
                seen.add(real)
                yield _read(file)


def _files(path: str) -> Iterator[str | Trouble]:
    if not Path(path).is_dir():
        yield path
        return
    number = 0
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.endswith(ENDINGS):
                continue
            number += 1
            if number > MOST_FILES:
                hint = "give the folders of your Ingresses one by one"
                yield Trouble(Origin(shown(Path(path))), "too-many", f"holds more than {MOST_FILES} files", hint)
                return
            yield str(Path(folder) / name)
    if not number:
        hint = (
            "manifests end in .yaml, .yml or .json; for a Helm chart: helm template … | ingress-conformance migrate … -"
        )
        yield Trouble(Origin(shown(Path(path))), "empty", "this folder holds no manifests", hint)


def _read(file: str) -> Text | Trouble:
    name = STDIN if file == STDIN else shown(Path(file))
    try:
        content = sys.stdin.buffer.read(MOST_BYTES + 1) if file == STDIN else _content(Path(file))
    except (OSError, ValueError) as error:
        reason = (error.strerror or "cannot be read").lower() if isinstance(error, OSError) else str(error)
        return Trouble(Origin(name), "unreadable", f"cannot be read: {reason}", "check the path and its permissions")
    if len(content) > MOST_BYTES:
        return Trouble(Origin(name), "too-large", f"has more than {MOST_BYTES >> 20} MiB", "split it")
    try:
        return Text(name, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{content[error.start]:02x} is not UTF-8"
        return Trouble(Origin(name, line=line), "unreadable", message, "save the file as UTF-8")


def _content(path: Path) -> bytes:
    # Not blocking: a named pipe without a writer would otherwise hold the program for good.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ValueError("it is not a regular file")
        return stream.read(MOST_BYTES + 1)
