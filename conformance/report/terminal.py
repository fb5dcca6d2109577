"""The report on a terminal: what fails first, then a sign for each case, findings, counts.

Every line is made here and printed whole: nothing is cut, and only on a terminal is prose wrapped. What a controller
answered is text and nothing but text: neither rich's markup nor an escape sequence in it is obeyed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from conformance.case.model import Level
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, ProbeRecord, Report
from conformance.report.parity import counts_of, parity_words
from conformance.report.seen import in_a_line
from conformance.visible import visible

SIGNS = {
    Verdict.PASS: ("✓", "green"),
    Verdict.FAIL: ("✗", "bold red"),
    Verdict.UNSUPPORTED: ("○", "yellow"),
    Verdict.SKIPPED: ("-", "dim"),
    Verdict.ERROR: ("!", "bold magenta"),
}
RECORDED = ("•", "cyan")
GROUP = 10
"""Signs stand in groups, so that they can be counted."""

_FIRST = (Verdict.FAIL, Verdict.ERROR, Verdict.UNSUPPORTED)
_LEVELS = tuple(Level)
_INDENT = 4


def print_report(report: Report, console: Console) -> None:
    """Print the whole report; nothing that a controller answered is read as markup or as a terminal sequence."""
    # Soft wrapping leaves long lines to the terminal: a curl line can be copied in one piece. A line at a time is slow.
    console.print(Text("\n").join(_lines(report, console)), soft_wrap=True)


def sign(case: CaseRecord) -> tuple[str, str]:
    """Return the sign of a verdict and its style; an observed case that was recorded has a sign of its own."""
    if case.level is Level.OBSERVED and case.verdict is Verdict.PASS:
        return RECORDED
    return SIGNS[case.verdict]


def _lines(report: Report, console: Console) -> Iterator[Text]:
    ordered = sorted(report.cases, key=lambda case: _LEVELS.index(case.level))
    for verdict in _FIRST:
        for case in ordered:
            if case.verdict is verdict:
                yield from _case(case, console)
                yield Text()
    yield from _matrix(report, console)
    yield from _legend(report)
    yield from _notes(report, console)
    yield Text()
    yield from _counts(report)
    yield from _parity(report)
    yield Text()
    yield from _footer(report)


def _case(case: CaseRecord, console: Console) -> Iterator[Text]:
    mark, style = SIGNS[case.verdict]
    reason = case.reason.value if case.reason else case.verdict.value
    statements = visible(", ".join(case.statements), keep="")
    yield Text.assemble(
        (f"{mark} {visible(case.id, keep='')}", style), f"  {case.level.value}  {statements}  ", (reason, "bold")
    ) + Text(f"  {parity_words(case)}" if case.parity else "", "bold")
    yield from _prose(case.title, console)
    yield from _prose(case.detail, console, "dim")
    if case.verdict is Verdict.FAIL:
        for probe in case.probes:
            if probe.verdict is Verdict.FAIL:
                yield from _probe(probe)


def _probe(probe: ProbeRecord) -> Iterator[Text]:
    yield Text(" " * _INDENT + in_a_line(probe))
    yield Text(" " * (_INDENT + 2) + visible(probe.curl), style="cyan")


def _prose(text: str, console: Console, style: str = "") -> Iterator[Text]:
    """Yield sentences with an indent, wrapped where somebody looks at them on a terminal."""
    for line in text.split("\n"):
        shown = Text(visible(line, keep=""), style=style)
        pieces: Iterable[Text] = (shown,)
        if console.is_terminal:
            pieces = shown.wrap(console, max(20, console.width - _INDENT))
        for piece in pieces:
            piece.rstrip()
            yield Text(" " * _INDENT).append_text(piece) if piece else piece


def _matrix(report: Report, console: Console) -> Iterator[Text]:
    yield Text(visible(f"{report.controller.name} {report.controller.version}", keep=""), style="bold")
    sections: dict[str, list[CaseRecord]] = {}
    for case in report.cases:
        sections.setdefault(case.id.partition("/")[0], []).append(case)
    widest = max((len(visible(section, keep="")) for section in sections), default=0)
    groups = max(1, (console.width - widest - 2) // (GROUP + 1))
    for section, cases in sections.items():
        label = visible(section, keep="")
        for start in range(0, len(cases), groups * GROUP):
            row = Text(f"{label:<{widest}} ")
            for number, case in enumerate(cases[start : start + groups * GROUP]):
                row.append(" " if number % GROUP == 0 else "")
                row.append(*sign(case))
            yield row
            label = ""


def _legend(report: Report) -> Iterator[Text]:
    """Explain the signs that are there."""
    used = {sign(case) for case in report.cases}
    words = [(look, verdict.value) for verdict, look in SIGNS.items()] + [(RECORDED, "recorded, not judged")]
    shown = [(look, word) for look, word in words if look in used]
    if shown:
        line = Text()
        for (mark, style), word in shown:
            line.append("   " if line else "").append(mark, style).append(f" {word}", "dim")
        yield Text()
        yield line


def _notes(report: Report, console: Console) -> Iterator[Text]:
    """Yield what no sign tells: findings, claims that the cases refute, why cases were skipped."""
    notes: list[tuple[str, str]] = [(finding.kind, finding.detail) for finding in report.findings]
    for case in report.cases:
        notes += [(finding.kind, f"{case.id}: {finding.detail}") for finding in case.findings]
        if case.verdict is Verdict.PASS and case.contradiction:
            notes.append(("contradiction", f"{case.id}: {case.contradiction}"))
    skipped = Counter(case.detail for case in report.cases if case.verdict is Verdict.SKIPPED)
    notes += [("skipped", f"{_cases(count)}: {why}") for why, count in skipped.items()]
    if notes:
        yield Text()
    for kind, detail in dict.fromkeys(notes):
        head, *rest = _prose(detail, console)
        yield Text.assemble((f"{kind}: ", "bold yellow"), head.plain.strip())
        yield from rest


def _counts(report: Report) -> Iterator[Text]:
    levels = [level for level in Level if any(case.level is level for case in report.cases)]
    names = {level: "observed (recorded)" if level is Level.OBSERVED else level.value for level in levels}
    first = max(map(len, ["level", *names.values()]))
    yield Text(f"{'level':<{first}}" + "".join(f"  {verdict.value:>{_column(verdict)}}" for verdict in Verdict), "bold")
    for level in levels:
        counts = Counter(case.verdict for case in report.cases if case.level is level)
        row = Text(f"{names[level]:<{first}}")
        for verdict in Verdict:
            style = SIGNS[verdict][1] if counts[verdict] else "dim"
            row.append("  ").append(f"{counts[verdict]:>{_column(verdict)}}", style)
        yield row


def _parity(report: Report) -> Iterator[Text]:
    """Say how the controller compares with ingress-nginx, where that was asked."""
    found = counts_of(report.cases)
    if not found.asked:
        return
    words = [f"{word.value} {count}" for word, count in found.words.items()]
    yield Text(f"compared with ingress-nginx: {', '.join(words)}")
    if found.opened:
        yield Text(f"an annotation that restricts access had no effect in {_cases(found.opened)}", "bold red")


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count} cases"


def _column(verdict: Verdict) -> int:
    return max(5, len(verdict.value))


def _footer(report: Report) -> Iterator[Text]:
    spent = report.run.durations
    if not report.run.complete:
        yield Text("the run was cut short: not every case has been judged", style="bold red")
    yield Text(
        visible(
            f"{report.controller.name} {report.controller.version} on {report.cluster.provider} "
            f"Kubernetes {report.cluster.kubernetes_version}: {_cases(len(report.cases))} in {spent.total:.1f} s "
            f"(cluster {spent.cluster:.1f}, controller {spent.controller:.1f}, observing {spent.observe:.1f})",
            keep="",
        ),
        style="dim",
    )
