"""The private namespaces that a run on the embedded cluster lives in.

Network, PID, mount and (for ordinary users) user namespace are entered before any thread starts, by running the
command again under util-linux's unshare(1). When the first process inside ends, however it ends, the kernel ends
every other process inside and takes the network and the temporary files with it: see pid_namespaces(7).
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from conformance.errors import HarnessFailure

INSIDE = "INGRESS_CONFORMANCE_INSIDE"
LIFELINE = "INGRESS_CONFORMANCE_LIFELINE"
TOOLS = ("unshare", "ip", "mount")
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def inside() -> bool:
    """Tell whether this process already lives in the private namespaces."""
    return os.environ.get(INSIDE) == "1"


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


def run_inside(module: str, arguments: Sequence[str], *, foreground: bool = False) -> int:
    """Run ``python -m module arguments`` in namespaces of its own and return its exit status.

    The command gets a process group of its own, so that it sees each signal once: those sent to this process
    (Ctrl-C too) are passed on to it. ``foreground`` keeps it in the terminal's group, for an interactive shell.

    Raises:
        HarnessFailure: the namespaces cannot be made here.
    """
    reason = obstacle()
    if reason:
        raise HarnessFailure(reason, hint="use `--cluster kind` or `--cluster current`; `doctor` shows what is missing")
    reader, writer = os.pipe()
    os.set_inheritable(reader, True)
    command = [*unshare_command(), sys.executable, "-m", "conformance.clusters.local.inside", module, *arguments]
    process = subprocess.Popen(
        command,
        env={**os.environ, "PATH": _with_system_programs(), INSIDE: "1", LIFELINE: str(reader)},
        pass_fds=(reader,),
        process_group=None if foreground else 0,
    )
    os.close(reader)

    def forward(number: int, _frame: FrameType | None) -> None:
        for child in _children(process.pid):
            os.kill(child, number)

    # A terminal sends Ctrl-C to everything in the foreground by itself.
    handlers = dict.fromkeys(FORWARDED, forward) | ({signal.SIGINT: signal.SIG_IGN} if foreground else {})
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        status = process.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        os.close(writer)
    return status if status >= 0 else 128 - status


def _with_system_programs() -> str:
    """Return PATH with the folders of nft, ip and mount, which ordinary users of some distributions lack."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join([*folders, *(folder for folder in ("/usr/sbin", "/sbin") if folder not in folders)])


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
