"""``ingress-conformance cases``: look at the cases and check case files, without a cluster.

Whatever takes time to import is imported inside the commands: the help must come at once.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.cli.printing import cases_option, format_option

if TYPE_CHECKING:
    from conformance.case.model import Case

LEVELS = ("core", "extended", "observed", "api", "parity")

_cases_option = cases_option(
    "A case file, or a folder of them, in place of the built-in cases. May be given several times.", "paths"
)
_expression_option = click.option(
    "-k",
    "expression",
    default="",
    metavar="EXPR",
    help="Only cases whose id, statements or level contain EXPR: words joined by and, or, not and parentheses.",
)


@click.group("cases")
def cases() -> None:
    """Look at the cases, or check case files of your own.

    A case is one statement of the Ingress specification made testable: Kubernetes objects, the requests to send, and
    what must answer them. Nothing here needs a cluster.

    \b
    Examples:
      ingress-conformance cases list -k wildcard
      ingress-conformance cases show path-types/exact-itself
      ingress-conformance cases lint ./my-cases
      ingress-conformance cases coverage
    """


@cases.command("list")
@_expression_option
@click.option(
    "--level", "levels", default="", metavar="LEVELS", help=f"Only these, with commas between: {', '.join(LEVELS)}."
)
@format_option("table", "json", "ids")
@_cases_option
def list_cases(expression: str, levels: str, form: str, paths: tuple[Path, ...]) -> None:
    """List the cases with their level, statements and title.

    \b
    Examples:
      ingress-conformance cases list                             all of them
      ingress-conformance cases list -k "P21 or P22"             by statement
      ingress-conformance cases list -k "hosts/ and not H08"     by section
      ingress-conformance cases list --level core,extended
      ingress-conformance cases list --format ids | wc -l
    """
    from conformance.case import printing
    from conformance.case.load import load_cases
    from conformance.case.selection import named_levels, selected
    from conformance.errors import BadInput

    found = selected(load_cases(paths or None), expression, named_levels(levels))
    if not found:
        where = "/".join(option for option, text in (("-k", expression), ("--level", levels)) if text)
        raise BadInput("no case fits", where=where, hint="`ingress-conformance cases list` without it lists them all")
    if form == "json":
        click.echo(printing.cases_json(found))
    elif form == "ids":
        for case in found:
            click.echo(case.id)
    else:
        printing.print_cases(found)


@cases.command()
@click.argument("case_id", metavar="ID")
@_cases_option
def show(case_id: str, paths: tuple[Path, ...]) -> None:
    """Show a case: its objects as YAML, its probes, and where it is written.

    The probes of a table's row include the witness that proves that the row's own rule is there.

    \b
    Examples:
      ingress-conformance cases show path-types/exact-itself
      ingress-conformance cases show mine/first --cases ./my-cases
    """
    from conformance.case import printing

    printing.print_case(_case(case_id, paths))


@cases.command()
@click.argument("files", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@_cases_option
def lint(files: tuple[Path, ...], paths: tuple[Path, ...]) -> None:
    """Check case files: say everything that is wrong, with file, line, column and a hint.

    PATH is a case file or a folder of them; without one the built-in cases are checked. Ends with status 0 if there
    is nothing to say, else with 2.

    \b
    Examples:
      ingress-conformance cases lint
      ingress-conformance cases lint my-cases.yaml ../others/
    """
    from conformance.case.load import load

    loaded = load((*files, *paths) or None)
    cases_counted = "1 case" if len(loaded.cases) == 1 else f"{len(loaded.cases)} cases"
    files_counted = "1 file" if loaded.files == 1 else f"{loaded.files} files"
    click.echo(f"{cases_counted} in {files_counted}, no problems")


@cases.command()
@format_option("table", "json")
@_cases_option
def coverage(form: str, paths: tuple[Path, ...]) -> None:
    """Show which statements of the specification have cases, and which have none yet.

    \b
    Examples:
      ingress-conformance cases coverage
      ingress-conformance cases coverage --format json
    """
    from conformance.case import printing
    from conformance.case.coverage import coverage as covered
    from conformance.case.load import load_cases
    from conformance.case.statements import load_statements

    found = covered(load_statements(), load_cases(paths or None))
    if form == "json":
        click.echo(printing.coverage_json(found))
    else:
        printing.print_coverage(found)


def _case(case_id: str, paths: tuple[Path, ...]) -> Case:
    from conformance.case.load import load_cases
    from conformance.case.problems import did_you_mean
    from conformance.errors import BadInput

    found = {case.id: case for case in load_cases(paths or None)}
    if case_id not in found:
        by_name = [known for known in found if known.partition("/")[2] == case_id]
        near = f"did you mean {by_name[0]}?" if by_name else ""
        hint = near or did_you_mean(case_id, found, otherwise="see: ingress-conformance cases list")
        raise BadInput(f"there is no case {case_id!r}", hint=hint)
    return found[case_id]
