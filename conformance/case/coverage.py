"""Which statements of the specification have cases, and which have none yet."""

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.case.model import Case
from conformance.case.statements import Statement, StatementsFile


@dataclass(frozen=True)
class Covered:
    """A statement with the ids of the cases that test it."""

    section: str
    statement: Statement
    url: str
    cases: tuple[str, ...]


def coverage(statements: StatementsFile, cases: Iterable[Case]) -> tuple[Covered, ...]:
    """Return every statement in its order with its cases in theirs."""
    by_statement: dict[str, list[str]] = {}
    for case in cases:
        for statement in dict.fromkeys(case.statements):
            by_statement.setdefault(statement, []).append(case.id)
    return tuple(
        Covered(
            section.title,
            statement,
            f"{section.page or statements.page}#{statement.anchor}",
            tuple(by_statement.get(statement.id, ())),
        )
        for section in statements.sections
        for statement in section.statements
    )
