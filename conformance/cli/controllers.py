"""``ingress-conformance controllers``: look at the catalogue, without a cluster.

Whatever takes time to import is imported inside the commands: the help must come at once.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli.printing import cases_option, format_option


@click.group("controllers")
def controllers() -> None:
    """Look at the controllers that can be judged, and how each is had on this machine.

    An entry of the catalogue is one YAML file; copy one and pass its path to run a controller of your own. Nothing
    here needs a cluster, and nothing is fetched.

    \b
    Examples:
      ingress-conformance controllers list
      ingress-conformance controllers show traefik
      ingress-conformance controllers show ./my-entry.yaml
      ingress-conformance controllers lint ./my-entry.yaml
    """


@controllers.command("list")
@format_option("table", "json", "names")
def list_controllers(form: str) -> None:
    """List the controllers of the catalogue.

    The column ON THIS MACHINE says where the programs come from, and whether they are here already (ready), are
    fetched when they are needed (on demand), or are missing.

    \b
    Examples:
      ingress-conformance controllers list
      ingress-conformance controllers list --format names
    """
    from conformance.controllers.catalogue import catalogue, names

    if form == "names":
        for name in names():
            click.echo(name)
        return
    from conformance.controllers import printing

    if form == "json":
        click.echo(printing.entries_json(catalogue()))
    else:
        printing.print_entries(catalogue())


@controllers.command()
@click.argument("name", metavar="NAME")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PROGRAM=PATH",
    help="Use a program of your own. May be given several times.",
)
def show(name: str, settings: tuple[str, ...]) -> None:
    """Show everything about a controller: command line, rights, claims, and what is missing.

    NAME is an entry of the catalogue, or the path of a file of your own.

    \b
    Examples:
      ingress-conformance controllers show traefik
      ingress-conformance controllers show ./my-entry.yaml
      ingress-conformance controllers show traefik --set traefik=./traefik
    """
    from conformance.controllers import printing
    from conformance.controllers.catalogue import check_overrides, find, parse_overrides

    overrides = parse_overrides(settings)
    entry = find(name, overrides)
    check_overrides([entry], overrides)
    click.echo(printing.entry_text(entry))


@controllers.command()
@click.argument("files", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@cases_option("Case files of your own that claims speak of, beside the built-in ones.")
def lint(files: tuple[Path, ...], case_paths: tuple[Path, ...]) -> None:
    """Check entries: say everything that is wrong, with file, line, column and a hint.

    PATH is an entry, or a folder of them (those of its folders are parts); without one the catalogue is checked. Ends
    with status 0 if there is nothing to say, else with 2. Nothing is started: whether it serves, `run` shows.

    \b
    Examples:
      ingress-conformance controllers lint
      ingress-conformance controllers lint ./my-entry.yaml ../others/
      ingress-conformance controllers lint ./my-entry.yaml --cases ./my-cases.yaml
    """
    from conformance.controllers.checking import checked_entries

    found = checked_entries(files, case_paths)
    counted = "1 entry" if len(found) == 1 else f"{len(found)} entries"
    click.echo(f"{counted}, no problems")
