"""Programs of Debian and Ubuntu that are not installed: the packages are unpacked in the cache folder, nothing else."""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

from conformance.controllers.sources import DebianSource
from conformance.errors import HarnessFailure
from conformance.locked_cache import Say, locked_entry, ready_entry

_TOOLS = ("apt-get", "dpkg-deb")
_SIMULATED = ["apt-get", "--simulate", "--no-install-recommends", "install"]
_SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where Debian keeps programs for administrators, which the PATH of an ordinary user leaves out."""

_START = "start"
_CONTENT = "content"
VERSION = "version"
_LIMIT = 300.0


def debian_obstacle(source: DebianSource) -> str:
    """Return why the package cannot be had here, or an empty string."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    return f"{_name(source)} is not on PATH, and there is no {' and no '.join(missing)}" if missing else ""


def debian_program_at_hand(source: DebianSource) -> Path | None:
    """Return the program from PATH or from the cache, else None."""
    on_path = shutil.which(_name(source))
    if on_path is not None:
        return Path(on_path)
    for folder in _SYSTEM_FOLDERS:
        if os.access(Path(folder, _name(source)), os.X_OK):
            return Path(folder, _name(source))
    entry = unpacked(source)
    return None if entry is None else entry / _names(source)[0]


def unpacked(source: DebianSource) -> Path | None:
    """Return the folder in the cache that the package was unpacked in; its file :data:`VERSION` may be there."""
    return ready_entry(_key(source), _names(source))


def debian_program(source: DebianSource, say: Say) -> Path:
    """Return the program; its package is unpacked in the cache folder if need be.

    Raises:
        HarnessFailure: the package cannot be had, or has no such program.
    """
    names = _names(source)

    def fill(scratch: Path) -> None:
        say(f"fetching {source} into the cache folder")
        packages = scratch / "packages"
        packages.mkdir()
        planned = _must([*_SIMULATED, source.debian], packages, source)
        # The package and what it needs and this machine lacks.
        wanted = {source.debian, *re.findall(r"^Inst (\S+)", planned, re.MULTILINE)}
        _must(["apt-get", "--quiet", "download", *sorted(wanted)], packages, source)
        for package in sorted(packages.glob("*.deb")):
            _must(["dpkg-deb", "--extract", str(package), str(scratch / _CONTENT)], packages, source)
        (scratch / VERSION).write_text(_version_in(packages, source.debian))
        shutil.rmtree(packages)
        if not (scratch / _CONTENT / source.file).is_file():
            raise HarnessFailure(f"{source} has no program {source.file}")
        _write_start(scratch / names[0], source)

    return locked_entry(_key(source), names, fill, what=str(source), say=say) / names[0]


def _write_start(path: Path, source: DebianSource) -> None:
    """Write a script of the program's name that lets it find the libraries beside it."""
    folders = ":".join(f"$here/{folder}" for folder in (f"usr/lib/{platform.machine()}-linux-gnu", "usr/lib", "lib"))
    path.parent.mkdir()
    path.write_text(
        f'#!/bin/sh\nhere=$(dirname "$0")/../{_CONTENT}\n'
        f'LD_LIBRARY_PATH="{folders}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}" exec "$here/{source.file}" "$@"\n'
    )
    path.chmod(0o755)


def _must(command: list[str], folder: Path, source: DebianSource) -> str:
    hint = f"install the package as root: apt-get update && apt-get install {source.debian}"
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LIMIT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HarnessFailure(f"fetching {source} failed: {error}", hint=hint) from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise HarnessFailure(f"fetching {source} failed: {last}", hint=hint)
    return done.stdout


def _version_in(packages: Path, package: str) -> str:
    """Return the version in the name of a package's file, NAME_VERSION_ARCHITECTURE.deb."""
    return next((unquote(path.name.split("_")[1]) for path in packages.glob(f"{package}_*_*.deb")), "")


def _name(source: DebianSource) -> str:
    return Path(source.file).name


def _names(source: DebianSource) -> tuple[str, ...]:
    return f"{_START}/{_name(source)}", f"{_CONTENT}/{source.file}"


def _key(source: DebianSource) -> str:
    return f"debian/{source.debian}-{_release()}-{platform.machine()}"


def _release() -> str:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return "unknown"
    return f"{release.get('ID', 'unknown')}-{release.get('VERSION_ID', release.get('VERSION_CODENAME', ''))}"
