"""What the forms of the kill matrix say in the same words."""

from collections.abc import Mapping

from conformance.proof.model import Depth, KillMatrix, MutantRow

DEPTHS: Mapping[Depth, str] = {
    "quick": "Each mutant was tried with a few cases, so that every mutant and every case had its turn.",
    "statements": "Each mutant was tried with all cases of the statements it is wrong about, and some others.",
    "every-case": "Each mutant was tried with every case.",
}


def headline(matrix: KillMatrix) -> str:
    """Return the outcome in one sentence."""
    wrong = matrix.wrong
    judged = [case for case in matrix.cases if not case.why_none]
    killing = sum(bool(case.killed) for case in judged)
    reference = "passes" if not matrix.reference.problems and matrix.reference.tried else "does not pass"
    return (
        f"{matrix.killed} of {len(wrong)} wrong controllers are killed, {killing} of {len(judged)} judged cases kill "
        f"one that passes another case, and the reference {reference} all of its {len(matrix.reference.tried)} cases."
    )


def state(mutant: MutantRow) -> str:
    """Return what became of a mutant, in a few words."""
    if mutant.fate == "unjudged":
        return f"not judged: {mutant.unjudged}"
    known = {"killed": f"killed by {len(mutant.kills)} of {len(mutant.tried)}", "untried": "not tried"}
    if mutant.fate == "allowed":
        return f"passes {len(mutant.tried)}" if not mutant.problems else "not as it should"
    return known.get(mutant.fate, "survives")
