"""One run inside one pytest session: the stage comes up while pytest collects, the engine works while items wait."""

import datetime as dt
import gc
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from conformance.case.model import Case
from conformance.controllers.origins import Origin
from conformance.engine.crew import Interrupted
from conformance.engine.run import Engine
from conformance.errors import ConformanceError, HarnessFailure
from conformance.garbage import collect_rarely
from conformance.report.events import Event, EventLog, case_event, is_final
from conformance.report.fold import report_of
from conformance.report.model import Report
from conformance.report.reading import FILE_NAME
from conformance.suite.asked import asked_cases
from conformance.suite.cases import SELECTED, VERDICTS
from conformance.suite.opening import Opening, RunStage
from conformance.suite.options import RunOptions, events_path
from conformance.suite.relay import Relay
from conformance.suite.resuming import Earlier, earlier_run, refuse_another, refuse_other_ground
from conformance.suite.run_events import cluster_event, controller_event, end_event, run_event, spent
from conformance.suite.skipping import skipped_record
from conformance.suite.verdicts import Board, Exchange


class RunSession:
    """Owns the engine's thread, the event log and the board of final verdicts."""

    def __init__(
        self,
        options: RunOptions,
        opening: Opening,
        cases: tuple[Case, ...],
        log: EventLog | None,
        relay: Relay,
        began: float,
        earlier: Earlier | None = None,
    ) -> None:
        self.options, self.log, self.relay, self._opening = options, log, relay, opening
        self._earlier = earlier
        self.controller = opening.controller
        self.board = Board()
        self.report: Report | None = None
        self.failure: ConformanceError | None = None
        self._cases = {case.id: case for case in cases}
        self._events: list[Event] = list(earlier.events) if earlier else []
        self._emitting = threading.Lock()
        self._origins: tuple[Origin, ...] = ()
        self._selected: tuple[str, ...] = ()
        self._selection = threading.Event()
        self._stop = threading.Event()
        self._engine: Engine | None = None
        self._exchange: Exchange | None = None
        # The clock of a run that goes on stood still in between.
        self._began = began - (earlier.seconds if earlier else 0.0)
        self._thread = threading.Thread(target=self._work, name="run")

    @classmethod
    def begin(
        cls, config: pytest.Config, options: RunOptions, opening: Opening, relay: Relay, began: float
    ) -> "RunSession":
        """Check what the user wrote, then start what began at ``began``.

        Raises:
            ConformanceError: bad input, or a folder that cannot be written.
        """
        cases = asked_cases(config)
        gc.freeze()
        collect_rarely()
        path = events_path(options, opening.controller.name)
        earlier = earlier_run(path) if path and options.resume else None
        # Taken now, so that no other run writes there; what is in it stays until this run has begun.
        log = EventLog(path, go_on=True) if path else None
        run = cls(options, opening, cases, log, relay, began, earlier)
        config.stash[VERDICTS] = run.board
        if earlier is not None:
            config.stash[SELECTED] = frozenset(earlier.selected)
        run._thread.start()
        return run

    # What pytest tells.

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Without xdist the items of this process are what was selected."""
        ids = [item.name for item in session.items if item.name in self._cases]
        if ids or not hasattr(session.config, "workerinput"):
            self._select(ids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell an xdist worker where to ask for verdicts."""
        if self._exchange is None:
            self._exchange = Exchange(self.board)
        node.workerinput["conformance_address"] = self._exchange.address
        node.workerinput["conformance_key"] = self._exchange.key
        if self._earlier is not None:
            node.workerinput["conformance_selected"] = list(self._earlier.selected)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """With xdist every worker collects the same items; the first one tells what was selected."""
        self._select([node_id.rpartition("::")[2] for node_id in ids])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """End the run, however the session ended, and write the report."""
        self._stop.set()
        self._selection.set()
        if self._engine is not None:
            self._engine.stop()
        self._thread.join()
        if self.log is not None:
            self.log.close()

    # What the run's thread does.

    def _select(self, ids: list[str]) -> None:
        if not self._selection.is_set():
            self._selected = tuple(case_id for case_id in ids if case_id in self._cases)
            self._selection.set()

    def _work(self) -> None:
        try:
            self._run()
        except Interrupted:
            self.board.fail("the run was interrupted")
        except ConformanceError as failure:
            self.failure = failure
            self.board.fail(str(failure))
        except BaseException as error:
            self.failure = HarnessFailure(f"{type(error).__name__}: {error}", hint="this is a bug of the suite")
            self.board.fail(str(self.failure))
            raise

    def _run(self) -> None:
        started = dt.datetime.now(dt.UTC)
        if self._earlier is not None and self._go_on(self._earlier, started):
            return
        stage = self._opening.open(self._wanted, self.relay.say, self.relay.warn, self._stop)
        try:
            cases = self._wanted()
            cluster = cluster_event(stage.provider, stage.api.version())
            self._origins = self._opening.origins()
            controller = self._controller_event(stage, restarts=0)
            if self._earlier is None:
                if self.log is not None:
                    put_away(self.log)
                self._emit(self._run_event(cases, started))
            else:
                assert self.log is not None
                refuse_other_ground(self._earlier, cluster["cluster"], controller["controller"], self.log.path)
            self._emit(cluster)
            self._emit(controller)
            stand = self._earlier.verdicts if self._earlier else {}
            left = [case for case in cases if case.id not in stand]
            skipped = self._opening.skipped(left)
            for case in left:
                if case.id in skipped:
                    self._emit(case_event(skipped_record(case, skipped[case.id]), final=True))
            if cases:
                self._observe(stage, [case for case in left if case.id not in skipped])
        finally:
            stage.end()

    def _go_on(self, earlier: Earlier, started: dt.datetime) -> bool:
        """Take over what an earlier part of this run has seen; returns whether nothing is left to be judged.

        Raises:
            BadInput: it was another run.
        """
        assert self.log is not None
        cases = self._wanted()
        run = self._run_event(cases, started)
        refuse_another(earlier, run["suite"], run["selected"], self.log.path)
        self.relay.pass_on(earlier.begun)
        for record in earlier.verdicts.values():
            self._publish(case_event(record, final=True))
        self.relay.say(f"{len(earlier.verdicts)} of {len(cases)} cases have been judged before")
        if len(earlier.verdicts) < len(cases):
            self._emit({"event": "resumed", "at": started.isoformat(timespec="seconds"), "kept": len(earlier.verdicts)})
            return False
        if not report_of(self._events).run.complete:
            self._emit(end_event(started, {"total": round(earlier.seconds, 3)}, complete=True))
        self._write_report()
        return True

    def _wanted(self) -> list[Case]:
        self._selection.wait()
        return [self._cases[case_id] for case_id in self._selected]

    def _observe(self, stage: RunStage, cases: list[Case]) -> None:
        self.relay.say(f"judging {len(cases)} cases")
        observe_began = time.monotonic()
        claims = self.controller.unsupported
        engine = Engine(stage, self.options.limits, claims, self.options.isolate, self._emit, self._began)
        self._engine = engine
        if self._stop.is_set():
            engine.stop()
        complete = False
        try:
            engine.run(cases)
            complete = True
        finally:
            self._finish(stage, engine, observe_began, complete=complete)
        # One that ended may have been started again just now, and not have ended again yet.
        if not engine.crew.pace.served_once and (engine.restarts or not stage.main.alive):
            log = stage.main.log_tail()
            raise HarnessFailure(
                f"{self.controller.title} ended before it served anything; the end of its log:\n{log}",
                hint=f"`ingress-conformance controllers show {self.controller.name}` shows how it is started",
            )

    def _finish(self, stage: RunStage, engine: Engine, observe_began: float, *, complete: bool) -> None:
        self._emit(self._controller_event(stage, restarts=engine.restarts))
        durations = spent(engine, stage.cluster_seconds, observe_began)
        self._emit(end_event(dt.datetime.now(dt.UTC), durations, complete=complete))
        self._write_report()

    def _write_report(self) -> None:
        self.report = report_of(self._events)
        if self.options.out is not None:
            write_report(self.options.out / self.controller.name / FILE_NAME, self.report)

    def _emit(self, event: Event) -> None:
        with self._emitting:
            self._events.append(event)
            if self.log is not None:
                self.log.write(event)
        self._publish(event)

    def _publish(self, event: Event) -> None:
        self.relay.pass_on(event)
        if is_final(event):
            self.board.post(event["case"])

    def _run_event(self, cases: list[Case], started: dt.datetime) -> Event:
        options = {
            "isolate": self.options.isolate,
            "markerLimit": self.options.limits.marker,
            "convergence": self.options.limits.convergence,
            "probeLimit": self.options.limits.probe,
            "repeat": self.options.repeat,
            "invert": self.options.invert,
        }
        return run_event(cases, started, options)

    def _controller_event(self, stage: RunStage, *, restarts: int) -> Event:
        before = self._earlier.told("controller").get("restarts", 0) if self._earlier else 0
        main = stage.main
        return controller_event(self.controller, main, main.arguments, restarts + before, self._origins)


def put_away(log: EventLog) -> None:
    """Throw away what an older run left: however this one ends, no report of another may stand beside its events.

    Raises:
        HarnessFailure: the folder cannot be written.
    """
    with suppress(OSError):
        log.path.with_name(FILE_NAME).unlink(missing_ok=True)
    log.begin_anew()


def write_report(path: Path, report: Report) -> None:
    """Write the report, whole or not at all.

    Raises:
        HarnessFailure: the disk is full or the folder went away.
    """
    partial = path.with_suffix(".partial")
    try:
        partial.write_text(report.to_json(), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise HarnessFailure(
            f"cannot write {path}: {error.strerror}", hint="the events beside it hold everything that was seen"
        ) from error
