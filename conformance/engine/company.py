"""What the neighbours of a case on one controller instance may have done to it, and who is judged again for it."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.case.model import Case
from conformance.engine.judgement import Judgement, case_verdict, probe_verdict
from conformance.judge.cases import CaseVerdict
from conformance.judge.probes import as_expected
from conformance.judge.words import Reason, Verdict
from conformance.plan.objects import every_manifest
from conformance.report.model import Finding

SILENCE = "timeout"
LATE = 1.0
"""Seconds after which a right answer shows that the machine is busy; most take some thousandths."""

_NAME = re.compile(r"[\w-]+")


@dataclass
class Doubted:
    """Gathers cases to be judged again, each once, and hands on as many as share an instance as soon as there are.

    May be used by several threads at once.
    """

    size: int
    hand_on: Callable[[Sequence[Case]], None]
    _known: set[str] = field(default_factory=set)
    _waiting: list[Case] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, judgement: Judgement) -> None:
        """Take the case, unless it is known; one that its neighbours may have spoiled gets no other company."""
        with self._lock:
            if judgement.case.id in self._known:
                return
            self._known.add(judgement.case.id)
            full = [judgement.case]
            if not may_be_spoiled(judgement):
                self._waiting.append(judgement.case)
                if len(self._waiting) < self.size:
                    return
                full, self._waiting = self._waiting, []
        self.hand_on(full)

    def hand_on_rest(self) -> None:
        """Hand on those that wait for company: none will come."""
        with self._lock:
            rest, self._waiting = self._waiting, []
        if rest:
            self.hand_on(rest)


def may_be_spoiled(judgement: Judgement) -> bool:
    """Tell whether neighbours may have had a hand in it: the answers kept changing, or a backend came up that is none
    of the case's. What one Ingress says of a Service can reach all others that name it.
    """
    verdict = case_verdict(judgement)
    if verdict.verdict is Verdict.FAIL and verdict.reason is Reason.UNSTABLE:
        return True
    seen = {attempt.seen.backend for _, attempts in judgement.observed() for attempt in attempts if attempt.counted}
    seen |= {attempt.seen.backend for attempt in judgement.second_look.values()}
    return bool(seen - {""} - set(_named(judgement.case)))


@dataclass(frozen=True)
class InCompany:
    """What was seen of a case beside others, and when: from the first request to the last.

    ``waited``: nothing was wrong but answers that did not come in time, and right ones came late as well.
    ``varied``: nothing failed but that answers which are only recorded were still changing, as they may alone.
    """

    verdict: CaseVerdict
    waited: bool = False
    varied: bool = False
    span: tuple[float, float] | None = None


def in_company(judgement: Judgement) -> InCompany:
    """Return what was seen of a case that shared an object or an instance."""
    verdict = case_verdict(judgement)
    late, wrong = False, set()
    for planned, attempts in judgement.observed():
        for attempt in (*attempts, judgement.second_look.get(planned.key)):
            if attempt is None or not attempt.counted:
                continue
            if as_expected(planned.probe, attempt, planned.ending, planned.facts):
                late = late or attempt.answer.seconds >= LATE
            else:
                wrong.add(attempt.seen.outcome)
    unanswered = verdict.reason in {Reason.NO_ANSWER, Reason.UNSTABLE} and wrong == {SILENCE}
    return InCompany(verdict, waited=late and unanswered, varied=_only_varied(judgement), span=judgement.span())


def _only_varied(judgement: Judgement) -> bool:
    """Tell whether whatever failed is only recorded, and was not seen often enough while its answers changed."""
    seen = [(p.probe, probe_verdict(judgement, p, attempts)) for p, attempts in judgement.observed()]
    failed = [(probe, verdict) for probe, verdict in seen if verdict.verdict is not Verdict.PASS]
    changing = [verdict.reason is Reason.UNSTABLE and not probe.expect.demanding for probe, verdict in failed]
    return judgement.override is None and bool(failed) and all(changing)


def alone_after(company: InCompany | None, alone: Judgement) -> Judgement:
    """Return the judgement of a case alone, with a finding where only ``company`` made it fail.

    Where everything has to wait it is the machine that is busy, and not the neighbours' doing. That the suite could not
    judge the case beside others says nothing of these, and what may change from answer to answer alone may do so in
    company.
    """
    if company is None or company.waited or company.varied or company.verdict.verdict is not Verdict.FAIL:
        return alone
    if case_verdict(alone).verdict is not Verdict.PASS:
        return alone
    seen = company.verdict
    detail = f"beside other cases this case failed ({seen.reason}: {seen.detail}); alone it passes"
    return replace(alone, findings=(*alone.findings, Finding(kind="interference", detail=detail)))


def _named(case: Case) -> Iterator[str]:
    """Yield the names of all Services that the case's objects name, and of the backends that its probes expect."""
    for manifest in every_manifest(case):
        yield from _services(manifest)
        for value in (manifest["metadata"].get("annotations") or {}).values():
            yield from _NAME.findall(str(value))
    for probe in case.every_probe:
        yield from _NAME.findall(f"{probe.expect.outcome} {probe.expect.by}")
        told = (*probe.expect.tally, *probe.expect.arrived)
        yield from (name for outcome in told for name in _NAME.findall(outcome))


def _services(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("kind") == "Service":
            yield str(value["metadata"]["name"])
        service = value.get("service")
        if isinstance(service, dict):
            yield str(service.get("name"))
        for inner in value.values():
            yield from _services(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _services(inner)
