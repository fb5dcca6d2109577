"""The command line. Each command is imported only when it is called, so that ``--help`` stays quick."""

import importlib
import sys

import click

import conformance
from conformance.errors import ConformanceError

COMMANDS = {
    "run": ("conformance.cli.run", "run", "Judge one or more controllers."),
    "cases": ("conformance.cli.cases", "cases", "List, show and check the cases."),
    "controllers": ("conformance.cli.controllers", "controllers", "List and show the controllers of the catalogue."),
    "cluster": ("conformance.cli.cluster", "cluster", "A cluster to poke at by hand."),
    "doctor": ("conformance.cli.doctor", "doctor", "Show what this machine can run, and how to get what is missing."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is needed."""

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
    try:
        status = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except ConformanceError as error:
        click.echo(f"{click.style('error:', fg='red', bold=True)} {error}", err=True)
        sys.exit(error.exit_status)
    sys.exit(status if isinstance(status, int) else 0)
