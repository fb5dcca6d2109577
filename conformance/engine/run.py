"""One run: shared cases on the main instance, all others on instances of their own, a second look, and the events."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace

from conformance.case.model import Case
from conformance.engine.crew import Crew, Interrupted
from conformance.engine.guarded import GuardedWave
from conformance.engine.instances import Instances
from conformance.engine.judgement import Judgement, case_verdict
from conformance.engine.limits import Limits
from conformance.engine.record import case_record
from conformance.engine.second_look import look_again
from conformance.engine.stage import Stage
from conformance.engine.submitting import Submitter
from conformance.engine.watching import wait_for_markers
from conformance.engine.wave import Wave
from conformance.judge.words import Verdict
from conformance.plan.hosts import ALONE_REALM, REALM
from conformance.plan.planning import packs, plan
from conformance.report.events import Event, case_event
from conformance.report.model import Finding

LOOKS = 8
SPARES = 4
"""Instances that are started while the main one loads the shared objects: the first ones needed afterwards."""

GROUP = 12
"""Cases with objects of their own share an instance in small groups: a fresh one loads that many objects at once."""


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
    instances: Instances = field(init=False)

    def __post_init__(self) -> None:
        self.crew = Crew(self.stage, self.limits)
        self.instances = Instances(self.stage)

    def run(self, cases: Sequence[Case]) -> None:
        """Judge all cases; returns when each has its final verdict.

        Raises:
            Interrupted: ``stop`` was called meanwhile.
        """
        with self._stopping(), closing(self.instances):
            if all(case.submissions for case in cases):
                # No controller is asked: none has to serve anything.
                self._in_turn(cases)
                return
            main = Wave(self.crew, self.stage.main, self._first_verdict)
            in_turn = [case for case in cases if case.uses or case.submissions]
            cases = [case for case in cases if not (case.uses or case.submissions)]
            shared = [case for case in cases if case.placement in {"packed", "own"}]
            units = () if self.isolate else packs(shared, main.ground)
            packed = {case.id for unit in units for case in unit.cases}
            lanes = max(1, self.stage.lanes)
            with ThreadPoolExecutor(lanes, "lane") as threads, self._stopping():
                route = threads.submit(self._await_first_route, main)
                alone = [case for case in cases if case.placement == "alone"]
                odd = [case for case in cases if case.placement == "odd"]
                self.instances.prepare(SPARES if units else 0)
                # Odd ones take longest, so where they have instances of their own they begin at once.
                parts = [threads.submit(self._odd, part) for part in _groups(odd) if self.stage.lanes]
                if self.stage.lanes:
                    parts.append(threads.submit(self._in_turn, in_turn))
                judgements = main.judge(units)
                route.result()
                self.restarts += main.restarts
                doubtful = {j.case.id for j in judgements if case_verdict(j).verdict is not Verdict.PASS}
                again = [] if self.crew.hopeless.is_set() else [case for case in shared if case.id in doubtful]
                apart = [*again, *(case for case in shared if case.id not in packed)]
                parts += [threads.submit(self._apart, part) for part in (*_groups(apart), *([c] for c in alone))]
                if not self.stage.lanes:
                    parts += [threads.submit(self._odd, part) for part in _groups(odd)]
                    parts.append(threads.submit(self._in_turn, in_turn))
                done = [part.result() for part in parts]
            second = {judgement.case.id: judgement for kept in done for judgement in kept}
            judgements = [_agreed(j, second.pop(j.case.id, None)) for j in judgements] + list(second.values())
            self._second_look([judgement for judgement in judgements if not judgement.second_look])

    def stop(self) -> None:
        """Ask a run that goes on in another thread to end soon."""
        self.crew.stop.set()

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """Whatever ends one part ends the others, instead of waiting for them."""
        try:
            yield
        except BaseException:
            self.stop()
            raise

    def _await_first_route(self, main: Wave) -> None:
        if wait_for_markers(main.bystander, self.limits.marker, self.crew.working(self.stage.main)):
            self.first_route = main.bystander.live_after
            self.crew.lived(main.bystander)
        else:
            self.crew.hopeless.set()

    def _apart(self, cases: Sequence[Case]) -> list[Judgement]:
        """Judge a few cases, each in objects of its own, where nobody else's objects are in the way."""
        with self.instances.lend() as controller:
            wave = Wave(self.crew, controller, self._first_verdict, ALONE_REALM)
            return self._carry_out(wave, cases)

    def _in_turn(self, cases: Sequence[Case]) -> list[Judgement]:
        """Judge cases that use what the cluster has one of: nothing of one is left when the next begins."""
        judgements = []
        for case in cases:
            if self.crew.stop.is_set():
                raise Interrupted
            if case.submissions:
                self._submit(case)
            else:
                judgements += self._apart([case])
        return judgements

    def _submit(self, case: Case) -> None:
        record = Submitter(self.stage.api, self.crew.ground(self.stage.main, REALM), self.began).judge(case)
        self.emit(case_event(record, final=True))

    def _odd(self, cases: Sequence[Case]) -> list[Judgement]:
        """Judge a few cases whose objects might spoil a controller; those that fail, once more each for itself."""
        with self.instances.lend() as controller:
            wave = GuardedWave(self.crew, controller, self._first_verdict, ALONE_REALM)
            kept = self._carry_out(wave, cases, final=False)
        failing = [j.case for j in kept if case_verdict(j).verdict is Verdict.FAIL and not j.findings]
        doubtful = [] if len(cases) == 1 or self.crew.hopeless.is_set() else failing
        settled = [judgement for judgement in kept if judgement.case not in doubtful]
        for judgement in settled:
            self._final_verdict(judgement)
        return [*settled, *(judgement for case in doubtful for judgement in self._apart([case]))]

    def _carry_out(self, wave: Wave, cases: Sequence[Case], *, final: bool = True) -> list[Judgement]:
        """Judge the cases, each in objects of its own; verdicts that are not ``final`` may be judged once more."""
        units = plan(cases, wave.ground, isolate=True)
        kept = wave.judge(units)
        self.restarts += wave.restarts
        if self.stage.lanes or any(case.placement in {"alone", "odd"} for case in cases):
            # The instance, or the ground, is about to be someone else's: the second look is now or never.
            kept = [look_again(judgement) for judgement in kept]
            for judgement in kept if final else ():
                self._final_verdict(judgement)
            if not self.stage.lanes or any(case.uses for case in cases):
                wave.clear(units)
        if not final and any(unit.steps for unit in units):
            # What a step wrote must not be there when the case begins anew.
            self.crew.remove(units)
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
        self.emit(case_event(record, final=final))


def _groups(cases: Sequence[Case]) -> Iterator[Sequence[Case]]:
    for start in range(0, len(cases), GROUP):
        yield cases[start : start + GROUP]


def _agreed(packed: Judgement, alone: Judgement | None) -> Judgement:
    """Return the second judgement, with a finding where a shared object spoiled the first."""
    if alone is None:
        return packed
    before = case_verdict(packed)
    if case_verdict(alone).verdict is not Verdict.PASS:
        return alone
    detail = f"beside other cases in one Ingress this case failed ({before.reason}: {before.detail}); alone it passes"
    return replace(alone, findings=(*alone.findings, Finding(kind="interference", detail=detail)))
