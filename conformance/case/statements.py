"""The statements of the specification: data beside the cases, loaded and checked like them."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from conformance.case.builtin import builtin_folders
from conformance.case.model import Frozen, Level
from conformance.case.problems import CaseErrors, Problem
from conformance.case.source import read_text, shown
from conformance.case.validation import validated
from conformance.case.yaml_tree import parse


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Statement(Frozen):
    """One thing the specification says, in our own words."""

    id: str = Field(pattern=r"^(N-)?[A-Z][0-9]{2}$", description="N- is what ingress-nginx does.")
    level: Annotated[
        tuple[Level, ...],
        Field(min_length=1),
        BeforeValidator(_listed, json_schema_input_type=Level | tuple[Level, ...]),
    ] = Field(description="Several where the statement binds in one part and leaves another open.")
    anchor: str = Field(pattern=r"^[a-z0-9-]+$", description="The part of the page that it is taken from.")
    says: str = Field(min_length=3, max_length=300, description="One short sentence in our own words.")


class StatementSection(Frozen):
    """The statements about one subject."""

    title: str
    page: str | None = Field(default=None, pattern=r"^https://[!-~]+$", description="That of the file if absent.")
    statements: tuple[Statement, ...] = Field(min_length=1)


class StatementsFile(Frozen):
    """All statements of the specification."""

    page: str = Field(pattern=r"^https://[!-~]+$")
    sections: tuple[StatementSection, ...] = Field(min_length=1)

    def statements(self) -> tuple[Statement, ...]:
        """Return the statements in the order of the file."""
        return tuple(statement for section in self.sections for statement in section.statements)


def load_statements(path: Path | None = None) -> StatementsFile:
    """Return the statements; those of the suite itself where no file is given.

    Raises:
        CaseErrors: the file cannot be read, or is wrong; it names everything that is.
    """
    return _builtin() if path is None else _load(path)


@cache
def _builtin() -> StatementsFile:
    files = [_load(folder / "statements.yaml") for folder in builtin_folders()]
    # A section that names no page means that of its own file, and only the first file's page is kept.
    sections = [
        section.model_copy(update={"page": section.page or file.page}) for file in files for section in file.sections
    ]
    return files[0].model_copy(update={"sections": tuple(sections)})


def _load(path: Path) -> StatementsFile:
    text = read_text(path)
    if isinstance(text, Problem):
        raise CaseErrors([text])
    root, problems = parse(text, shown(path))
    if root is None or problems:
        raise CaseErrors(problems)
    document = validated(root, shown(path), StatementsFile)
    if isinstance(document, tuple):
        raise CaseErrors(document)
    seen: set[str] = set()
    repeated = []
    for s, section in enumerate(document.model.sections):
        for n, statement in enumerate(section.statements):
            if statement.id in seen:
                place = ("sections", s, "statements", n, "id")
                repeated.append(document.problem(place, f"the statement {statement.id} is there twice"))
            seen.add(statement.id)
    if repeated:
        raise CaseErrors(repeated)
    return document.model
