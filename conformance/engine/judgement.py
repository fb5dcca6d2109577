"""What was seen of a case, and the verdicts that follow from it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from conformance.case.model import Case
from conformance.engine.rounds import Watch
from conformance.engine.stepping import StepSeen
from conformance.judge.cases import CaseVerdict, judge_case
from conformance.judge.looks import judge_again
from conformance.judge.probes import Attempt, ProbeVerdict, against, judge_probe
from conformance.judge.words import Reason, Verdict
from conformance.plan.units import PlannedProbe, PlannedStep
from conformance.report.model import Finding


@dataclass(frozen=True)
class Judgement:
    """A case, the watch that its verdict rests on, and what else was noticed.

    ``override`` replaces the verdict of the probes (a crash, a refusal by the API server); ``steps`` are those that
    were carried out, in their order. ``second_look`` is the last look at each probe; those before it stand among the
    attempts.
    """

    case: Case
    watch: Watch
    seconds: float
    alone: bool
    findings: tuple[Finding, ...] = ()
    override: CaseVerdict | None = None
    second_look: Mapping[tuple[str, str], Attempt] = field(default_factory=dict)
    steps: tuple[StepSeen, ...] = ()

    @property
    def last(self) -> Watch:
        """The watch of the objects as they stand now."""
        return self.steps[-1].watch if self.steps else self.watch

    def first_planned(self) -> list[PlannedProbe]:
        """Return the planned probes of the case before any step."""
        return [planned for planned in self.watch.unit.probes if planned.case_id == self.case.id]

    def observed(self) -> Iterator[tuple[PlannedProbe, list[Attempt]]]:
        """Yield every planned probe of the case with its attempts; none for a step that was not reached."""
        for planned in self.first_planned():
            yield planned, self.watch.of(planned)
        for step in self.steps:
            for planned in step.watch.unit.probes:
                yield planned, step.watch.of(planned)
        for missing in self.not_reached():
            for planned in missing.probes:
                yield planned, []

    def span(self) -> tuple[float, float] | None:
        """Return when the first and the last request of the case was sent (monotonic clock), markers included."""
        watches = [self.watch, *(step.watch for step in self.steps)]
        planned = {key for watch in watches for key in watch.attempts if key[0] == self.case.id}
        seen = [attempt for watch in watches for key in planned for attempt in watch.attempts.get(key, [])]
        seen += [attempt for watch in watches for attempt in watch.marker_attempts]
        seen += self.second_look.values()
        seen += [one for step in self.steps if step.flow for one in (step.flow.first, step.flow.last) if one]
        if not seen:
            return None
        return min(one.at for one in seen), max(one.at + one.answer.seconds for one in seen)

    def not_reached(self) -> tuple[PlannedStep, ...]:
        """Return the steps that were never carried out."""
        return self.watch.unit.steps[len(self.steps) :]


def not_judged(why: str) -> CaseVerdict:
    """Return the verdict of a case that the suite could not judge, whatever was seen."""
    return CaseVerdict(Verdict.ERROR, Reason.HARNESS, why)


def probe_verdict(judgement: Judgement, planned: PlannedProbe, attempts: list[Attempt]) -> ProbeVerdict:
    """Return the verdict of one probe, the second look included where there was one, and the looks before it."""
    before = [attempt for attempt in attempts if not attempt.second_look]
    first = judge_probe(planned.probe, before, planned.ending, planned.facts)
    again = judgement.second_look.get(planned.key)
    looks = [attempt for attempt in attempts if attempt.second_look] + ([again] if again else [])
    counted = [attempt for attempt in before if attempt.counted]
    if not counted:
        return first
    return judge_again(planned.probe, first, counted[-1], looks, planned.ending, planned.facts)


def traffic_verdict(step: StepSeen) -> ProbeVerdict:
    """Return the verdict on the requests that went on during a step: one that failed fails it, where it is judged."""
    flow = step.flow
    assert flow is not None
    if flow.count == 0:
        return ProbeVerdict(Verdict.ERROR, Reason.HARNESS, "no request was sent")
    if not step.step.traffic_judged or not flow.failing:
        return ProbeVerdict(Verdict.PASS)
    first, planned = flow.failing[0], flow.planned
    reason, detail = against(planned.probe, first, planned.ending, planned.facts) or (Reason.UNSTABLE, "")
    return ProbeVerdict(Verdict.FAIL, reason, f"{flow.failed} of {flow.count} requests failed; the first: {detail}")


def case_verdict(judgement: Judgement) -> CaseVerdict:
    """Return the verdict of the case, before any claim is applied."""
    if judgement.override is not None:
        return judgement.override
    verdicts = [(p.probe.id, probe_verdict(judgement, p, attempts)) for p, attempts in judgement.observed()]
    verdicts += [
        (step.flow.planned.probe.id, traffic_verdict(step)) for step in judgement.steps if step.flow is not None
    ]
    unreached = [step for step in judgement.steps if not step.live]
    verdicts += [
        (
            f"step {step.step.number}",
            ProbeVerdict(Verdict.FAIL, Reason.NOT_PROGRAMMED, f"never loaded: {step.step.title}"),
        )
        for step in unreached
    ]
    return judge_case(verdicts)
