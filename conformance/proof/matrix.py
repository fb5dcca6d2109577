"""All trials together: the kill matrix, and what it lacks. Pure."""

from collections.abc import Iterator, Mapping, Sequence

import conformance
from conformance.case.digest import cases_digest
from conformance.case.model import Case, Level
from conformance.judge.words import Verdict
from conformance.proof.expectation import Expectation
from conformance.proof.fates import NOTHING_EXPECTED, obstacles_of, row_of, untried
from conformance.proof.model import CaseRow, Depth, KillMatrix, MutantRow, Spent
from conformance.proof.trial import RIGHT
from conformance.report.model import Report

SHARE = 0.98
"""Of the mutants that the specification forbids, so many must die."""

GROUND = {"classes/own-class"}
"""What all other cases stand on: only a controller that serves none of them fails these."""

WHY_NONE = {
    Level.API: "It asks the API server and no controller, so no controller can fail it.",
    Level.OBSERVED: "It records what the specification leaves open, and judges nothing.",
}


def matrix_of(
    depth: Depth,
    cases: Sequence[Case],
    expected: Mapping[str, Expectation],
    sentences: Mapping[str, str],
    reports: Mapping[str, Report],
    troubles: Mapping[str, str],
    repeated: Sequence[str],
    *,
    started: str,
    seconds: float,
    spent: Spent,
) -> KillMatrix:
    """Return the matrix of the trials whose reports are there; ``troubles`` says why others have none."""
    right = reports.get(RIGHT)
    recorded = {case.id: case for case in right.cases} if right else {}
    deep = depth != "quick"

    def row(name: str) -> MutantRow:
        if name not in reports:
            return untried(name, sentences[name], expected[name])
        made = row_of(name, sentences[name], expected[name], reports[name], recorded, deep=deep)
        return made.model_copy(update={"repeated": name in repeated})

    mutants = tuple(row(name) for name in expected)
    reference = _reference(right)
    whys = {statement: one.unjudged for one in expected.values() if one.unjudged for statement in one.breaks}
    rows = tuple(_case_row(case, mutants, whys) for case in cases)
    # Of some mutants only, or without the reference, nothing can be said of all cases.
    whole = len(reports) + len(troubles) == len(sentences) + 1
    return KillMatrix(
        suite=conformance.__version__,
        cases_digest=cases_digest(cases),
        depth=depth,
        started=started,
        seconds=round(seconds, 1),
        spent=spent,
        reference=reference.model_copy(update={"repeated": RIGHT in repeated}),
        mutants=mutants,
        cases=rows,
        problems=tuple(_problems(reference, mutants, rows if whole else ())),
        obstacles=tuple(_obstacles(reports, troubles, [name for name, one in expected.items() if one.unjudged])),
    )


def _reference(report: Report | None) -> MutantRow:
    sentence = "The right controller."
    if report is None:
        return untried(RIGHT, sentence, NOTHING_EXPECTED)
    row = row_of(RIGHT, sentence, NOTHING_EXPECTED, report, {}, deep=False)
    failing = [case for case in report.cases if case.verdict not in {Verdict.PASS, Verdict.ERROR}]
    found = [f"{case.id} fails what is right ({case.reason}: {case.detail})" for case in failing]
    return row.model_copy(update={"problems": tuple(found)})


def _case_row(case: Case, mutants: Sequence[MutantRow], whys: Mapping[str, str]) -> CaseRow:
    # A controller that serves nothing fails everything: that says little of a case.
    telling = [row for row in mutants if row.passed or case.id in GROUND]
    killed = [row.name for row in telling if any(kill.case == case.id for kill in row.kills)]
    why = WHY_NONE.get(case.level, "") or next((whys[one] for one in case.statements if one in whys and not killed), "")
    return CaseRow(id=case.id, level=case.level, killed=tuple(killed), why_none=why)


def _problems(reference: MutantRow, mutants: Sequence[MutantRow], cases: Sequence[CaseRow]) -> Iterator[str]:
    for row in (reference, *mutants):
        for problem in row.problems:
            yield f"{row.name}: {problem}"
    for case in cases:
        if not case.killed and not case.why_none:
            yield f"{case.id} kills no mutant that passes another case: write one that it must kill"
    wrong = [row for row in mutants if not row.allowed and row.fate != "untried"]
    dead = sum(row.fate == "killed" for row in wrong)
    if dead < SHARE * len(wrong):
        yield f"only {dead} of {len(wrong)} mutants die; {SHARE:.0%} must"


def _obstacles(reports: Mapping[str, Report], troubles: Mapping[str, str], unjudged: Sequence[str]) -> Iterator[str]:
    for name, trouble in troubles.items():
        yield f"{name}: {trouble.strip()[-400:]}"
    for name, report in reports.items():
        for obstacle in obstacles_of(report) if name not in unjudged else ():
            yield f"{name}: {obstacle}"


def unjudged(matrix: KillMatrix) -> dict[str, list[str]]:
    """Return the cases that need not kill any mutant, by the reason why."""
    found: dict[str, list[str]] = {}
    for case in matrix.cases:
        if case.why_none:
            found.setdefault(case.why_none, []).append(case.id)
    return found
