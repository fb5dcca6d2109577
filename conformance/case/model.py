"""What a case is, once it has been loaded: frozen values, no behaviour that touches the world."""

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

NO_MATCH = "no match"
RECORD = "record"
ADDRESS = "@address"
"""A probe's host that stands for the controller's own address: the Host header is the IP."""

SHARED_BACKENDS = ("a", "b", "c", "d", "e")
"""Every namespace of a run has these Services; each is served by an echo backend of the same name.

Each Service has port 80 (name ``http``, container port 8080) and port 8081 (name ``alt``, container port 9090).
"""

Manifest = dict[str, Any]


class Frozen(BaseModel):
    """A value: it cannot be changed, and it refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Level(StrEnum):
    """How binding the statement behind a case is; the levels are told apart in every report."""

    CORE = "core"
    EXTENDED = "extended"
    OBSERVED = "observed"
    API = "api"


class Received(Frozen):
    """What the backend must have received; ``None`` means not looked at."""

    method: str | None = None
    target: str | None = Field(default=None, description="The raw request target, path and query.")
    host: str | None = Field(default=None, description="The Host header, written as in the case.")
    body: str | None = Field(default=None, description="The whole body.")
    port: int | None = Field(
        default=None, description="The container port that was reached: 8080 (http) or 9090 (alt)."
    )
    headers: dict[str, str] = Field(default_factory=dict, description="Headers that must have arrived with this value.")


class Expectation(Frozen):
    """What one probe must see.

    ``outcome`` is the name of a backend, ``no match`` (no backend of the case answers) or ``record``
    (nothing is judged, the outcome is only written down).
    """

    outcome: str
    received: Received | None = None


class Probe(Frozen):
    """One request and what is expected of the answer. Hosts are written as in the case file."""

    id: str
    method: str = "GET"
    scheme: Literal["http", "https"] = "http"
    host: str
    target: str = "/"
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    expect: Expectation
    witness: bool = Field(default=False, description="Added by a table: it proves that the row's own rule is there.")
    named: bool = Field(default=True, description="False where no rule of the case names the host, on purpose.")


Placement = Literal["packed", "own", "alone", "odd"]
"""Where a case may run: in an Ingress shared with others; apart from plainer cases, which it might trouble; alone on
a controller; or alone and last, because its odd but valid objects might spoil a controller."""


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
    marker: bool = Field(default=True, description="False where the object under test has no room for a marker rule.")
    copies: int = Field(
        default=1,
        description="How often the rules stand side by side, each time under other hosts: a choice that a controller "
        "makes by chance then shows in one run.",
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
