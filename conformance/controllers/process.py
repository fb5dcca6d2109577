"""How a controller runs as processes on this machine: the part of an entry that says so."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from conformance.case.model import Frozen, Manifest
from conformance.controllers.sources import ProgramSource

Text = Annotated[str, Field(min_length=1)]
Words = Annotated[tuple[str, ...], Field(min_length=1)]
"""A command line, word by word."""


class OrFile:
    """Marks a part of an entry that may lie in a YAML file of its own; see :mod:`conformance.controllers.parts`."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        path = {"type": "string", "minLength": 1, "description": "Path of the YAML file that holds it."}
        return {"anyOf": [handler(core), path]}


def kebab(name: str) -> str:
    """Return a field's name as it is written in a file."""
    return name.replace("_", "-")


class Keyed(Frozen):
    """Keys are written with dashes."""

    model_config = ConfigDict(alias_generator=kebab)


class PolicyRule(Frozen):
    """A rule of a ClusterRole, as Kubernetes writes it."""

    model_config = ConfigDict(alias_generator=None)

    apiGroups: tuple[str, ...] | None = None  # noqa: N815 (the names are Kubernetes')
    resources: tuple[str, ...] | None = None
    resourceNames: tuple[str, ...] | None = None  # noqa: N815
    nonResourceURLs: tuple[str, ...] | None = None  # noqa: N815
    verbs: tuple[str, ...] = Field(min_length=1)


Rules = Annotated[tuple[PolicyRule, ...], OrFile()]
Objects = Annotated[tuple[Manifest, ...], OrFile()]
Environment = Annotated[dict[str, str], OrFile()]


class TokenFile(Keyed):
    """A further token, of another service account or for another audience; a placeholder of its name stands for it."""

    account: Text = Field(description="Name of a service account in the controller's namespace, made by objects.")
    audience: Text = Field(description="For whom the token is.")


class Private(Keyed):
    """What only this controller sees of the machine, as if it ran in a container."""

    processes: bool = Field(
        False, strict=True, description="True: a PID namespace of its own, for one that looks at all processes."
    )
    folders: dict[str, str] = Field(
        default_factory=dict,
        description="Folders of its own, by absolute path: empty, or a copy of the folder that the value names.",
    )


class Process(Keyed):
    """How the controller runs as a process on this machine, or as several."""

    verified: bool = Field(True, strict=True, description="false: nobody has run it in this way yet.")
    programs: dict[str, ProgramSource] = Field(min_length=1, description="Its programs, by the name of a placeholder.")
    namespace: str = Field("", description="Namespace of its own objects, where it must have a certain name.")
    rbac: Rules = Field((), description="The rights that the project documents, and no more.")
    objects: Objects = Field(
        (), description="Objects that must exist before it starts, for each instance, with {placeholders}."
    )
    object_files: tuple[Text, ...] = Field((), description="Files of objects for all instances, such as {crds}.")
    tokens: dict[str, TokenFile] = Field(default_factory=dict, description="Further tokens, by their placeholder.")
    in_cluster: bool = Field(
        False, strict=True, description="True: it finds token, CA and API server as a pod does, and has no option."
    )
    private: Private | None = None
    env: Environment = Field(default_factory=dict, description="Added to a small, clean environment.")
    files: dict[str, str] = Field(
        default_factory=dict, description="Files of the instance's {folder}, or of its private folders, by name."
    )
    templates: dict[str, Text] = Field(
        default_factory=dict,
        description="The same for long files: their paths as seen from the entry's file.",
    )
    empty_folders: tuple[Text, ...] = Field(
        (), description="Folders that it wants to find, in the instance's {folder} or in its private folders."
    )
    before: tuple[Words, ...] = Field((), description="Commands that must end well before each start, in their order.")
    command: Words = Field(description="The command line, word by word, with {placeholders}.")
    beside: dict[str, Words] = Field(default_factory=dict, description="Command lines that run beside it, by name.")


class VariantProcess(Keyed):
    """What a variant runs differently."""

    verified: bool | None = Field(None, strict=True)
    programs: dict[str, ProgramSource] | None = None
    namespace: str | None = None
    rbac: Rules | None = None
    objects: Objects | None = None
    object_files: tuple[Text, ...] | None = None
    tokens: dict[str, TokenFile] | None = None
    in_cluster: bool | None = Field(None, strict=True)
    private: Private | None = None
    env: Environment | None = Field(None, description="Added to the environment of the other entry.")
    files: dict[str, str] | None = Field(None, description="Added to the files of the other entry.")
    templates: dict[str, Text] | None = None
    empty_folders: tuple[Text, ...] | None = None
    before: tuple[Words, ...] | None = None
    command: Words | None = None
    beside: dict[str, Words] | None = None
    add_arguments: tuple[str, ...] = Field((), description="Appended to the command line.")
