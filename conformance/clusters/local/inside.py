"""The first process inside the private namespaces: prepares the ground, then becomes the command.

Run as ``python -m conformance.clusters.local.inside MODULE ARGUMENT…`` by :func:`namespace.run_inside` only.
"""

import contextlib
import os
import runpy
import signal
import subprocess
import sys
import threading
import traceback

from conformance.cachedir import cache_path
from conformance.clusters.local import addresses
from conformance.clusters.local.namespace import INSIDE, LAST_WORD, LIFELINE
from conformance.errors import HarnessFailure
from conformance.streams import escape_unwritable


def prepare() -> None:
    """Bring up the loopback network and a temporary file system that nobody else sees.

    Raises:
        HarnessFailure: ip(8) or mount(8) refused.
    """
    ground = cache_path("ground")
    _must(["mount", "-t", "tmpfs", "-o", "mode=0700,size=4g", "tmpfs", str(ground)])
    _must(["ip", "-batch", "-"], "\n".join(addresses.ip_batch()))
    os.environ["TMPDIR"] = str(ground)


def hold_lifeline() -> None:
    """End this process, and with it the whole namespace, as soon as the process outside is gone."""
    descriptor = int(os.environ.pop(LIFELINE))

    def watch() -> None:
        os.read(descriptor, 1)
        os._exit(137)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def _must(command: list[str], stdin: str = "") -> None:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HarnessFailure(
            f"{command[0]} failed: {done.stderr.strip()}", hint="`doctor` shows what this machine can run"
        )


def main() -> None:
    """Prepare, then run the named module as ``__main__``."""
    if os.environ.get(INSIDE) != "1" or os.getpid() != 1:
        sys.exit("this module only runs as the first process of a namespace made by ingress-conformance")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    escape_unwritable()
    last_word = int(os.environ.pop(LAST_WORD))
    prepare()
    hold_lifeline()
    sys.argv = sys.argv[1:]
    # The command starts as if by itself: pytest warns of plugins that were imported before it could look at them.
    for name in [name for name in sys.modules if name.partition(".")[0] == "conformance"]:
        del sys.modules[name]
    # Nobody waits for threads: whatever still runs is inside, and ends with this process.
    status = _run(sys.argv[0])
    os.write(last_word, b".")
    os._exit(status)


def _run(module: str) -> int:
    """Run the module and return its exit status; an interrupt that it leaves to others is 130."""
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        status: int | str | None = 0
    except SystemExit as end:
        status = end.code
    except KeyboardInterrupt:
        status = 130
    except Exception:  # noqa: BLE001 (it is told, and it ends the process)
        traceback.print_exc()
        status = 1
    if isinstance(status, str):
        sys.stderr.write(f"{status}\n")
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    return status if isinstance(status, int) else int(status is not None)


if __name__ == "__main__":
    main()
