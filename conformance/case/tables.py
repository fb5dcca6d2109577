"""From the tables of a file to drafts: a case a row."""

import re
from collections.abc import Iterator, Mapping

from conformance.case.draft import CaseDocument, Draft, where
from conformance.case.file_format import FileTable
from conformance.case.matching import Pointer
from conformance.case.model import Case
from conformance.case.placement import derived_placement
from conformance.case.problems import Problem
from conformance.case.row import CellError, Row

REQUIRED = ("name", "statement", "expect", "title")
_SPEC = re.compile(r"https://[!-~]+")


def table_cases(document: CaseDocument) -> Iterator[Draft | Problem]:
    """Yield a draft for each row of each table, and what keeps a row from becoming one."""
    for index, table in enumerate(document.model.tables):
        base: Pointer = ("tables", index)
        unusable = tuple(_header_problems(document, base, table))
        yield from unusable
        if not unusable:
            for number in range(len(table.rows)):
                yield _row(document, (*base, "rows", number), table, number)


def _header_problems(document: CaseDocument, base: Pointer, table: FileTable) -> Iterator[Problem]:
    for column in REQUIRED:
        if column not in table.columns:
            yield document.problem((*base, "columns"), f"the column {column} is missing")
    for index, column in enumerate(table.columns):
        if column in table.columns[:index]:
            yield document.problem((*base, "columns", index), f"the column {column} is there twice")


def _row(document: CaseDocument, place: Pointer, table: FileTable, number: int) -> Draft | Problem:
    cells = table.rows[number]
    if len(cells) != len(table.columns):
        message = f"the row has {len(cells)} cells, the table has {len(table.columns)} columns"
        return document.problem(place, message, f"the columns are {', '.join(table.columns)}")
    row = Row(dict(zip(table.columns, cells, strict=True)))
    columns = {str(column): index for index, column in enumerate(table.columns)}
    try:
        case = _case(document, place, table, row)
    except CellError as error:
        cell = (columns[error.column],) if error.column in columns else ()
        return document.problem((*place, *cell), error.message, error.hint)
    return Draft(case, document, place, dict(_parts(columns, case)))


def _case(document: CaseDocument, place: Pointer, table: FileTable, row: Row) -> Case:
    spec = row.one("spec")
    if spec and not _SPEC.fullmatch(spec):
        raise CellError("spec", "spec is not an https:// address")
    ingress = row.ingress()
    return Case(
        id=f"{document.model.section}/{row.name()}",
        statements=row.statements(),
        level=row.level(table.level),
        title=row.title(),
        spec_url=spec or table.spec or document.model.spec,
        objects=(ingress,),
        probes=tuple(row.probes(ingress)),
        placement=row.placement(derived_placement((ingress,))),
        copies=table.copies,
        where=where(document, place),
    )


def _parts(columns: Mapping[str, int], case: Case) -> Iterator[tuple[Pointer, Pointer]]:
    """Yield where the parts of a row's case stand; what stands nowhere is the row itself."""
    sources: list[tuple[Pointer, tuple[str, ...]]] = [
        (("id",), ("name",)),
        (("statements",), ("statement",)),
        (("level",), ("level",)),
        (("placement",), ("placement",)),
        (("objects",), ("paths", "hosts")),
    ]
    for cell, pointer in _written(case):
        if cell[0] in columns:
            yield pointer, (columns[cell[0]], cell[1])
    for number, probe in enumerate(case.probes):
        own = ("paths", "hosts") if probe.witness else ("requests", "request-hosts")
        sources += [
            (("probes", number), own),
            (("probes", number, "host"), ("request-hosts", "hosts")),
            (("probes", number, "expect"), ("expect",)),
        ]
    for pointer, candidates in sources:
        column = next((name for name in candidates if name in columns), None)
        if column is not None:
            yield pointer, (columns[column],)


def _written(case: Case) -> Iterator[tuple[tuple[str, int], Pointer]]:
    """Yield each host and path of a row's Ingress, with its column and its place in the cell; see :class:`Row`."""
    rules: Pointer = ("objects", 0, "spec", "rules")
    for r, rule in enumerate(case.objects[0]["spec"]["rules"]):
        yield ("hosts", r), (*rules, r, "host")
        for p in range(len(rule["http"]["paths"])):
            yield ("paths", p), (*rules, r, "http", "paths", p)
