"""The first process inside the private namespaces: prepares the ground, then becomes the command.

Run as ``python -m conformance.clusters.local.inside MODULE ARGUMENT…`` by :func:`namespace.run_inside` only.
"""

import os
import runpy
import signal
import subprocess
import sys
import threading

from conformance.cachedir import cache_path
from conformance.clusters.local import addresses
from conformance.clusters.local.namespace import INSIDE, LIFELINE
from conformance.errors import HarnessFailure


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
    prepare()
    hold_lifeline()
    sys.argv = sys.argv[1:]
    # The command starts as if by itself: pytest warns of plugins that were imported before it could look at them.
    for name in [name for name in sys.modules if name.partition(".")[0] == "conformance"]:
        del sys.modules[name]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
