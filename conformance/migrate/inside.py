"""Inside the private namespaces: bring up a cluster and one controller, ask it, and write what it answered.

Run as ``python -m conformance.migrate.inside`` by the command line only, with the cases in a file.
"""

import argparse
import datetime as dt
import json
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from conformance.case.model import Case
from conformance.clusters.local.cluster import LocalCluster
from conformance.clusters.local.stage import LocalStage
from conformance.controllers.catalogue import find, parse_overrides
from conformance.controllers.entry import Entry
from conformance.controllers.profile import Profile
from conformance.engine.crew import Interrupted
from conformance.errors import ConformanceError
from conformance.migrate.survey import Survey, limits_for
from conformance.report.events import Event, EventLog
from conformance.report.fold import report_of
from conformance.suite.run_events import cluster_event, controller_event, end_event, run_event, spent
from conformance.suite.session import write_report

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask one controller; returns the exit status: 0, 3 (it could not be asked), or 130."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--controller", required=True)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--set", action="append", default=[], dest="programs")
    asked = parser.parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        overrides = parse_overrides(asked.programs)
        entry = find(asked.controller, overrides)
        cases = [Case.model_validate(one) for one in json.loads(asked.cases.read_text(encoding="utf-8"))]
        _Asking(entry, overrides, asked.out).run(cases)
    except (KeyboardInterrupt, Interrupted):
        return INTERRUPTED
    except ConformanceError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_status
    return 0


class _Asking:
    """One controller's run, from nothing to its report."""

    def __init__(self, entry: Entry, overrides: dict[str, str], out: Path) -> None:
        self.entry, self.overrides = entry, overrides
        self.folder = out / entry.name
        self.log = EventLog(self.folder / "events.jsonl")
        self.events: list[Event] = []
        self._lock = threading.Lock()

    def run(self, cases: list[Case]) -> None:
        began, started = time.monotonic(), dt.datetime.now(dt.UTC)
        cluster = LocalCluster.start(self._say)
        stage = LocalStage.set_up(self.entry, self.overrides, self._say, cluster, began)
        try:
            self._emit(run_event(cases, started, {}))
            self._emit(cluster_event(stage.provider, stage.api.version()))
            self._say(f"judging {len(cases)} groups")
            objects = sum(manifest["kind"] == "Ingress" for case in cases for manifest in case.objects)
            survey = Survey(stage, limits_for(objects), {}, isolate=True, emit=self._emit, began=began)
            complete = False
            try:
                survey.run(cases)
                complete = True
            finally:
                self._finish(stage, survey, began, complete=complete)
        finally:
            stage.end()
            self.log.close()

    def _finish(self, stage: LocalStage, survey: Survey, began: float, *, complete: bool) -> None:
        self._emit(controller_event(Profile.of(self.entry), stage.main, stage.main.arguments, survey.restarts))
        durations = spent(survey, stage.cluster_seconds, began + stage.cluster_seconds)
        self._emit(end_event(dt.datetime.now(dt.UTC), durations, complete=complete))
        write_report(self.folder / "report.json", report_of(self.events))

    def _say(self, text: str) -> None:
        sys.stderr.write(f"{self.entry.name}: {text}\n")
        sys.stderr.flush()

    def _emit(self, event: Event) -> None:
        if event["event"] == "progress":
            self._say(event["text"])
            return
        with self._lock:
            self.events.append(event)
            self.log.write(event)


if __name__ == "__main__":
    sys.exit(main())
