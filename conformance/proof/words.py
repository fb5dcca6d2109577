"""What the forms of the kill matrix say in the same words."""

from collections.abc import Mapping, Sequence

from conformance.proof.matrix import WHY_NONE
from conformance.proof.model import CaseRow, Depth, KillMatrix, MutantRow

DEPTHS: Mapping[Depth, str] = {
    "quick": "Each mutant was tried with a few cases, so that every mutant and every case had its turn.",
    "statements": "Each mutant was tried with all cases of the statements it is wrong about, and some others.",
    "every-case": "Each mutant was tried with every case.",
}


def headline(matrix: KillMatrix) -> str:
    """Return the outcome in one sentence."""
    wrong = matrix.wrong
    judged = [case for case in matrix.cases if case.level not in WHY_NONE]
    killing = sum(bool(case.killed) for case in judged)
    reference = "passes" if not matrix.reference.problems and matrix.reference.tried else "does not pass"
    return (
        f"{matrix.killed} of {len(wrong)} wrong controllers are killed{_unjudged(wrong)}, "
        f"{killing} of {len(judged)} judged cases kill one that passes another case{_excused(judged, killing)}, "
        f"and the reference {reference} all of its {len(matrix.reference.tried)} cases."
    )


def _unjudged(wrong: Sequence[MutantRow]) -> str:
    names = [mutant.name for mutant in wrong if mutant.fate == "unjudged"]
    count = "one" if len(names) == 1 else str(len(names))
    return f" ({count} cannot be judged: {', '.join(names)})" if names else ""


def _excused(judged: Sequence[CaseRow], killing: int) -> str:
    excused = sum(bool(case.why_none) for case in judged)
    who = "the other" if len(judged) - killing == 1 else f"{excused} of the others"
    verb = "is" if excused == 1 else "are"
    return f" ({who} {verb} named at the end of the matrix, with the reason)" if excused else ""


def state(mutant: MutantRow) -> str:
    """Return what became of a mutant, in a few words."""
    if mutant.fate == "unjudged":
        return f"not judged: {mutant.unjudged}"
    known = {"killed": f"killed by {len(mutant.kills)} of {len(mutant.tried)}", "untried": "not tried"}
    if mutant.fate == "allowed":
        return f"passes {len(mutant.tried)}" if not mutant.problems else "not as it should"
    return known.get(mutant.fate, "survives")
