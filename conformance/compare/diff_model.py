"""What ``diff`` finds; its JSON Schema is published."""

from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict, Field

from conformance.case.model import Level
from conformance.compare.runs import RunIdentity
from conformance.judge.words import Reason, Verdict
from conformance.report.model import Recorded


class Kind(StrEnum):
    """What became of a case, worst first."""

    REGRESSION = "regression"
    UNPROVEN = "unproven"
    CHANGED = "changed"
    IMPROVEMENT = "improvement"
    ADDED = "added"
    REMOVED = "removed"


class Conclusion(StrEnum):
    """What a diff comes to. Only ``no regression`` ends with status 0."""

    REGRESSION = "regression"
    UNPROVEN = "unproven"
    NO_REGRESSION = "no regression"


class Side(Recorded):
    """A case, or a probe, as one of the two reports has it."""

    verdict: Verdict
    reason: Reason | None
    detail: str


class ProbeChange(Recorded):
    """A probe that saw, or expected, something else; ``null`` where a report does not have it."""

    id: str
    step: int
    expected: str
    old: str | None
    new: str | None
    old_judged: Side | None = Field(description="What the old report says of the answer: it may be the same answer.")
    new_judged: Side | None
    curl: str = Field(description="How to send the request again; of the new report where it has the probe.")


class Change(Recorded):
    """A case that is not as it was."""

    id: str
    level: Level
    title: str
    kind: Kind
    why: str
    old: Side | None
    new: Side | None
    probes: tuple[ProbeChange, ...]


class Diff(Recorded):
    """The difference between two reports.

    ``regression``: something was right in the old report and was seen to be wrong in the new one. ``unproven``:
    something was right in the old one and was not seen in the new one, so nobody can say that nothing got worse.
    """

    model_config = ConfigDict(title="The difference between two conformance reports")

    schema_version: Literal["1"] = "1"
    old: RunIdentity
    new: RunIdentity
    conclusion: Conclusion
    why: tuple[str, ...] = Field(description="What the conclusion rests on.")
    notes: tuple[str, ...] = Field(description="What else differs between the two runs, and so may explain changes.")
    unchanged: int = Field(ge=0, description="Cases with the same verdict and the same answers.")
    changes: tuple[Change, ...]

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """Return the changes of one kind."""
        return tuple(change for change in self.changes if change.kind is kind)
