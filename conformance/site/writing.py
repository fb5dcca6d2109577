"""The site on the disk. A folder that is something else is left alone."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from conformance.errors import BadInput
from conformance.outfolder import ANOTHER, cannot_write

MADE_HERE = '<meta name=generator content="ingress-conformance">'
_FOLDERS = ("case", "controller", "move")


def write_site(files: Iterable[tuple[str, bytes]], out: Path) -> tuple[int, int]:
    """Write the files below ``out``, remove pages of an earlier site there that are gone; return files and bytes.

    Raises:
        BadInput: the folder holds something else than an earlier site, or is no place to write to.
        HarnessFailure: the disk does not take it.
    """
    try:
        _check(out)
    except OSError as error:
        raise cannot_write(error, out) from error
    count = size = 0
    written: set[Path] = set()
    try:
        for name, data in files:
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            written.add(path)
            count, size = count + 1, size + len(data)
    except OSError as error:
        raise cannot_write(error, out) from error
    for folder in _FOLDERS:
        for path in sorted((out / folder).glob("*.html")):
            if path not in written and is_ours(path):
                with suppress(OSError):
                    path.unlink()
    return count, size


def _check(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise BadInput("is a file", where=str(out), hint=ANOTHER)
    if out.is_dir() and any(out.iterdir()) and not is_ours(out / "index.html"):
        raise BadInput(
            "the folder is not empty, and holds no site of ours", where=str(out), hint="choose a new folder with --out"
        )


def is_ours(page: Path) -> bool:
    """Tell whether a page was made here."""
    try:
        with page.open("rb") as opened:
            return MADE_HERE.encode() in opened.read(2000)
    except OSError:
        return False
