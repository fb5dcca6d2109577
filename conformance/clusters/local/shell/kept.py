"""The cluster that is kept in the background: its state file, whether it is there, how it ends."""

import fcntl
import json
import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.cachedir import cache_path, cache_root
from conformance.clusters.local.credentials import write_private
from conformance.clusters.local.shell.access import Access
from conformance.waiting import wait_until

POLITE = 5.0
_STATE = "kept.json"


@dataclass(frozen=True)
class Kept:
    """A kept cluster: the process that holds it, when that was started, and the access once it is ready."""

    pid: int
    started: str
    access: Access | None = None

    @property
    def alive(self) -> bool:
        """Whether the process still is the one that was started, and not another one with its number."""
        return started_at(self.pid) == self.started

    def first_inside(self) -> int | None:
        """Return the first process inside the namespaces, as it is numbered out here."""
        for unshare in _children(self.pid):
            for first in _children(unshare):
                return first
        return None

    def write(self) -> None:
        """Write the state file, whole or not at all; only its owner can read it."""
        path = state_file()
        values = {"pid": self.pid, "started": self.started, "access": self.access.to_values() if self.access else None}
        write_private(path.with_suffix(".partial"), json.dumps(values)).replace(path)


def state_file() -> Path:
    """Return where the state of the kept cluster is written; its folder is made where it is missing."""
    return cache_path("clusters") / _STATE


def log_file() -> Path:
    """Return where the kept cluster writes what it is doing."""
    return state_file().with_suffix(".log")


def kept_cluster() -> Kept | None:
    """Return the kept cluster, ready or still on its way; None where there is none, or it ended by itself."""
    kept = _read()
    return kept if kept is not None and kept.alive else None


def mark_ready(access: Access) -> None:
    """Add the access to the state, from inside the namespaces, where the numbers of processes mean others."""
    kept = _read()
    if kept is not None:
        replace(kept, access=access).write()


def forget(pid: int) -> None:
    """Remove the state file if it speaks of that process."""
    kept = _read()
    if kept is not None and kept.pid == pid:
        state_file().unlink(missing_ok=True)


def end(kept: Kept) -> None:
    """End the cluster: politely first, for certain in the end; returns when everything of it is gone, files too."""
    inside = kept.first_inside()
    inside_started = started_at(inside) if inside else ""
    with suppress(ProcessLookupError):
        # The descriptor stays with this very process even if its number is given to another one.
        process = os.pidfd_open(kept.pid)
        try:
            if kept.alive:
                signal.pidfd_send_signal(process, signal.SIGTERM)
                if not select.select([process], [], [], POLITE)[0]:
                    signal.pidfd_send_signal(process, signal.SIGKILL)
                    select.select([process], [], [], POLITE)
        finally:
            os.close(process)
    if inside:
        wait_until(lambda: started_at(inside) != inside_started, POLITE)
    forget(kept.pid)
    log_file().unlink(missing_ok=True)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Keep others from starting or ending the kept cluster meanwhile."""
    handle = os.open(cache_path("clusters"), os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def started_at(pid: int) -> str:
    """Return when a process was started, in a form that no other process of that number has; "" if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else f"{boot}:{fields[19]}"


def _read() -> Kept | None:
    try:
        values = json.loads((cache_root() / "clusters" / _STATE).read_text())
        access = Access.from_values(values["access"]) if values["access"] else None
        return Kept(int(values["pid"]), str(values["started"]), access)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
