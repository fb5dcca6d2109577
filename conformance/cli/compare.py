"""``compare``: what several controllers do differently."""

# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli.printing import PUBLISHED, format_option, print_found


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="REPORT…", type=click.Path(path_type=Path))
@format_option("terminal", "markdown", "json", text=PUBLISHED)
def compare(paths: tuple[Path, ...], form: str) -> None:
    """Show what each controller does differently, by statement of the specification.

    A REPORT is a report.json, or a folder that is searched for them. A line for each controller says how it stands.
    What is against the specification, core apart from extended, stands apart from what is declared unsupported and
    from what the specification leaves open. Cases that some report lacks, or could not judge, are not compared, and
    are counted.

    \b
    Examples:
      ingress-conformance compare out
      ingress-conformance compare traefik.json other.json --format json
    """
    from conformance.case.statements import load_statements
    from conformance.compare.comparison import comparison
    from conformance.compare.comparison_text import comparison_markdown, print_comparison
    from conformance.report.reading import read_reports

    says = {statement.id: statement.says for statement in load_statements().statements()}
    files = read_reports(paths)
    found = comparison([file.report for file in files], says, [str(file.path) for file in files])
    print_found(found, form, comparison_markdown, print_comparison)
