"""The kill matrix: which case killed which mutant, and what is wrong with that. Its JSON is published."""

from typing import Literal

from pydantic import Field

from conformance.case.model import Level
from conformance.judge.words import Reason
from conformance.report.model import Recorded

Depth = Literal["quick", "statements", "every-case"]
"""How many cases each mutant is tried with."""

Fate = Literal["killed", "survived", "unjudged", "allowed", "untried"]


class Kill(Recorded):
    """A case that failed a mutant. Only a verdict ``fail`` that follows from the recorded attempts is one."""

    case: str
    statements: tuple[str, ...]
    reason: Reason
    detail: str


class MutantRow(Recorded):
    """What became of one mutant."""

    name: str
    sentence: str = Field(description="What is wrong with it.")
    breaks: tuple[str, ...] = Field(description="The statements that it is wrong about.")
    reasons: tuple[Reason, ...] = Field(description="The reasons with which cases may fail it.")
    spoils_others: bool = Field(description="It serves hardly anything, so any case may fail.")
    allowed: str = Field(description="Why the specification does not forbid it; empty if it does.")
    unjudged: str = Field(description="Why the suite says error where it might say fail; empty if it says fail.")
    fate: Fate
    tried: tuple[str, ...] = Field(description="The cases that were judged.")
    passed: int = Field(description="How many judged cases it passed.")
    kills: tuple[Kill, ...]
    differs: tuple[str, ...] = Field(description="Recorded cases that saw something else than with the reference.")
    repeated: bool = Field(description="It was tried again by itself, and this is what the second trial saw.")
    seconds: float
    problems: tuple[str, ...] = Field(description="What the proof does not accept.")


class CaseRow(Recorded):
    """Which mutants a case killed."""

    id: str
    level: Level
    killed: tuple[str, ...]
    why_none: str = Field(description="Why it need not kill any; empty if it must.")


class Spent(Recorded):
    """Seconds of processor time."""

    suite: float = Field(description="The engine, its probes and its records.")
    controllers: float
    cluster: float = Field(description="Control plane, node and backends, as far as they could be asked at the end.")


class KillMatrix(Recorded):
    """The whole proof. It holds if there are no problems and nothing is in the way of one."""

    schema_version: Literal["1"] = "1"
    suite: str = Field(description="The suite's version.")
    cases_digest: str
    depth: Depth
    started: str
    seconds: float
    spent: Spent
    reference: MutantRow = Field(description="The right controller: every case must pass it.")
    mutants: tuple[MutantRow, ...]
    cases: tuple[CaseRow, ...]
    problems: tuple[str, ...] = Field(description="What is wrong with the suite, or with what is expected of it.")
    obstacles: tuple[str, ...] = Field(description="What the harness could not do: nothing is proved where it failed.")

    @property
    def wrong(self) -> tuple[MutantRow, ...]:
        """The mutants that the specification forbids."""
        return tuple(row for row in self.mutants if not row.allowed)

    @property
    def killed(self) -> int:
        """How many of them were killed."""
        return sum(row.fate == "killed" for row in self.wrong)
