"""One run: the shared wave, the exclusive lanes, the second look, and an event for everything that happens."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from conformance.case.model import Case
from conformance.engine.crew import Crew, Interrupted
from conformance.engine.lanes import judge_exclusive
from conformance.engine.limits import Limits
from conformance.engine.record import Judgement, case_record
from conformance.engine.rounds import Watch
from conformance.engine.second_look import look_again
from conformance.engine.stage import Stage
from conformance.engine.watching import wait_for_markers
from conformance.engine.wave import Wave
from conformance.report.events import Event
from conformance.report.model import CaseRecord

SHARED = frozenset({"packed", "own"})
LOOKS = 8


@dataclass
class Engine:
    """Judges cases on a stage that stands. ``emit`` receives every event; it may be called from several threads."""

    stage: Stage
    limits: Limits
    unsupported: Mapping[str, str]
    isolate: bool
    emit: Callable[[Event], None]
    began: float = field(default_factory=time.monotonic)
    first_route: float | None = None
    restarts: int = 0
    crew: Crew = field(init=False)

    def __post_init__(self) -> None:
        self.crew = Crew(self.stage, self.limits, lambda judgement: self._report(judgement, final=True))

    def run(self, cases: Sequence[Case]) -> None:
        """Judge all cases; returns when each has its final verdict.

        Raises:
            Interrupted: ``stop`` was called meanwhile.
        """
        shared = [case for case in cases if case.placement in SHARED]
        exclusive = [case for case in cases if case.placement not in SHARED]
        wave = Wave(self.crew, self.stage.main, self.isolate, lambda judgement: self._report(judgement, final=False))
        bystander = wave.start()
        served = threading.Event()
        try:
            with ThreadPoolExecutor(2, "part") as parts:
                first = parts.submit(self._await_first_route, bystander, served)
                beside = parts.submit(self._lanes_beside, exclusive, served) if self.stage.lanes else None
                judgements = wave.judge(shared)
                first.result()
                if beside is not None:
                    beside.result()
            self.restarts = wave.restarts
            if not self.stage.lanes:
                judge_exclusive(self.crew, exclusive, self._hopeless)
            # Threads of their own: a second look itself waits for threads of the crew's pool.
            with ThreadPoolExecutor(LOOKS, "second-look") as looks:
                for judgement in looks.map(look_again, judgements):
                    self._report(judgement, final=True)
        finally:
            self.crew.pool.shutdown(wait=False, cancel_futures=True)

    def stop(self) -> None:
        """Ask a run that goes on in another thread to end soon."""
        self.crew.stop.set()

    def _await_first_route(self, bystander: Watch, served: threading.Event) -> None:
        began = time.monotonic()
        try:
            if wait_for_markers(bystander, self.limits.marker, self.crew.working(self.stage.main)):
                self.first_route = time.monotonic() - began
                self.crew.lived(bystander)
        finally:
            served.set()

    def _lanes_beside(self, cases: Sequence[Case], served: threading.Event) -> None:
        """Exclusive cases have instances of their own, so they need not wait for the others; only for a first route."""
        while not served.wait(0.2):
            if self.crew.stop.is_set():
                raise Interrupted
        judge_exclusive(self.crew, cases, self._hopeless)

    def _hopeless(self) -> bool:
        return not self.crew.served_once.is_set()

    def _report(self, judgement: Judgement, *, final: bool) -> None:
        record: CaseRecord = case_record(judgement, self.unsupported, self.stage.main.endpoint, self.began)
        self.emit({"event": "case", "final": final, "case": record.model_dump(mode="json", by_alias=True)})
