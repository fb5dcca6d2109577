"""The verdict of one probe from all of its attempts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice

from conformance.case.model import Probe
from conformance.judge.answers import is_choice, reason_against
from conformance.judge.facts import NO_FACTS, Facts
from conformance.judge.transport import presented, reason_against_transport
from conformance.judge.words import Reason, Verdict
from conformance.probes.answer import Answer
from conformance.probes.outcome import Sighting

CONSECUTIVE = 3
"""Both pass and fail need this many equal observations in a row."""

CLEAN_RUN, CLEAN_RATIO = 20, 3
"""Once a right answer has turned into another choice, so many right ones in a row are needed for a pass: twenty, and
three times as many as there were from the first right answer to the last wrong one.

A controller that hands over from one configuration to the next may answer from both for a moment; one that errs in
every fourth request shows three right answers in a row soon enough, but no such run.
"""


@dataclass(frozen=True)
class Attempt:
    """One observation. ``at`` is in seconds since the run began.

    ``counted`` is true when the marker of the same objects and revision answered both before and after it; only
    counted attempts decide anything. ``revision`` is that of the objects when it was made. ``answer`` is kept as far
    as a report can show it. ``pods`` says how many requests each pod answered, where one observation is several;
    ``tally`` how many showed each outcome; ``arrived`` how many of them each backend received that is asked for it.
    ``second_look`` is true for what was seen after the first verdict.
    """

    at: float
    answer: Answer
    seen: Sighting
    counted: bool
    revision: int = 1
    pods: Mapping[str, int] = field(default_factory=dict)
    tally: Mapping[str, int] = field(default_factory=dict)
    arrived: Mapping[str, int] = field(default_factory=dict)
    second_look: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "answer", self.answer.brief())


@dataclass(frozen=True)
class ProbeVerdict:
    """The verdict of one probe, with its reason and a sentence."""

    verdict: Verdict
    reason: Reason | None = None
    detail: str = ""


def shown(attempt: Attempt, facts: Facts = NO_FACTS) -> tuple[str, ...]:
    """Return what must be the same for two observations to be equal: the outcome, and whose certificate was presented.

    Certificates that no Secret of the run holds count as one: some controllers make themselves a new one whenever they
    load anything, and it is as foreign as the one before.
    """
    leaf = presented(attempt.answer)[:1]
    return attempt.seen.outcome, *(held if held in facts.minted else "" for held in leaf)


def streak(attempts: Sequence[Attempt], facts: Facts = NO_FACTS) -> tuple[Attempt, ...]:
    """Return the counted attempts at the end that show one and the same outcome."""
    return tuple(reversed([*_alike(attempts, facts)]))


def _alike(attempts: Sequence[Attempt], facts: Facts) -> Iterator[Attempt]:
    """Return them, the last one first."""
    counted = (attempt for attempt in reversed(attempts) if attempt.counted)
    _, run = next(groupby(counted, lambda attempt: shown(attempt, facts)), ((), iter(())))
    return run


def against(probe: Probe, attempt: Attempt, ending: str, facts: Facts = NO_FACTS) -> tuple[Reason, str] | None:
    """Return why one attempt does not show what the probe expects; ``None`` if it does."""
    found = reason_against(probe, attempt.seen, ending, facts)
    return found or reason_against_transport(
        probe, attempt.answer, attempt.pods, facts, attempt.tally, ending, attempt.arrived
    )


def as_expected(probe: Probe, attempt: Attempt, ending: str, facts: Facts = NO_FACTS) -> bool:
    """Tell whether one attempt shows what the probe expects."""
    return against(probe, attempt, ending, facts) is None


def settled(probe: Probe, attempts: Sequence[Attempt], ending: str, facts: Facts = NO_FACTS) -> bool:
    """Tell whether the probe has shown the expected answer often enough, one after another."""
    last = [*islice(_alike(attempts, facts), CONSECUTIVE)]
    if len(last) < CONSECUTIVE or not all(as_expected(probe, attempt, ending, facts) for attempt in last):
        return False
    return not probe.expect.demanding or _relapse(probe, attempts, ending, facts) is None


def _relapse(probe: Probe, attempts: Sequence[Attempt], ending: str, facts: Facts) -> tuple[Reason, str] | None:
    """Return what was wrong when a right answer last turned into another choice, if too few right ones came since.

    What only says that a rule cannot be served yet (503, no answer) is no choice, and may come at any time.
    """
    counted = [attempt for attempt in attempts if attempt.counted]
    found = [against(probe, attempt, ending, facts) for attempt in counted]
    first = found.index(None)
    wrong = [
        number
        for number, (attempt, reason) in enumerate(zip(counted, found, strict=True))
        if number > first and reason and is_choice(attempt.seen.outcome)
    ]
    if not wrong or len(found) - 1 - wrong[-1] >= max(CLEAN_RUN, CLEAN_RATIO * (wrong[-1] + 1 - first)):
        return None
    return found[wrong[-1]]


def judge_probe(probe: Probe, attempts: Sequence[Attempt], ending: str, facts: Facts = NO_FACTS) -> ProbeVerdict:
    """Return the verdict once the observation is over."""
    if settled(probe, attempts, ending, facts):
        return ProbeVerdict(Verdict.PASS)
    last = streak(attempts, facts)
    seen = [attempt.seen.outcome for attempt in attempts if attempt.counted]
    if not probe.expect.demanding and len(seen) >= CONSECUTIVE:
        # Nothing is judged here, so that the answers change is what is recorded.
        return ProbeVerdict(Verdict.PASS, None, f"the answers kept changing: {', '.join(sorted(set(seen)))}")
    if not last:
        if not attempts:
            return ProbeVerdict(Verdict.FAIL, Reason.NOT_PROGRAMMED, "the marker of this object never answered")
        return ProbeVerdict(Verdict.FAIL, Reason.NOT_PROGRAMMED, "the marker did not answer before and after")
    if len(last) < CONSECUTIVE:
        return ProbeVerdict(Verdict.FAIL, Reason.UNSTABLE, f"the answers kept changing, lastly {last[-1].seen.outcome}")
    found = against(probe, last[-1], ending, facts)
    if found is None and (relapse := _relapse(probe, attempts, ending, facts)) is not None:
        # What it is by chance is as wrong as what it is always, and does not change its reason by chance.
        found = relapse[0], f"right answers kept turning wrong: {relapse[1]}"
    if found is None:
        return ProbeVerdict(Verdict.FAIL, Reason.UNSTABLE, "the same backend received different requests")
    return ProbeVerdict(Verdict.ERROR if found[0] is Reason.HARNESS else Verdict.FAIL, *found)


def recorded_outcome(probe: Probe, shown: Sequence[Attempt]) -> str:
    """Return the outcome to report: the last counted one, or ``varies:…`` where a recorded one kept changing."""
    counted = [attempt for attempt in shown if attempt.counted] or list(shown)
    last = {attempt.seen.outcome for attempt in counted[-CONSECUTIVE:]}
    if not probe.expect.demanding and len(last) > 1:
        return "varies:" + ",".join(sorted(last))
    return counted[-1].seen.outcome
