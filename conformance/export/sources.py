"""What every writer gets: a report with a name of its own, and the cases of its suite where they are at hand."""

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.case.model import Case, Level
from conformance.export.standing import LevelStanding, SuiteCases, standings
from conformance.report.model import Report
from conformance.report.naming import distinct_names


@dataclass(frozen=True)
class Source:
    """A report to write. ``name`` tells it from the others and is safe as a file name."""

    name: str
    report: Report
    suite: SuiteCases | None = None

    def standings(self) -> tuple[LevelStanding, ...]:
        """Return how the report stands at each level."""
        return standings(self.report, self.suite)


def sources(reports: Sequence[Report], version: str = "", cases: Sequence[Case] = ()) -> tuple[Source, ...]:
    """Return the sources; reports of suite ``version`` are held against its ``cases``.

    Raises:
        BadInput: two reports cannot be told apart.
    """
    suite = {level: frozenset(case.id for case in cases if case.level is level) for level in Level}
    names = distinct_names(reports)
    return tuple(
        Source(name, report, suite if cases and report.suite.version == version else None)
        for name, report in zip(names, reports, strict=True)
    )
