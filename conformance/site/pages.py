"""All pages of the site, as bytes by their paths. Pure: the same reports give the same bytes."""

from collections.abc import Iterable, Iterator
from importlib.resources import files
from itertools import combinations
from typing import Any

from conformance.case.model import Level
from conformance.case.statements import StatementsFile
from conformance.judge.words import Verdict
from conformance.migrate.model import Migration
from conformance.report.model import Parity, Report
from conformance.report.parity import OPEN
from conformance.site.casepage import case_page
from conformance.site.columns import Column, columns_of, section_of
from conformance.site.controllerpage import controller_page
from conformance.site.lanes import TICKS, x_of
from conformance.site.matrix import Matrix, matrix_of
from conformance.site.migration import migration_data
from conformance.site.movepage import move_page
from conformance.site.names import file_names
from conformance.site.render import Renderer
from conformance.site.usual import habits_of
from conformance.site.words import (
    ABSENT,
    FINDING_TEXTS,
    LETTERS,
    LEVEL_TEXTS,
    OLDER,
    OLDER_TEXT,
    OPEN_TEXT,
    PARITY_LETTERS,
    PARITY_TEXTS,
    REASON_TEXTS,
    RECORDED,
    SIGNS,
    VERDICT_TEXTS,
)

ASSETS = ("early.js", "icon.svg", "matrix.js", "migrate.js", "page.js", "query.js", "site.css")


def site(
    reports: Iterable[Report], statements: StatementsFile, moves: Iterable[Migration] = ()
) -> Iterator[tuple[str, bytes]]:
    """Yield each file of the site: its path, with slashes, and its bytes. ``moves`` each get a page of their own."""
    columns = columns_of(reports)
    names = file_names(case_id for column in columns for case_id in column.cases)
    habits = {column.slug: habits_of(column.report) for column in columns}
    matrix = matrix_of(columns, names)
    render = Renderer()
    yield from assets()
    yield "index.html", render("index.html", here="matrix", **_index(matrix))
    moved = [(f"move/{number}.html", move_page(move)) for number, move in enumerate(moves, start=1)]
    for path, moving in moved:
        yield path, render("move.html", root="../", here="migrate", page=moving)
    yield "migrate.html", render("migrate.html", here="migrate", data=migration_data(matrix, habits), moves=moved)
    yield "verdicts.html", render("verdicts.html", here="verdicts", **_words())
    for place, column in enumerate(columns):
        asked = {case.level for case in column.report.cases}
        levels = [(level, counts[place]) for level, counts in matrix.levels if level in asked]
        page = controller_page(column, columns, levels, habits[column.slug])
        older = [row for row in matrix.rows if row.cells[place].older]
        yield (
            f"controller/{column.slug}.html",
            render("controller.html", root="../", page=page, pages=names, older=older),
        )
    rows = matrix.rows
    for place, row in enumerate(rows):
        yield (
            f"case/{row.page}.html",
            render(
                "case.html",
                root="../",
                page=case_page(row.id, columns, statements, habits),
                section=section_of(row.id),
                ticks=[(x_of(tick), f"{tick:g}") for tick in TICKS],
                before=rows[place - 1] if place else None,
                after=rows[place + 1] if place + 1 < len(rows) else None,
            ),
        )


def move_site(migration: Migration) -> Iterator[tuple[str, bytes]]:
    """Yield a site of one page, for a migration alone."""
    yield from assets()
    yield "index.html", Renderer()("move.html", root="", page=move_page(migration), alone=True)


def assets() -> Iterator[tuple[str, bytes]]:
    """Yield the files that are the same in every site."""
    folder = files("conformance.site") / "assets"
    for name in ASSETS:
        yield f"assets/{name}", (folder / name).read_bytes()


def _index(matrix: Matrix) -> dict[str, Any]:
    cells = [cell for row in matrix.rows for cell in row.cells]
    letters = {cell.letter for cell in cells if not cell.parity}
    parity = {word for cell in cells if cell.parity for _, _, word in cell.counted}
    words = [(LETTERS[verdict], SIGNS[verdict], verdict.value) for verdict in Verdict]
    words += [("r", RECORDED, "recorded"), ("n", ABSENT, "not run")]
    used = [(letter, sign, word) for letter, sign, word in words if letter in letters]
    return {
        "matrix": matrix,
        "legend": [(sign, word) for _, sign, word in used],
        "present": [word.replace(" ", "-") for _, _, word in used],
        "compared": [word for word in (*(word.value for word in Parity), OPEN) if word in parity],
        "asked": _asked(matrix),
        "older": OLDER if any(cell.older for cell in cells) else "",
        "older_text": OLDER_TEXT,
        "notes": _notes(matrix),
        "suites": list(dict.fromkeys(column.report.suite.version for column in matrix.columns)),
    }


def _asked(matrix: Matrix) -> str:
    """Return of what the matrix tells, in half a sentence: how many cases, and what they are held against."""
    compared = sum(row.level is Level.PARITY for row in matrix.rows)
    written = len(matrix.rows) - compared
    numbers = [(written, "from the Ingress specification"), (compared, "of what ingress-nginx does")]
    first, *more = [(count, source) for count, source in numbers if count] or numbers[:1]
    cases = f"{first[0]} {'case' if first[0] == 1 else 'cases'} {first[1]}"
    return " and ".join([cases, *(f"{count} {source}" for count, source in more)])


def _notes(matrix: Matrix) -> list[str]:
    """Return what a reader must know before comparing columns."""
    columns = matrix.columns
    notes = [
        f"{column.label} was cut short: not every case has been judged."
        for column in columns
        if not column.report.run.complete
    ]
    if any(_asked_otherwise(*pair) for pair in combinations(columns, 2)):
        notes.append("Not all runs had the same cases, or the same text of them. A column may lack some.")
    counts = [sum(row.cells[place].older for row in matrix.rows) for place in range(len(columns))]
    older = [f"{column.label} ({count})" for column, count in zip(columns, counts, strict=True) if count]
    if older:
        notes.append(
            f"{OLDER} marks what a run judged by {OLDER_TEXT} than the newest run: another level, other objects, "
            f"probes or expectations. Compare it with nothing but its like: {', '.join(older)}."
        )
    return notes


def _asked_otherwise(one: Column, other: Column) -> bool:
    """Tell whether two runs had other cases, though they share a level, or a case that has had two levels.

    One that only compares with ingress-nginx lacks nothing of one that only asks what the specification says.
    """
    if one.report.suite.cases_digest == other.report.suite.cases_digest:
        return False
    levels, others = ({case.level for case in column.report.cases} for column in (one, other))
    return not (levels.isdisjoint(others) and one.cases.keys().isdisjoint(other.cases))


def _words() -> dict[str, Any]:
    return {
        "verdicts": VERDICT_TEXTS,
        "signs": SIGNS,
        "letters": LETTERS,
        "levels": LEVEL_TEXTS,
        "parity": PARITY_TEXTS,
        "parity_letters": PARITY_LETTERS,
        "open": (OPEN, OPEN_TEXT),
        "reasons": REASON_TEXTS,
        "findings": FINDING_TEXTS,
        "recorded": RECORDED,
        "absent": ABSENT,
    }
