"""What a case file may say; the published JSON Schema is generated from these models."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from conformance.case.manifests import KubernetesObject
from conformance.case.model import (
    Backend,
    Certificate,
    Frozen,
    Latency,
    Level,
    Marker,
    Named,
    Placement,
    Protocol,
    Received,
    Wanted,
)

LABEL = r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"
"""A section's or case's name: a DNS label of at most 40 characters, because host names are made from it."""

Column = Literal[
    "name",
    "statement",
    "level",
    "hosts",
    "paths",
    "requests",
    "request-hosts",
    "expect",
    "title",
    "spec",
    "placement",
]
PathType = Literal["Exact", "Prefix", "ImplementationSpecific"]
PATH_TYPES: tuple[str, ...] = get_args(PathType)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _expectation(value: Any) -> Any:
    return {"backend": value} if isinstance(value, str) else value


Texts = Annotated[
    tuple[str, ...],
    Field(min_length=1),
    BeforeValidator(_listed, json_schema_input_type=str | Annotated[tuple[str, ...], Field(min_length=1)]),
]
Label = Annotated[str, Field(pattern=LABEL)]
Sentence = Annotated[str, Field(min_length=3, max_length=300)]
SpecUrl = Annotated[str, Field(pattern=r"^https://[!-~]+$", description="The part of the specification behind it.")]
Target = Annotated[str, Field(min_length=1, max_length=8000)]
HeaderValues = Annotated[
    tuple[str, ...], BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...]), Field(min_length=1)
]


class FileExpectation(Frozen):
    """What a probe must see: a backend, and what that backend must have received."""

    backend: str | None = Field(
        default=None,
        min_length=1,
        description="A backend (other/a in the second namespace), no match, tls refused or record.",
    )
    status: int | None = Field(
        default=None,
        ge=100,
        le=599,
        strict=True,
        description="Level parity: the status of the answer: the controller's own, or with backend that backend's.",
    )
    redirect: str | None = Field(
        default=None, min_length=1, description="Level parity: Location, as hosts are written."
    )
    headers: dict[str, Wanted] = Field(
        default_factory=dict, description="Of the answer: a value, a list, {like: REGEX}, or null for none."
    )
    counts: dict[str, tuple[int, int]] = Field(
        default_factory=dict,
        description="Of several requests, how many show an outcome (a backend, or status:503): the least and the most.",
    )
    shares: dict[str, float] = Field(
        default_factory=dict,
        description="Of several requests, the percentage that chance should give each backend; judged at four sigma.",
    )
    received: Received | None = None
    arrived: dict[str, Annotated[int, Field(ge=0, le=100, strict=True)]] = Field(
        default_factory=dict,
        description="How many requests each shared backend must have received for the one sent: copies, second tries.",
    )
    certificate: Certificate | None = None
    pods: int | None = Field(default=None, ge=1, strict=True, description="How many pods must have answered.")
    alpn: str | None = None
    continued: bool = Field(default=False, strict=True, description="An interim 100 must have come.")

    @model_validator(mode="after")
    def _says(self) -> "FileExpectation":
        ways = [self.backend is not None or self.status is not None, bool(self.counts), bool(self.shares)]
        if sum(ways) != 1:
            raise ValueError("an expectation has a backend or a status, or else counts, or shares")
        if self.redirect is not None and self.status is None:
            raise ValueError("a redirect needs its status")
        return self


Expected = Annotated[FileExpectation, BeforeValidator(_expectation, json_schema_input_type=str | FileExpectation)]
Targets = Annotated[
    tuple[Target, ...],
    Field(min_length=1, description="Request target, exactly as it is to be sent; a list is several probes."),
    BeforeValidator(_listed, json_schema_input_type=Target | Annotated[tuple[Target, ...], Field(min_length=1)]),
]


class FileProbe(Frozen):
    """One request, or several that expect the same; or a look at an Ingress's status."""

    id: str | None = Field(default=None, min_length=1, description="Derived from method, host and target when absent.")
    request: Targets | None = None
    status: str | None = Field(
        default=None,
        description="In place of a request: the Ingress at whose status to look; expects address or no address.",
    )
    method: str = Field(default="GET", pattern=r"^[A-Z]{1,20}$")
    scheme: Literal["http", "https"] = "http"
    host: str | None = Field(
        None,
        min_length=1,
        description='Host header; "@address" is the controller\'s own address. A bar is where the unique ending comes, '
        'if not at the end: "foo.com|.org" begins with all of "foo.com".',
    )
    named: bool = Field(default=True, strict=True, description="False says that no rule names the host, on purpose.")
    headers: dict[str, HeaderValues] = Field(default_factory=dict)
    body: str | None = None
    sni: str | None = Field(default=None, description="Name in the TLS handshake; the host if absent, none if empty.")
    tls: Literal["1.0", "1.1", "1.2", "1.3"] | None = Field(default=None, description="The only version offered.")
    alpn: tuple[str, ...] = ()
    protocol: Protocol = "http/1.1"
    chunked: bool = Field(default=False, strict=True)
    trailers: dict[str, str] = Field(default_factory=dict)
    times: int = Field(default=1, ge=1, le=400, strict=True, description="Requests of one observation.")
    filler: int = Field(default=0, ge=0, le=16 << 20, strict=True, description="Bytes of a body, in place of body.")
    long_headers: dict[str, Annotated[int, Field(ge=1, le=65536)]] = Field(
        default_factory=dict, description="Headers with a value of so many bytes."
    )
    long_target: int = Field(
        default=0, ge=0, le=65536, strict=True, description="The target is made up to this length."
    )
    client: Literal["known", "stranger"] | None = Field(
        default=None, description="A client certificate: of the run's own authority (CN=known), or of another one."
    )
    source: str | None = Field(
        default=None,
        pattern=r"^127(\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}$",
        description="The loopback address it is sent from, in place of the usual one: on the embedded cluster only.",
    )
    keeps_cookies: bool = Field(
        default=False, strict=True, description="Cookies of an answer go with the next request."
    )
    together: bool = Field(default=False, strict=True, description="All requests of one observation at the same time.")
    rest: float = Field(default=0, ge=0, le=10, description="Seconds of silence before each observation.")
    raw: str | None = Field(
        default=None,
        min_length=1,
        max_length=8000,
        description="Sent in place of the request, as it is; host is made unique wherever it stands in it.",
    )
    recorded: str | None = Field(
        default=None, pattern=r"^[a-z0-9-]+/[0-9]+$", description="The recording that the expectation is taken from."
    )
    on_one_connection: int = Field(default=1, ge=1, le=50, strict=True)
    expect: Expected = Field(
        description="A backend, `no match`, `record`, or a backend with what it must have received."
    )

    @model_validator(mode="after")
    def _asks(self) -> "FileProbe":
        if (self.request is None) == (self.status is None):
            raise ValueError("a probe has either request or status")
        return self


class FileAction(Frozen):
    """One change; exactly one of its parts is written."""

    apply: KubernetesObject | None = None
    delete: Named | None = None
    scale: Backend | None = None
    unready: str | None = None
    ready: str | None = None
    replace: str | None = None
    restart: Literal["controller"] | None = None
    unrelated_updates: int | None = Field(default=None, ge=1, le=1000, strict=True)

    @model_validator(mode="after")
    def _one(self) -> "FileAction":
        if len(self.model_fields_set) != 1:
            raise ValueError(
                "an action is one of apply, delete, scale, unready, ready, replace, restart and unrelated_updates"
            )
        return self


class FileTraffic(Frozen):
    """Requests sent without a pause during a step."""

    request: Target = "/"
    host: str | None = None
    scheme: Literal["http", "https"] = "http"
    expect: Expected
    judged: bool = Field(default=True, strict=True, description="False: failed requests are counted, not judged.")


class FileStep(Frozen):
    """Changes, then a wait for the controller to load them, then probes."""

    title: Sentence
    after: float = Field(default=0, ge=0, le=10, description="Seconds that pass first: what is made is younger.")
    do: tuple[FileAction, ...] = ()
    traffic: FileTraffic | None = None
    latency: Latency | None = None
    probes: tuple[FileProbe, ...] = ()


class Stored(Frozen):
    """The object is accepted, and stored with these values (path to value)."""

    stored: dict[str, str] = Field(min_length=1)


class Refused(Frozen):
    """The object is refused with this status, and the message names this field."""

    refused: str = Field(min_length=1)
    status: Literal[400, 403, 409, 422] = Field(default=422, description="What an object gets that is not valid.")


class Shown(Frozen):
    """Whatever happens is recorded, with the value of this path."""

    record: str = Field(min_length=1)


class FileSubmission(Frozen):
    """An object offered to the API server, as a dry run."""

    id: str = Field(min_length=1)
    create: KubernetesObject | None = None
    update: KubernetesObject | None = None
    each: tuple[str, ...] = Field(default=(), description='Texts put in the place of "$each", a submission each.')
    expect: Literal["accepted", "refused", "record"] | Stored | Refused | Shown

    @model_validator(mode="after")
    def _one(self) -> "FileSubmission":
        if (self.create is None) == (self.update is None):
            raise ValueError("a submission has either create or update")
        return self


Copies = Annotated[
    int,
    Field(
        ge=1,
        le=16,
        strict=True,
        description="How often the rules stand side by side under hosts of their own, to show a choice made by chance.",
    ),
]


class FileCase(Frozen):
    """One statement made testable: real Kubernetes objects and the probes to send."""

    name: Label = Field(description="The second half of the case's id.")
    statements: Texts = Field(description="Ids of the statements it tests, such as P18.")
    level: Level
    title: Sentence = Field(description="One sentence in our own words.")
    spec: SpecUrl | None = None
    placement: Placement | None = Field(
        default=None, description="Derived from the objects when absent; may only be stricter."
    )
    copies: Copies = 1
    marker: Marker | None = Field(
        default=None,
        description="Where the proof stands that the objects are loaded: own (a rule in each Ingress, the default), "
        "beside (in an Ingress beside them, where theirs must not be served or goes away, or where annotations, which "
        "would govern a marker too, are under test: the default there), none (no room for a rule).",
    )
    backends: tuple[Backend, ...] = Field(default=(), description="Echo backends of the case's own.")
    absent: tuple[str, ...] = Field(
        default=(),
        description="What an Ingress names though nothing defines it, on purpose: a Service, or SERVICE:PORT.",
    )
    uses: tuple[Literal["default-class"], ...] = ()
    keeps: tuple[str, ...] = Field(
        default=(), description="Level parity: annotations (without prefix) that are not under test: the twin has them."
    )
    objects: tuple[KubernetesObject, ...] = ()
    probes: tuple[FileProbe, ...] = ()
    steps: tuple[FileStep, ...] = ()
    submissions: tuple[FileSubmission, ...] = ()


Cell = Annotated[tuple[str, ...] | None, BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...] | None)]


class FileTable(Frozen):
    """A table of the specification, a case a row."""

    title: Sentence
    spec: SpecUrl | None = None
    level: Level | None = None
    copies: Copies = 1
    columns: tuple[Column, ...] = Field(min_length=1, description="What the cells of a row mean, in their order.")
    rows: tuple[tuple[Cell, ...], ...] = Field(min_length=1, description="A cell that is null takes the default.")


class CaseFile(Frozen):
    """The cases of one section of the specification."""

    section: Label = Field(description="The first half of every id in this file.")
    title: Sentence
    spec: SpecUrl = Field(description="The default for the file's cases.")
    tables: tuple[FileTable, ...] = ()
    cases: tuple[FileCase, ...] = ()
