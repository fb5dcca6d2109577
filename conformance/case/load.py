"""From case files to cases, or to everything that is wrong with them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.case.builtin import builtin_folders, folders_of
from conformance.case.draft import Draft
from conformance.case.file_format import CaseFile
from conformance.case.lint import duplicates, lint
from conformance.case.model import Case
from conformance.case.probe import Level
from conformance.case.problems import CaseErrors, Problem
from conformance.case.source import case_files, read_text, shown
from conformance.case.statements import load_statements
from conformance.case.tables import table_cases
from conformance.case.validation import validated
from conformance.case.written import written_cases
from conformance.case.yaml_tree import parse


@dataclass(frozen=True)
class Loaded:
    """The cases of some files, and how many files those were."""

    cases: tuple[Case, ...]
    files: int


def load_cases(paths: Sequence[Path] | None = None) -> tuple[Case, ...]:
    """Return the cases of files and folders in their order; the built-in ones for ``None``.

    Raises:
        CaseErrors: something is wrong with the files; it names everything that is.
    """
    return load(paths).cases


def load_asked(paths: Sequence[Path], levels: Collection[Level]) -> tuple[Case, ...]:
    """Return the cases that a run is asked for: of these files, or without any of the built-in ones of the levels.

    Raises:
        CaseErrors: something is wrong with the files; it names everything that is.
    """
    return load_cases(paths or folders_of(levels))


def load(paths: Sequence[Path] | None = None) -> Loaded:
    """Return the cases as :func:`load_cases` does, and the number of files read.

    Raises:
        CaseErrors: something is wrong with the files; it names everything that is.
    """
    known = {statement.id for statement in load_statements().statements()}
    drafts: list[Draft] = []
    problems: list[Problem] = []
    files = 0
    for path in case_files(builtin_folders() if paths is None else paths):
        if isinstance(path, Problem):
            problems.append(path)
            continue
        files += 1
        for found in _drafts(path):
            (drafts if isinstance(found, Draft) else problems).append(found)  # type: ignore[arg-type]
    problems += _flaws(drafts, known)
    if problems:
        raise CaseErrors(_in_order(problems))
    return Loaded(tuple(draft.case for draft in drafts), files)


def parse_cases(text: str, file: str) -> Iterator[Draft | Problem]:
    """Yield the cases in the text of one file, not yet checked beyond its shape, and what is wrong with the others."""
    root, problems = parse(text, file)
    yield from problems
    if root is None:
        return
    document = validated(root, file, CaseFile)
    if isinstance(document, tuple):
        yield from document
        return
    if not (document.model.cases or document.model.tables):
        yield document.problem((), "the file has neither cases nor tables")
    yield from table_cases(document)
    yield from written_cases(document)


def _drafts(path: Path) -> Iterator[Draft | Problem]:
    text = read_text(path)
    if isinstance(text, Problem):
        yield text
    else:
        yield from parse_cases(text, shown(path))


def _flaws(drafts: Sequence[Draft], known: Collection[str]) -> Iterator[Problem]:
    by_case = {id(draft.case): draft for draft in drafts}
    for draft in drafts:
        for flaw in lint(draft.case, known):
            yield draft.problem(*flaw)
    for case, flaw in duplicates(draft.case for draft in drafts):
        yield by_case[id(case)].problem(*flaw)


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems in the order of their files and places."""
    files = {file: number for number, file in enumerate(dict.fromkeys(problem.file for problem in problems))}
    return sorted(dict.fromkeys(problems), key=lambda problem: (files[problem.file], problem.place or (0, 0)))
