"""The process that keeps a cluster in the background, outside and inside its namespaces.

Run as ``python -m conformance.clusters.local.shell.keeper ORDER`` by ``ingress-conformance cluster up`` only.
"""

import os
import signal
import sys

from conformance.clusters.local.namespace import inside, run_inside
from conformance.clusters.local.shell.bring_up import brought_up
from conformance.clusters.local.shell.kept import Kept, forget, mark_ready, started_at
from conformance.clusters.local.shell.order import Order
from conformance.controllers.prepare import prepare_named
from conformance.errors import ConformanceError


def main() -> int:
    """Hold the namespaces, or keep the cluster inside them, until a signal ends it."""
    text = sys.argv[1]
    try:
        return _keep(Order.from_json(text)) if inside() else _hold(text)
    except ConformanceError as failure:
        _say(f"error: {failure}")
        return failure.exit_status
    except KeyboardInterrupt:
        return 130


def _hold(text: str) -> int:
    pid = os.getpid()
    Kept(pid, started_at(pid)).write()
    try:
        order = Order.from_json(text)
        prepare_named(order.controller, dict(order.programs), _say)
        return run_inside("conformance.clusters.local.shell.keeper", [text])
    finally:
        forget(pid)


def _keep(order: Order) -> int:
    with brought_up(order.controller, dict(order.programs), _say) as (access, _):
        mark_ready(access)
        signal.pause()
    return 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - standard output is the log that `cluster up` reads


if __name__ == "__main__":
    sys.exit(main())
