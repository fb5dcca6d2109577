"""Child processes with a log file each."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOG_TAIL_BYTES = 4096


@dataclass(frozen=True)
class Child:
    """A running program; its standard output and error go to ``log``."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    command: Sequence[str] = ()

    @property
    def alive(self) -> bool:
        """Whether the program still runs."""
        return self.process.poll() is None

    def log_tail(self) -> str:
        """Return the last lines of the log, at most 4 KiB."""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - LOG_TAIL_BYTES))
            return file.read().decode(errors="replace")

    def kill(self) -> None:
        """End the program at once."""
        if self.alive:
            self.process.kill()
        self.process.wait()


def start(name: str, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> Child:
    """Start ``command`` in a process group of its own, so that Ctrl-C reaches only the run itself.

    Raises:
        OSError: the program is missing or may not be run.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            process_group=0,
        )
    return Child(name, process, log, command)
