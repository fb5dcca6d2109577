"""What was seen of a probe after its first verdict: when the objects were loaded anew, and once more at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile, groupby

from conformance.case.model import Probe
from conformance.judge.facts import NO_FACTS, Facts
from conformance.judge.probes import CONSECUTIVE, Attempt, ProbeVerdict, against, as_expected
from conformance.judge.words import Reason, Verdict


@dataclass(frozen=True)
class Loaded:
    """The looks that counted at one later revision: those that were wrong at first, and the others.

    A wrong answer may turn right, as it may when a case is judged; no right one may turn wrong.
    """

    late: Sequence[Attempt]
    rest: Sequence[Attempt]
    right: Sequence[bool]

    @property
    def broken(self) -> bool:
        """Whether a wrong answer came after a right one."""
        return not all(self.right)

    def settled(self, least: int = 1) -> bool:
        """Whether it is right, often enough: ``least`` times, and three times where it was wrong at first."""
        return not self.broken and len(self.rest) >= (CONSECUTIVE if self.late else least)


def loaded(probe: Probe, looks: Sequence[Attempt], ending: str, facts: Facts = NO_FACTS) -> Loaded:
    """Return what looks at one revision amount to."""
    counted = [look for look in looks if look.counted]
    rest = list(dropwhile(lambda look: not as_expected(probe, look, ending, facts), counted))
    right = [as_expected(probe, look, ending, facts) for look in rest]
    return Loaded(counted[: len(counted) - len(rest)], rest, right)


def judge_again(
    probe: Probe,
    first: ProbeVerdict,
    before: Attempt,
    looks: Sequence[Attempt],
    ending: str,
    facts: Facts = NO_FACTS,
) -> ProbeVerdict:
    """Return the verdict after the looks that followed the first one; one that changed is unstable, whatever it was.

    ``before`` is the attempt the first verdict rests on; the last of the looks is the second look. Where a later
    revision was loaded in between, an answer may be wrong at first, and right three times in a row then.
    """
    if not looks or first.reason in {Reason.NOT_PROGRAMMED, Reason.UNSTABLE, Reason.HARNESS}:
        return first
    if not looks[-1].counted:
        return ProbeVerdict(Verdict.FAIL, Reason.UNSTABLE, "on the second look the marker no longer answered")
    counted = [look for look in looks if look.counted]
    if not probe.expect.demanding and first.verdict is Verdict.PASS:
        # Nothing is judged here, so a change is part of what is recorded.
        other = [look for look in counted if look.seen.outcome != before.seen.outcome]
        return ProbeVerdict(Verdict.PASS, None, _changed(before, other[-1])) if other else first
    if first.verdict is Verdict.PASS:
        wrong = _wrong(probe, before.revision, counted, ending, facts)
    else:
        # Refused at first and reset now, or another wrong backend: the same verdict for the same reason.
        found = [against(probe, look, ending, facts) for look in counted]
        other = [look for look, one in zip(counted, found, strict=True) if not one or one[0] != first.reason]
        wrong = other[0] if other else None
    if wrong is None:
        return first
    if wrong.seen.outcome != before.seen.outcome:
        return ProbeVerdict(Verdict.FAIL, Reason.UNSTABLE, _changed(before, wrong))
    # The same backend, with another certificate, say: the outcome alone would not tell what has changed.
    then, now = ((against(probe, one, ending, facts) or ("", "as expected"))[1] for one in (before, wrong))
    return ProbeVerdict(Verdict.FAIL, Reason.UNSTABLE, f"first {then}; on the second look {now}")


def _wrong(probe: Probe, first_revision: int, looks: Sequence[Attempt], ending: str, facts: Facts) -> Attempt | None:
    """Return a look that contradicts a pass, if there is one."""
    for revision, some in groupby(looks, key=lambda look: look.revision):
        seen = loaded(probe, list(some), ending, facts)
        if seen.late and (revision == first_revision or not seen.settled()):
            return seen.late[-1]
        if seen.broken:
            return seen.rest[seen.right.index(False)]
    return None


def _changed(before: Attempt, after: Attempt) -> str:
    return f"first {before.seen.outcome}, on the second look {after.seen.outcome}"
