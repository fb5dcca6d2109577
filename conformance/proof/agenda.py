"""What is to be tried: each subject with the ids of its cases and its limits. Handed to the workers as a file."""

from pydantic import Field

from conformance.case.model import Frozen
from conformance.engine.limits import Limits

TROUBLE = "trouble.txt"
"""The file in a trial's folder that says why there is no report."""


class Planned(Frozen):
    """One trial of the agenda."""

    subject: str
    cases: tuple[str, ...]
    limits: Limits
    seconds: float = Field(gt=0)


class Agenda(Frozen):
    """All trials, in the order in which they are begun; ``at_once`` is for each worker."""

    trials: tuple[Planned, ...]
    at_once: int = Field(ge=1)
