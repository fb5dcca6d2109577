"""``migrate`` without manifests: the cases of level parity, on the new controller or on both."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from conformance.cli.progress import display
from conformance.cli.run import pytest_arguments, run
from conformance.cli.side_by_side import at_once, run_side_by_side
from conformance.errors import HarnessFailure
from conformance.migrate.model import Migration
from conformance.migrate.profile import profile_of
from conformance.report.reading import FILE_NAME, read_report

INTERRUPTED = 130


def profile_migration(names: Sequence[str], entries: Sequence[str], programs: Sequence[str], out: Path) -> Migration:
    """Judge one controller by what was recorded of ingress-nginx, or two by each other; return what changes.

    ``names`` are as the user gave them, ``entries`` what they are called; the last is the new one.

    Raises:
        HarnessFailure: a run could not be carried out.
    """
    asked = out / "asked"
    sets = [word for program in programs for word in ("--set", program)]
    # The options of `run` with their defaults, whatever they are.
    options = run.make_context("run", [*names, "--level", "parity", "--out", str(asked), *sets]).params
    commands = {entry: pytest_arguments(name, options) for name, entry in zip(names, entries, strict=True)}
    for entry in entries:
        with suppress(OSError):
            (asked / entry / FILE_NAME).unlink(missing_ok=True)
    with display(Console(stderr=True)) as shown:
        statuses = run_side_by_side(commands, at_once(len(commands)), asked, shown)
    failed = [name for name, status in statuses.items() if not (asked / name / FILE_NAME).is_file() or status == 2]
    if failed or INTERRUPTED in statuses.values():
        failure = HarnessFailure(
            f"could not be judged: {', '.join(failed) or 'interrupted'}", hint="what it said stands above"
        )
        failure.exit_status = INTERRUPTED if INTERRUPTED in statuses.values() else failure.exit_status
        raise failure
    reports = [read_report(asked / entry / FILE_NAME).report for entry in entries]
    return profile_of(reports[0] if len(reports) > 1 else None, reports[-1])
