"""What a migration comes to; its JSON Schema is published."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict, Field

from conformance.compare.runs import RunIdentity
from conformance.report.model import Recorded


class Sort(StrEnum):
    """How something stands after the move, the worst first."""

    UNSAFE = "unsafe"
    NOT_JUDGED = "not judged"
    DIFFERS = "differs"
    IGNORED = "ignored"
    PARTLY = "partly asked"
    UNCHANGED = "unchanged"


WORST_FIRST = tuple(Sort)


Status = Literal["kept", "ignored", "differs", "unsafe", "open before", "no effect before", "not asked", "unknown"]
"""What became of an annotation. ``open before``: its guard lets the suite's request pass on both.

``no effect before``: both answer as if it were not there. ``not asked``: nothing that was asked could show it.
"""


Source = Literal["asked", "recorded", "documented"]


class Said(Recorded):
    """What one controller answered to a request, or is known to answer."""

    outcome: str = Field(description="backend NAMESPACE/SERVICE, or status:404, redirect:308:URL, reset, timeout, …")
    facts: dict[str, str] = Field(description="What else is compared: target at the backend, certificate, headers.")
    curl: str = Field(description="The same request by hand; an address in capitals is that of a controller of yours.")
    source: Source = Field(
        default="asked",
        description="asked: in this run; recorded: a real ingress-nginx answered it earlier; documented: its documents "
        "and its source say it.",
    )


class Place(Recorded):
    """One request that is answered differently, about one Ingress."""

    ingress: str = Field(description="NAMESPACE/NAME of the Ingress that was asked about.")
    rule: str = Field(description="The rule of it in few words, such as: Prefix /cart.")
    request: str = Field(description="Method and URL.")
    headers: tuple[tuple[str, str], ...] = ()
    held: str = Field(default="", description="What an annotation held in place of your value.")
    old: Said
    new: Said
    alike: tuple[str, ...] = Field(default=(), description="Ingresses of the same shape, for which it holds as well.")

    @property
    def before(self) -> str:
        """The word for the old answer: one that nobody asked for now is not shown as if somebody had."""
        return "before" if self.old.source == "asked" else self.old.source


class Restore(Recorded):
    """What the documentation of the new controller names for it."""

    says: str
    link: str


class Change(Recorded):
    """One thing that changes, wherever it does."""

    sort: Sort
    kind: str = Field(description="What was asked, such as: one-letter-more, without-tls, from-elsewhere.")
    family: str = Field(default="", description="The family of the annotations that it is about, if any.")
    annotations: tuple[str, ...] = Field(
        default=(), description="These annotations, as far as the Ingresses have them."
    )
    title: str
    before: str = Field(description="The old answers, in short.")
    after: str
    opens: bool = Field(default=False, description="Something is reachable that was not, although nothing guards it.")
    ingresses: tuple[str, ...] = Field(description="All that are concerned, those of the same shape included.")
    places: tuple[Place, ...]
    restore: tuple[Restore, ...] = ()


class AnnotationRecord(Recorded):
    """What became of one annotation: without its prefix where the suite knows it."""

    name: str
    family: str = Field(default="", description="Annotations that go together have the same.")
    restricts: bool = Field(default=False, description="It may keep requests out.")
    sort: Sort
    status: Status
    detail: str = ""
    ingresses: tuple[str, ...]


class IngressRecord(Recorded):
    """One Ingress, and how it stands after the move."""

    namespace: str
    name: str
    origin: str
    sort: Sort
    asked_as: str = Field(default="", description="The Ingress of the same shape that was asked in its place.")
    converted: str = Field(default="", description="The older API version that it was written in.")
    detail: str = ""
    not_asked: tuple[str, ...] = Field(default=(), description="Annotations of which some part was not asked.")
    unknown: tuple[str, ...] = Field(default=(), description="Annotations that the suite knows nothing of.")

    @property
    def label(self) -> str:
        """How others name it."""
        return f"{self.namespace}/{self.name}"


class Omission(Recorded):
    """What was not asked, or could not be read, and why; the same things are counted."""

    kind: str
    why: str
    count: int
    examples: tuple[str, ...]


class Problem(Recorded):
    """Something of the input that could not be used."""

    where: str
    kind: str
    message: str
    hint: str


class Migration(Recorded):
    """What changes for a set of Ingresses."""

    model_config = ConfigDict(title="What a move to another controller changes")

    schema_version: Literal["1"] = "1"
    old: RunIdentity | None = Field(description="Absent where only what was recorded of the old controller was used.")
    new: RunIdentity
    basis: Literal["objects", "profile"] = Field(
        description="objects: your Ingresses, asked on both; profile: recorded answers of ingress-nginx."
    )
    summary: str
    counts: dict[Sort, int] = Field(description="Ingresses (or cases of the profile) by how they stand.")
    requests: int = Field(description="How many requests were compared.")
    changes: tuple[Change, ...]
    annotations: tuple[AnnotationRecord, ...]
    ingresses: tuple[IngressRecord, ...]
    left_out: tuple[Omission, ...]
    problems: tuple[Problem, ...]

    def to_json(self) -> str:
        """Return it as JSON text."""
        return self.model_dump_json(by_alias=True, indent=1) + "\n"

    @property
    def unasked(self) -> tuple[AnnotationRecord, ...]:
        """The annotations that may keep requests out and that nobody asked about."""
        return unasked_among(self.annotations)

    def of(self, sort: Sort) -> tuple[Change, ...]:
        """Return the changes of one sort."""
        return tuple(change for change in self.changes if change.sort is sort)


def unasked_among(annotations: Sequence[AnnotationRecord]) -> tuple[AnnotationRecord, ...]:
    """Return those that may keep requests out and that nobody asked about, those that the suite does not know last."""
    guards = (one for one in annotations if one.restricts and one.status == "not asked")
    return (*guards, *(one for one in annotations if one.status == "unknown"))


def exit_status(migration: Migration) -> int:
    """Return 0 (nothing changes), 1 (something does), 2 (some input could not be used) or 3 (something not judged).

    What changes is told before bad input; that something could not be judged, or only in part, before both.
    """
    sorts = {change.sort for change in migration.changes} | {sort for sort, n in migration.counts.items() if n}
    if sorts & {Sort.NOT_JUDGED, Sort.PARTLY}:
        return 3
    if sorts - {Sort.UNCHANGED}:
        return 1
    return 2 if any(problem.kind != "other" for problem in migration.problems) else 0
