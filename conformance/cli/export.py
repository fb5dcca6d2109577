"""``export``: what other programs and readers want, made from reports."""

# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.export.formats import Format
    from conformance.export.sources import Source
    from conformance.report.model import Report

FORMATS = ("junit", "allure", "markdown", "conformance", "badge", "shields", "csv", "openmetrics")
SINGLE = ("junit", "markdown", "openmetrics")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1, required=True, metavar="REPORT…", type=click.Path(path_type=Path))
@click.option("--format", "names", required=True, metavar="FMT[,FMT]", help=f"Any of {', '.join(FORMATS)}; or all.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help=f"Folder of the files. Without it, one of {', '.join(SINGLE)} goes to standard output.",
)
def export(paths: tuple[Path, ...], names: str, out: Path | None) -> None:
    """Write reports in the formats of other programs.

    A REPORT is a report.json, or a folder that is searched for them.

    \b
    junit        JUnit XML for CI systems: junit.xml
    allure       Allure results: then `allure generate DIR/allure-results`
    markdown     a short summary, failures first: summary.md
    conformance  ConformanceReport YAML in the shape of the Gateway API project
    badge        SVG badges, one a controller and level
    shields      endpoint files for shields.io badges
    csv          cases.csv and probes.csv
    openmetrics  metrics.txt for Prometheus

    Nothing looks better than what was seen: a run that was cut short is an error in JUnit and Allure, and a badge is
    green only if every case of the level was run and passed.

    \b
    Examples:
      ingress-conformance export out --format junit,allure --out ci
      ingress-conformance export out/traefik/report.json --format markdown >> "$GITHUB_STEP_SUMMARY"
    """
    from conformance.export.formats import FORMATS as BY_NAME
    from conformance.report.reading import read_reports

    chosen = [BY_NAME[name] for name in _chosen(names, out)]
    found = _sources([file.report for file in read_reports(paths)])
    if out is None:
        for _, text in chosen[0].write(found):
            # It is the file that --out would make, whatever the terminal can write: XML says nothing of its encoding.
            click.echo(text.encode(), nl=False)
        return
    for form in chosen:
        _write(form, found, out)


def _chosen(names: str, out: Path | None) -> list[str]:
    from conformance.case.problems import did_you_mean, either
    from conformance.errors import BadInput

    wanted = list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    if wanted == ["all"]:
        wanted = list(FORMATS)
    for name in wanted:
        if name not in FORMATS:
            hint = did_you_mean(name, FORMATS, otherwise=f"the formats are {either(FORMATS)}")
            raise BadInput(f"there is no format {name!r}", where="--format", hint=hint)
    if not wanted:
        raise BadInput("names no format", where="--format", hint=f"the formats are {either(FORMATS)}")
    if out is None and (len(wanted) > 1 or wanted[0] not in SINGLE):
        hint = f"say where with --out DIR; only one of {either(SINGLE)} can be printed"
        raise BadInput(f"{', '.join(wanted)}: files, which need a folder", where="--format", hint=hint)
    return wanted


def _sources(reports: Sequence[Report]) -> Sequence[Source]:
    import conformance
    from conformance.case.load import load_cases
    from conformance.export.sources import sources

    return sources(reports, conformance.__version__, load_cases(None))


def _write(form: Format, found: Sequence[Source], out: Path) -> None:
    from conformance.errors import BadInput
    from conformance.outfolder import cannot_write

    folder = out / form.folder
    files = list(form.write(found))
    left = {path.name for path in folder.glob(f"*{form.owns}")} - {name for name, _ in files} if form.owns else set()
    if left:
        raise BadInput(
            f"holds {len(left)} results of other reports, which would be shown as if they were of these",
            where=str(folder),
            hint="choose another folder, or remove this one",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files:
            (folder / name).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise cannot_write(error, folder) from error
    shown = f"{files[0][0]}" if len(files) == 1 else f"{len(files)} files"
    click.echo(f"{folder}: {shown}")
