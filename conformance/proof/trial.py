"""One trial: the engine judges cases on one controller, right or wrong, on a cluster that other trials use as well."""

import datetime as dt
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import conformance
from conformance.case.digest import cases_digest
from conformance.case.model import Case
from conformance.clusters.local.cluster import LocalCluster
from conformance.clusters.local.stage import LocalStage
from conformance.controllers.catalogue import find
from conformance.controllers.entry import Entry
from conformance.engine.crew import Interrupted
from conformance.engine.limits import Limits
from conformance.engine.run import Engine
from conformance.plan import ground
from conformance.proof.agenda import Planned
from conformance.report.events import Event
from conformance.report.fold import report_of
from conformance.report.model import Report

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
        emit(_run_event(trial.limits, cases, started))
        emit({"event": "cluster", "cluster": {"provider": stage.provider, "kubernetesVersion": stage.api.version()}})
        emit(_controller_event(stage))
        observing = time.monotonic()
        complete = _judge(engine, cases, trial.seconds, default_class)
        durations = {
            "cluster": round(stage.cluster_seconds, 3),
            "controller": round(engine.first_route or 0.0, 3),
            "apply": round(engine.crew.apply_seconds, 3),
            "observe": round(time.monotonic() - observing, 3),
            "total": round(time.monotonic() - began, 3),
        }
        finished = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        emit({"event": "end", "finished": finished, "complete": complete, "durations": durations})
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


def _run_event(limits: Limits, cases: Sequence[Case], started: dt.datetime) -> Event:
    options = {"markerLimit": limits.marker, "convergence": limits.convergence, "probeLimit": limits.probe}
    return {
        "event": "run",
        "started": started.isoformat(timespec="seconds"),
        "suite": {"version": conformance.__version__, "casesDigest": cases_digest(tuple(cases)), "options": options},
        "selected": [case.id for case in cases],
    }


def _controller_event(stage: LocalStage) -> Event:
    entry = stage.entry
    controller = {
        "name": entry.name,
        "version": entry.version,
        "project": entry.project,
        "url": entry.url,
        "arguments": list(stage.main.arguments),
        "ingressClass": stage.main.ingress_class,
        "address": stage.main.endpoint.address,
        "restarts": 0,
    }
    return {"event": "controller", "controller": controller}


def _quiet(_: str) -> None:
    """Say nothing: what a trial comes to stands in its report."""
