"""The processes of one start of a controller: its folders and files written, what comes before run, all started."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.clusters.local.credentials import write_private
from conformance.controllers.command import LOG, PRIVATE, Invocation
from conformance.controllers.private import private_command
from conformance.controllers.process_group import ProcessGroup
from conformance.errors import HarnessFailure

BEFORE_LIMIT = 60.0
MAIN = ""
"""The main command's key among the groups."""


@dataclass(frozen=True)
class Started:
    """The process groups of a controller by name; each writes a log of its own."""

    groups: Mapping[str, ProcessGroup]

    def ended(self) -> str | None:
        """Return the name of a group whose program has ended, or None while all run."""
        return next((name for name, group in self.groups.items() if group.exit_status is not None), None)

    def signal(self, number: int) -> None:
        """Send a signal to every process."""
        for group in self.groups.values():
            group.signal(number)

    def end(self, grace: float) -> None:
        """End all groups, the main one first: what runs beside it may have to outlive it."""
        for group in self.groups.values():
            group.end(grace)


def log_of(folder: Path, name: str) -> Path:
    """Return the log file of a group."""
    return folder / (f"{name}.log" if name else LOG)


def start(invoked: Invocation, folder: Path) -> Started:
    """Write the files and start everything.

    Raises:
        OSError: a file cannot be written, or a program may not be run.
        HarnessFailure: a command that comes before did not end well.
    """
    _lay_out(invoked, folder)
    commands = {MAIN: invoked.argv, **invoked.beside}
    for name in commands:
        os.close(os.open(log_of(folder, name), os.O_WRONLY | os.O_CREAT, 0o600))
    for command in invoked.before:
        _run_before(command, invoked, folder)
    groups: dict[str, ProcessGroup] = {}
    try:
        for name, command in commands.items():
            argv = _in_place(command, invoked, folder)
            groups[name] = ProcessGroup.start(argv, log_of(folder, name), invoked.env, folder)
    except OSError:
        Started(groups).end(grace=0)
        raise
    return Started(groups)


def _lay_out(invoked: Invocation, folder: Path) -> None:
    private = folder / PRIVATE
    for path, source in invoked.layout.folders.items():
        inside = Path(f"{private}{path}")
        # A restart finds what it would find in a new container.
        shutil.rmtree(inside, ignore_errors=True)
        if source:
            shutil.copytree(source, inside, symlinks=True)
        else:
            inside.mkdir(parents=True)
    for name in invoked.folders:
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in invoked.files.items():
        file = folder / name
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(file, content)


def _in_place(command: Sequence[str], invoked: Invocation, folder: Path) -> Sequence[str]:
    layout = invoked.layout
    if not layout:
        return command
    return private_command(command, folder, layout.folders, sys.executable, processes=layout.processes)


def _run_before(command: Sequence[str], invoked: Invocation, folder: Path) -> None:
    log = log_of(folder, MAIN)
    with log.open("ab") as output:
        try:
            status = subprocess.run(
                _in_place(command, invoked, folder),
                cwd=folder,
                env=dict(invoked.env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=BEFORE_LIMIT,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            raise HarnessFailure(f"{Path(command[0]).name} did not end within {BEFORE_LIMIT:.0f} s") from None
    if status:
        tail = log.read_text(errors="replace")[-1000:]
        raise HarnessFailure(f"{' '.join(command[:2])} ended with status {status}:\n{tail}")
