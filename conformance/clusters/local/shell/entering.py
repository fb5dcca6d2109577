"""Start the shell's process: in namespaces of its own, or in those of the kept cluster."""

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from conformance.clusters.local.namespace import INSIDE, run_inside
from conformance.clusters.local.shell.kept import Kept
from conformance.clusters.local.shell.order import Order
from conformance.controllers.prepare import prepare_named
from conformance.errors import HarnessFailure

_MODULE = "conformance.clusters.local.shell"


def open_alone(order: Order) -> int:
    """Run the order on a cluster of its own and return the exit status; the cluster ends with it.

    Raises:
        HarnessFailure: the namespaces cannot be made here, or a program cannot be had.
    """
    prepare_named(order.controller, dict(order.programs), lambda line: click.echo(f"  {line}", err=True))
    # Job control needs the terminal's own process group; without a terminal signals are better passed on.
    with _terminal_taken_back():
        return run_inside(_MODULE, [order.to_json()], foreground=_on_terminal())


def enter(kept: Kept, order: Order) -> int:
    """Run the order inside the kept cluster and return the exit status.

    Raises:
        HarnessFailure: there is no nsenter(1), or the cluster has just ended.
    """
    nsenter = shutil.which("nsenter")
    if nsenter is None:
        raise HarnessFailure("nsenter is needed to enter a kept cluster", hint="install the package util-linux")
    first = kept.first_inside()
    if first is None:
        raise HarnessFailure("the kept cluster has just ended", hint="start one with: ingress-conformance cluster up")
    # Exactly those that unshare made: an ordinary user may not enter the others, be they the ones it is in already.
    as_user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
    namespaces = ["--target", str(first), *as_user, "--net", "--pid", "--mount"]
    joining = dataclasses.replace(order, join=kept.access).to_json()
    command = [nsenter, *namespaces, "--", sys.executable, "-m", _MODULE, joining]
    with _terminal_taken_back():
        status = subprocess.call(command, env={**os.environ, INSIDE: "1"})
    return status if status >= 0 else 128 - status


@contextmanager
def _terminal_taken_back() -> Iterator[None]:
    """Make this process group the terminal's again at the end: a shell inside sees other numbers and cannot."""
    if not _on_terminal():
        yield
        return
    # Ctrl-C is for what runs inside, which says with its status what came of it.
    interrupt = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, interrupt)
        # Only now, because what is started inherits it when a signal is ignored.
        stop = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        with suppress(OSError):
            os.tcsetpgrp(sys.stdin.fileno(), os.getpgrp())
        signal.signal(signal.SIGTTOU, stop)


def _on_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()
