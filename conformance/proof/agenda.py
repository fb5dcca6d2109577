"""What is to be tried: each subject with the ids of its cases and its limits. Handed to the workers as a file."""

from pydantic import Field

from conformance.case.model import Case, Frozen
from conformance.engine.limits import Limits

REPORT, TROUBLE = "report.json", "trouble.txt"
"""The files of a trial's folder: what it came to, or why it came to nothing."""


class Planned(Frozen):
    """One trial of the agenda."""

    subject: str = Field(description="A mutant's name, or ``reference``.")
    cases: tuple[str, ...]
    limits: Limits
    seconds: float = Field(gt=0, description="How long it may take: what is not judged by then is not judged.")

    def chosen(self, cases: tuple[Case, ...]) -> tuple[Case, ...]:
        """Return those of the cases that it names, in the order of the case files."""
        wanted = set(self.cases)
        return tuple(case for case in cases if case.id in wanted)


class Agenda(Frozen):
    """All trials, in the order in which they are begun; ``at_once`` is for each worker."""

    trials: tuple[Planned, ...]
    at_once: int = Field(ge=1)
