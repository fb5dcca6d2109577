"""The proof as it is made: workers side by side carry out the trials; what went wrong is tried again by itself."""

import datetime as dt
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from conformance.case.model import Case
from conformance.clusters.local.namespace import FORWARDED, Inside, forwarding, start_inside
from conformance.clusters.local.programs import ensure
from conformance.engine.limits import Limits
from conformance.errors import HarnessFailure
from conformance.proof.agenda import REPORT, TROUBLE, Agenda, Planned
from conformance.proof.expectation import Expectation
from conformance.proof.matrix import matrix_of
from conformance.proof.model import Depth, KillMatrix, Spent
from conformance.proof.plan import Plan
from conformance.proof.trial import RIGHT
from conformance.report.model import Report

PUBLISHED = "kill-matrix.json"
"""The matrix that the suite ships: the quick proof picks its cases from it."""

LIMITS = Limits(marker=30.0, convergence=6.0)
"""Those of mutants: many of them never serve. The reference has the limits of an ordinary run."""

TRIAL_SECONDS = 900.0
AT_ONCE = 4
"""Trials that a worker has under way: most of a trial is waiting."""

_LOOK_EVERY = 0.5
Told = Callable[[int, int], None]
"""Hears how many trials are done, and of how many."""


@dataclass(frozen=True)
class Results:
    """What came of the trials of one agenda, by subject."""

    reports: Mapping[str, Report]
    troubles: Mapping[str, str]
    spent: Spent


def prove(
    depth: Depth,
    cases: Sequence[Case],
    expected: Mapping[str, Expectation],
    sentences: Mapping[str, str],
    plan: Plan,
    out: Path,
    workers: int,
    told: Told,
) -> KillMatrix:
    """Carry out all trials and return the matrix; the evidence is left in ``out``, a folder for each trial.

    Raises:
        HarnessFailure: no namespaces, no programs, or the disk is full.
        KeyboardInterrupt: a signal ended it.
    """
    started, began = dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), time.monotonic()
    ensure(lambda _: None)
    trials = [Planned(subject=RIGHT, cases=tuple(case.id for case in cases), limits=Limits(), seconds=TRIAL_SECONDS)]
    trials += [Planned(subject=n, cases=plan[n], limits=LIMITS, seconds=TRIAL_SECONDS) for n in expected]

    def matrix(results: Results, repeated: Sequence[str]) -> KillMatrix:
        return matrix_of(
            depth,
            cases,
            expected,
            sentences,
            results.reports,
            results.troubles,
            repeated,
            started=started,
            seconds=time.monotonic() - began,
            spent=results.spent,
        )

    first = _carry_out(Agenda(trials=tuple(trials), at_once=AT_ONCE), out, workers, told)
    doubtful = _doubtful(matrix(first, ()), first.troubles)
    if not doubtful:
        return matrix(first, ())
    # A machine that is too busy makes controllers look unstable: what went wrong gets a chance without company.
    again = [trial for trial in trials if trial.subject in doubtful]
    second = _carry_out(Agenda(trials=tuple(again), at_once=1), out / "again", 1, told)
    return matrix(_together(first, second), sorted(doubtful))


def published() -> KillMatrix | None:
    """Return the matrix that the suite ships; None where it is missing or of another version."""
    try:
        return KillMatrix.model_validate_json(files("conformance.proof").joinpath(PUBLISHED).read_bytes())
    except (OSError, ValidationError):
        return None


def _doubtful(matrix: KillMatrix, troubles: Mapping[str, str]) -> set[str]:
    rows = {row.name for row in (matrix.reference, *matrix.mutants) if row.problems}
    return rows | set(troubles) | {obstacle.partition(":")[0] for obstacle in matrix.obstacles}


def _together(first: Results, second: Results) -> Results:
    """Return the results of the second trials, and of the first where there was no second."""
    done = {*second.reports, *second.troubles}
    troubles = {name: text for name, text in first.troubles.items() if name not in done}
    reports = {name: report for name, report in first.reports.items() if name not in done}
    return Results({**reports, **second.reports}, {**troubles, **second.troubles}, _sum([first.spent, second.spent]))


def _carry_out(agenda: Agenda, out: Path, workers: int, told: Told) -> Results:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    path = out / "agenda.json"
    path.write_text(agenda.model_dump_json(indent=1))
    subjects = [trial.subject for trial in agenda.trials]
    stopped: list[int] = []
    with ExitStack() as stack:
        running: list[Inside] = []
        for number in range(workers):
            running.append(start_inside("conformance.proof.worker", [str(path), str(number)]))
            stack.callback(running[-1].close)
        stack.enter_context(forwarding(lambda number: _stop(number, running, stopped)))
        while any(worker.ended() is None for worker in running):
            told(sum(_is_done(out / subject) for subject in subjects), len(subjects))
            time.sleep(_LOOK_EVERY)
    if stopped:
        raise KeyboardInterrupt
    return _read(out, subjects)


def _stop(number: int, running: Iterable[Inside], stopped: list[int]) -> None:
    assert number in FORWARDED
    stopped.append(number)
    for worker in running:
        worker.forward(number)


def _is_done(folder: Path) -> bool:
    return (folder / REPORT).exists() or (folder / TROUBLE).exists()


def _read(out: Path, subjects: Iterable[str]) -> Results:
    reports, troubles = {}, {}
    for subject in subjects:
        folder = out / subject
        if (folder / REPORT).exists():
            reports[subject] = Report.model_validate_json((folder / REPORT).read_bytes())
        elif (folder / TROUBLE).exists():
            troubles[subject] = (folder / TROUBLE).read_text()
        else:
            troubles[subject] = "its worker ended before it was done"
    if not reports:
        raise HarnessFailure(f"no trial came to anything; the first: {next(iter(troubles.values()))}")
    spent = _sum(Spent.model_validate_json(path.read_bytes()) for path in out.glob("spent-*.json"))
    return Results(reports, troubles, spent)


def _sum(parts: Iterable[Spent]) -> Spent:
    listed = list(parts)
    return Spent(
        suite=round(sum(part.suite for part in listed), 1),
        controllers=round(sum(part.controllers for part in listed), 1),
        cluster=round(sum(part.cluster for part in listed), 1),
    )
