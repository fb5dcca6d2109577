"""Running a program while its output is read, with a say in between."""

import os
import selectors
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

TICK_SECONDS = 1.0


def follow(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], heed: Callable[[str], None], tick: Callable[[], None]
) -> int:
    """Run a program, pass each line of its output and errors to ``heed`` as it comes, and return its exit status.

    ``tick`` is called after each piece of output, and once a second in silence. If anything interrupts, the program and
    its children are killed first. Raises OSError if the program cannot be started.
    """
    with subprocess.Popen(
        argv,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
    ) as process:
        assert process.stdout is not None
        try:
            _read(process.stdout.fileno(), heed, tick)
            return process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def _read(output: int, heed: Callable[[str], None], tick: Callable[[], None]) -> None:
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while True:
            if selector.select(timeout=TICK_SECONDS):
                piece = os.read(output, 65536)
                if not piece:
                    break
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    heed(line.decode(errors="replace"))
            tick()
    if rest:
        heed(rest.decode(errors="replace"))
