"""Which version of a Debian package a program is of: dpkg knows what is installed, the cache what was unpacked."""

import os
import subprocess
from pathlib import Path

from conformance.controllers.debian import VERSION, debian_program_at_hand, unpacked
from conformance.controllers.sources import DebianSource

_LIMIT = 20.0


def debian_version(source: DebianSource) -> str | None:
    """Return the version of the package whose program is at hand.

    It is empty where it was not kept, and ``None`` where the program is none of the package's.
    """
    program, entry = debian_program_at_hand(source), unpacked(source)
    if program is None:
        return None
    if entry is not None and program.is_relative_to(entry):
        kept = entry / VERSION
        return kept.read_text(encoding="utf-8").strip() if kept.is_file() else ""
    if source.debian not in _owners(source, program):
        return None
    return _dpkg("--show", "--showformat=${Version}", source.debian).strip()


def _owners(source: DebianSource, program: Path) -> set[str]:
    # /sbin is a link to /usr/sbin, or the other way round, and dpkg knows a file by one name only.
    own = Path("/", source.file)
    names = {str(program), os.path.realpath(program), *([str(own)] if own.resolve() == program.resolve() else [])}
    lines = _dpkg("--search", *sorted(names)).splitlines()
    return {line.partition(": ")[0].partition(":")[0] for line in lines}


def _dpkg(*arguments: str) -> str:
    """Return what dpkg-query says; with status 1 it says what it knows of some of the names."""
    environment = {**os.environ, "LC_ALL": "C"}
    command = ["dpkg-query", *arguments]
    try:
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", timeout=_LIMIT, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
