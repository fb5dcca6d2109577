"""One run: shared cases on the main instance, all others on instances of their own, a second look, and the events."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from conformance.case.model import Case
from conformance.engine.crew import Crew, Interrupted
from conformance.engine.lanes import judge_alone, odd_last
from conformance.engine.limits import Limits
from conformance.engine.record import Judgement, case_record, case_verdict
from conformance.engine.second_look import look_again
from conformance.engine.stage import RunningController, Stage
from conformance.engine.watching import wait_for_markers
from conformance.engine.wave import Wave
from conformance.judge.words import Verdict
from conformance.plan.hosts import ALONE_REALM, REALM
from conformance.plan.units import plan
from conformance.report.events import Event
from conformance.report.model import Finding

SHARED = frozenset({"packed", "own"})
LOOKS = 8
CASES_PER_SHARD = 8
"""Cases judged again alone share an instance in small groups: a fresh one loads that many objects at once."""


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
    _shards: list[RunningController] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.crew = Crew(self.stage, self.limits)

    def run(self, cases: Sequence[Case]) -> None:
        """Judge all cases; returns when each has its final verdict.

        Raises:
            Interrupted: ``stop`` was called meanwhile.
        """
        shared = [case for case in cases if case.placement in SHARED]
        exclusive = odd_last([case for case in cases if case.placement not in SHARED])
        main = Wave(self.crew, self.stage.main, self._first_verdict)
        units = plan(shared, main.ground, isolate=self.isolate)
        apart = [unit.cases[0] for unit in units if unit.placement != "packed"] if self.stage.lanes else []
        try:
            with ThreadPoolExecutor(max(1, self.stage.lanes), "lane") as lanes, self._stopping():
                first_route = lanes.submit(self._await_first_route, main)
                waves = [lanes.submit(self._apart_wave, part, REALM, first_route) for part in _groups(apart)]
                beside = [lanes.submit(self._exclusive, case, first_route) for case in exclusive if self.stage.lanes]
                judgements = main.judge([unit for unit in units if unit.placement == "packed" or not apart])
                judgements = self._judge_doubtful_again(judgements, first_route)
                judgements += [judgement for wave in waves for judgement in wave.result()]
                for future in beside:
                    future.result()
            if not self.stage.lanes:
                for case in exclusive:
                    self._exclusive(case, first_route)
            self._second_look(judgements)
        finally:
            self.crew.stop.set()
            for shard in self._shards:
                shard.stop(grace=0)
            self.crew.pool.shutdown(wait=False, cancel_futures=True)
        self.restarts += main.restarts

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """Whatever ends one part ends the others, instead of waiting for them."""
        try:
            yield
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ask a run that goes on in another thread to end soon."""
        self.crew.stop.set()

    def _await_first_route(self, main: Wave) -> None:
        if wait_for_markers(main.bystander, self.limits.marker, self.crew.working(self.stage.main)):
            self.first_route = main.bystander.live_after
            self.crew.lived(main.bystander)
        elif not self.crew.served_once.is_set():
            self.crew.hopeless.set()

    def _exclusive(self, case: Case, first_route: Future[None]) -> None:
        """Judge a case on an instance of its own, or on the main one where no other can be had."""
        first_route.result()
        if self.crew.stop.is_set():
            raise Interrupted
        if not self.stage.lanes:
            self._final_verdict(judge_alone(self.crew, case, self.stage.main))
            return
        controller = self.stage.fresh()
        try:
            self._final_verdict(judge_alone(self.crew, case, controller))
        finally:
            controller.stop(grace=0)

    def _judge_doubtful_again(self, judgements: Sequence[Judgement], first_route: Future[None]) -> list[Judgement]:
        """Judge the failing cases of shared objects again, each in objects of its own: that is their verdict."""
        doubtful = [j.case for j in judgements if not j.alone and case_verdict(j).verdict is not Verdict.PASS]
        if self.crew.hopeless.is_set() or not doubtful:
            return list(judgements)
        again: dict[str, Judgement] = {}
        # The exclusive cases keep the lanes busy; these few need not stand in line behind them.
        with ThreadPoolExecutor(max(1, self.stage.lanes // 2), "alone") as threads:
            for kept in threads.map(lambda part: self._apart_wave(part, ALONE_REALM, first_route), _groups(doubtful)):
                again.update({judgement.case.id: judgement for judgement in kept})
        return [_agreed(first, again.get(first.case.id)) for first in judgements]

    def _apart_wave(self, cases: Sequence[Case], realm: str, first_route: Future[None]) -> list[Judgement]:
        """Judge a few cases, each in objects of its own, on one more instance where there can be one.

        A fresh instance loads a few objects at once, where a busy one takes them one by one.
        """
        first_route.result()
        controller = self.stage.main
        if self.stage.lanes:
            controller = self.stage.fresh()
            self._shards.append(controller)
        wave = Wave(self.crew, controller, self._first_verdict, realm)
        kept = wave.judge(plan(cases, wave.ground, isolate=True))
        self.restarts += wave.restarts
        return kept

    def _second_look(self, judgements: Sequence[Judgement]) -> None:
        # Threads of their own: a look itself waits for threads of the crew's pool.
        with ThreadPoolExecutor(LOOKS, "second-look") as looks:
            for judgement in looks.map(look_again, judgements):
                self._final_verdict(judgement)

    def _first_verdict(self, judgement: Judgement) -> None:
        self._report(judgement, final=False)

    def _final_verdict(self, judgement: Judgement) -> None:
        self._report(judgement, final=True)

    def _report(self, judgement: Judgement, *, final: bool) -> None:
        record = case_record(judgement, self.unsupported, self.stage.main.endpoint, self.began)
        self.emit({"event": "case", "final": final, "case": record.model_dump(mode="json", by_alias=True)})


def _groups(cases: Sequence[Case]) -> Iterator[Sequence[Case]]:
    for start in range(0, len(cases), CASES_PER_SHARD):
        yield cases[start : start + CASES_PER_SHARD]


def _agreed(packed: Judgement, alone: Judgement | None) -> Judgement:
    """Return the second judgement, with a finding where a shared object spoiled the first."""
    if alone is None:
        return packed
    before = case_verdict(packed)
    if case_verdict(alone).verdict is not Verdict.PASS:
        return alone
    detail = f"beside other cases in one Ingress this case failed ({before.reason}: {before.detail}); alone it passes"
    return replace(alone, findings=(*alone.findings, Finding(kind="interference", detail=detail)))
