"""Starts a program that sees folders of its own, as a container would: run inside a mount namespace of its own.

Run as ``python -m conformance.controllers.private FOLDER PATH… -- COMMAND…``; each absolute PATH is laid over by
``FOLDER/private/PATH``. A PATH that the machine does not have is made in an overlay that only this namespace sees.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import FrameType

PRIVATE = "private"
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


def private_command(
    argv: Sequence[str], folder: Path, paths: Iterable[str], python: str, *, processes: bool
) -> list[str]:
    """Return the command that starts ``argv`` with ``paths`` laid over, and alone in a PID namespace if asked."""
    namespaces = ["--mount", *(["--pid", "--fork", "--kill-child", "--mount-proc"] if processes else [])]
    unshare = shutil.which("unshare") or "unshare"
    module = [python, "-m", "conformance.controllers.private", str(folder), *paths, "--", *argv]
    return [unshare, *namespaces, "--", *module]


def lay_over(folder: Path, paths: Sequence[str]) -> None:
    """Mount each folder of ``folder/private`` where it belongs, outer ones first.

    Raises:
        RuntimeError: mount(8) refused (its own words), or a folder would hide the instance's own.
    """
    for path in sorted(paths, key=lambda path: path.count("/")):
        # /var/run is a link in most systems, and mounts need the folder itself.
        target = Path(os.path.realpath(path))
        if folder.is_relative_to(target):
            raise RuntimeError(f"{path} would hide the cache folder; set INGRESS_CONFORMANCE_CACHE to another place")
        if not target.is_dir():
            # A name of its own: what runs beside this program makes room for itself, at the same time.
            _make_room(target, Path(tempfile.mkdtemp(prefix="overlay-", dir=folder)))
        _mount("--bind", str(folder / PRIVATE) + path, str(target))


def _make_room(target: Path, scratch: Path) -> None:
    """Make a folder without leaving it on the machine: in an overlay over the nearest folder that there is."""
    there = next(parent for parent in target.parents if parent.is_dir())
    upper, work = scratch / "upper", scratch / "work"
    upper.mkdir()
    work.mkdir()
    _mount("-t", "overlay", "overlay", "-o", f"lowerdir={there},upperdir={upper},workdir={work}", str(there))
    target.mkdir(parents=True, exist_ok=True)


def _mount(*arguments: str) -> None:
    mount = shutil.which("mount", path=f"{os.environ.get('PATH', os.defpath)}:/usr/bin:/bin") or "mount"
    done = subprocess.run([mount, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"mount {' '.join(arguments)} failed: {done.stderr.strip()}")


def _first_process(argv: Sequence[str]) -> int:
    """Run the program as the first process of a PID namespace must: pass signals on, collect every orphan."""
    child = subprocess.Popen(argv)

    def forward(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, number)

    for number in _FORWARDED:
        signal.signal(number, forward)
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child.pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def main() -> int:
    """Lay over, then become the program; returns only where it cannot, or has to outlive the program."""
    at = sys.argv.index("--")
    (folder, *paths), argv = sys.argv[1:at], sys.argv[at + 1 :]
    try:
        lay_over(Path(folder), paths)
    except (OSError, RuntimeError) as error:
        print(f"cannot give the controller folders of its own: {error}", file=sys.stderr)  # noqa: T201
        return 70
    if os.getpid() != 1:
        os.execvp(argv[0], argv)  # noqa: S606 (its environment is the one it shall have)
    return _first_process(argv)


if __name__ == "__main__":
    sys.exit(main())
