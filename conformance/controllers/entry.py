"""What one file of the catalogue says about a controller; the published JSON Schema is generated from these models."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from conformance.case.file_format import Texts
from conformance.controllers.installation import Installation, Url
from conformance.controllers.process import Keyed, Process, Text, VariantProcess

__all__ = ["Claim", "ClassNames", "Entry", "NewEntry", "Note", "Variant"]

NAME = r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"
"""An entry's name: it names folders of reports, and Kubernetes objects are named after it."""

# The pattern is checked with the other flaws: there it can be explained.
Name = Annotated[str, Field(json_schema_extra={"pattern": NAME})]
Instances = Annotated[int, Field(ge=1, le=16, strict=True)]
MOST_IN_PODS = 4
"""Instances at once on kind: each is a pod with a controller in it, beside a whole Kubernetes."""


class ClassNames(Keyed):
    """The IngressClass of the first instance."""

    name: Name
    controller: Text = Field(description="spec.controller of the class.")
    own_controller: bool = Field(
        False,
        strict=True,
        description="True where the controller picks its classes by spec.controller: further instances need another.",
    )


class Claim(Keyed):
    """Something the project itself says its controller does not support."""

    statement: Texts = Field((), description="Id of a statement, such as P18, or a list of them.")
    case: Texts = Field(
        (),
        description="Id of a case, such as hosts/no-host, or a list of them: where other cases of its statement pass.",
    )
    unsupported: Literal[True]
    why: Text
    link: Url = Field(description="Where the project says so.")


class Note(Keyed):
    """Something a reader of the verdicts should know: looked into by hand, with the project's own words."""

    text: Text
    link: Url | None = None


class NewEntry(Keyed):
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
    notes: tuple[Note, ...] = ()
    instances: Instances = Field(
        16,
        description="How many cases that disturb others may have an instance of their own at once; "
        "1: the only instance serves them, one at a time.",
    )
    process: Process | None = Field(None, description="How it runs on the embedded cluster.")
    manifests: Installation | None = Field(None, description="How it is installed in a cluster that runs pods.")


class Variant(Keyed):
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
    notes: tuple[Note, ...] | None = None
    instances: Instances | None = None
    process: VariantProcess | None = None
    manifests: Installation | None = None


class Entry(NewEntry):
    """A controller of the catalogue, complete; a variant has what it took from the other entry."""

    variant_of: str | None = None

    @property
    def unsupported(self) -> Mapping[str, str]:
        """Ids of the statements and cases that the project declares unsupported, each with the reason and the link."""
        return {
            name: f"{claim.why} ({claim.link})" for claim in self.claims for name in (*claim.statement, *claim.case)
        }

    @property
    def instances_in_pods(self) -> int:
        """How many exclusive cases may have an instance of their own at once on kind; 1: the only one serves them."""
        several = self.manifests is not None and self.manifests.template
        return min(self.instances, MOST_IN_PODS) if several else 1

    def names(self, number: int) -> tuple[str, str]:
        """Return class name and controller name of the ``number``-th instance on one cluster, counted from 1."""
        name, controller = self.ingress_class.name, self.ingress_class.controller
        if number == 1:
            return name, controller
        return f"{name}-{number}", f"{controller}-{number}" if self.ingress_class.own_controller else controller
