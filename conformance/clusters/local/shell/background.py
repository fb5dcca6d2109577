"""Start the process that keeps a cluster in the background, and see it to readiness."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from conformance.clusters.local.credentials import write_private
from conformance.clusters.local.shell.kept import Kept, end, kept_cluster, log_file, started_at
from conformance.clusters.local.shell.order import Order
from conformance.errors import HarnessFailure
from conformance.waiting import wait_until

A_BUILD = 3600.0
"""Longer than any first build of the programs takes; a keeper that fails ends by itself, and sooner."""


def start(order: Order, say: Callable[[str], None]) -> Kept:
    """Start a keeper and return its cluster once it is ready; ``say`` gets its lines of progress.

    Raises:
        HarnessFailure: the cluster did not come up; the message is the keeper's own.
    """
    log = write_private(log_file(), "")
    with log.open("ab") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "conformance.clusters.local.shell.keeper", order.to_json()],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # neither Ctrl-C nor the end of this terminal is meant for it
        )
    lines = _progress(log)
    ready: Kept | None = None

    def decided() -> bool:
        nonlocal ready
        for line in lines:
            if line is None:
                break
            say(line)
        kept = kept_cluster()
        ready = kept if kept is not None and kept.pid == keeper.pid and kept.access is not None else None
        return ready is not None or keeper.poll() is not None

    try:
        wait_until(decided, A_BUILD)
        if ready is None:
            raise HarnessFailure(_error(log))  # read before the log goes
    except BaseException:
        end(Kept(keeper.pid, started_at(keeper.pid)))
        raise
    return ready


def _progress(log: Path) -> Iterator[str | None]:
    """Yield the lines as they are written, None whenever there are no more yet, up to an error."""
    with log.open(encoding="utf-8", errors="replace") as file:
        while not (line := file.readline()).startswith("error:"):
            yield line.rstrip() if line else None


def _error(log: Path) -> str:
    text = log.read_text(encoding="utf-8", errors="replace")
    said = text.rpartition("error: ")[2].strip()
    return said or "the cluster did not come up"
