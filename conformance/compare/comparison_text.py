"""A comparison on a terminal, and in Markdown."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from conformance.case.model import Level
from conformance.compare.brief import brief
from conformance.compare.comparison_model import Answers, CaseDifference, Comparison, RunOverview
from conformance.compare.comparison_words import (
    FINDINGS,
    FINDINGS_SHOWN,
    HEADINGS,
    cases,
    finding,
    footer,
    judged_wrong,
    request,
    said,
    standing,
    together,
    verdict,
)
from conformance.compare.runs import title
from conformance.export.markdown_text import code, link, plain
from conformance.judge.words import Verdict
from conformance.visible import visible

_STYLES = {Verdict.PASS: "green", Verdict.FAIL: "red"}


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print the comparison; whatever a controller answered is text and nothing else."""
    for line in _lines(comparison):
        console.print(line, soft_wrap=True)


def _line(indent: int, text: str, style: str = "") -> Text:
    return Text(" " * indent + visible(text, keep=""), style)


def _lines(comparison: Comparison) -> Iterator[Text]:
    widest = max(len(run.name) for run in comparison.runs)
    for run, at in zip(comparison.runs, comparison.overviews, strict=True):
        shown = (standing(at), _standing_style(at))
        yield Text.assemble(f"{run.name:<{widest}}  ", shown, "  ") + _line(0, _identity(title(run), run.cases), "dim")
    for note in comparison.notes:
        yield _line(2, note, "yellow")
    for sort, heading in HEADINGS.items():
        statements = comparison.of(sort)
        if statements:
            yield Text()
            yield Text(f"{heading} ({cases(sum(len(of) for _, of in statements))})", "bold")
        for statement, found in statements:
            yield Text()
            yield _line(0, f"{brief(statement.id)}  {statement.says}", "bold")
            for case in found:
                yield from _case(case)
    if comparison.findings:
        yield Text()
        yield Text(f"{FINDINGS} ({len(comparison.findings)})", "bold")
        for one in comparison.findings[:FINDINGS_SHOWN]:
            yield Text.assemble("  ", (one.kind, "yellow"), " ") + _line(0, finding(one))
        yield from (_line(2, more) for more in _more(comparison))
    yield Text()
    yield _line(0, footer(comparison))


def _identity(run: str, count: int) -> str:
    return f"{brief(run)}, {cases(count)}"


def _standing_style(run: RunOverview) -> str:
    core = run.summary.get(Level.CORE)
    return "red" if core and core.fail else "yellow" if any(of.fail for of in run.summary.values()) else "green"


def _case(case: CaseDifference) -> Iterator[Text]:
    yield _line(2, f"{brief(case.id)}  {case.level.value}  {brief(case.title)}")
    if judged_wrong(case.verdicts):
        for group in case.verdicts:
            style = _STYLES.get(group.verdict, "yellow")
            yield Text.assemble("    ", (verdict(group), style), f": {', '.join(group.runs)}")
    for answers, probes in together(case.probes):
        yield from (_line(4, request(probe)) for probe in probes)
        for same in answers:
            yield _line(6, _answer(same), "red" if same.reason else "cyan")


def _answer(same: Answers) -> str:
    why = f"  ({said(same)})" if same.reason else ""
    return f"{brief(same.outcome)}: {', '.join(same.runs)}{why}"


def _more(comparison: Comparison) -> Iterator[str]:
    if len(comparison.findings) > FINDINGS_SHOWN:
        yield f"… and {len(comparison.findings) - FINDINGS_SHOWN} more, in the reports"


def comparison_markdown(comparison: Comparison) -> str:
    """Return the comparison as Markdown."""
    return "\n".join(_markdown(comparison)) + "\n"


def _markdown(comparison: Comparison) -> Iterator[str]:
    yield "## What each controller does differently"
    yield ""
    for run, at in zip(comparison.runs, comparison.overviews, strict=True):
        yield f"- {code(run.name)} {standing(at)} ({plain(_identity(title(run), run.cases))})"
    for note in comparison.notes:
        yield f"- {plain(note)}"
    yield ""
    yield f"{plain(footer(comparison))}."
    for sort, heading in HEADINGS.items():
        statements = comparison.of(sort)
        if statements:
            yield ""
            yield f"### {heading} ({cases(sum(len(of) for _, of in statements))})"
        for statement, found in statements:
            yield ""
            yield f"**{plain(brief(statement.id))}** {plain(statement.says)}"
            yield ""
            for case in found:
                yield from _markdown_case(case)
    if comparison.findings:
        yield ""
        yield f"### {FINDINGS} ({len(comparison.findings)})"
        yield ""
        for one in comparison.findings[:FINDINGS_SHOWN]:
            yield f"- **{one.kind}** {plain(finding(one))}"
        yield from (f"- {more}" for more in _more(comparison))


def _markdown_case(case: CaseDifference) -> Iterator[str]:
    yield f"- {code(brief(case.id))} {case.level.value}: {link(brief(case.title), brief(case.spec_url))}"
    if judged_wrong(case.verdicts):
        groups = (f"{verdict(group)}: {', '.join(map(code, group.runs))}" for group in case.verdicts)
        yield f"  - {'; '.join(groups)}"
    for answers, probes in together(case.probes):
        asked = ", ".join(code(request(probe)) for probe in probes)
        yield f"  - {asked}: {'; '.join(map(_markdown_answer, answers))}"


def _markdown_answer(same: Answers) -> str:
    why = f" ({plain(said(same))})" if same.reason else ""
    return f"{code(brief(same.outcome))} from {', '.join(map(code, same.runs))}{why}"
