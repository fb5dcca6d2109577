"""The private namespaces that a run on the embedded cluster lives in.

Network, PID, mount and (for ordinary users) user namespace are entered before any thread starts, by running the
command again under util-linux's unshare(1). When the first process inside ends, however it ends, the kernel ends
every other process inside and takes the network and the temporary files with it: see pid_namespaces(7).
"""

import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from conformance.errors import HarnessFailure

INSIDE = "INGRESS_CONFORMANCE_INSIDE"
LIFELINE = "INGRESS_CONFORMANCE_LIFELINE"
LAST_WORD = "INGRESS_CONFORMANCE_LAST_WORD"
"""Names the descriptor to which the first process inside writes when it ends by itself."""

GO_ON = "INGRESS_CONFORMANCE_GO_ON"
"""Names the descriptor at which a command that was started early hears that it may go on."""

KILLED = 128 + signal.SIGKILL
TOOLS = ("unshare", "ip", "mount")
_WIDE = "500"
"""So many columns that no line of a command that is not shown is broken."""

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def inside() -> bool:
    """Tell whether this process already lives in the private namespaces."""
    return os.environ.get(INSIDE) == "1"


def await_go_on() -> None:
    """Return once the process outside wants the command to do what can be seen; at once, if nobody holds it back.

    Where it is never to go on, this process ends here, unseen.
    """
    descriptor = os.environ.pop(GO_ON, None)
    if descriptor is not None:
        if not os.read(int(descriptor), 1):  # The process outside has let go of it, or is gone.
            os._exit(KILLED)
        os.close(int(descriptor))


def unshare_command() -> list[str]:
    """Return the unshare(1) call that makes the namespaces; ordinary users get a user namespace as well."""
    as_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *as_user, "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]


def obstacle() -> str:
    """Return why the embedded cluster cannot run on this machine, or an empty string."""
    if sys.platform != "linux":
        return f"the embedded cluster needs Linux namespaces, and this is {sys.platform}"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"not found: {', '.join(missing)} (Debian and Ubuntu: packages util-linux and iproute2)"
    trial = subprocess.run([*unshare_command(), "true"], capture_output=True, text=True, check=False)
    if trial.returncode:
        return f"this user may not make the namespaces: {trial.stderr.strip()}"
    return ""


@dataclass(frozen=True)
class Inside:
    """A command that runs in namespaces of its own, for as long as this process lives and holds its lifeline."""

    process: subprocess.Popen[bytes]
    lifeline: int
    last_word: int | None = None
    go_on: int | None = None

    def let_go_on(self) -> None:
        """Tell a command that was started early that it may go on."""
        assert self.go_on is not None
        with suppress(BrokenPipeError):  # It has ended already.
            os.write(self.go_on, b".")

    def forward(self, number: int) -> None:
        """Pass a signal on to the command."""
        for child in _children(self.process.pid):
            os.kill(child, number)

    def ended(self) -> int | None:
        """Return the command's exit status, None while it runs."""
        status = self.process.poll()
        if status == 1 and self.last_word is not None and not _holds_something(self.last_word):
            # Where the kernel killed the first process inside, unshare(1) may end like this, and 1 is a verdict.
            return KILLED
        return None if status is None else shell_status(status)

    def close(self) -> None:
        """Let go of the lifeline: what still runs inside ends."""
        for descriptor in (self.lifeline, self.last_word, self.go_on):
            if descriptor is not None:
                os.close(descriptor)


def start_inside(
    module: str, arguments: Sequence[str], *, foreground: bool = False, shown: bool = True, early: bool = False
) -> Inside:
    """Start ``python -m module arguments`` in namespaces of its own.

    ``foreground`` keeps it in the terminal's process group, for an interactive shell. Where it is not ``shown``, its
    standard output goes nowhere and its errors to a pipe. One that is started ``early`` waits in :func:`await_go_on`.

    Raises:
        HarnessFailure: the namespaces cannot be made here.
    """
    reason = obstacle()
    if reason:
        raise HarnessFailure(reason, hint="use `--cluster kind` or `--cluster current`; `doctor` shows what is missing")
    reader, writer = os.pipe()
    os.set_inheritable(reader, True)
    heard, word = os.pipe()
    command = [*unshare_command(), sys.executable, "-m", "conformance.clusters.local.inside", module, *arguments]
    told = {INSIDE: "1", LIFELINE: str(reader), LAST_WORD: str(word), **({} if shown else {"COLUMNS": _WIDE})}
    passed = [reader, word]
    go_on = None
    if early:
        held, go_on = os.pipe()
        told[GO_ON] = str(held)
        passed.append(held)
    process = subprocess.Popen(
        command,
        env={**os.environ, "PATH": _with_system_programs(), **told},
        pass_fds=passed,
        process_group=None if foreground else 0,
        stdout=None if shown else subprocess.DEVNULL,
        stderr=None if shown else subprocess.PIPE,
    )
    for descriptor in passed:
        os.close(descriptor)
    return Inside(process, writer, heard, go_on)


def run_inside(
    module: str,
    arguments: Sequence[str],
    *,
    foreground: bool = False,
    meanwhile: Callable[[], None] | None = None,
) -> int:
    """Run ``python -m module arguments`` in namespaces of its own and return its exit status.

    The command gets a process group of its own, so that it sees each signal once: those sent to this process
    (Ctrl-C too) are passed on to it. ``foreground`` keeps it in the terminal's group, for an interactive shell.
    ``meanwhile`` is called while the command starts, which waits for it in :func:`await_go_on`; a signal and whatever
    else is raised there ends the command.

    Raises:
        HarnessFailure: the namespaces cannot be made here.
    """
    inside_run = start_inside(module, arguments, foreground=foreground, early=meanwhile is not None)
    try:
        if meanwhile is not None:
            meanwhile()
            inside_run.let_go_on()
        # A terminal sends Ctrl-C to everything in the foreground by itself.
        with forwarding(inside_run.forward, ignored={signal.SIGINT} if foreground else frozenset()):
            inside_run.process.wait()
            status = inside_run.ended()
            assert status is not None
            return status
    finally:
        inside_run.close()
        inside_run.process.wait()


@contextmanager
def forwarding(forward: Callable[[int], None], ignored: Collection[signal.Signals] = ()) -> Iterator[None]:
    """Give the signals that would end this process to ``forward``, until the block ends."""

    def heard(number: int, _frame: FrameType | None) -> None:
        forward(number)

    handlers = {number: signal.SIG_IGN if number in ignored else heard for number in FORWARDED}
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def shell_status(returned: int) -> int:
    """Return a process's status as a shell tells it."""
    return returned if returned >= 0 else 128 - returned


def _holds_something(pipe: int) -> bool:
    looking = select.poll()
    looking.register(pipe, select.POLLIN)
    return any(event & select.POLLIN for _, event in looking.poll(0))


def _with_system_programs() -> str:
    """Return PATH with the folders of nft, ip and mount, which ordinary users of some distributions lack."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join([*folders, *(folder for folder in ("/usr/sbin", "/sbin") if folder not in folders)])


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
