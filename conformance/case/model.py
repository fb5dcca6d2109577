"""What a case is, once it has been loaded: frozen values, no behaviour that touches the world."""

from typing import Literal

from pydantic import Field

from conformance.case.probe import (
    ACCEPTED,
    ADDRESS,
    HAS_ADDRESS,
    NO_ADDRESS,
    NO_CLASS,
    NO_MATCH,
    NOBODY,
    OUR_CLASS,
    OUR_CONTROLLER,
    RECORD,
    REFUSED,
    SHARED_BACKENDS,
    SPECIFICATION,
    TALLY,
    TLS_REFUSED,
    Certificate,
    Expectation,
    Frozen,
    Level,
    Like,
    Manifest,
    Probe,
    Protocol,
    Received,
    Wanted,
    values_fit,
)
from conformance.case.steps import Action, Backend, Latency, Named, Step, Submission, Traffic

__all__ = [
    "ACCEPTED",
    "ADDRESS",
    "HAS_ADDRESS",
    "NOBODY",
    "NO_ADDRESS",
    "NO_CLASS",
    "NO_MATCH",
    "OUR_CLASS",
    "OUR_CONTROLLER",
    "RECORD",
    "REFUSED",
    "SHARED_BACKENDS",
    "SPECIFICATION",
    "TALLY",
    "TLS_REFUSED",
    "Action",
    "Backend",
    "Case",
    "Certificate",
    "Expectation",
    "Frozen",
    "Latency",
    "Level",
    "Like",
    "Manifest",
    "Marker",
    "Named",
    "Placement",
    "Probe",
    "Protocol",
    "Received",
    "Step",
    "Submission",
    "Traffic",
    "Wanted",
    "values_fit",
]

Placement = Literal["packed", "own", "alone", "odd"]
"""Where a case may run: in an Ingress shared with others; apart from plainer cases, which it might trouble; alone on
a controller; or alone and last, because its odd but valid objects might spoil a controller."""


Marker = Literal["own", "beside", "none"]
"""Where the proof stands that the controller has loaded the objects: in each Ingress of the case, in an Ingress beside
them (where theirs must not be served, or goes away), or nowhere (no room for a rule: the positive probes prove it)."""


class Case(Frozen):
    """One statement of the specification made testable."""

    id: str
    statements: tuple[str, ...]
    level: Level
    title: str
    spec_url: str
    objects: tuple[Manifest, ...]
    probes: tuple[Probe, ...]
    placement: Placement
    marker: Marker = "own"
    backends: tuple[Backend, ...] = ()
    absent: tuple[str, ...] = Field(
        default=(), description="Services, or ports (SERVICE:PORT), that Ingresses name though nothing defines them."
    )
    steps: tuple[Step, ...] = ()
    submissions: tuple[Submission, ...] = Field(default=(), description="Level api: what the API server must say.")
    uses: tuple[str, ...] = Field(
        default=(), description="What the whole cluster has one of, such as the default class: used by one at a time."
    )
    copies: int = Field(
        default=1,
        description="How often the rules stand side by side, each time under other hosts: a choice that a controller "
        "makes by chance then shows in one run.",
    )
    keeps: tuple[str, ...] = Field(
        default=(), description="Level parity: annotations that are not under test, so that the twin has them too."
    )
    twin_of: str = Field(
        default="", exclude=True, description="The id of the case that this one is without its annotations."
    )
    where: str = Field(
        default="", exclude=True, description="FILE:LINE of the case, for messages; no part of its digest."
    )

    @property
    def section(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]

    @property
    def name(self) -> str:
        """The part of the id after the slash."""
        return self.id.partition("/")[2]

    @property
    def claimed_as(self) -> tuple[str, ...]:
        """What a controller's claim may name to be about this case: each of its statements, and its id."""
        return (*self.statements, self.id)

    @property
    def every_probe(self) -> tuple[Probe, ...]:
        """The probes before any step, and those of all steps."""
        return (*self.probes, *(probe for step in self.steps for probe in step.probes))
