"""Which runs of this user on this machine go on now, so that nobody cleans up behind them too soon."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from conformance.cachedir import cache_path, cache_root
from conformance.errors import ConformanceError

_FOLDER = "runs"


@contextmanager
def going_on(run_id: str) -> Iterator[None]:
    """Let :func:`goes_on` see the run until the block ends; the kernel ends that too if the process is killed.

    Where there is no folder to write to, the run goes on unseen.
    """
    try:
        path = cache_path(_FOLDER) / run_id
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except (ConformanceError, OSError):
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def goes_on(run_id: str) -> bool:
    """Tell whether a process of this user on this machine is at work on the run."""
    path = _path(run_id)
    if path is None:
        return False
    with suppress(OSError):
        handle = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            path.unlink(missing_ok=True)
        finally:
            os.close(handle)
    return False


def _path(run_id: str) -> Path | None:
    """Return the run's file; the id comes from a cluster, and must not lead out of the folder."""
    return cache_root() / _FOLDER / run_id if run_id.isalnum() else None
