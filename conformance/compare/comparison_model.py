"""What ``compare`` finds; its JSON Schema is published."""

from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict, Field

from conformance.case.model import Level
from conformance.compare.runs import RunIdentity
from conformance.judge.words import Verdict
from conformance.report.model import Counts, Recorded


class Sort(StrEnum):
    """Why a case is shown: at which level somebody does not pass, or, where all pass, what differs."""

    AGAINST_THE_SPECIFICATION = "against the specification"
    EXTENDED = "extended"
    DECLARED_UNSUPPORTED = "declared unsupported"
    API = "api"
    UNLIKE_INGRESS_NGINX = "unlike ingress-nginx"
    LEFT_OPEN = "left open"
    ALSO_RIGHT = "also right"


class Answers(Recorded):
    """Who gave the same answer."""

    outcome: str
    reason: str = Field(
        default="", description="Why the answer is wrong, where the outcome alone does not show that it is."
    )
    detail: str = Field(default="", description="The same in a sentence, which may be cut.")
    runs: tuple[str, ...] = Field(description="Names of runs.")


class ProbeAnswers(Recorded):
    """A request, and who answered what; the same answers stand together."""

    id: str = Field(description="The request; which copy of it stands apart.")
    step: int
    expected: str
    copies: tuple[int, ...] = Field(
        default=(), description="Which of its copies were answered so; empty where the request has none."
    )
    of_copies: int = Field(default=1, description="How many copies of it were sent.")
    answers: tuple[Answers, ...]


class VerdictGroup(Recorded):
    """Who got the same verdict."""

    verdict: Verdict
    reason: str
    runs: tuple[str, ...]


class CaseDifference(Recorded):
    """A case in which not all is alike, or not all is right."""

    id: str
    level: Level
    title: str
    spec_url: str
    sort: Sort
    alike: bool = Field(description="True where all answered alike: all wrong in the same way.")
    verdicts: tuple[VerdictGroup, ...]
    probes: tuple[ProbeAnswers, ...] = Field(description="Requests that were answered differently, or wrongly.")


class StatementDifferences(Recorded):
    """The cases of one statement."""

    id: str
    says: str = Field(description="The statement in the suite's words; empty where the suite at hand does not know it.")
    cases: tuple[CaseDifference, ...]


class RunOverview(Recorded):
    """How a run stands."""

    name: str
    summary: dict[Level, Counts] = Field(description="Of the cases that are compared.")
    not_judged: int = Field(ge=0, description="Cases of the run that were skipped, or could not be judged.")


class RunFinding(Recorded):
    """A finding of a run, whether its case is compared or not."""

    run: str
    case: str = Field(description="Empty where it is of the whole run.")
    kind: Literal["interference", "poison"]
    detail: str = Field(description="It may be cut.")


class Comparison(Recorded):
    """What each controller does differently, by statement.

    ``against the specification``: at level core, somebody fails. ``extended``, ``api`` and ``unlike ingress-nginx``:
    the same at the levels extended, api and parity. ``declared unsupported``: who does not pass has declared so.
    ``left open``: the specification leaves the answer open, and the answers differ. ``also right``: all pass, but with
    different answers.
    """

    model_config = ConfigDict(title="A comparison of controllers")

    schema_version: Literal["1"] = "1"
    runs: tuple[RunIdentity, ...]
    overviews: tuple[RunOverview, ...]
    notes: tuple[str, ...] = Field(description="Why something might not be comparable.")
    compared: int = Field(ge=0, description="Cases that every report has, and that could be judged everywhere.")
    alike: int = Field(ge=0, description="Those of them in which all pass, with the same answers.")
    statements: tuple[StatementDifferences, ...]
    findings: tuple[RunFinding, ...]
    not_compared: tuple[str, ...] = Field(description="Cases that some report lacks, or could not judge.")

    def of(self, sort: Sort) -> list[tuple[StatementDifferences, tuple[CaseDifference, ...]]]:
        """Return the statements that have cases of one sort, with these cases."""
        found = [(s, tuple(case for case in s.cases if case.sort is sort)) for s in self.statements]
        return [(statement, cases) for statement, cases in found if cases]
