"""What a probe is, and what it expects: frozen values."""

import re
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

NO_MATCH = "no match"
RECORD = "record"
ACCEPTED = "accepted"
REFUSED = "refused"
NO_ADDRESS = "no address"
HAS_ADDRESS = "address"
TLS_REFUSED = "tls refused"
"""No TLS session came about: an alert, or a connection that was closed instead of a handshake."""
TALLY = "tally"
"""Several requests whose answers are counted: see :attr:`Expectation.tally`."""
NOBODY = "nobody"
"""A backend that does not exist; no case may expect it. See conformance.case.inversion."""
ADDRESS = "@address"
"""A probe's host that stands for the controller's own address: the Host header is the IP."""
OUR_CLASS, OUR_CONTROLLER, NO_CLASS = "@class", "@controller", "@none"
"""What an object may name that only the run knows: the class under test, the controller's name, and no class at all."""

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
    PARITY = "parity"


SPECIFICATION = tuple(level for level in Level if level is not Level.PARITY)
"""The levels of the specification; parity compares with one controller."""


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return text


class Like(Frozen):
    """A value that is not known beforehand, such as a random one."""

    like: Annotated[str, AfterValidator(_expression)] = Field(
        description="A regular expression that must match the whole value."
    )


Wanted = str | Like | tuple[str, ...] | None
"""What is wanted of a header: this value, one like it, these values in their order, or none at all (``null``)."""


def values_fit(wanted: Wanted, values: list[str]) -> bool:
    """Tell whether the values of a header, in their order, are those that are wanted."""
    if wanted is None:
        return not values
    if isinstance(wanted, Like):
        return len(values) == 1 and re.fullmatch(wanted.like, values[0]) is not None
    return values == ([wanted] if isinstance(wanted, str) else list(wanted))


class Received(Frozen):
    """What the backend must have received; ``None`` means not looked at."""

    method: str | None = None
    target: str | None = Field(default=None, description="The raw request target, path and query.")
    host: str | None = Field(default=None, description="The Host header, written as in the case.")
    body: str | None = Field(default=None, description="The whole body.")
    port: int | None = Field(
        default=None, description="The container port that was reached: 8080 (http) or 9090 (alt)."
    )
    headers: dict[str, Wanted] = Field(
        default_factory=dict, description="Headers and what must have arrived of them; hosts as the case writes them."
    )


class Certificate(Frozen):
    """Which certificate must be presented: that of a Secret of the case, whole chain included, or none of the run's."""

    secret: str | None = Field(default=None, description="Name of a Secret of the case (other/NAME: second namespace).")
    foreign: bool = Field(
        default=False, description="No certificate of any Secret of this run may be presented; an alert is fine too."
    )


_NO_BACKEND = frozenset({NO_MATCH, RECORD, TLS_REFUSED, NO_ADDRESS, HAS_ADDRESS, TALLY})


class Expectation(Frozen):
    """What one probe must see.

    ``outcome`` is the name of a backend, ``no match`` (no backend of the case answers), ``tls refused``,
    ``address`` or ``no address`` (of a status probe), or ``record`` (nothing is judged, the outcome is written down).
    At level parity it may also be an exact answer, ``status:403`` or ``redirect:308:URL``, or ``tally``.
    """

    outcome: str
    by: str = Field(
        default="", description="The backend whose answer an exact one is; the controller's own where it is empty."
    )
    headers: dict[str, Wanted] = Field(default_factory=dict, description="Headers of the answer.")
    tally: dict[str, tuple[int, int]] = Field(
        default_factory=dict, description="Of several requests, how many must show an outcome: the least and the most."
    )
    received: Received | None = None
    arrived: dict[str, int] = Field(
        default_factory=dict,
        description="How many requests each of these backends must have received for the one sent.",
    )
    certificate: Certificate | None = None
    pods: int | None = Field(default=None, description="How many pods answer: all that are ready, and no other.")
    alpn: str | None = Field(default=None, description="The application protocol that TLS must have agreed on.")
    continued: bool = Field(default=False, description="An interim 100 must have come.")

    @property
    def exact(self) -> bool:
        """Whether the answer is fixed to its status: that of the controller itself, or of one backend."""
        return self.outcome.startswith(("status:", "redirect:"))

    @property
    def server(self) -> str:
        """The backend that must answer; empty if none must."""
        if self.exact:
            return self.by
        return "" if self.outcome in _NO_BACKEND else self.outcome

    @property
    def demanding(self) -> bool:
        """Whether anything is judged at all."""
        return self.outcome != RECORD or self.certificate is not None


Protocol = Literal["http/1.1", "h2", "websocket", "grpc"]
TlsVersion = Literal["1.0", "1.1", "1.2", "1.3"]


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
    sni: str | None = Field(default=None, description="Name in the TLS handshake; the host if absent, none if empty.")
    tls: TlsVersion | None = Field(default=None, description="The only version of TLS that is offered, such as 1.2.")
    alpn: tuple[str, ...] = Field(default=(), description="Application protocols that are offered.")
    protocol: Protocol = "http/1.1"
    chunked: bool = Field(default=False, description="The body is sent in chunks.")
    trailers: tuple[tuple[str, str], ...] = Field(default=(), description="Sent after a chunked body.")
    times: int = Field(default=1, description="Requests of one observation; all must be answered alike.")
    on_one_connection: int = Field(default=1, description="Requests on one kept connection; all must be answered.")
    status_of: str | None = Field(default=None, description="Not a request: a look at this Ingress's status.")
    filler: int = Field(default=0, description="Bytes of a body of no meaning, in place of body.")
    long_headers: dict[str, int] = Field(default_factory=dict, description="Headers with a value of so many bytes.")
    long_target: int = Field(default=0, description="The target is made up to so many bytes.")
    client: Literal["", "known", "stranger"] = Field(
        default="", description="A client certificate: of the run's own authority (CN=known), or of another one."
    )
    source: str = Field(default="", description="The loopback address it is sent from, in place of the usual one.")
    keeps_cookies: bool = Field(default=False, description="What an answer sets is sent with the next request.")
    together: bool = Field(default=False, description="The requests of one observation are sent at the same time.")
    rest: float = Field(default=0.0, description="Seconds of silence before each observation: limits recover.")
    raw: str = Field(default="", description="Bytes sent in place of a request, as they are; the host is made unique.")
    recorded: str = Field(default="", description="The recording of ingress-nginx that it rests on: ITEM/NUMBER.")
