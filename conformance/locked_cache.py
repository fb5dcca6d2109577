"""Cache entries that are made once: under a lock, aside, and put in place by one rename.

An entry is a folder. It is either complete or not there: whoever makes it fills a scratch folder beside it and renames
that. A maker that is killed leaves only its scratch folder, which the next maker sweeps away.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.cachedir import cache_failure, cache_path, cache_root
from conformance.errors import HarnessFailure

Say = Callable[[str], None]


def ready_entry(key: str, names: Collection[str]) -> Path | None:
    """Return the entry ``key`` (a path below the cache root) if each of ``names`` is a file in it, else None.

    Takes no lock and makes nothing, so a complete entry in a read-only cache serves as well.
    """
    entry = cache_root() / key
    return entry if all((entry / name).is_file() for name in names) else None


def locked_entry(key: str, names: Collection[str], fill: Callable[[Path], None], *, what: str, say: Say) -> Path:
    """Return the entry ``key``, made by ``fill`` if need be.

    ``fill`` gets an empty folder and leaves ``names`` in it; ``what`` names the thing in messages. Of several processes
    that ask at once one fills and the others wait. Whatever ``fill`` raises comes through, except that OSError becomes
    HarnessFailure, as does a cache that cannot be written.
    """
    ready = ready_entry(key, names)
    if ready is not None:
        return ready
    *above, last = key.split("/")
    folder = cache_path(*above)
    try:
        with _locked(folder / f"{last}.lock", what, say):
            ready = ready_entry(key, names)  # somebody else may have made it while we waited
            return ready if ready is not None else _filled(folder, last, names, fill)
    except OSError as error:
        raise cache_failure(error, folder / last) from error


@contextmanager
def _locked(path: Path, what: str, say: Say) -> Iterator[None]:
    # The lock belongs to the open file: the kernel lets go of it however this process ends, and programs that it
    # started do not inherit it.
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another run is getting {what}; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _filled(folder: Path, last: str, names: Collection[str], fill: Callable[[Path], None]) -> Path:
    for stale in folder.glob(f"{last}.partial-*"):
        shutil.rmtree(stale, ignore_errors=True)
    # A new name each time: a child of a killed maker may still be writing under the old one.
    scratch = Path(tempfile.mkdtemp(prefix=f"{last}.partial-", dir=folder))
    try:
        fill(scratch)
        missing = [name for name in names if not (scratch / name).is_file()]
        if missing:
            raise HarnessFailure(f"{', '.join(missing)} should have been made, but was not", where=str(folder / last))
        _flush(scratch, names)
        entry = folder / last
        shutil.rmtree(entry, ignore_errors=True)  # an entry that lost a file is no entry
        scratch.rename(entry)
        return entry
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _flush(scratch: Path, names: Collection[str]) -> None:
    # Without this a power cut soon after the rename could leave empty files in a finished-looking entry.
    for path in (*(scratch / name for name in names), scratch):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
