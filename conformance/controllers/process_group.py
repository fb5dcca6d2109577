"""A program and all that it starts, as one process group: looked at, held, and ended as one."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from conformance.waiting import wait_until

_GONE_LIMIT = 2.0
_STARTER = ThreadPoolExecutor(1, "starter")
"""Starts every program. Some, such as Envoy, ask the kernel to end them with their parent, and by that it means the
very thread that started them (PR_SET_PDEATHSIG, prctl(2)): it must not be one that ends before the run does."""


@dataclass(frozen=True)
class ProcessGroup:
    """A running program. Until :meth:`end` its entry in the process table is kept, so its id means nobody else."""

    process: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def start(cls, argv: Sequence[str], log: Path, env: Mapping[str, str], folder: Path) -> "ProcessGroup":
        """Start ``argv`` in ``folder``; its output is appended to ``log``.

        Raises:
            OSError: the program is missing or may not be run.
        """
        with log.open("ab") as output:
            process = _STARTER.submit(
                subprocess.Popen,
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=folder,
                process_group=0,
            ).result()
        return cls(process)

    @property
    def exit_status(self) -> int | None:
        """The program's exit status (negative: the signal that ended it), or None while it runs."""
        if self.process.returncode is not None:
            return self.process.returncode
        # Looked at without being collected: the id of a collected program may soon be another one's.
        try:
            ended = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:  # :meth:`end`, in another thread, has just collected it
            return self.process.wait()
        if ended is None:
            return None
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def signal(self, number: int) -> None:
        """Send a signal to every process of the group; nothing happens after :meth:`end`."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: a group of zombies is off limits
                os.killpg(self.process.pid, number)

    def end(self, grace: float) -> None:
        """Ask the group to end, kill what is left after ``grace`` seconds, and return once all of it is gone."""
        if self.process.returncode is not None:
            return
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)
        wait_until(lambda: self.exit_status is not None, grace, longest_pause=0.02)
        self.signal(signal.SIGKILL)
        # Ports are free again when their processes are gone, not when they have been told to go.
        wait_until(lambda: not _running(self.process.pid), _GONE_LIMIT, longest_pause=0.02)
        self.process.wait()


def _running(group: int) -> bool:
    """Tell whether a process of the group runs, zombies aside; false where there is no /proc."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # pid (name, which may hold anything) state parent group …
            state, _, pgrp = stat.read_text(errors="replace").rpartition(")")[2].split()[:3]
            if int(pgrp) == group and state not in "ZX":
                return True
    return False
