"""One run: shared cases on the main instance, all others on instances of their own, a second look, and the events."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial

from conformance.case.model import Case
from conformance.case.rivals import contested, tied
from conformance.engine.announcing import Announcer
from conformance.engine.company import Doubted, InCompany, in_company, may_be_spoiled
from conformance.engine.crew import Crew, Interrupted, bystander
from conformance.engine.footing import Footing
from conformance.engine.groups import GROUP, groups, longest_first, odd_groups, told_apart
from conformance.engine.guarded import GuardedWave
from conformance.engine.instances import Instances
from conformance.engine.judgement import Judgement, case_verdict, not_judged
from conformance.engine.lanes import Group, Judge, Lanes
from conformance.engine.limits import Limits
from conformance.engine.record import bare_record
from conformance.engine.reloading import RELOADS, TIED_RELOADS, TWIN_RELOADS, Reloading
from conformance.engine.second_look import SecondLook, still_open
from conformance.engine.stage import RunningController, Stage
from conformance.engine.submitting import Submitter
from conformance.engine.unjudged import unjudged
from conformance.engine.watching import wait_for_markers
from conformance.engine.wave import CRASHED, TakenOn, Wave, nobody
from conformance.errors import ConformanceError
from conformance.judge.words import Verdict
from conformance.plan.hosts import ALONE_REALM, REALM
from conformance.plan.planning import packs, plan
from conformance.plan.twins import with_twins
from conformance.plan.units import Unit
from conformance.report.events import CannotWrite, Event

PEACE_LIMIT = 60.0
"""Seconds until what gave way must hold again, before what failed meanwhile is judged for the last time."""


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
    footing: Footing = field(init=False)
    announcer: Announcer = field(init=False)
    in_company: dict[str, InCompany] = field(default_factory=dict)
    """What was seen of cases beside others, by their ids, where they are judged once more without company."""
    make_way: Callable[[], None] | None = None
    """Takes away what they shared, as long as that could not be done."""

    def __post_init__(self) -> None:
        self.crew = Crew(self.stage, self.limits)
        self.instances = Instances(self.stage, self._warm_up)
        self.footing = Footing(self.stage.trouble)
        shown_at = self.stage.main.endpoint
        self.announcer = Announcer(
            self.footing,
            self.unsupported,
            shown_at,
            self.emit,
            self.began,
            first_served=lambda: self.crew.pace.first_served,
            settling=min(self.limits.marker, self.limits.least) / 2,
            in_company=self.in_company,
        )

    def run(self, cases: Sequence[Case]) -> None:
        """Judge all cases; returns when each has its final verdict.

        Raises:
            Interrupted: ``stop`` was called meanwhile.
        """
        cases = tuple(with_twins(cases))
        with self._stopping(), closing(self.instances), self.footing:
            if all(case.submissions for case in cases):
                # No controller is asked: none has to serve anything.
                self._in_turn(cases)
            else:
                self._judge(cases)
            self._once_more()
            for case in cases:
                # Somebody waits for each of them.
                if not (case.twin_of or self.announcer.knows(case)):
                    why = not_judged("no verdict came of it: this is a bug of the suite")
                    self.announcer.record(bare_record(case, why, alone=False, seconds=0.0))
            self.announcer.part()

    def _judge(self, cases: Sequence[Case]) -> None:
        in_turn = [case for case in cases if case.uses or case.submissions]
        cases = [case for case in cases if not (case.uses or case.submissions)]
        shared = [case for case in cases if case.placement in {"packed", "own"}]
        with ThreadPoolExecutor(max(1, self.stage.lanes), "lane") as threads, self._stopping():
            lanes = Lanes(threads, self._safely, self.instances)
            some_ones, odd_ones = partial(self._some, lanes=lanes), partial(self._odd, lanes=lanes)
            doubted = Doubted(GROUP, lambda some: lanes.begin(some_ones, [some], once_more=True))
            main = Wave(self.crew, self.stage.main, partial(self._judged_in_pack, doubted))
            # What is declared not to work keeps to itself: some controllers load nothing of what comes with it.
            expected, declared = told_apart(shared, self.unsupported)
            units = () if self.isolate else packs(expected, main.ground)
            packed = {case.id for unit in units for case in unit.cases}
            # Some of what is packed will have to be judged again, and what is there by then saves a second.
            foreseen = 4 if packed else 0
            self.instances.expect(foreseen)
            # Here a controller that cannot be started ends the run; in a lane it would be the trouble of each case.
            self.stage.settle()
            route = threads.submit(self._await_first_route, main)
            alone = [case for case in cases if case.placement == "alone"]
            odd = [case for case in cases if case.placement == "odd"]
            own = [case for case in expected if case.id not in packed]
            others = longest_first(groups(own), groups(declared), ([case] for case in alone))
            if self.stage.lanes:
                # Odd ones take longest, so where they have instances of their own they begin at once.
                lanes.begin(odd_ones, odd_groups(odd))
                lanes.begin_in_turn(self._in_turn, in_turn)
                # The others need not wait for what is shared, only until the main instance has had its start.
                lanes.begin(some_ones, others, after=route)
            judgements = self._safely(lambda _: main.judge(units), [case for case in expected if case.id in packed])
            route.result()
            doubted.hand_on_rest()
            # By now all of them are known, and counted.
            self.instances.expect(-foreseen)
            judgements = Reloading(self.crew, self.stage.main).look(judgements, self._loads_due)
            self.restarts += main.restarts
            doubtful = [judgement for judgement in judgements if self._in_doubt(judgement)]
            if doubtful and not self.stage.lanes:
                # There is but this instance, and what it shared must not be in the way of the second judgement.
                judgements = main.look_again(judgements)
                for judgement in judgements:
                    if judgement.case.id not in self.in_company:
                        self.announcer.final(judgement)
                self.make_way = partial(main.clear, units)
                with suppress(ConformanceError):  # Who needs it tries again.
                    self._make_way()
            for judgement in doubtful:
                doubted.add(judgement)
            doubted.hand_on_rest()
            if not self.stage.lanes:
                lanes.begin(some_ones, others)
                lanes.begin(odd_ones, odd_groups(odd))
                lanes.begin_in_turn(self._in_turn, in_turn)
            done = lanes.finish()
        second = {judgement.case.id: judgement for kept in done for judgement in kept}
        judgements = [j for j in judgements if j.case.id not in second] + list(second.values())
        self._second_look([judgement for judgement in judgements if not self.announcer.knows(judgement.case)])

    def _judged_in_pack(self, doubted: Doubted, judgement: Judgement) -> None:
        self.announcer.first(judgement)
        # Where there are instances for those that fail, nobody waits until all packs have been looked at.
        if self.stage.lanes and self._in_doubt(judgement):
            doubted.add(judgement)

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

    def _safely(self, judge: Judge, cases: Sequence[Case]) -> list[Judgement]:
        """Judge the cases; the suite's own trouble leaves them without a verdict, and the run goes on."""
        try:
            return judge(cases)
        except CannotWrite:
            raise
        except ConformanceError as failure:
            left = [case for case in cases if not self.announcer.knows(case)]
            return unjudged(self.crew, left, failure.message)

    def _once_more(self) -> None:
        """Judge again, each by itself, what failed while the cluster, or the suite itself, did not hold.

        It is the last time for them, so nothing else may be the reason if they fail again: no neighbour, either.
        """
        self.announcer.release()
        cases = self.announcer.take_doubted()
        if not cases:
            return
        self.footing.await_peace(PEACE_LIMIT, lambda: not self.crew.stop.is_set())
        self.announcer.last_chance = True
        cases.sort(key=lambda case: bool(case.uses) or case.placement in {"alone", "odd"})
        self._each_by_itself(cases, plan(cases, self.crew.ground(self.stage.main, ALONE_REALM), isolate=True))

    def _each_by_itself(self, cases: Sequence[Case], there: Iterable[Unit]) -> None:
        """Judge cases again, one after another; ``there`` are units that the main instance may still have."""
        # Who has an instance of his own finds nobody there.
        left = [] if self.stage.lanes else list(there)
        for case in cases:
            if self.crew.stop.is_set():
                raise Interrupted
            if case.submissions:
                self._submit(case)
                continue
            judged = self._safely(partial(self._anew, left), [case])
            self._second_look([one for one in judged if not self.announcer.knows(one.case)])

    def _anew(self, left: list[Unit], cases: Sequence[Case]) -> list[Judgement]:
        """Judge cases once what they have made before, and what is ``left`` of others, is gone."""
        main = self.stage.main
        own = plan(cases, self.crew.ground(main, ALONE_REALM), isolate=True)
        self.crew.remove([*left, *own])
        if not self.stage.lanes:
            left[:] = own
            self.restarts += int(not main.alive and self.crew.restart(main))
        return self._apart(cases)

    def _warm_up(self, controller: RunningController) -> None:
        self.crew.apply([bystander(controller.ingress_class, self.crew.ground(controller, ALONE_REALM))])

    def _await_first_route(self, main: Wave) -> None:
        main.begun.wait()
        with suppress(ConformanceError):
            if wait_for_markers(main.bystander, self.limits.marker, self.crew.working(self.stage.main)):
                self.first_route = main.bystander.live_after
                self.crew.pace.lived(main.bystander, self.stage.main)
                return
        self.crew.pace.hopeless.set()

    def _apart(self, cases: Sequence[Case]) -> list[Judgement]:
        """Judge a few cases, each in objects of its own, where nobody else's objects are in the way.

        Raises:
            Refused: what cases shared that failed there cannot be taken away.
        """
        if any(case.id in self.in_company for case in cases):
            self._make_way()
        with self.instances.lend() as controller:
            odd = any(case.placement == "odd" for case in cases)
            wave = self._guarded(controller) if odd else self._wave(controller)
            return self._carry_out(wave, cases)

    def _make_way(self) -> None:
        if self.make_way is not None:
            self.make_way()
            self.make_way = None

    def _wave(self, controller: RunningController, taken_on: TakenOn = nobody) -> Wave:
        return Wave(self.crew, controller, self.announcer.first, ALONE_REALM, self.in_company, taken_on)

    def _guarded(self, controller: RunningController, taken_on: TakenOn = nobody) -> GuardedWave:
        first, shaken = self.announcer.first, self.footing.shaken
        return GuardedWave(self.crew, controller, first, ALONE_REALM, self.in_company, taken_on, shaken=shaken)

    def _some(self, cases: Sequence[Case], lanes: Lanes) -> tuple[list[Judgement], Sequence[Case]]:
        """Judge a few cases as :meth:`_apart` does; returns also those that their neighbours may have spoiled."""
        if len(cases) == 1 or not self.stage.lanes:
            return self._apart(cases), ()

        def taken_on(judgement: Judgement) -> bool:
            """Begin at once what may be spoiled: only what a step wrote must be gone first."""
            if judgement.case.steps or not may_be_spoiled(judgement):
                return False
            self.announcer.first(judgement)
            self._begin_alone(judgement, some_ones, lanes)
            return True

        some_ones = partial(self._some, lanes=lanes)
        with self.instances.lend() as controller:
            wave = self._wave(controller, taken_on)
            kept = self._carry_out(wave, cases, final=False)
        return self._settled(kept, [one.case for one in kept if may_be_spoiled(one)])

    def _settled(self, kept: Sequence[Judgement], doubtful: Sequence[Case]) -> tuple[list[Judgement], Sequence[Case]]:
        """Announce what is not doubtful, and keep in mind what else was seen in company."""
        names = {case.id for case in doubtful}
        self.in_company |= {one.case.id: in_company(one) for one in kept if one.case.id in names}
        settled = [one for one in kept if one.case.id not in names]
        for judgement in settled:
            self.announcer.final(judgement)
        return settled, doubtful

    def _begin_alone(self, judgement: Judgement, judge: Group, lanes: Lanes) -> None:
        """Have a case judged once more, by itself, and keep in mind what was seen of it in company."""
        self.in_company[judgement.case.id] = in_company(judgement)
        lanes.begin(judge, [[judgement.case]], once_more=True)

    def _in_turn(self, cases: Sequence[Case]) -> list[Judgement]:
        """Judge cases that use what the cluster has one of: nothing of one is left when the next begins."""
        judgements = []
        for case in cases:
            if self.crew.stop.is_set():
                raise Interrupted
            if case.submissions:
                self._submit(case)
            else:
                judgements += self._safely(self._apart, [case])
        return judgements

    def _submit(self, case: Case) -> None:
        began = time.monotonic()
        try:
            record = Submitter(self.stage.api, self.crew.ground(self.stage.main, REALM), self.began).judge(case)
        except ConformanceError as failure:
            record = bare_record(case, not_judged(failure.message), alone=True, seconds=0.0)
        self.announcer.submitted(case, record, began)

    def _odd(self, cases: Sequence[Case], lanes: Lanes) -> tuple[list[Judgement], Sequence[Case]]:
        """Judge a few cases whose objects might spoil a controller; returns also those to be judged each for itself."""

        def taken_on(judgement: Judgement) -> bool:
            """Begin at once what fails: only what a step wrote must be gone first."""
            if judgement.case.steps or case_verdict(judgement).verdict is not Verdict.FAIL:
                return False
            if self.crew.pace.hopeless.is_set():
                return False
            self._begin_alone(judgement, partial(self._odd, lanes=lanes), lanes)
            return True

        with self.instances.lend() as controller:
            wave = self._guarded(controller, taken_on)
            wave.hands_back = bool(self.stage.lanes) and len(cases) > 1
            kept = self._carry_out(wave, cases, final=False)
        failing = [j.case for j in kept if case_verdict(j).verdict is Verdict.FAIL and not j.findings]
        doubtful = [] if len(cases) == 1 or self.crew.pace.hopeless.is_set() else failing
        doubtful += [case for unit in wave.handed_back for case in unit.cases]
        return self._settled(kept, doubtful)

    def _carry_out(self, wave: Wave, cases: Sequence[Case], *, final: bool = True) -> list[Judgement]:
        """Judge the cases, each in objects of its own; verdicts that are not ``final`` may be judged once more."""
        units = plan(cases, wave.ground, isolate=True)
        kept = Reloading(self.crew, wave.controller).look(wave.judge(units), self._loads_due)
        # The instance, or the ground, is about to be someone else's: the second look is now or never.
        leaving = bool(self.stage.lanes) or any(case.placement in {"alone", "odd"} for case in cases)
        if leaving:
            # What spoils others has had its look, and is gone by now.
            gone = [one for one in kept if one.findings]
            kept = [*wave.look_again([one for one in kept if not one.findings]), *gone]
            for judgement in kept if final else ():
                self.announcer.final(judgement)
            if not self.stage.lanes or any(case.uses for case in cases):
                wave.clear(units)
        if not final and any(unit.steps for unit in units):
            # What a step wrote must not be there when the case begins anew. What was taken on is somebody else's now.
            here = {one.case.id for one in kept}
            self.crew.remove([unit for unit in units if any(case.id in here for case in unit.cases)])
        self.restarts += wave.restarts
        return kept

    def _loads_due(self, judgement: Judgement) -> int:
        """Return how often it must be right again, if it is right and might be so by chance at each load."""
        # What spoils others is gone by now.
        if case_verdict(judgement).verdict is not Verdict.PASS or judgement.findings:
            return 0
        if tied(judgement.case):
            return TWIN_RELOADS if judgement.case.twin_of else TIED_RELOADS
        company = self.in_company.get(judgement.case.id)
        failed = company is not None and company.verdict.verdict is Verdict.FAIL
        return RELOADS if failed or contested(judgement.case) else 0

    def _in_doubt(self, packed: Judgement) -> bool:
        """Whether a case that shared an object is to be judged once more; what was seen of it is kept in mind then."""
        if case_verdict(packed).verdict is Verdict.PASS or self.crew.pace.hopeless.is_set():
            return False
        self.in_company[packed.case.id] = in_company(packed)
        return True

    def _second_look(self, judgements: Sequence[Judgement]) -> None:
        """Look again at what the main instance serves, and tell the verdicts.

        If it ends at this, again and again, a case that was the only one there is the reason. Of several nobody knows
        which one is: those that were not answered any more are judged by themselves.
        """
        left = []
        for judgement in judgements:
            if still_open(judgement):
                left.append(judgement)
            else:
                self.announcer.final(judgement)
        looked, unanswered = self._looked_at(left), []
        for judgement in looked:
            crashed = not self.stage.main.alive and case_verdict(judgement).verdict is Verdict.FAIL
            if crashed and len(looked) > 1:
                unanswered.append(judgement.case)
            else:
                self.announcer.final(replace(judgement, override=CRASHED) if crashed else judgement)
        self._each_by_itself(unanswered, {id(one.last.unit): one.last.unit for one in judgements}.values())

    def _looked_at(self, judgements: Sequence[Judgement]) -> list[Judgement]:
        second = SecondLook(self.crew, self.stage.main)
        looked = second.at(judgements)
        self.restarts += second.restarts
        return looked
