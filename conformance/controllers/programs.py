"""The programs of an entry: whether they are here, what is missing, and how they are had."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.controllers.catalogue import overridden
from conformance.controllers.entry import Entry, ProgramSource
from conformance.controllers.sources import PathSource, PythonSource, WheelSource
from conformance.controllers.wheels import can_install, wheel_program, wheel_program_at_hand
from conformance.errors import HarnessFailure
from conformance.locked_cache import Say

Programs = Mapping[str, tuple[str, ...]]
"""The words that begin a command line, by the program's name in the entry."""

_NOTHING: Mapping[str, str] = {}


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
    """Return the programs of an entry; what is fetched on demand is fetched now, which needs the network.

    Raises:
        HarnessFailure: a program cannot be had; it says why, and how a user gets it.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, source in overridden(entry, overrides).process.programs.items():
        state = program_state(name, source)
        if state.missing:
            raise HarnessFailure(f"{entry.name}: {state.missing}", hint=state.hint)
        if state.words is not None:
            found[name] = state.words
        elif isinstance(source, WheelSource):
            found[name] = (str(wheel_program(source, say)),)
    return found


def program_states(entry: Entry) -> tuple[ProgramState, ...]:
    """Return how each program of an entry is had; nothing is fetched."""
    return tuple(program_state(name, source) for name, source in entry.process.programs.items())


def program_state(name: str, source: ProgramSource) -> ProgramState:
    """Return how a program is had; nothing is fetched."""
    if isinstance(source, WheelSource):
        return _wheel(name, source)
    if isinstance(source, PythonSource):
        return _python(name, source)
    if isinstance(source, PathSource):
        return _path(name, source)
    hint = f"build {source.package} and name it with --set {name}=PATH"
    return ProgramState(name, str(source), missing="this version builds no controllers from Go modules", hint=hint)


def _wheel(name: str, source: WheelSource) -> ProgramState:
    program = wheel_program_at_hand(source)
    if program is not None:
        return ProgramState(name, str(source), (str(program),))
    if can_install():
        return ProgramState(name, str(source))
    missing = f"nothing can install {source.wheel}: this Python has no pip, and there is no uv on PATH"
    hint = f"install pip or uv, or name a program of your own with --set {name}=PATH"
    return ProgramState(name, str(source), missing=missing, hint=hint)


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
    hint = f"name it with --set {name}=PATH"
    hint = f"{source.install.rstrip('.')}, or {hint}" if source.install else hint
    if "/" not in source.path:
        return ProgramState(name, str(source), missing=f"{source.path} is not on PATH", hint=hint)
    what = "cannot be run" if Path(source.path).is_file() else "is no file"
    return ProgramState(name, str(source), missing=f"{source.path} {what}", hint=hint)
