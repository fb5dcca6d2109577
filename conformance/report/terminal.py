"""The report on a terminal: what fails first, one line a section, the counts at the end."""

from collections import Counter
from collections.abc import Iterable

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from conformance.case.model import Level
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, Report

SIGNS = {
    Verdict.PASS: ("✓", "green"),
    Verdict.FAIL: ("✗", "bold red"),
    Verdict.UNSUPPORTED: ("○", "yellow"),
    Verdict.SKIPPED: ("-", "dim"),
    Verdict.ERROR: ("!", "bold magenta"),
}
RECORDED = ("•", "cyan")


def print_report(report: Report, console: Console) -> None:
    """Print the whole report; nothing that a controller answered is read as markup or as a terminal sequence."""
    console.print(Group(*_parts(report)), soft_wrap=True)


def _parts(report: Report) -> Iterable[RenderableType]:
    yield _matrix(report)
    failing = [case for case in report.cases if case.verdict not in {Verdict.PASS, Verdict.SKIPPED}]
    for case in failing:
        yield from _failing(case)
    for case in report.cases:
        for finding in case.findings:
            yield Text.assemble((f"{finding.kind}: ", "bold yellow"), finding.detail)
    yield Text()
    yield _counts(report)
    yield _footer(report)


def _matrix(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("section")
    table.add_column(f"{report.controller.name} {report.controller.version}")
    for section in dict.fromkeys(case.id.partition("/")[0] for case in report.cases):
        cases = [case for case in report.cases if case.id.startswith(f"{section}/")]
        table.add_row(Text(section), Text.assemble(*(sign(case) for case in cases)))
    return table


def sign(case: CaseRecord) -> tuple[str, str]:
    """Return the sign of a verdict and its style; an observed case that was recorded has a sign of its own."""
    if case.level is Level.OBSERVED and case.verdict is Verdict.PASS:
        return RECORDED
    return SIGNS[case.verdict]


def _failing(case: CaseRecord) -> Iterable[RenderableType]:
    mark, style = SIGNS[case.verdict]
    reason = case.reason.value if case.reason else case.verdict.value
    yield Text.assemble(
        (f"{mark} {case.id}", style), f"  {case.level.value}  {', '.join(case.statements)}  ", (reason, "bold")
    )
    yield Padding(Text(case.title), (0, 0, 0, 4))
    yield Padding(Text(case.detail, style="dim"), (0, 0, 0, 4))
    for probe in case.probes:
        if probe.verdict is Verdict.FAIL:
            seen = probe.observed.outcome if probe.observed else "nothing"
            yield Padding(Text(f"{probe.id}  expected {probe.expected.outcome}, saw {seen}"), (0, 0, 0, 4))
            yield Padding(Text(probe.curl, style="cyan"), (0, 0, 0, 6))


def _counts(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("level")
    for verdict in Verdict:
        table.add_column(verdict.value, justify="right")
    for level in dict.fromkeys(case.level for case in report.cases):
        counts = Counter(case.verdict for case in report.cases if case.level is level)
        name = f"{level.value} (recorded)" if level is Level.OBSERVED else level.value
        table.add_row(name, *(Text(str(counts[v]), style=SIGNS[v][1] if counts[v] else "dim") for v in Verdict))
    return table


def _footer(report: Report) -> Text:
    spent = report.run.durations
    return Text(
        f"{report.controller.name} {report.controller.version} on {report.cluster.provider} "
        f"Kubernetes {report.cluster.kubernetes_version}: {len(report.cases)} cases in {spent.total:.1f} s "
        f"(cluster {spent.cluster:.1f}, controller {spent.controller:.1f}, observing {spent.observe:.1f})",
        style="dim",
    )
