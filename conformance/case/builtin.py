"""Where the built-in case files are: package data in a wheel, beside the package in a checkout."""

from pathlib import Path

from conformance.errors import HarnessFailure

_PACKAGE = Path(__file__).resolve().parent.parent


def builtin_folder() -> Path:
    """Return the folder of the built-in case files.

    Raises:
        HarnessFailure: the installation has none.
    """
    for folder in (_PACKAGE / "_cases", _PACKAGE.parent / "cases"):
        if (folder / "statements.yaml").is_file():
            return folder
    raise HarnessFailure("the built-in case files are missing", hint="install ingress-conformance again")
