"""One trial: the engine judges cases on one controller, right or wrong, on a cluster that other trials use as well."""

import datetime as dt
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from conformance.case.model import Case
from conformance.clusters.local.cluster import LocalCluster
from conformance.clusters.local.stage import LocalStage
from conformance.controllers.catalogue import find
from conformance.controllers.entry import Entry
from conformance.controllers.profile import Profile
from conformance.engine.crew import Interrupted
from conformance.engine.run import Engine
from conformance.plan import ground
from conformance.proof.agenda import Planned
from conformance.report.events import Event
from conformance.report.fold import report_of
from conformance.report.model import Report
from conformance.suite.run_events import cluster_event, controller_event, end_event, run_event, spent

RIGHT = "reference"
"""The name of the trial of the reference itself."""


class SharedCluster(LocalCluster):
    """A cluster that outlives the stages on it: it ends with its namespaces."""

    def end(self) -> None:
        """Leave it to the others."""


def subject_entry(subject: str, run_id: str) -> Entry:
    """Return the catalogue's reference, with the fault, and blind for everything that other trials have made."""
    entry = find(RIGHT)
    assert entry.process is not None
    fault = () if subject == RIGHT else (f"--mutant={subject}",)
    sight = tuple(f"--namespace={name}" for name in ground.namespaces(run_id).values())
    process = entry.process.model_copy(update={"command": (*entry.process.command, *sight, *fault)})
    return entry.model_copy(update={"name": subject, "process": process})


def carry_out(trial: Planned, cases: Sequence[Case], cluster: LocalCluster, default_class: threading.Lock) -> Report:
    """Judge the cases of a trial and return its report; ``run.complete`` tells whether the time was enough.

    ``default_class`` is held for cases that use what the cluster has one of: no two trials may do so at once.

    Raises:
        ConformanceError: the harness could not do its work.
    """
    began, run_id, started = time.monotonic(), secrets.token_hex(3), dt.datetime.now(dt.UTC)
    stage = LocalStage.set_up(subject_entry(trial.subject, run_id), {}, _quiet, cluster, began, run_id)
    events: list[Event] = []
    writing = threading.Lock()

    def emit(event: Event) -> None:
        with writing:
            events.append(event)

    engine = Engine(stage, trial.limits, {}, isolate=False, emit=emit, began=began)
    try:
        limits = trial.limits
        options = {"markerLimit": limits.marker, "convergence": limits.convergence, "probeLimit": limits.probe}
        emit(run_event(cases, started, options))
        emit(cluster_event(stage.provider, stage.api.version()))
        emit(controller_event(Profile.of(stage.entry), stage.main, stage.main.arguments, 0))
        observing = time.monotonic()
        complete = _judge(engine, cases, trial.seconds, default_class)
        durations = spent(engine, stage.cluster_seconds, observing)
        emit(end_event(dt.datetime.now(dt.UTC), durations, complete=complete))
    finally:
        engine.crew.pool.shutdown(wait=False)
        stage.end()
        # Whatever the cases have made goes with the namespaces, while the next trials already run in theirs.
        stage.api.delete_all(ground.namespace_manifests(run_id))
    return report_of(events)


def _judge(engine: Engine, cases: Sequence[Case], seconds: float, default_class: threading.Lock) -> bool:
    """Judge the cases; returns whether all of them were judged in time."""
    shared = [case for case in cases if not case.uses]
    one_at_a_time = [case for case in cases if case.uses]
    try:
        with _at_most(seconds, engine):
            # A mutant that never forgets a Service without endpoints would not forget how the run began, either.
            engine.stage.settle()
            if shared:
                engine.run(shared)
            if one_at_a_time:
                with default_class:
                    _again(engine).run(one_at_a_time)
    except Interrupted:
        return False
    return True


def _again(engine: Engine) -> Engine:
    """Return an engine like the one that is done, with the same way to be stopped."""
    fresh = Engine(engine.stage, engine.limits, engine.unsupported, engine.isolate, engine.emit, engine.began)
    fresh.crew.stop = engine.crew.stop
    return fresh


@contextmanager
def _at_most(seconds: float, engine: Engine) -> Iterator[None]:
    timer = threading.Timer(seconds, engine.stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _quiet(_: str) -> None:
    """Say nothing: what a trial comes to stands in its report."""
