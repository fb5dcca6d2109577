"""``run --cluster current``: judge the controller of the user's own cluster."""

import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any, NoReturn

import click

from conformance.clusters.current.settings import Settings
from conformance.errors import BadInput
from conformance.suite import own_cluster


def own_cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a cluster of the user's own to a command."""
    exclusive, meaning = own_cluster.EXCLUSIVE
    command = click.option(exclusive, is_flag=True, help=f"--cluster current: {meaning}.")(command)
    for option, metavar, text in reversed(own_cluster.OPTIONS):
        where = own_cluster.clusters_of(option)
        command = click.option(option, metavar=metavar, default="", help=f"{where}: {text}.")(command)
    return command


def checked_names(controllers: Sequence[str], settings: Settings) -> list[str]:
    """Return the names of the controllers; several would need several classes.

    Raises:
        BadInput: an unknown controller without a class, or several for one class or address.
    """
    from conformance.clusters.current.subject import subject_of  # noqa: PLC0415

    names = [subject_of(controller, settings)[0].name for controller in controllers]
    if len(names) > 1 and (settings.ingress_class or settings.host):
        where = "--ingress-class" if settings.ingress_class else "--address"
        raise BadInput("this is for one controller, and several are named", where=where, hint="run one after another")
    return names


def judge_current(arguments: Sequence[str], options: dict[str, Any]) -> int:
    """Judge one controller with these arguments for pytest and return the status."""
    return judge_here([*arguments, *spelled(own_cluster.given(options))])


def spelled(given: Mapping[str, Any]) -> list[str]:
    """Return options as words of a command line."""
    words: list[str] = []
    for option, value in given.items():
        if value is True:
            words.append(option)
            continue
        for each in value if isinstance(value, (list, tuple)) else (value,):
            words += [option, str(each)]
    return words


class Heard:
    """Raises an interrupt again that was raised where exceptions are swallowed, as some code in C does."""

    def __init__(self, interrupted: threading.Event) -> None:
        self._interrupted = interrupted

    def pytest_collection_finish(self) -> None:
        """Look once the cases are loaded: most of that is done by others' code."""
        if self._interrupted.is_set():
            raise KeyboardInterrupt

    def pytest_runtest_setup(self) -> None:
        """Look before each case."""
        self.pytest_collection_finish()


def judge_here(arguments: Sequence[str]) -> int:
    """Run pytest in this very process and return the status: each signal arrives, and arrives once."""
    import pytest  # noqa: PLC0415

    interrupted = threading.Event()

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        interrupted.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    status = int(pytest.main(list(arguments), plugins=[Heard(interrupted)]))
    # A status of pytest's own, where there was nobody yet to conclude: there it means interrupted, here bad input.
    return 130 if interrupted.is_set() and status == int(pytest.ExitCode.INTERRUPTED) else status
