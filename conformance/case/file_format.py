"""What a case file may say; the published JSON Schema is generated from these models."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field

from conformance.case.manifests import KubernetesObject
from conformance.case.model import Frozen, Level, Placement, Received

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

    backend: str = Field(
        min_length=1, description="A backend a-e (other/a in the second namespace), no match or record."
    )
    received: Received | None = None


class FileProbe(Frozen):
    """One request, or several that expect the same."""

    id: str | None = Field(default=None, min_length=1, description="Derived from method, host and target when absent.")
    request: Annotated[
        tuple[Target, ...],
        Field(min_length=1, description="Request target, exactly as it is to be sent; a list is several probes."),
        BeforeValidator(_listed, json_schema_input_type=Target | Annotated[tuple[Target, ...], Field(min_length=1)]),
    ]
    method: str = Field(default="GET", pattern=r"^[A-Z]{1,20}$")
    scheme: Literal["http", "https"] = "http"
    host: str | None = Field(
        None, min_length=1, description='Host header; "@address" is the controller\'s own address.'
    )
    named: bool = Field(default=True, strict=True, description="False says that no rule names the host, on purpose.")
    headers: dict[str, HeaderValues] = Field(default_factory=dict)
    body: str | None = None
    expect: Annotated[FileExpectation, BeforeValidator(_expectation, json_schema_input_type=str | FileExpectation)] = (
        Field(description="A backend a-e, `no match`, `record`, or a backend with what it must have received.")
    )


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
    copies: int = Field(
        default=1,
        ge=1,
        le=16,
        strict=True,
        description="How often the rules stand side by side under hosts of their own, to show a choice made by chance.",
    )
    marker: bool = Field(
        default=True, strict=True, description="False where the Ingress has no room for a marker rule."
    )
    objects: tuple[KubernetesObject, ...] = Field(min_length=1)
    probes: tuple[FileProbe, ...] = ()


Cell = Annotated[tuple[str, ...] | None, BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...] | None)]


class FileTable(Frozen):
    """A table of the specification, a case a row."""

    title: Sentence
    spec: SpecUrl | None = None
    level: Level | None = None
    columns: tuple[Column, ...] = Field(min_length=1, description="What the cells of a row mean, in their order.")
    rows: tuple[tuple[Cell, ...], ...] = Field(min_length=1, description="A cell that is null takes the default.")


class CaseFile(Frozen):
    """The cases of one section of the specification."""

    section: Label = Field(description="The first half of every id in this file.")
    title: Sentence
    spec: SpecUrl = Field(description="The default for the file's cases.")
    tables: tuple[FileTable, ...] = ()
    cases: tuple[FileCase, ...] = ()
