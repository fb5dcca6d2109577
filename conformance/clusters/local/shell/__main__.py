"""The shell's own process inside the namespaces.

Run as ``python -m conformance.clusters.local.shell ORDER`` by ``ingress-conformance cluster shell`` only.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import click

from conformance.clusters.local.shell.access import Access
from conformance.clusters.local.shell.banner import banner
from conformance.clusters.local.shell.bring_up import brought_up
from conformance.clusters.local.shell.lay_out import Hands, lay_out, named_cases
from conformance.clusters.local.shell.order import Order
from conformance.errors import BadInput, ConformanceError
from conformance.streams import colours
from conformance.visible import visible

SHELL_VARIABLE = "INGRESS_CONFORMANCE_SHELL"
"""Set for whoever wants to show in a prompt that this is such a shell."""


def main() -> int:
    """Do what the order says and return the exit status of the shell or command."""
    order = Order.from_json(sys.argv[1])
    try:
        return _joined(order) if order.join else _alone(order)
    except ConformanceError as failure:
        click.echo(f"{click.style('error:', fg='red', bold=True)} {visible(str(failure))}", err=True, color=colours())
        return failure.exit_status
    except KeyboardInterrupt:
        return 130


def _alone(order: Order) -> int:
    with brought_up(order.controller, dict(order.programs), _say) as (access, hands):
        return _work(order, access, hands)


def _joined(order: Order) -> int:
    # Entering a mount namespace leads to its root.
    with suppress(OSError):
        os.chdir(order.folder)
    assert order.join is not None
    return _work(order, order.join, Hands())


def _work(order: Order, access: Access, hands: Hands) -> int:
    trouble: list[str] = []
    if order.case_ids:
        cases = named_cases(order.case_ids, [Path(path) for path in order.case_paths])
        if access.served is None:
            raise BadInput("cases need a controller, and this cluster has none", hint="name one with --controller")
        trouble = lay_out(cases, access, access.served, hands, _say, order.steps)
    for line in trouble:
        click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {line}", err=True, color=colours())
    environment = {**os.environ, "KUBECONFIG": str(access.kubeconfig), SHELL_VARIABLE: "1"}
    if order.command is not None:
        return _status(subprocess.call([_shell(), "-c", order.command], env=environment))
    click.echo(banner(access, order, trouble), err=True)
    # Ctrl-C is for what runs in the shell. A handler, unlike SIG_IGN, is not passed on to it.
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
    return _status(subprocess.call([_shell()], env=environment))


def _shell() -> str:
    chosen = os.environ.get("SHELL", "")
    return chosen if chosen and os.access(chosen, os.X_OK) else "/bin/sh"


def _status(returned: int) -> int:
    return returned if returned >= 0 else 128 - returned


def _say(line: str) -> None:
    click.echo(f"  {line}", err=True)


if __name__ == "__main__":
    sys.exit(main())
