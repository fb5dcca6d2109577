"""Running the programs that a kind cluster is made with: bounded, given up at once when the run is to end."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.clusters.current.patience import Patience
from conformance.errors import HarnessFailure
from conformance.visible import visible

_LOOK_EVERY = 0.2
_TAIL = 1500


@dataclass(frozen=True)
class Commands:
    """Starts programs with these additions to the environment, each in a process group of its own.

    So Ctrl-C reaches this process alone, which then ends what it has begun in the right order.
    """

    additions: Mapping[str, str] = field(default_factory=dict)

    def run(self, words: Sequence[str | Path], patience: Patience, limit: float, given: str = "") -> str:
        """Return what a program wrote to its standard output; ``given`` is its input.

        Raises:
            HarnessFailure: it cannot be started, failed, or did not end within ``limit`` seconds.
            Interrupted: the run was asked to stop; the program has been ended.
        """
        name = " ".join(map(str, [Path(words[0]).name, *words[1:3]]))
        try:
            process = subprocess.Popen(
                [str(word) for word in words],
                env={**os.environ, **self.additions},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,
            )
        except OSError as error:
            raise HarnessFailure(f"{words[0]} cannot be started: {error.strerror}") from error
        with process:
            try:
                output, errors = _ended(process, patience, limit, given.encode(), name)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        if process.returncode:
            said = visible((errors or output).decode(errors="replace").strip()[-_TAIL:])
            raise HarnessFailure(f"`{name}` failed with status {process.returncode}:\n{said}")
        return output.decode(errors="replace")


def _ended(
    process: subprocess.Popen[bytes], patience: Patience, limit: float, given: bytes, name: str
) -> tuple[bytes, bytes]:
    deadline, rest = time.monotonic() + limit, given
    while True:
        patience.check()
        if time.monotonic() > deadline:
            raise HarnessFailure(f"`{name}` did not end within {limit:.0f} s")
        try:
            return process.communicate(rest, timeout=_LOOK_EVERY)
        except subprocess.TimeoutExpired:
            rest = b""
