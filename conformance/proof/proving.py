"""The proof as it is made: workers side by side carry out the trials; what went wrong is tried again by itself."""

import datetime as dt
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from conformance.case.digest import cases_digest
from conformance.case.model import Case
from conformance.clusters.local.namespace import FORWARDED, Inside, forwarding, start_inside
from conformance.clusters.local.programs import ensure
from conformance.engine.limits import Limits
from conformance.proof.agenda import REPORT, TROUBLE, Agenda, Planned
from conformance.proof.expectation import Expectation
from conformance.proof.matrix import matrix_of
from conformance.proof.model import Depth, KillMatrix, Spent
from conformance.proof.plan import Plan
from conformance.proof.published import PUBLISHED, published
from conformance.proof.trial import RIGHT
from conformance.report.model import Report

LIMITS = Limits(marker=30.0, convergence=6.0)
"""Those of mutants: many of them never serve. The reference has the limits of an ordinary run."""

TRIAL_SECONDS = 900.0
STALLED = 2 * TRIAL_SECONDS
"""Seconds without a finished trial after which the workers are given up."""

AT_ONCE = 4
"""Trials that a worker has under way: most of a trial is waiting."""

FIRST = ".first"
"""What the folder of a first trial is called after, where there was a second."""

_LOOK_EVERY = 0.5
Told = Callable[[int, int], None]
"""Hears how many trials are done, and of how many."""


@dataclass(frozen=True)
class Results:
    """What came of the trials, by subject."""

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
    *,
    resume: bool = False,
) -> KillMatrix:
    """Carry out all trials and return the matrix; the evidence is left in ``out``, a folder for each trial.

    ``sentences`` says of every mutant there is what is wrong with it; ``expected`` and ``plan`` are about those to be
    tried. The reference is tried with all cases if these are all, else with those that the others are tried with.

    ``resume`` keeps the trials that are there from an earlier proof and need no second one.

    Raises:
        HarnessFailure: no namespaces, or no programs.
        KeyboardInterrupt: a signal ended it.
    """
    started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    began = time.monotonic() - (_seconds_before(out) if resume else 0.0)
    ensure(lambda _: None)
    whole = expected.keys() == sentences.keys()
    asked = tuple(case.id for case in cases if whole or any(case.id in plan[name] for name in expected))
    trials = [Planned(subject=RIGHT, cases=asked, limits=Limits(), seconds=TRIAL_SECONDS)]
    longest_first = sorted(expected, key=_seconds_published(), reverse=True)
    trials += [Planned(subject=n, cases=plan[n], limits=LIMITS, seconds=TRIAL_SECONDS) for n in longest_first]
    digests = {trial.subject: cases_digest(trial.chosen(tuple(cases))) for trial in trials}
    _make_room(out, resume=resume)

    def matrix() -> KillMatrix:
        results = _read(out, digests)
        return matrix_of(
            depth,
            cases,
            expected,
            sentences,
            results.reports,
            results.troubles,
            repeated=[subject for subject in digests if (out / (subject + FIRST)).exists()],
            started=started,
            seconds=time.monotonic() - began,
            spent=results.spent,
        )

    # A machine that is too busy makes controllers look unstable: what went wrong gets a chance without company.
    for at_once, clusters in ((AT_ONCE, workers), (1, 1)):
        doubtful = _doubtful(matrix())
        if doubtful:
            _put_aside(out, doubtful)
            agenda = Agenda(trials=tuple(trial for trial in trials if trial.subject in doubtful), at_once=at_once)
            _carry_out(agenda, out, clusters, told)
    return matrix()


def _seconds_before(out: Path) -> float:
    """Return how long the proof in the folder took that is now resumed, as far as that is known."""
    try:
        return KillMatrix.model_validate_json((out / PUBLISHED).read_bytes()).seconds
    except (OSError, ValidationError):
        return 0.0


def _seconds_published() -> Callable[[str], float]:
    """Return what tells how long the trial of a mutant took, so that none of the long ones is begun last."""
    known = published()
    took = {row.name: row.seconds for row in known.mutants} if known else {}
    return lambda name: took.get(name, 0.0)


def _doubtful(matrix: KillMatrix) -> set[str]:
    rows = {row.name for row in (matrix.reference, *matrix.mutants) if row.problems}
    return rows | {obstacle.partition(":")[0] for obstacle in matrix.obstacles}


def _make_room(out: Path, *, resume: bool) -> None:
    if not resume:
        shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)


def _put_aside(out: Path, subjects: Iterable[str]) -> None:
    """Make room for a second trial; the first one stays beside it."""
    for subject in subjects:
        if (out / subject).exists():
            shutil.rmtree(out / (subject + FIRST), ignore_errors=True)
            (out / subject).rename(out / (subject + FIRST))


def _carry_out(agenda: Agenda, out: Path, workers: int, told: Told) -> None:
    path = out / "agenda.json"
    path.write_text(agenda.model_dump_json(indent=1))
    subjects = [trial.subject for trial in agenda.trials]
    stopped: list[int] = []
    with ExitStack() as stack:
        running: list[Inside] = []
        for _ in range(min(workers, len(subjects))):
            running.append(start_inside("conformance.proof.worker", [str(path)]))
            stack.callback(running[-1].close)
        stack.enter_context(forwarding(lambda number: _stop(number, running, stopped)))
        done, since = 0, time.monotonic()
        while any(worker.ended() is None for worker in running) and time.monotonic() - since < STALLED:
            before, done = done, sum(_is_done(out / subject) for subject in subjects)
            since = time.monotonic() if done > before else since
            told(done, len(subjects))
            # For what a person sees of it; a worker that ends meanwhile is noticed in time.
            time.sleep(_LOOK_EVERY)
    if stopped:
        raise KeyboardInterrupt


def _stop(number: int, running: Iterable[Inside], stopped: list[int]) -> None:
    assert number in FORWARDED
    stopped.append(number)
    for worker in running:
        worker.forward(number)


def _is_done(folder: Path) -> bool:
    return (folder / REPORT).exists() or (folder / TROUBLE).exists()


def _read(out: Path, digests: Mapping[str, str]) -> Results:
    """Return what came of the trials so far; one of other cases than those with these digests is as good as none."""
    reports, troubles = {}, {}
    for subject, digest in digests.items():
        folder = out / subject
        try:
            found = Report.model_validate_json((folder / REPORT).read_bytes())
        except (OSError, ValidationError):
            found = None
        if found is not None and found.suite.cases_digest == digest:
            reports[subject] = found
        elif (folder / TROUBLE).exists():
            troubles[subject] = (folder / TROUBLE).read_text()
        else:
            troubles[subject] = "it was not tried, or its worker ended meanwhile"
    parts = [Spent.model_validate_json(path.read_bytes()) for path in out.glob("spent-*.json")]
    spent = Spent(
        suite=round(sum(part.suite for part in parts), 1),
        controllers=round(sum(part.controllers for part in parts), 1),
        cluster=round(sum(part.cluster for part in parts), 1),
    )
    return Results(reports, troubles, spent)
