"""What one file of the catalogue says about a controller; the published JSON Schema is generated from these models."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from conformance.case.model import Frozen, Manifest
from conformance.controllers.sources import GoSource, PathSource, PythonSource, WheelSource

NAME = r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"
"""An entry's name: it names folders of reports, and Kubernetes objects are named after it."""

Url = Annotated[str, Field(pattern=r"^https://[!-~]+$")]
Text = Annotated[str, Field(min_length=1)]
# The pattern is checked with the other flaws: there it can be explained.
Name = Annotated[str, Field(json_schema_extra={"pattern": NAME})]

_SOURCE_KEYS = ("wheel", "python", "path", "go")


def _kind_of_source(given: Any) -> str | None:
    # The tags differ from the keys, because a problem's place is found by what in its location is a key of the file.
    if isinstance(given, Mapping):
        return next((f"from-{key}" for key in _SOURCE_KEYS if key in given), None)
    return f"from-{given.kind}" if isinstance(given, (WheelSource, PythonSource, PathSource, GoSource)) else None


ProgramSource = Annotated[
    Annotated[WheelSource, Tag("from-wheel")]
    | Annotated[PythonSource, Tag("from-python")]
    | Annotated[PathSource, Tag("from-path")]
    | Annotated[GoSource, Tag("from-go")],
    Discriminator(
        _kind_of_source,
        custom_error_type="program_source",
        custom_error_message="it is not said where the program comes from; give one of wheel, python, path, go",
    ),
]


def _kebab(name: str) -> str:
    return name.replace("_", "-")


class _Keyed(Frozen):
    """Keys are written with dashes."""

    model_config = ConfigDict(alias_generator=_kebab)


class ClassNames(_Keyed):
    """The IngressClass of the first instance."""

    name: Name
    controller: Text = Field(description="spec.controller of the class.")
    own_controller: bool = Field(
        False,
        strict=True,
        description="True where the controller picks its classes by spec.controller: further instances need another.",
    )


class Claim(_Keyed):
    """Something the project itself says its controller does not support."""

    statement: Text = Field(description="Id of a statement, such as P18.")
    unsupported: Literal[True]
    why: Text
    link: Url = Field(description="Where the project says so.")


class PolicyRule(Frozen):
    """A rule of a ClusterRole, as Kubernetes writes it."""

    model_config = ConfigDict(alias_generator=None)

    apiGroups: tuple[str, ...] | None = None  # noqa: N815 (the names are Kubernetes')
    resources: tuple[str, ...] | None = None
    resourceNames: tuple[str, ...] | None = None  # noqa: N815
    nonResourceURLs: tuple[str, ...] | None = None  # noqa: N815
    verbs: tuple[str, ...] = Field(min_length=1)


class Process(_Keyed):
    """How the controller runs as a process on this machine."""

    programs: dict[str, ProgramSource] = Field(min_length=1, description="Its programs, by the name of a placeholder.")
    rbac: tuple[PolicyRule, ...] = Field((), description="The rights that the project documents, and no more.")
    objects: tuple[Manifest, ...] = Field((), description="Objects that must exist before it starts, such as CRDs.")
    env: dict[str, str] = Field(default_factory=dict, description="Added to a small, clean environment.")
    files: dict[str, str] = Field(default_factory=dict, description="Files of the instance's {folder}, by name.")
    command: tuple[str, ...] = Field(min_length=1, description="The command line, word by word, with {placeholders}.")


class NewEntry(_Keyed):
    """A controller that is described in full."""

    name: Name
    project: Text = Field(description="Who makes it.")
    title: Text = Field(description="How reports name it.")
    url: Url
    licence: Text = Field(description="SPDX identifier.")
    version: Text
    description: Text = Field(description="One sentence: which of the product's ways to run this is.")
    ingress_class: ClassNames = Field(alias="class")
    claims: tuple[Claim, ...] = ()
    exclusive: Literal["instance", "serial"] = Field(
        "instance",
        description="instance: cases that disturb others may have an instance of their own; serial: one at a time.",
    )
    process: Process


class VariantProcess(_Keyed):
    """What a variant runs differently."""

    programs: dict[str, ProgramSource] | None = None
    rbac: tuple[PolicyRule, ...] | None = None
    objects: tuple[Manifest, ...] | None = None
    env: dict[str, str] | None = Field(None, description="Added to the environment of the other entry.")
    files: dict[str, str] | None = Field(None, description="Added to the files of the other entry.")
    command: tuple[str, ...] | None = Field(None, min_length=1)
    add_arguments: tuple[str, ...] = Field((), description="Appended to the command line.")


class Variant(_Keyed):
    """Another entry with something changed; what is not given is taken from there."""

    variant_of: str = Field(description="Name of the other entry, or the path of its file as seen from this one.")
    name: Name
    project: Text | None = None
    title: Text | None = None
    url: Url | None = None
    licence: Text | None = None
    version: Text | None = None
    description: Text
    ingress_class: ClassNames | None = Field(None, alias="class")
    claims: tuple[Claim, ...] | None = None
    exclusive: Literal["instance", "serial"] | None = None
    process: VariantProcess | None = None


class Entry(NewEntry):
    """A controller of the catalogue, complete; a variant has what it took from the other entry."""

    variant_of: str | None = None

    @property
    def unsupported(self) -> Mapping[str, str]:
        """Statement ids that the project declares unsupported, each with the reason and the link."""
        return {claim.statement: f"{claim.why} ({claim.link})" for claim in self.claims}

    def names(self, number: int) -> tuple[str, str]:
        """Return class name and controller name of the ``number``-th instance on one cluster, counted from 1."""
        name, controller = self.ingress_class.name, self.ingress_class.controller
        if number == 1:
            return name, controller
        return f"{name}-{number}", f"{controller}-{number}" if self.ingress_class.own_controller else controller
