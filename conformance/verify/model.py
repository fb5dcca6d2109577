"""What ``verify`` finds; its JSON Schema is published."""

from collections.abc import Iterator
from typing import Literal

from pydantic import ConfigDict, Field

from conformance.report.model import Recorded

Check = Literal["schema", "digest", "consistency", "cases", "verdicts", "events"]


class Problem(Recorded):
    """Something in the report that cannot be true."""

    check: Check
    place: str = Field(description="Where: a case, a probe, a key.")
    what: str


class Unchecked(Recorded):
    """Something that could not be checked, and why."""

    check: Check
    what: str


class Verification(Recorded):
    """What came of checking a report: it is sound if there is no problem."""

    model_config = ConfigDict(title="The verification of a conformance report")

    schema_version: Literal["1"] = "1"
    report: str = Field(description="The file.")
    sound: bool
    checked: tuple[str, ...] = Field(description="What was checked, in a few words each.")
    problems: tuple[Problem, ...]
    unchecked: tuple[Unchecked, ...]


Findings = Iterator[Problem | Unchecked]
