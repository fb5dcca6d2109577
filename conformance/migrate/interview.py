"""One controller is asked everything, from a cluster that is not there yet to the report of its answers."""

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.case.model import Case
from conformance.engine.crew import Interrupted
from conformance.errors import ConformanceError
from conformance.migrate.refused import refusals, write_refusals
from conformance.migrate.survey import Survey, limits_for
from conformance.plan.hosts import REALM
from conformance.report.events import Event, EventLog
from conformance.report.fold import report_of
from conformance.report.reading import FILE_NAME
from conformance.suite.opening import Opening, RunStage
from conformance.suite.run_events import cluster_event, controller_event, end_event, run_event, spent
from conformance.suite.session import write_report

INTERRUPTED = 130


@dataclass
class Interview:
    """``folder`` is where the events and the report go; ``began`` is on the monotonic clock.

    ``say`` tells what is going on, ``warn`` what the user should know in the end; ``hear`` gets every event. Whoever
    sets ``stop`` ends it soon, wherever it is.
    """

    opening: Opening
    folder: Path
    began: float
    say: Callable[[str], None]
    warn: Callable[[str], None]
    hear: Callable[[Event], None] = lambda _: None
    stop: threading.Event = field(default_factory=threading.Event)
    _events: list[Event] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def carry_out(self, cases: Sequence[Case]) -> int:
        """Ask all cases and write the report; returns the exit status: 0, 130, or that of an error, which is told.

        If the API server refuses an Ingress, nobody is asked, and that is written instead.
        """
        try:
            self._carry_out(cases)
        except (KeyboardInterrupt, Interrupted):
            return INTERRUPTED
        except ConformanceError as error:
            self.warn(f"error: {error}")
            return error.exit_status
        return 0

    def _carry_out(self, cases: Sequence[Case]) -> None:
        started = dt.datetime.now(dt.UTC)
        self._log = EventLog(self.folder / "events.jsonl")
        try:
            stage = self.opening.open(lambda: cases, self.say, self.warn, self.stop)
            try:
                self._emit(run_event(cases, started, {}))
                self._emit(cluster_event(stage.provider, stage.api.version()))
                self.say(f"judging {len(cases)} groups")
                self._ask(stage, cases)
            finally:
                stage.end()
        finally:
            self._log.close()

    def _ask(self, stage: RunStage, cases: Sequence[Case]) -> None:
        objects = sum(manifest["kind"] == "Ingress" for case in cases for manifest in case.objects)
        survey = Survey(stage, limits_for(objects), {}, isolate=True, emit=self._emit, began=self.began)
        survey.crew.stop = self.stop
        if refused := refusals(stage.api, cases, survey.crew.ground(stage.main, REALM)):
            write_refusals(refused, self.folder)
            return
        complete = False
        try:
            survey.run(cases)
            complete = True
        finally:
            who, main = self.opening.controller, stage.main
            self._emit(controller_event(who, main, main.arguments, survey.restarts, self.opening.origins()))
            durations = spent(survey, stage.cluster_seconds, self.began + stage.cluster_seconds)
            self._emit(end_event(dt.datetime.now(dt.UTC), durations, complete=complete))
            write_report(self.folder / FILE_NAME, report_of(self._events))

    def _emit(self, event: Event) -> None:
        if event["event"] == "progress":
            self.say(event["text"])
            return
        with self._lock:
            self._events.append(event)
            self._log.write(event)
        self.hear(event)
