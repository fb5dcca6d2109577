"""The command line. Each command is imported only when it is called, so that ``--help`` stays quick."""

import errno
import importlib
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import click

import conformance
from conformance.errors import BadInput, ConformanceError
from conformance.garbage import collect_rarely
from conformance.streams import colours, escape_unwritable
from conformance.visible import visible

CLOSED_PIPE = 141
"""What a shell says of a program that SIGPIPE ended."""

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

COMMANDS = {
    "run": ("conformance.cli.run", "run", "Judge one or more controllers."),
    "report": ("conformance.cli.report", "report", "Make an HTML site from the reports of runs."),
    "export": ("conformance.cli.export", "export", "Write reports as JUnit, Allure, Markdown, badges, CSV and more."),
    "diff": ("conformance.cli.diff", "diff", "Show what changed between two reports; fail on a regression."),
    "compare": ("conformance.cli.compare", "compare", "Show what each controller does differently."),
    "migrate": ("conformance.cli.migrate", "migrate", "Show what another controller changes for your Ingresses."),
    "verify": ("conformance.cli.verify", "verify", "Check a report against its own evidence."),
    "prove": ("conformance.cli.prove", "prove", "Prove the suite on controllers that are wrong on purpose."),
    "cases": ("conformance.cli.cases", "cases", "List, show and check the cases."),
    "controllers": ("conformance.cli.controllers", "controllers", "List, show and check the entries of controllers."),
    "cluster": ("conformance.cli.cluster", "cluster", "A cluster to poke at by hand."),
    "doctor": ("conformance.cli.doctor", "doctor", "Show what this machine can run, and how to get what is missing."),
}


class ClosedPipe(Exception):
    """Nobody reads the output any more."""


@contextmanager
def _naming_closed_pipe() -> Iterator[None]:
    # click ends a BrokenPipeError that it sees with status 1, which would say that a core case fails.
    try:
        yield
    except BrokenPipeError as error:
        raise ClosedPipe from error


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is needed."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse the arguments; ``--help`` prints here."""
        with _naming_closed_pipe():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _naming_closed_pipe():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of a user's path through them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return the command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; what is none gets the nearest names, which click does not know."""
        name = args[0]
        if name in COMMANDS or not name[:1].isalnum() or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        from conformance.case.problems import did_you_mean, quoted  # noqa: PLC0415

        hint = did_you_mean(name, COMMANDS, otherwise=f"see: {ctx.command_path} --help")
        raise BadInput(f"there is no command {quoted(name)}", hint=hint)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(conformance.__version__, prog_name="ingress-conformance")
def cli() -> None:
    """Tell the truth about Kubernetes Ingress controllers.

    \b
    Start here:
      ingress-conformance doctor                 what this machine can run
      ingress-conformance run traefik            judge Traefik on an embedded cluster
      ingress-conformance cases show path-types/exact-other-path
    """


def main() -> None:
    """Run the command line; foreseen failures are one message and an exit status, never a traceback."""
    _open_closed_streams()
    escape_unwritable()
    collect_rarely()
    try:
        status = cli.main(standalone_mode=False, color=colours())
        # Here and not when the interpreter ends, where a full disk could no longer be told in plain words.
        _flush()
    except (click.exceptions.Abort, KeyboardInterrupt):
        _end("interrupted", 130)
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        _end(visible(told.getvalue()).removesuffix("\n"), 2)
    except ConformanceError as error:
        _end(error_line(error), error.exit_status)
    except SystemExit as error:
        # rich ends this way when nobody reads any more; its status 1 would say that a core case fails.
        closed = isinstance(error.__context__, BrokenPipeError)
        _end("", CLOSED_PIPE if closed or not isinstance(error.code, int) else error.code)
    except ClosedPipe:
        _end("", CLOSED_PIPE)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        place = f" to {error.filename}" if error.filename else ""
        _end(error_line(f"cannot write{place}: {error.strerror}"), 3)
    sys.exit(status if isinstance(status, int) else 0)


def error_line(told: object) -> str:
    """Return what is said of a failure. A manifest, a report or a server may have written parts of it."""
    return f"{click.style('error:', fg='red', bold=True)} {visible(str(told))}"


def _flush() -> None:
    with _naming_closed_pipe():
        sys.stdout.flush()
        sys.stderr.flush()


def _open_closed_streams() -> None:
    """Give the streams that were closed by whoever started this (``>&-``) somewhere to write to."""
    # The standard streams live as long as the process.
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115


def _end(message: str, status: int) -> NoReturn:
    """Say why and end, whatever has become of the output: what is still unwritten cannot be written any more."""
    if message:
        with suppress(OSError):
            click.echo(message, err=True, color=colours())
    try:
        _flush()
    except (OSError, ClosedPipe):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (1, 2):
            os.dup2(nowhere, descriptor)
    sys.exit(status)
