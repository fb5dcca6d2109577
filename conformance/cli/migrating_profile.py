"""``migrate`` without manifests: the cases of level parity on the new controller."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from conformance.case.load import load_asked
from conformance.case.model import Level
from conformance.cli.progress import display
from conformance.cli.run import pytest_arguments, run
from conformance.cli.side_by_side import run_side_by_side
from conformance.errors import HarnessFailure
from conformance.migrate.model import Migration
from conformance.migrate.profile import profile_of, recorded_probes
from conformance.report.evidence import FOLDER, mark_evidence
from conformance.report.reading import FILE_NAME, read_report

BAD_INPUT, INTERRUPTED = 2, 130


def profile_migration(given: str, name: str, programs: Sequence[str], out: Path) -> Migration:
    """Judge a controller by what was recorded of ingress-nginx; return what changes.

    ``given`` is as the user gave it, ``name`` what its entry is called.

    Raises:
        ConformanceError: the folder is no place to write to, or the run could not be carried out.
    """
    asked = out / FOLDER
    sets = [word for program in programs for word in ("--set", program)]
    # The options of `run` with their defaults, whatever they are.
    options = run.make_context("run", [given, "--level", "parity", "--out", str(asked), *sets]).params
    mark_evidence(asked)
    with suppress(OSError):
        (asked / name / FILE_NAME).unlink(missing_ok=True)
    with display(Console(stderr=True)) as shown:
        status = run_side_by_side({name: pytest_arguments(given, options)}, 1, asked, shown)[name]
    if status in {BAD_INPUT, INTERRUPTED} or not (asked / name / FILE_NAME).is_file():
        what = "interrupted" if status == INTERRUPTED else name
        failure = HarnessFailure(f"could not be judged: {what}", hint="what it said stands above")
        failure.exit_status = INTERRUPTED if status == INTERRUPTED else failure.exit_status
        raise failure
    recorded = recorded_probes(load_asked((), {Level.PARITY}))
    return profile_of(read_report(asked / name / FILE_NAME).report, recorded)
