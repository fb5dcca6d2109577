"""Several controllers in one matrix: the cases in which they differ first, then what is alike, then the counts."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from conformance.case.model import Level
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, Parity, Report
from conformance.report.parity import counts_of, parity_words
from conformance.report.terminal import sign
from conformance.visible import visible

_LEVELS = tuple(Level)
_ABSENT = ("?", "dim")
"""The sign of a case that a run has not judged."""

_WORDS = {Parity.SAME: "green", Parity.DIFFERS: "yellow", Parity.IGNORED: "yellow", Parity.REFUSED: "yellow"}
_OPEN = ("open", "bold red")
"""What stands in place of the word where a restriction of ingress-nginx has no effect."""

_NAMED = 20
"""Cases in which all agree, named at most."""

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
    """Tell whether not all controllers have the same verdict, or word of parity, on a case."""
    return len({_said(case) if case else None for case in row}) > 1


def _said(case: CaseRecord) -> str:
    return parity_words(case) or case.verdict.value


def _cell(case: CaseRecord | None) -> tuple[str, str]:
    if case is None:
        return _ABSENT
    if case.parity is None:
        return sign(case)
    return _OPEN if case.fail_open else (case.parity.value, _WORDS[case.parity])


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
    cells = {case_id: [_cell(case) for case in row] for case_id, row in apart.items()}
    widths = [max(len(head), *(len(row[i][0]) for row in cells.values())) for i, head in enumerate(heads)]
    for level, cases in groupby(_by_level(apart), key=lambda pair: _level(pair[1])):
        yield _line(level.value, first, heads, ["bold"] * len(heads), widths, style="bold")
        for case_id, _ in cases:
            shown = cells[case_id]
            yield _line(visible(case_id, keep=""), first, [s for s, _ in shown], [style for _, style in shown], widths)


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
    counted: dict[str, list[str]] = {}
    for case_id, row in alike.items():
        (said,) = {_said(case) for case in row if case is not None}
        counted.setdefault(said, []).append(case_id)
    for said, ids in counted.items():
        shown = ", ".join(visible(case_id, keep="") for case_id in ids[:_NAMED])
        more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
        named = "" if said in {Verdict.PASS.value, Parity.SAME.value} else f": {shown}{more}"
        line = Text("the same verdict for all, ", style="dim")
        yield line.append(said, "bold").append(f": {_cases(len(ids))}", "").append(named, "dim")


def _counts(reports: Sequence[Report], names: Sequence[str]) -> Iterator[Text]:
    levels = {case.level for report in reports for case in report.cases}
    parts = [_PARTS[level] for level in (Level.CORE, Level.EXTENDED, Level.PARITY) if level in levels]
    heads = [head for named, _ in parts for head in named] + ["seconds"]
    table = [heads]
    for report in reports:
        numbers = [number for _, count in parts for number in count(report.cases)]
        table.append([*numbers, f"{report.run.durations.total:.1f}"])
    first = max(map(len, [*names, "controller"]))
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    for name, row in zip(["controller", *names], table, strict=True):
        cells = "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        yield Text(f"{name:<{first}}  {cells}", "bold" if row is heads else "")


def _core(cases: Sequence[CaseRecord]) -> list[str]:
    verdicts = [case.verdict for case in cases if case.level is Level.CORE]
    return [str(len(verdicts)), *(str(verdicts.count(verdict)) for verdict in Verdict)]


def _extended(cases: Sequence[CaseRecord]) -> list[str]:
    verdicts = [case.verdict for case in cases if case.level is Level.EXTENDED]
    return ["", str(verdicts.count(Verdict.PASS)), str(len(verdicts))]


def _parity(cases: Sequence[CaseRecord]) -> list[str]:
    found = counts_of(cases)
    return [str(number) for number in (found.asked, *found.words.values(), found.opened)]


_PARTS = {
    Level.CORE: (["core", *(verdict.value for verdict in Verdict)], _core),
    Level.EXTENDED: (["extended", "pass", "of"], _extended),
    Level.PARITY: (["parity", *(word.value for word in Parity), _OPEN[0]], _parity),
}
"""Of a level, the heads of its columns and what counts them."""


def _short_ones(reports: Sequence[Report], names: Sequence[str], count: int) -> Iterator[Text]:
    for report, name in zip(reports, names, strict=True):
        if not report.run.complete:
            text = f"the run of {name} was cut short: {len(report.cases)} of {_cases(count)} judged"
            yield Text(text, style="bold red")


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count} cases"
