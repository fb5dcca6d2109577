"""The site on the disk. A folder that is something else is left alone."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from conformance.errors import BadInput, HarnessFailure

MADE_HERE = '<meta name=generator content="ingress-conformance">'
_FOLDERS = ("case", "controller", "move")


def write_site(files: Iterable[tuple[str, bytes]], out: Path) -> tuple[int, int]:
    """Write the files below ``out``, remove pages of an earlier site there that are gone; return files and bytes.

    Raises:
        BadInput: the folder holds something else than an earlier site.
        HarnessFailure: the disk does not take it.
    """
    _check(out)
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
        raise HarnessFailure(
            f"cannot write {error.filename or out}: {error.strerror}", hint="choose another folder with --out"
        ) from error
    for folder in _FOLDERS:
        for path in sorted((out / folder).glob("*.html")):
            if path not in written and is_ours(path):
                with suppress(OSError):
                    path.unlink()
    return count, size


def _check(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise BadInput("is a file", where=str(out), hint="--out names the folder of the site")
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
