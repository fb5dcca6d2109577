"""``prove``: the suite held against controllers that are wrong on purpose."""

# ruff: noqa: PLC0415 (imports take time, and the help must come at once)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.proof.model import Depth, KillMatrix

DEPTHS = ("quick", "statements", "every-case")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--depth", type=click.Choice(DEPTHS), default="statements", show_default=True, help="How many cases for each."
)
@click.option("-k", "expression", metavar="EXPR", default="", help="Only mutants whose name fits, as in pytest's -k.")
@click.option(
    "--out",
    metavar="DIR",
    default="proof",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder for the reports of all trials and for what they prove.",
)
@click.option("--parallel", type=click.IntRange(1, 16), metavar="N", help="Clusters at once; as the machine allows.")
@click.option("--publish", "shipped", is_flag=True, help="Put it into this checkout, as data and as document.")
@click.option("--resume", is_flag=True, help="Keep what went well in DIR, made with the same code.")
@click.option("--site", metavar="DIR", type=click.Path(path_type=Path), help="Write the page into this site as well.")
def prove(
    depth: Depth, expression: str, out: Path, parallel: int | None, *, shipped: bool, resume: bool, site: Path | None
) -> int:
    """Prove that the suite neither passes what is wrong nor fails what is right.

    The reference controller follows the specification: every case must pass it. Each mutant of it is wrong in one way:
    some case must fail it, for a reason that fits. Some mutants do what the specification leaves open: no case may
    fail them. Every judged case must kill a mutant that serves other cases well.

    A mutant counts as killed only by a verdict `fail` that follows from the recorded attempts. What the harness could
    not judge kills nothing, and ends this command with status 3.

    \b
    --depth quick        every mutant and every case once or twice, picked from the published matrix: for each change
    --depth statements   each mutant with all cases of the statements it is wrong about: what is published
    --depth every-case   each mutant with every case: hours

    \b
    DIR/kill-matrix.json   which case killed which mutant, why, and what is wrong with that
    DIR/kill-matrix.md     the same for people; DIR/kill-matrix.html too
    DIR/MUTANT/            the report of each trial: the evidence, which `verify` can check

    \b
    Exit status: 0 the proof holds, 1 it does not, 2 bad input, 3 the harness could not do its work, 130 interrupted.

    \b
    Examples:
      ingress-conformance prove --depth quick
      ingress-conformance prove -k "tls or certificate"
      ingress-conformance verify proof/string-prefix/report.json
    """
    from conformance.case.selection import compiled
    from conformance.cli.side_by_side import at_once
    from conformance.errors import BadInput
    from conformance.proof.expectation import expectations, specification_cases
    from conformance.proof.plan import plan_of
    from conformance.proof.proving import prove as carry_out
    from conformance.proof.published import published
    from conformance.proof.writing import check_folder, publish, write_matrix
    from conformance.reference.mutants import MUTANTS

    fits = compiled(expression)
    expected = {name: one for name, one in expectations().items() if fits((name,))}
    if not expected:
        raise BadInput(
            "no mutant has such a name", where="-k", hint="`python -m conformance.reference --list-mutants` lists them"
        )
    check_folder(out)
    cases = specification_cases()
    plan = plan_of(depth, expected, cases, published())
    sentences = {name: mutant.sentence for name, mutant in MUTANTS.items()}
    with _Bar(depth) as bar:
        workers = parallel or at_once(len(expected))
        matrix = carry_out(depth, cases, expected, sentences, plan, out, workers, bar.told, resume=resume)
    write_matrix(matrix, out, site)
    for line in _lines(matrix, out):
        click.echo(line)
    if shipped:
        publish(matrix, Path.cwd())
    return 3 if matrix.obstacles else 1 if matrix.problems else 0


class _Bar:
    """How far the trials are, on standard error: a bar for terminals, a line now and then for logs."""

    def __init__(self, title: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._console = Console(stderr=True)
        quiet = not self._console.is_terminal
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=self._console, transient=True, disable=quiet)
        self._task = self._progress.add_task(f"proof, {title}", total=None)
        self._last = -1

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._progress.stop()

    def told(self, done: int, total: int) -> None:
        """Show how many trials are done."""
        self._progress.update(self._task, completed=done, total=total)
        if not self._console.is_terminal and done // 10 > self._last // 10:
            self._console.print(f"proof: {done} of {total} trials", highlight=False)
        self._last = done


def _lines(matrix: KillMatrix, out: Path) -> Iterator[str]:
    from conformance.proof.words import headline
    from conformance.visible import visible

    for sign, list_ in (("✗", matrix.problems), ("!", matrix.obstacles)):
        for one in list_:
            yield f"{click.style(sign, fg='red', bold=True)} {visible(one, keep='')}"
    yield headline(matrix)
    repeated = sum(row.repeated for row in (matrix.reference, *matrix.mutants))
    if repeated:
        yield f"{repeated} trials went wrong beside others, and were repeated by themselves"
    spent = matrix.spent
    yield (
        f"{matrix.seconds:.0f} s; processor time: suite {spent.suite:.0f} s, controllers {spent.controllers:.0f} s, "
        f"clusters {spent.cluster:.0f} s"
    )
    yield f"matrix: {out / 'kill-matrix.md'}"
