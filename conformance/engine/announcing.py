"""What is told of each case: a first verdict, and a final one, unless something gave way under it."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from conformance.case.model import RECORD, Case
from conformance.engine.company import InCompany, alone_after
from conformance.engine.footing import Footing
from conformance.engine.judgement import Judgement, case_verdict, not_judged
from conformance.engine.pairing import Pairs
from conformance.engine.record import case_record
from conformance.judge.cases import CaseVerdict
from conformance.judge.words import Reason, Verdict
from conformance.probes.answer import Endpoint
from conformance.report.events import Event, case_event
from conformance.report.model import CaseRecord


@dataclass
class Announcer:
    """Turns judgements into events; ``began`` is the run's start on the clock of the attempts.

    A failure that was seen while something did not hold is no verdict: its case is kept in ``doubted``, to be judged
    once more. If it happens again when ``last_chance`` is set, it is the suite's own trouble. What could not be judged
    at all gets the same chance: an instance, say, that another case's object has ended before it served anything.

    ``first_served`` returns when the controller was first seen to serve anything, ``None`` as long as it has not. What
    was not programmed by then, or less than ``settling`` seconds later, is no verdict either, however long it waited:
    it is ``unserved`` until it is known whether anything is ever served.

    ``in_company`` is what was seen of cases beside others, by their ids.
    """

    footing: Footing
    unsupported: Mapping[str, str]
    shown_at: Endpoint
    emit: Callable[[Event], None]
    began: float
    first_served: Callable[[], float | None] = lambda: None
    settling: float = 0.0
    in_company: Mapping[str, InCompany] = field(default_factory=dict)
    last_chance: bool = False
    announced: set[str] = field(default_factory=set)
    doubted: list[Case] = field(default_factory=list)
    unserved: list[Judgement] = field(default_factory=list)
    pairs: Pairs = field(default_factory=Pairs)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def first(self, judgement: Judgement) -> None:
        """Tell a verdict that may still be replaced."""
        self._tell(judgement, final=False)

    def final(self, judgement: Judgement) -> None:
        """Tell the verdict, or keep the case for another time."""
        if self._too_early(judgement):
            with self._lock:
                self.unserved.append(judgement)
            self._tell(judgement, final=False)
            return
        self._conclude(judgement)

    def _conclude(self, judgement: Judgement) -> None:
        verdict = case_verdict(judgement)
        if verdict.verdict not in {Verdict.FAIL, Verdict.ERROR}:
            self._tell(self._after_company(judgement), final=True)
            return
        trouble = self._shaken(judgement.span(), verdict)
        if not trouble and (verdict.verdict is Verdict.FAIL or self.last_chance):
            self._tell(judgement, final=True)
            return
        if verdict.verdict is Verdict.FAIL:
            why = not_judged(f"{trouble}; meanwhile this was seen: {verdict.reason}: {verdict.detail}")
            judgement = replace(judgement, override=why)
        self._doubt(judgement.case)
        self._tell(judgement, final=self.last_chance)

    def submitted(self, case: Case, record: CaseRecord, began: float) -> None:
        """Tell what the API server has made of a case since ``began``, or keep the case for another time.

        While it goes down, or a namespace goes, it refuses what it would accept. That spoils what is recorded, too.
        """
        safe = record.verdict is Verdict.PASS and not any(one.outcome == RECORD for one in case.submissions)
        trouble = "" if safe else self.footing.shaken(began, time.monotonic())
        unjudged = record.verdict is Verdict.ERROR
        if not trouble and (not unjudged or self.last_chance):
            self.record(record)
            return
        if not unjudged:
            seen = f"{record.reason}: {record.detail}" if record.reason else record.verdict
            changes = {"verdict": Verdict.ERROR, "reason": Reason.HARNESS}
            detail = f"{trouble}; meanwhile this was seen: {seen}"
            record = record.model_copy(update={**changes, "detail": detail})
        self._doubt(case)
        self._emit(record, final=self.last_chance)

    def record(self, record: CaseRecord) -> None:
        """Tell the final verdict of a case that no controller was asked about."""
        self._emit(record, final=True)

    def _doubt(self, case: Case) -> None:
        if not self.last_chance:
            with self._lock:
                self.doubted.append(case)

    def knows(self, case: Case) -> bool:
        """Whether the case has its final verdict, or will be judged once more."""
        with self._lock:
            waiting = [*self.doubted, *(one.case for one in self.unserved)]
            return case.id in self.announced or any(one.id == case.id for one in waiting)

    def take_doubted(self) -> list[Case]:
        """Return the cases to be judged once more, and forget them."""
        with self._lock:
            taken, self.doubted = self.doubted, []
        return taken

    def release(self) -> None:
        """Tell what failed while the controller served nothing, now that nothing else will be asked.

        If it serves by now it was only starting, and what was asked of it before is to be judged once more.
        """
        with self._lock:
            held, self.unserved = self.unserved, []
        for judgement in held:
            self._conclude(judgement)

    def part(self) -> None:
        """Tell the verdicts of the cases whose twins never got one."""
        for record in self.pairs.left():
            self._emit(record, final=True)

    def _after_company(self, judgement: Judgement) -> Judgement:
        """Return the judgement with what only company did to its case, if everything held while that was seen."""
        company = self.in_company.get(judgement.case.id)
        told = alone_after(company, judgement)
        # Asked only where there is something to tell: the answer may have to be waited for.
        if company is None or told is judgement:
            return judgement
        return judgement if self._shaken(company.span, company.verdict) else told

    def _too_early(self, judgement: Judgement) -> bool:
        """Whether it failed at a controller that has served nothing yet, and may still be starting."""
        if self.last_chance or self.first_served() is not None or judgement.span() is None:
            return False
        return case_verdict(judgement).verdict is Verdict.FAIL

    def _shaken(self, span: tuple[float, float] | None, verdict: CaseVerdict) -> str:
        """Return what did not hold meanwhile; of what nothing was asked for, since the run began."""
        if self._was_starting(span, verdict):
            return "the controller was still starting, and had not served anything until then"
        return self.footing.shaken(*(span or (self.began, time.monotonic())))

    def _was_starting(self, span: tuple[float, float] | None, verdict: CaseVerdict) -> bool:
        served = self.first_served()
        if span is None or served is None or verdict.reason is not Reason.NOT_PROGRAMMED:
            return False
        return span[1] <= served + self.settling

    def _tell(self, judgement: Judgement, *, final: bool) -> None:
        case = judgement.case
        record = case_record(judgement, self.unsupported, self.shown_at, self.began)
        if not final:
            if not case.twin_of:
                self._emit(record, final=False)
            return
        with self._lock:
            self.announced.add(case.id)
        for whole in self.pairs.join(case, record):
            self._emit(whole, final=True)

    def _emit(self, record: CaseRecord, *, final: bool) -> None:
        if final:
            with self._lock:
                self.announced.add(record.id)
        self.emit(case_event(record, final=final))
