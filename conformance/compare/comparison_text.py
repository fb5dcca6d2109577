"""A comparison on a terminal, and in Markdown."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from conformance.compare.comparison_model import CaseDifference, Comparison, ProbeAnswers, Sort
from conformance.compare.runs import title
from conformance.export.markdown_text import code, link, plain
from conformance.judge.words import Verdict
from conformance.visible import visible

HEADINGS = {
    Sort.AGAINST_THE_SPECIFICATION: "Against the specification",
    Sort.LEFT_OPEN: "Left open by the specification, and done differently",
    Sort.ALSO_RIGHT: "Right everywhere, with different answers",
}


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print the comparison; whatever a controller answered is text and nothing else."""
    for line in _lines(comparison):
        console.print(line, soft_wrap=True)


def _lines(comparison: Comparison) -> Iterator[Text]:
    for run in comparison.runs:
        yield Text(visible(f"{run.name}  {title(run)}, {run.cases} cases", keep=""))
    for note in comparison.notes:
        yield Text(visible(f"  {note}", keep=""), "yellow")
    for sort, heading in HEADINGS.items():
        statements = comparison.of(sort)
        if statements:
            yield Text()
            yield Text(f"{heading} ({sum(len(cases) for _, cases in statements)} cases)", "bold")
        for statement, cases in statements:
            yield Text()
            yield Text(visible(f"{statement.id}  {statement.says}", keep=""), "bold")
            for case in cases:
                yield from _case(case)
    yield Text()
    yield Text(_footer(comparison))


def _case(case: CaseDifference) -> Iterator[Text]:
    yield Text(visible(f"  {case.id}  {case.level.value}  {case.title}", keep=""))
    if case.sort is Sort.AGAINST_THE_SPECIFICATION:
        for group in case.verdicts:
            style = {Verdict.PASS: "green", Verdict.FAIL: "red"}.get(group.verdict, "yellow")
            said = f"{group.verdict.value} {group.reason}".strip()
            yield Text.assemble("    ", (said, style), f": {', '.join(group.runs)}")
    for probe in case.probes:
        yield Text(visible(f"    {_heading(probe)}", keep=""))
        for same in probe.answers:
            yield Text(visible(f"      {same.outcome}: {', '.join(same.runs)}", keep=""), "cyan")


def _heading(probe: ProbeAnswers) -> str:
    return probe.id + ("" if probe.expected == "record" else f" (expected {probe.expected})")


def _footer(comparison: Comparison) -> str:
    said = f"{comparison.compared} cases compared: {comparison.alike} alike and right"
    for sort, heading in HEADINGS.items():
        said += f", {sum(len(cases) for _, cases in comparison.of(sort))} {heading.lower().partition(',')[0]}"
    if comparison.not_compared:
        said += f"; {len(comparison.not_compared)} not compared: {_some(comparison.not_compared)}"
    return visible(said, keep="")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


def comparison_markdown(comparison: Comparison) -> str:
    """Return the comparison as Markdown."""
    return "\n".join(_markdown(comparison)) + "\n"


def _markdown(comparison: Comparison) -> Iterator[str]:
    yield "## What each controller does differently"
    yield ""
    for run in comparison.runs:
        yield f"- {code(run.name)}: {plain(title(run))}, {run.cases} cases"
    for note in comparison.notes:
        yield f"- {plain(note)}"
    yield ""
    yield f"{plain(_footer(comparison))}."
    for sort, heading in HEADINGS.items():
        statements = comparison.of(sort)
        if statements:
            yield ""
            yield f"### {heading}"
        for statement, cases in statements:
            yield ""
            yield f"**{plain(statement.id)}** {plain(statement.says)}"
            yield ""
            for case in cases:
                yield from _markdown_case(case)


def _markdown_case(case: CaseDifference) -> Iterator[str]:
    yield f"- {code(case.id)} {case.level.value}: {link(case.title, case.spec_url)}"
    if case.sort is Sort.AGAINST_THE_SPECIFICATION:
        groups = (f"{g.verdict.value} {g.reason}".strip() + f": {', '.join(map(code, g.runs))}" for g in case.verdicts)
        yield f"  - {'; '.join(groups)}"
    for probe in case.probes:
        answers = (f"{code(group.outcome)} from {', '.join(map(code, group.runs))}" for group in probe.answers)
        yield f"  - {code(_heading(probe))}: {'; '.join(answers)}"
