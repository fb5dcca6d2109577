"""What the page of a migration shows. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.migrate.model import WORST_FIRST, AnnotationRecord, Change, IngressRecord, Migration, Problem, Sort
from conformance.migrate.wording import NOT_ASKED_NOW, UNASKED, unasked_words

LETTERS = {
    Sort.UNSAFE: "f",
    Sort.NOT_JUDGED: "e",
    Sort.DIFFERS: "u",
    Sort.IGNORED: "u",
    Sort.PARTLY: "e",
    Sort.UNCHANGED: "p",
}
HEADINGS = {
    Sort.UNSAFE: "Less safe",
    Sort.DIFFERS: "Answered differently",
    Sort.IGNORED: "Annotations that are ignored",
}
SHOWN = 10
"""Requests of one change that the page shows."""


@dataclass(frozen=True)
class Standing:
    """One Ingress, and the changes that concern it: their numbers and titles."""

    record: IngressRecord
    changes: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Team:
    """A namespace."""

    namespace: str
    ingresses: tuple[Standing, ...]

    @property
    def counts(self) -> list[tuple[Sort, int]]:
        """How its Ingresses stand, the worst first."""
        counted = Counter(one.record.sort for one in self.ingresses)
        return [(sort, counted[sort]) for sort in WORST_FIRST if counted[sort]]

    @property
    def worst(self) -> Sort:
        """How the worst of them stands."""
        return self.counts[0][0]


@dataclass(frozen=True)
class MovePage:
    """Everything that the template needs. The first of ``parts`` is what is less safe, be it empty."""

    migration: Migration
    parts: list[tuple[str, str, list[tuple[int, Change]]]]
    teams: list[Team]
    shown: int = SHOWN
    unasked_heading: str = UNASKED
    letters: dict[Sort, str] = field(default_factory=lambda: dict(LETTERS))

    @property
    def title(self) -> str:
        """The title of the page."""
        old = self.migration.old.controller if self.migration.old else "ingress-nginx"
        return f"From {old} to {self.migration.new.controller}"

    @property
    def not_judged(self) -> list[IngressRecord]:
        """The Ingresses of which nothing can be said."""
        return [record for record in self.migration.ingresses if record.sort is Sort.NOT_JUDGED]

    @property
    def unasked(self) -> list[tuple[AnnotationRecord, str]]:
        """The annotations that nobody asked about and that may keep requests out, and why they are listed."""
        return [(one, unasked_words(one)) for one in self.migration.unasked]

    @property
    def problems(self) -> list[Problem]:
        """What could not be read, and may hold an Ingress."""
        return [problem for problem in self.migration.problems if problem.kind != "other"]

    @property
    def notes(self) -> list[str]:
        """What a reader must know first."""
        notes = []
        if self.migration.basis == "profile":
            notes.append(NOT_ASKED_NOW)
        if self.problems:
            notes.append(f"{len(self.problems)} parts of the input could not be read; they stand at the end.")
        return notes


def move_page(migration: Migration) -> MovePage:
    """Return what the page shows."""
    numbered = list(enumerate(migration.changes, start=1))
    parts = [
        (heading, LETTERS[sort], [(number, change) for number, change in numbered if change.sort is sort])
        for sort, heading in HEADINGS.items()
    ]
    return MovePage(migration, parts, list(_teams(migration, numbered)))


def _teams(migration: Migration, numbered: list[tuple[int, Change]]) -> Iterator[Team]:
    concerned: dict[str, list[tuple[int, str]]] = {}
    for number, change in numbered:
        for label in change.ingresses:
            concerned.setdefault(label, []).append((number, change.title.partition(". ")[0]))
    teams: dict[str, list[Standing]] = {}
    for record in migration.ingresses:
        standing = Standing(record, tuple(concerned.get(record.label, ())))
        teams.setdefault(record.namespace, []).append(standing)
    made = [Team(space, tuple(sorted(ones, key=_worst_first))) for space, ones in teams.items()]
    yield from sorted(made, key=lambda team: (WORST_FIRST.index(team.worst), team.namespace))


def _worst_first(standing: Standing) -> tuple[int, str]:
    return WORST_FIRST.index(standing.record.sort), standing.record.name
