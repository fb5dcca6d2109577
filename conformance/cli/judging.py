"""What ``run`` does once its input is good: get the programs, and judge several controllers side by side."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import click
from rich.console import Console

from conformance.cli import error_line
from conformance.cli.progress import display
from conformance.cli.side_by_side import at_once, cores, run_side_by_side
from conformance.controllers.entry import Entry
from conformance.controllers.prepare import prepare
from conformance.errors import BadInput, ConformanceError
from conformance.locked_cache import Say
from conformance.report.combined import print_combined
from conformance.report.model import Report
from conformance.report.reading import FILE_NAME, read_report
from conformance.report.terminal import print_report

TEXT_NAME = "report.txt"
TOO_BUSY = 3.0
"""Processes that wait for a core, for each core."""


def judge_several(
    entries: Sequence[Entry],
    arguments: Mapping[str, Sequence[str]],
    programs: Mapping[str, str],
    out: Path,
    places: int | None,
) -> list[int]:
    """Judge controllers side by side, show them in one matrix, and return the exit status of each.

    A controller whose programs cannot be had does not stop the others.
    """
    failed: dict[str, int] = {}
    for entry in entries:
        try:
            prepare(entry, programs, saying(entry))
        except ConformanceError as error:
            click.echo(f"{entry.name}: {error_line(error)}", err=True)
            failed[entry.name] = error.exit_status
    ready = [entry.name for entry in entries if entry.name not in failed]
    before = {entry.name: _stamp(out / entry.name / FILE_NAME) for entry in entries}
    warn_if_busy()
    with display(Console(stderr=True)) as shown:
        commands = {name: arguments[name] for name in ready}
        statuses = failed | run_side_by_side(commands, places or at_once(len(ready)), out, shown)
    # What an older run left must not be taken for what this one saw.
    written = [name for name, stamp in before.items() if _stamp(out / name / FILE_NAME) != stamp]
    _show({name: statuses[name] for name in before}, list(_reports(written, out)), out)
    return [statuses[entry.name] for entry in entries]


def warn_if_busy() -> None:
    """Say so where other work keeps the machine so busy that verdicts may come out wrong."""
    load = os.getloadavg()[0]
    if load > TOO_BUSY * cores():
        text = f"this machine is busy (load {load:.0f} on {cores()} cores): what is slow may look wrong or unstable"
        click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {text}", err=True)


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes whenever a report is written; ``None`` where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _show(statuses: Mapping[str, int], reports: Sequence[Report], out: Path) -> None:
    console = Console(highlight=False)
    if reports:
        print_combined(reports, console)
        click.echo()
    for name in statuses:
        if name not in {report.controller.name for report in reports}:
            click.echo(f"{name}: no report (exit status {statuses[name]})")
    for report in reports:
        _write_text(report, out / report.controller.name / TEXT_NAME)
    if reports:
        click.echo(f"what failed, with curl lines: {out}/NAME/{TEXT_NAME}")
        click.echo(f"what each answered instead:   ingress-conformance compare {out}/*/{FILE_NAME}")


def _reports(names: Sequence[str], out: Path) -> Iterator[Report]:
    for name in names:
        # A run that ended before it saw anything has no report.
        with suppress(BadInput):
            yield read_report(out / name / FILE_NAME).report


def _write_text(report: Report, path: Path) -> None:
    # The report itself is there; that its text cannot be written is said by nobody missing it.
    with suppress(OSError), path.open("w", encoding="utf-8") as file:
        print_report(report, Console(file=file, highlight=False, width=120))


def saying(entry: Entry) -> Say:
    """Return what tells of the progress of getting programs: one line for each step, however long it takes."""
    steps: list[str] = []

    def say(line: str) -> None:
        # On a log, "12 of 300 packages" each second is noise; on a terminal it is progress.
        step = line.partition(":")[0]
        if sys.stderr.isatty() or step not in steps:
            click.echo(f"{entry.name}: {line}", err=True)
        steps.append(step)

    return say
