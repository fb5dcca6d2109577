"""What the migration view works on: every case of every run in one compact value, for the script on the page.

``cases`` holds for each case: id, page (0 where it is the id with dashes for the slash), title, level, statements, and
for each column a list of letter of the verdict, reason, index of what was seen in ``texts``, and group (equal where two
runs say the same), and its letter where it has a word of parity; 1 stands for a plain pass, 0 where a run has no such
case. Where not all runs had the same text of the case, a list follows: the number of its text for each column.
``headers`` holds for each column what backends usually receive from it.
"""

from collections.abc import Mapping
from typing import Any

from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord
from conformance.site.cells import Cell, in_short, outcome
from conformance.site.columns import Column
from conformance.site.matrix import Matrix
from conformance.site.usual import Habits
from conformance.visible import visible

SEEN_LENGTH = 160


def migration_data(matrix: Matrix, habits: Mapping[str, Habits]) -> dict[str, Any]:
    """Return the data of the page, ready to be written as JSON."""
    texts: dict[str, int] = {}
    cases = []
    for row in matrix.rows:
        cells: list[Any] = []
        for column, cell in zip(matrix.columns, row.cells, strict=True):
            record = column.cases.get(row.id)
            if record is None:
                cells.append(0)
                continue
            if record.verdict is Verdict.PASS and not cell.recorded:
                cells.append(1)
                continue
            text = visible(_seen(record, cell, column))
            parity = [cell.parity] if cell.parity else []
            cells.append([cell.letter, cell.reason, texts.setdefault(text, len(texts)), cell.group, *parity])
        words = [visible(word) for word in row.statements]
        page = 0 if row.page == row.id.replace("/", "--") else row.page
        asked = [cell.text for cell in row.cells]
        case = [visible(row.id), page, visible(row.title), row.level.value, words, cells]
        cases.append([*case, asked] if any(asked) else case)
    return {
        "columns": [[column.slug, visible(column.label)] for column in matrix.columns],
        "texts": list(texts),
        "cases": cases,
        "headers": [_headers(habits[column.slug]) for column in matrix.columns],
    }


def _headers(habits: Habits) -> list[list[str]]:
    return [[visible(shown), visible(value)[:SEEN_LENGTH]] for shown, value, _ in habits.received.headers.values()]


def _seen(record: CaseRecord, cell: Cell, column: Column) -> str:
    """Return what was seen in a line: what was recorded, or why it fails."""
    if cell.recorded:
        seen = [f"{probe.id} → {outcome(probe, column.report.controller)}" for probe in record.probes]
        return in_short(seen, 400)
    return in_short(record.detail.split("\n"), SEEN_LENGTH)
