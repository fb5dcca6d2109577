"""The kill matrix as Markdown, as it is published."""

from collections.abc import Iterator

from conformance.export.markdown_text import code, plain, row
from conformance.proof.matrix import unjudged
from conformance.proof.model import KillMatrix, MutantRow
from conformance.proof.words import DEPTHS, headline, state

SHOWN = 6
"""Kills that are listed of each mutant; the JSON has them all."""


def markdown(matrix: KillMatrix) -> str:
    """Return the text."""
    return "\n".join(_lines(matrix)) + "\n"


def _lines(matrix: KillMatrix) -> Iterator[str]:
    yield "# Kill matrix"
    yield ""
    yield "Made by `ingress-conformance prove`; [verdicts.md](verdicts.md#who-judges-the-judge) explains it."
    yield ""
    yield f"**{plain(headline(matrix))}**"
    yield ""
    spent = matrix.spent
    yield f"- {DEPTHS[matrix.depth]}"
    yield f"- Suite {plain(matrix.suite)}, {len(matrix.cases)} cases, begun {plain(matrix.started)}."
    yield (
        f"- {matrix.seconds:.0f} s; of processor time the suite took {spent.suite:.0f} s, "
        f"the controllers {spent.controllers:.0f} s, the control planes with their backends {spent.cluster:.0f} s."
    )
    yield ""
    for title, list_ in (("Problems", matrix.problems), ("What could not be done", matrix.obstacles)):
        if list_:
            yield f"## {title}"
            yield ""
            yield from (f"- {plain(one)}" for one in list_)
            yield ""
    yield from _mutants(matrix)
    yield from _cases(matrix)


def _mutants(matrix: KillMatrix) -> Iterator[str]:
    yield "## Mutants that the specification forbids"
    yield ""
    yield row("mutant", "what is wrong", "statements", "what became of it", "reasons", "killed by")
    yield row(*["---"] * 6)
    for mutant in matrix.wrong:
        reasons = sorted({kill.reason.value for kill in mutant.kills})
        yield row(
            code(mutant.name),
            plain(mutant.sentence),
            " ".join(mutant.breaks),
            state(mutant),
            ", ".join(reasons),
            _killers(mutant),
        )
    yield ""
    yield "## Mutants that the specification allows"
    yield ""
    yield "Every judged case must pass them. Where recorded cases are named, these show that they differ."
    yield ""
    yield row("mutant", "what it does", "why it is allowed", "what became of it", "seen by")
    yield row(*["---"] * 5)
    for mutant in matrix.mutants:
        if mutant.allowed:
            seen = ", ".join(map(code, mutant.differs))
            yield row(code(mutant.name), plain(mutant.sentence), plain(mutant.allowed), state(mutant), seen)
    yield ""


def _killers(mutant: MutantRow) -> str:
    listed = ", ".join(code(kill.case) for kill in mutant.kills[:SHOWN])
    more = len(mutant.kills) - SHOWN
    return f"{listed} and {more} more" if more > 0 else listed


def _cases(matrix: KillMatrix) -> Iterator[str]:
    yield "## Cases"
    yield ""
    yield "Mutants that passed no case are left out: any case kills those."
    yield ""
    yield row("case", "level", "kills")
    yield row("---", "---", "---")
    for case in matrix.cases:
        if not case.why_none:
            killed = ", ".join(map(code, case.killed[:SHOWN]))
            more = len(case.killed) - SHOWN
            yield row(
                code(case.id), case.level.value, f"{killed} and {more} more" if more > 0 else killed or "**none**"
            )
    yield ""
    for why, ids in unjudged(matrix).items():
        yield f"### Kill none: {len(ids)}"
        yield ""
        yield plain(why)
        yield ""
        yield ", ".join(map(code, ids))
        yield ""
