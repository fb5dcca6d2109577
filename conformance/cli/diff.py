"""``diff``: what changed between two runs."""

# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli.printing import PUBLISHED, format_option, print_found


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@format_option("terminal", "markdown", "json", text=PUBLISHED)
@click.option(
    "--ignore-missing",
    is_flag=True,
    help="Leave out cases that only OLD has: for a NEW of which you know that it ran only some.",
)
def diff(old: Path, new: Path, form: str, ignore_missing: bool) -> int:
    """Show what changed from the report OLD to the report NEW, case by case, with both observations.

    \b
    regression   it was right in OLD, and was seen to be wrong in NEW
    unproven     it was right in OLD, and was not seen in NEW: removed, not judged, or the case itself changed
    changed      other answers where nothing got worse; also where the specification leaves the answer open
    improvement, added, removed: what the words say

    Exit status: 0 if all that was right in OLD was seen to be right in NEW. 1 on a regression, and also if something
    is unproven: a run that was cut short shows no regression, and proves nothing. 2 for bad input.

    \b
    Examples:
      ingress-conformance diff baseline/report.json out/traefik/report.json
      ingress-conformance diff old.json new.json --format markdown >> "$GITHUB_STEP_SUMMARY"
    """
    from conformance.compare.diff_model import Conclusion
    from conformance.compare.diff_text import diff_markdown, print_diff
    from conformance.compare.difference import difference
    from conformance.report.reading import read_report

    found = difference(read_report(old).report, read_report(new).report, ignore_missing=ignore_missing)
    print_found(found, form, diff_markdown, print_diff)
    return 0 if found.conclusion is Conclusion.NO_REGRESSION else 1
