"""Where the built-in case files are: package data in a wheel, beside the package in a checkout."""

from collections.abc import Collection
from pathlib import Path

from conformance.case.probe import Level
from conformance.errors import HarnessFailure

_PACKAGE = Path(__file__).resolve().parent.parent

PROFILE = "ingress-nginx"
"""The folder of the cases of level parity."""


def builtin_folders() -> tuple[Path, ...]:
    """Return the folder of the specification's cases, and that of ingress-nginx's behaviour.

    Raises:
        HarnessFailure: the installation has none.
    """
    folder = builtin_folder()
    return folder, folder / PROFILE


def folders_of(levels: Collection[Level]) -> tuple[Path, ...]:
    """Return the built-in folders that hold the cases of these levels.

    Raises:
        HarnessFailure: the installation has none.
    """
    specification, profile = builtin_folders()
    held = {specification: set(levels) - {Level.PARITY}, profile: set(levels) & {Level.PARITY}}
    return tuple(folder for folder, some in held.items() if some)


def builtin_folder() -> Path:
    """Return the folder of the built-in case files.

    Raises:
        HarnessFailure: the installation has none.
    """
    for folder in (_PACKAGE / "_cases", _PACKAGE.parent / "cases"):
        if (folder / "statements.yaml").is_file():
            return folder
    raise HarnessFailure("the built-in case files are missing", hint="install ingress-conformance again")
