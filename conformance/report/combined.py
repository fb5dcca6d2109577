"""Several controllers in one matrix: the cases in which they differ first, then what is alike, then the counts."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from conformance.case.model import Level
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, Report
from conformance.report.terminal import sign
from conformance.visible import visible

_LEVELS = tuple(Level)
_ABSENT = ("?", "dim")
"""The sign of a case that a run has not judged."""

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_GAP = 2

Row = tuple[CaseRecord | None, ...]
"""What each controller's run says of one case."""


def print_combined(reports: Sequence[Report], console: Console) -> None:
    """Print the matrix of several reports; nothing that a controller answered is read as markup or a sequence."""
    for line in _lines(reports, console):
        console.print(line, soft_wrap=True)


def rows(reports: Sequence[Report]) -> dict[str, Row]:
    """Return each case that any of the reports has, in the order in which they have them."""
    records = [{case.id: case for case in report.cases} for report in reports]
    ids = dict.fromkeys(case_id for cases in records for case_id in cases)
    return {case_id: tuple(cases.get(case_id) for cases in records) for case_id in ids}


def differ(row: Row) -> bool:
    """Tell whether not all controllers have the same verdict on a case."""
    return len({case.verdict if case else None for case in row}) > 1


def _lines(reports: Sequence[Report], console: Console) -> Iterator[Text]:
    found = rows(reports)
    names = _names(reports)
    apart = {case_id: row for case_id, row in found.items() if differ(row)}
    alike = {case_id: row for case_id, row in found.items() if case_id not in apart}
    if apart:
        yield from _table(apart, names, console)
        yield Text()
    yield from _alike(alike)
    yield Text()
    yield from _counts(reports, names)
    yield from _short_ones(reports, names, len(found))


def _names(reports: Sequence[Report]) -> list[str]:
    return [visible(report.controller.name, keep="") for report in reports]


def _table(apart: Mapping[str, Row], names: Sequence[str], console: Console) -> Iterator[Text]:
    first = max(len(visible(case_id, keep="")) for case_id in apart)
    width = max(map(len, names))
    letters = first + len(names) * (width + _GAP) > console.width and len(names) <= len(_LETTERS)
    heads = list(_LETTERS[: len(names)]) if letters else list(names)
    if letters:
        yield from (Text(f"{letter}  {name}", style="dim") for letter, name in zip(heads, names, strict=True))
        yield Text()
    widths = [max(len(head), 1) for head in heads]
    for level, cases in groupby(_by_level(apart), key=lambda pair: _level(pair[1])):
        yield _line(level.value, first, heads, ["bold"] * len(heads), widths, style="bold")
        for case_id, row in cases:
            signs = [sign(case) if case else _ABSENT for case in row]
            yield _line(visible(case_id, keep=""), first, [s for s, _ in signs], [style for _, style in signs], widths)


def _line(
    head: str, first: int, cells: Sequence[str], styles: Sequence[str], widths: Sequence[int], style: str = ""
) -> Text:
    line = Text(f"{head:<{first}}", style)
    for cell, look, width in zip(cells, styles, widths, strict=True):
        line.append(" " * _GAP).append(f"{cell:<{width}}", look)
    line.rstrip()
    return line


def _by_level(apart: Mapping[str, Row]) -> list[tuple[str, Row]]:
    return sorted(apart.items(), key=lambda pair: _LEVELS.index(_level(pair[1])))


def _level(row: Row) -> Level:
    return next(case.level for case in row if case is not None)


def _alike(alike: Mapping[str, Row]) -> Iterator[Text]:
    """Say in what all agree: how many cases, and by name those that nobody passes."""
    counted: dict[Verdict, list[str]] = {}
    for case_id, row in alike.items():
        (verdict,) = {case.verdict for case in row if case is not None}
        counted.setdefault(verdict, []).append(case_id)
    for verdict, ids in counted.items():
        shown = ", ".join(visible(case_id, keep="") for case_id in ids)
        named = "" if verdict is Verdict.PASS else f": {shown}"
        line = Text("the same verdict for all, ", style="dim")
        yield line.append(f"{verdict.value}", "bold").append(f": {_cases(len(ids))}", "").append(named, "dim")


def _counts(reports: Sequence[Report], names: Sequence[str]) -> Iterator[Text]:
    heads = ["core", *(verdict.value for verdict in Verdict), "extended", "pass", "of", "seconds"]
    table = [heads]
    for report in reports:
        core = [case.verdict for case in report.cases if case.level is Level.CORE]
        extended = [case.verdict for case in report.cases if case.level is Level.EXTENDED]
        table.append(
            [
                str(len(core)),
                *(str(core.count(verdict)) for verdict in Verdict),
                "",
                str(extended.count(Verdict.PASS)),
                str(len(extended)),
                f"{report.run.durations.total:.1f}",
            ]
        )
    first = max(map(len, [*names, "controller"]))
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    for name, row in zip(["controller", *names], table, strict=True):
        cells = "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        yield Text(f"{name:<{first}}  {cells}", "bold" if row is heads else "")


def _short_ones(reports: Sequence[Report], names: Sequence[str], count: int) -> Iterator[Text]:
    for report, name in zip(reports, names, strict=True):
        if not report.run.complete:
            text = f"the run of {name} was cut short: {len(report.cases)} of {_cases(count)} judged"
            yield Text(text, style="bold red")


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count} cases"
