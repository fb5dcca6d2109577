"""The programs of an entry: whether they are here, what is missing, and how they are had."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.controllers.catalogue import overridden
from conformance.controllers.debian import debian_obstacle, debian_program, debian_program_at_hand
from conformance.controllers.entry import Entry
from conformance.controllers.gomodules import go_obstacle, go_part, go_part_at_hand, pins_lacking
from conformance.controllers.sources import (
    DataSource,
    DebianSource,
    GoFileSource,
    GoSource,
    PathSource,
    PythonSource,
    Source,
    WheelModuleSource,
    WheelSource,
)
from conformance.controllers.wheels import can_install, wheel_program, wheel_program_at_hand
from conformance.errors import HarnessFailure
from conformance.locked_cache import Say

Programs = Mapping[str, tuple[str, ...]]
"""The words that begin a command line, by the program's name in the entry; of data it is the one path."""

_NOTHING: Mapping[str, str] = {}
_PUT_PINS = "put go.mod and go.sum there (a path is relative to the entry's file)"
_GET_GO = "install Go from https://go.dev/dl/"


@dataclass(frozen=True)
class ProgramState:
    """How one program is had on this machine.

    ``words`` start it, ``None`` if it is not here; ``missing`` then says why it cannot be had either, and is empty for
    what is fetched on demand.
    """

    name: str
    source: str
    words: tuple[str, ...] | None = None
    missing: str = ""
    hint: str = ""

    @property
    def summary(self) -> str:
        """The state in a few words."""
        if self.missing:
            return f"missing: {self.missing}"
        return f"{self.source} (ready)" if self.words else f"{self.source} (on demand)"


def get_programs(entry: Entry, say: Say, overrides: Mapping[str, str] = _NOTHING) -> Programs:
    """Return the programs of an entry; what is fetched or built on demand is had now, which needs the network.

    Raises:
        HarnessFailure: a program cannot be had; it says why, and how a user gets it. All that is missing is said.
    """
    process = overridden(entry, overrides).process
    if process is None:
        raise HarnessFailure(f"{entry.name} runs in pods only", hint="use --cluster kind or --cluster current")
    states = [program_state(name, source) for name, source in process.programs.items()]
    missing = [state for state in states if state.missing]
    if missing:
        hints = dict.fromkeys(state.hint for state in missing if state.hint)
        what = "; ".join(state.missing for state in missing)
        raise HarnessFailure(f"{entry.name}: {what}", hint="; ".join(hints))
    return {state.name: state.words or _got(process.programs[state.name], say) for state in states}


def program_states(entry: Entry) -> tuple[ProgramState, ...]:
    """Return how each program of an entry is had; nothing is fetched. Nothing for one that only runs in pods."""
    programs = entry.process.programs if entry.process else {}
    return tuple(program_state(name, source) for name, source in programs.items())


def program_state(name: str, source: Source) -> ProgramState:
    """Return how a program is had; nothing is fetched."""
    own = f"name a program of your own with --set {name}=PATH"
    if isinstance(source, (WheelSource, WheelModuleSource)):
        words = wheel_program_at_hand(source)
        return _fetched(name, source, words, _wheel_obstacle(source), f"install pip or uv, or {own}")
    if isinstance(source, DebianSource):
        program = debian_program_at_hand(source)
        words = None if program is None else (str(program),)
        return _fetched(name, source, words, debian_obstacle(source), f"install the package {source.debian}, or {own}")
    if isinstance(source, (GoSource, GoFileSource)):
        part = go_part_at_hand(source)
        words = None if part is None else (str(part),)
        way_out = _PUT_PINS if pins_lacking(source) else _GET_GO
        return _fetched(name, source, words, go_obstacle(source), f"{way_out}, or {own}")
    if isinstance(source, PythonSource):
        return _python(name, source)
    return _path(name, source) if isinstance(source, PathSource) else _data(name, source)


def _got(source: Source, say: Say) -> tuple[str, ...]:
    if isinstance(source, (WheelSource, WheelModuleSource)):
        return wheel_program(source, say)
    if isinstance(source, DebianSource):
        return (str(debian_program(source, say)),)
    assert isinstance(source, (GoSource, GoFileSource))
    return (str(go_part(source, say)),)


def _wheel_obstacle(source: WheelSource | WheelModuleSource) -> str:
    none = f"nothing can install {source.wheel}: this Python has no pip, and there is no uv on PATH"
    return "" if can_install() else none


def _fetched(name: str, source: Source, words: tuple[str, ...] | None, missing: str, hint: str) -> ProgramState:
    if words is None and missing:
        return ProgramState(name, str(source), missing=missing, hint=hint)
    return ProgramState(name, str(source), words)


def _python(name: str, source: PythonSource) -> ProgramState:
    try:
        there = importlib.util.find_spec(source.python) is not None
    except (ImportError, ValueError, AttributeError):
        there = False
    if there:
        return ProgramState(name, str(source), (sys.executable, "-m", source.python))
    hint = "install the package that has it into the environment of this Python"
    return ProgramState(name, str(source), missing=f"this Python has no module {source.python}", hint=hint)


def _path(name: str, source: PathSource) -> ProgramState:
    program = shutil.which(os.path.expanduser(source.path))  # noqa: PTH111 (Path raises for unknown users)
    if program is not None:
        return ProgramState(name, str(source), (str(Path(program).absolute()),))
    hint = _or_set(source.install, name)
    if "/" not in source.path:
        return ProgramState(name, str(source), missing=f"{source.path} is not on PATH", hint=hint)
    what = "cannot be run" if Path(source.path).is_file() else "is no file"
    return ProgramState(name, str(source), missing=f"{source.path} {what}", hint=hint)


def _data(name: str, source: DataSource) -> ProgramState:
    path = Path(os.path.expanduser(source.data)).absolute()  # noqa: PTH111 (Path raises for unknown users)
    hint = _or_set(source.install, name)
    try:
        if not path.exists():
            return ProgramState(name, str(source), missing=f"there is no {source.data}", hint=hint)
        lacking = [part for part in source.holds if not (path / part).exists()]
    except (OSError, ValueError) as error:
        return ProgramState(name, str(source), missing=f"{source.data!r} cannot be read: {error}", hint=hint)
    if lacking:
        return ProgramState(name, str(source), missing=f"{source.data} has no {', '.join(lacking)}", hint=hint)
    return ProgramState(name, str(source), (str(path),))


def _or_set(install: str, name: str) -> str:
    hint = f"name it with --set {name}=PATH"
    return f"{install.rstrip('.')}, or {hint}" if install else hint
