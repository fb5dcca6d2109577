"""Reports that have no case in common: which has what, and which of them could be compared."""

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

from conformance.case.model import Level
from conformance.compare.comparison_words import cases
from conformance.errors import BadInput
from conformance.report.model import Report
from conformance.visible import visible

_GROUPS = 10
_NAMES = 20


def nothing_in_common(reports: Sequence[Report], called: Sequence[str]) -> BadInput:
    """Return the error; ``called`` holds what each report is called, its file where it has one."""
    groups: dict[frozenset[str], list[int]] = {}
    for number, report in enumerate(reports):
        groups.setdefault(frozenset(case.id for case in report.cases), []).append(number)
    lines = [
        f"\n  {_holdings(reports[numbers[0]])}: {_some([called[number] for number in numbers])}"
        for numbers in list(groups.values())[:_GROUPS]
    ]
    if len(groups) > _GROUPS:
        lines.append(f"\n  … and {len(groups) - _GROUPS} other sets of cases")
    return BadInput(f"no case is in all {len(reports)} reports" + "".join(lines), hint=_hint(reports, called))


def _holdings(report: Report) -> str:
    """Return how many cases of which levels a report has."""
    if not report.cases:
        return "no case at all"
    levels = Counter(case.level for case in report.cases)
    counts = ", ".join(f"{levels[level]} {level.value}" for level in Level if levels[level])
    return f"{cases(len(report.cases))} ({counts}), such as {visible(report.cases[0].id[:80], keep='')}"


def _hint(reports: Sequence[Report], called: Sequence[str]) -> str:
    sets = [[shlex.quote(called[number]) for number in numbers] for numbers in _comparable(reports)]
    if not sets:
        return "no two have a case in common: run the same cases on each controller, with the same -k and --level"
    commands = (f"\n    ingress-conformance compare {visible(' '.join(names), keep='')}" for names in sets)
    return "compare those that have cases in common:" + "".join(commands)


def _comparable(reports: Sequence[Report]) -> Iterator[list[int]]:
    """Yield reports that have a case in common, by their numbers: as many as possible, then those of the rest."""
    rest = {number: dict.fromkeys(case.id for case in report.cases) for number, report in enumerate(reports)}
    while rest:
        usual, often = max(Counter(chain(*rest.values())).items(), key=lambda pair: pair[1], default=("", 0))
        if often < 2:
            return
        together = [number for number, ids in rest.items() if usual in ids]
        yield together
        for number in together:
            del rest[number]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(visible(name, keep="") for name in names[:_NAMES])
    return shown + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")
