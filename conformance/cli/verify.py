"""``verify``: a report held against its own evidence."""

# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.cli.printing import PUBLISHED, cases_option, format_option, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.verify.model import Verification


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("path", metavar="REPORT.json", type=click.Path(path_type=Path))
@click.option(
    "--events", type=click.Path(path_type=Path), metavar="FILE", help="The events.jsonl of the run: the stronger check."
)
@cases_option("The case files of the run, if they were not the built-in ones.")
@format_option("terminal", "json", text=PUBLISHED)
def verify(path: Path, events: Path | None, case_paths: tuple[Path, ...], form: str) -> int:
    """Check that a report is whole, agrees with itself, and that its verdicts follow from its evidence.

    \b
    schema       the published JSON Schema
    digests      of each case and of the whole: any changed value is found
    consistency  counts, times, verdicts and reasons against each other
    cases        what the report says of its cases, against the cases of the same version of the suite
    verdicts     computed again from the recorded attempts, by the judge that judges runs
    events       with --events: the report must be what the events of its run amount to

    A digest is no signature. Whoever changes a report on purpose can write new digests, and whoever has the events can
    change those as well. To know that a report is somebody's, get it from them by a way that you trust.

    Exit status: 0 no problem was found, 1 some problem, 2 the file is no JSON,
    could be read in two ways, or is no report of a run.

    \b
    Examples:
      ingress-conformance verify out/traefik/report.json
      ingress-conformance verify out/traefik/report.json --events out/traefik/events.jsonl
    """
    import conformance
    from conformance.case.load import load_cases
    from conformance.report.events import read_events
    from conformance.report.reading import read_json
    from conformance.verify.verification import verification

    found = verification(
        str(path),
        read_json(path),
        load_cases(case_paths or None),
        conformance.__version__,
        read_events(events) if events else None,
    )
    if form == "json":
        print_json(found)
    else:
        for line in _lines(found):
            click.echo(line)
    return 0 if found.sound else 1


def _lines(found: Verification) -> Iterator[str]:
    from conformance.visible import visible

    for problem in found.problems:
        sign = click.style("✗", fg="red", bold=True)
        yield f"{sign} {problem.check}  {visible(problem.place, keep='')}: {visible(problem.what, keep='')}"
    for checked in found.checked:
        yield f"checked: {checked}"
    for part in found.unchecked:
        yield f"{click.style('not checked', fg='yellow')}: {visible(part.what, keep='')}"
    count = len(found.problems)
    conclusion = click.style("sound", fg="green", bold=True) if found.sound else ""
    yield conclusion or click.style(f"not sound: {count} problem{'s' if count > 1 else ''}", fg="red", bold=True)
