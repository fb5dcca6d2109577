"""The shared libraries that programs and modules of this machine are linked with."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from conformance.errors import HarnessFailure

_LIMIT = 60.0
_FOUND = re.compile(r"^\s+(?:(\S+) => )?(/\S+) \(0x[0-9a-f]+\)$", re.MULTILINE)


def libraries(programs: Iterable[Path]) -> dict[str, Path]:
    """Return the libraries by the name under which they are asked for; the loader's name is its absolute path.

    Raises:
        HarnessFailure: there is no ldd, or it cannot tell.
    """
    command = ["ldd", *map(str, programs)]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HarnessFailure(f"ldd does not say what programs are linked with: {error}") from error
    lost = re.findall(r"^\s+(\S+) => not found$", answer.stdout, re.MULTILINE)
    if lost:
        raise HarnessFailure(f"libraries that are linked with are not there: {', '.join(sorted(set(lost)))}")
    return parsed(answer.stdout)


def placed(programs: Iterable[Path], folder: str) -> dict[str, Path]:
    """Return the libraries by their places in an image that has ``folder`` on LD_LIBRARY_PATH.

    The loader has to be where programs look for it; the others are found by their names.

    Raises:
        HarnessFailure: there is no ldd, or it cannot tell.
    """
    found = libraries(programs).items()
    return {name if name.startswith("/") else f"{folder}/{name}": path for name, path in found}


def parsed(text: str) -> dict[str, Path]:
    """Return what ldd said: ``NAME => PATH (ADDRESS)`` for libraries, ``PATH (ADDRESS)`` for the loader."""
    return {name or path: Path(path) for name, path in _FOUND.findall(text)}
