"""How a report stands at one level, without ever calling good what was not seen."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from conformance.case.model import SPECIFICATION, Level
from conformance.judge.words import Verdict
from conformance.report.model import Report

SuiteCases = Mapping[Level, frozenset[str]]
"""The ids of all cases of the suite, by level."""


class Standing(StrEnum):
    """The state of a level, worst first."""

    INCOMPLETE = "incomplete"
    ERROR = "error"
    FAIL = "fail"
    PARTIAL = "partial"
    UNSUPPORTED = "unsupported"
    RECORDED = "recorded"
    PASS = "pass"  # noqa: S105 - a verdict, not a password


@dataclass(frozen=True)
class LevelStanding:
    """What a report says about one level.

    ``absent`` is the number of cases of the suite that the report lacks, ``None`` where that cannot be known (the
    report is of another version of the suite).
    """

    level: Level
    counts: Mapping[Verdict, int]
    absent: int | None
    complete: bool

    @property
    def total(self) -> int:
        """How many cases of the level the report has."""
        return sum(self.counts.values())

    @property
    def standing(self) -> Standing:
        """The worst that is true of the level."""
        if not self.complete:
            return Standing.INCOMPLETE
        if self.counts[Verdict.ERROR]:
            return Standing.ERROR
        if self.counts[Verdict.FAIL]:
            return Standing.FAIL
        if self.absent or self.counts[Verdict.SKIPPED] or not self.total:
            return Standing.PARTIAL
        if self.counts[Verdict.UNSUPPORTED]:
            return Standing.UNSUPPORTED
        return Standing.RECORDED if self.level is Level.OBSERVED else Standing.PASS

    @property
    def message(self) -> str:
        """The standing in a few words, such as ``57/84 pass``; it says what is missing."""
        done = "recorded" if self.level is Level.OBSERVED else "pass"
        said = [f"{self.counts[Verdict.PASS]}/{self.total} {done}"]
        said += [
            f"{self.counts[verdict]} {verdict.value}"
            for verdict in (Verdict.ERROR, Verdict.UNSUPPORTED, Verdict.SKIPPED)
            if self.counts[verdict]
        ]
        if self.absent:
            said.append(f"{self.absent} not run")
        if not self.complete:
            said.append("run cut short")
        return ", ".join(said)


def standings(report: Report, suite: SuiteCases | None) -> tuple[LevelStanding, ...]:
    """Return the standing of each level that the report or the suite has cases of.

    Parity is there only if the report has cases of it: a run leaves it out unless it is asked for.

    ``suite`` holds the cases of the suite that made the report; ``None`` where they are not at hand.
    """
    ids = {level: frozenset(case.id for case in report.cases if case.level is level) for level in Level}
    return tuple(
        LevelStanding(
            level=level,
            counts=Counter(case.verdict for case in report.cases if case.level is level),
            absent=None if suite is None else len(suite.get(level, frozenset()) - ids[level]),
            complete=report.run.complete,
        )
        for level in Level
        if ids[level] or (level in SPECIFICATION and (suite or {}).get(level))
    )
