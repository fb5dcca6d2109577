"""The catalogue: the built-in entries and those that users bring along."""

import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from conformance.case.problems import did_you_mean, either, quoted
from conformance.controllers.entry import Entry
from conformance.controllers.reading import is_path, read_entry
from conformance.controllers.sources import DataSource, GoFileSource, PathSource, Source
from conformance.errors import BadInput

FOLDER = Path(__file__).resolve().parent / "catalogue"

_NOTHING: Mapping[str, str] = {}


@cache
def catalogue() -> tuple[Entry, ...]:
    """Return the built-in entries in the order of their names.

    Raises:
        EntryErrors: an entry is wrong.
    """
    return tuple(read_entry(FOLDER / f"{name}.yaml", FOLDER) for name in names())


def names() -> tuple[str, ...]:
    """Return the names of the built-in entries; their files are not read."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def find(name_or_path: str, overrides: Mapping[str, str] = _NOTHING) -> Entry:
    """Return an entry of the catalogue, or a user's own from a path such as ``./my-entry.yaml``.

    ``overrides`` are what the user said with ``--set PROGRAM=PATH``; see :func:`overridden`.

    Raises:
        BadInput: there is no such entry, or something is wrong with the user's.
    """
    if is_path(name_or_path):
        return overridden(read_entry(Path(name_or_path), FOLDER), overrides)
    known = names()
    if name_or_path in known:
        return overridden(read_entry(FOLDER / f"{name_or_path}.yaml", FOLDER), overrides)
    hint = did_you_mean(name_or_path, known, otherwise=f"there are {either(known)}")
    if name_or_path and _is_file(name_or_path):
        hint = f"for the file of that name write ./{name_or_path}"
    elif hint.startswith("did"):
        hint += f" There are {either(known)}."
    raise BadInput(f"there is no controller {quoted(name_or_path)}", hint=hint)


def overridden(entry: Entry, overrides: Mapping[str, str]) -> Entry:
    """Return the entry with the user's own programs and data in place of the named ones.

    Overrides of programs that the entry does not have are left to other controllers of the same command, see
    :func:`check_overrides`. The version is then no longer known.
    """
    if entry.process is None:
        return entry
    given = entry.process.programs
    own = {name: overrides[name] for name in given if name in overrides}
    if not own:
        return entry
    programs = {**given, **{name: _own(given[name], path) for name, path in own.items()}}
    process = entry.process.model_copy(update={"programs": programs})
    version = f"unknown (own {either(list(own))})"
    return entry.model_copy(update={"process": process, "version": version})


def parse_overrides(settings: Iterable[str]) -> dict[str, str]:
    """Return what ``--set PROGRAM=PATH`` said, by the program's name.

    Raises:
        BadInput: it has no such form, or names a program twice.
    """
    overrides: dict[str, str] = {}
    for setting in settings:
        name, equals, path = setting.partition("=")
        if not (name and equals and path):
            raise BadInput(f"{quoted(setting)} is not PROGRAM=PATH", where="--set", hint="such as traefik=./traefik")
        if name in overrides:
            raise BadInput(f"the program {quoted(name)} is named twice", where="--set", hint="give one path for it")
        overrides[name] = path
    return overrides


def check_overrides(entries: Iterable[Entry], overrides: Mapping[str, str]) -> None:
    """Refuse overrides that no entry has a program for.

    Raises:
        BadInput: it names the override, and the programs that there are.
    """
    known = sorted({name for entry in entries if entry.process for name in entry.process.programs})
    for name in overrides:
        if name not in known:
            hint = did_you_mean(name, known, otherwise=f"there are {either(known)}" if known else "")
            raise BadInput(f"no chosen controller has a program called {quoted(name)}", where="--set", hint=hint)


def _own(source: Source, path: str) -> Source:
    if isinstance(source, DataSource):
        return DataSource(data=path, holds=source.holds)
    return DataSource(data=path) if isinstance(source, GoFileSource) else PathSource(path=path)


def _is_file(name: str) -> bool:
    try:
        return os.path.isfile(name)  # noqa: PTH113 (Path raises for names that no file can have)
    except ValueError:
        return False
