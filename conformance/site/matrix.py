"""The matrix: sections and cases as rows, runs as columns, what fails first, what is the same everywhere folded."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from conformance.case.model import Level
from conformance.judge.words import Verdict
from conformance.site.cells import Cell, cells_of
from conformance.site.columns import Column, case_ids, section_of
from conformance.site.texts import newest

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_FAILS = 1
"""Ranks up to this one have a case that fails."""

_COUNTED = ("ps", "pd", "pi", "pr", "po", *"pfeusrn")
"""The order of counts, by the looks of cells."""


@dataclass(frozen=True)
class Row:
    """One case. ``same`` rows are folded: nothing fails, and no run says anything else than the others."""

    id: str
    page: str
    section: str
    name: str
    title: str
    level: Level
    statements: tuple[str, ...]
    cells: tuple[Cell, ...]
    rank: int
    same: bool
    findings: tuple[str, ...]

    @property
    def letters(self) -> str:
        """The verdicts of all columns, a letter each, for scripts."""
        return "".join(cell.letter for cell in self.cells)

    @property
    def groups(self) -> str:
        """The groups of all columns, a digit each (the last stands for all further ones), for scripts."""
        return "".join(_DIGITS[min(cell.group, len(_DIGITS) - 1)] if cell.group >= 0 else "-" for cell in self.cells)

    @property
    def parity(self) -> str:
        """The words of parity of all columns, a letter each, for scripts; empty where no column has one."""
        letters = "".join(cell.parity or "-" for cell in self.cells)
        return letters if letters.strip("-") else ""

    @property
    def reasons(self) -> str:
        """The reasons of all columns, for scripts."""
        return " ".join(dict.fromkeys(cell.reason for cell in self.cells if cell.reason))


@dataclass(frozen=True)
class Count:
    """How many cases of a level or section of one column ended how; ``parts`` holds (look, sign, word, number)."""

    parts: tuple[tuple[str, str, str, int], ...]
    total: int


@dataclass(frozen=True)
class Section:
    """The rows of a section, worst first, those that are folded last."""

    name: str
    rows: tuple[Row, ...]
    counts: tuple[Count, ...]

    @property
    def open_rows(self) -> tuple[Row, ...]:
        """The rows that are always shown."""
        return tuple(row for row in self.rows if not row.same)

    @property
    def folded_rows(self) -> tuple[Row, ...]:
        """The rows that say the same everywhere."""
        return tuple(row for row in self.rows if row.same)

    @property
    def folded_text(self) -> str:
        """How many rows are folded, and why."""
        folded = self.folded_rows
        alike = sum(1 for row in folded if row.level is Level.OBSERVED)
        compared = sum(1 for row in folded if row.parity)
        parts = [(len(folded) - alike - compared, "pass"), (compared, "as ingress-nginx"), (alike, "recorded alike")]
        text = " · ".join(f"{count} {word}" for count, word in parts if count)
        if len(self.counts) < 2:
            return text
        return f"{text} {'wherever they ran' if any('n' in row.letters for row in folded) else 'everywhere'}"


@dataclass(frozen=True)
class Matrix:
    """Everything that the page shows."""

    columns: tuple[Column, ...]
    sections: tuple[Section, ...]
    levels: tuple[tuple[Level, tuple[Count, ...]], ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, in the order of the page."""
        return tuple(row for section in self.sections for row in section.rows)


def matrix_of(columns: Sequence[Column], pages: Mapping[str, str]) -> Matrix:
    """Return the matrix; ``pages`` maps case ids to the names of their pages."""
    rows = [_row(case_id, columns, pages[case_id]) for case_id in case_ids(columns)]
    sections: list[Section] = []
    for name in dict.fromkeys(row.section for row in rows):
        own = sorted((row for row in rows if row.section == name), key=_order)
        counts = tuple(_count(row.cells[place] for row in own) for place in range(len(columns)))
        sections.append(Section(name, tuple(own), counts))
    # What the specification says comes before what ingress-nginx does, and what fails before what does not.
    sections.sort(key=lambda section: (_is_compared(section), min(row.rank for row in section.rows) > _FAILS))
    levels = []
    for level in Level:
        # A run is counted by the levels it was judged by, as everywhere else that counts it.
        of_level = [
            [row.cells[place] for row in rows if (row.cells[place].level or row.level) is level]
            for place in range(len(columns))
        ]
        if any(of_level):
            levels.append((level, tuple(map(_count, of_level))))
    return Matrix(tuple(columns), tuple(sections), tuple(levels))


def _is_compared(section: Section) -> bool:
    return all(row.level is Level.PARITY for row in section.rows)


def _row(case_id: str, columns: Sequence[Column], page: str) -> Row:
    record = newest(case_id, columns)
    cells = cells_of(case_id, columns)
    section = section_of(case_id)
    findings = dict.fromkeys(
        finding.kind for column in columns if case_id in column.cases for finding in column.cases[case_id].findings
    )
    rank = _rank(record.level, cells)
    return Row(
        id=case_id,
        page=page,
        section=section,
        name=case_id.removeprefix(f"{section}/"),
        title=record.title,
        level=record.level,
        statements=record.statements,
        cells=cells,
        rank=rank,
        same=_same(cells) and not findings,
        findings=tuple(findings),
    )


def _same(cells: Sequence[Cell]) -> bool:
    """Tell whether nothing is to be seen here. A single run has nobody to agree with on what it recorded."""
    there = [cell for cell in cells if cell.verdict is not None]
    if any(cell.verdict is not Verdict.PASS for cell in there):
        return False
    return len({cell.group for cell in there}) == 1 and (len(there) > 1 or not there[0].recorded)


def _rank(level: Level, cells: Sequence[Cell]) -> int:
    """Return 0 for the worst: a core case fails, another one fails, something else than pass, a difference, nothing."""
    verdicts = {cell.verdict for cell in cells}
    bad = bool(verdicts & {Verdict.FAIL, Verdict.ERROR})
    if bad:
        return 0 if level is Level.CORE else 1
    if verdicts & {Verdict.UNSUPPORTED, Verdict.SKIPPED}:
        return 2
    return 4 if _same(cells) else 3


def _order(row: Row) -> tuple[bool, int, int, int]:
    bad = sum(1 for cell in row.cells if cell.verdict in {Verdict.FAIL, Verdict.ERROR})
    return row.same, row.rank, -sum(1 for cell in row.cells if cell.open), -bad


def _count(cells: Iterable[Cell]) -> Count:
    those = tuple(cells)
    found = Counter(part for cell in those for part in cell.counted)
    parts = sorted(found, key=lambda part: _COUNTED.index(part[0]))
    return Count(tuple((*part, found[part]) for part in parts), len(those))
