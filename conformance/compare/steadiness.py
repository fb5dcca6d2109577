"""Whether runs of one controller came to the same, case by case: verdict, reason, findings, what each probe saw. Pure.

``diff`` asks what got worse. Here any change counts, for nothing was changed between the runs. Used by scripts/repeat.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conformance.compare.answers import ProbeKey, answer, probes_of
from conformance.errors import BadInput
from conformance.report.model import CaseRecord, Report

_TURN = re.compile(r"(.+)-x(\d+)")
_OF_SHARING = "interference"
"""A finding that only packed objects can give."""


@dataclass(frozen=True)
class Came:
    """What a case came to once; ``turn`` counts the repeats within a run from 1."""

    turn: int
    verdict: str
    findings: tuple[str, ...]
    probes: Mapping[ProbeKey, str]


@dataclass(frozen=True)
class Unlike:
    """A case that came to something else, and one thing in which it did: ``what``, as it was first and now.

    ``judged`` tells whether a verdict, a reason or a finding differs, or only what a probe saw.
    """

    case: str
    what: str
    first: str
    now: str
    judged: bool

    def __str__(self) -> str:
        return f"{self.case}  {self.what}: first {self.first}, now {self.now}"


def unlike(first: Report, other: Report, *, same_way: bool = True) -> tuple[Unlike, ...]:
    """Return in what the cases of ``other``, with all repeats, are not as ``first`` had them in its first turn.

    The repeats within ``first`` are looked at by comparing it with itself. ``same_way`` is false where only one of
    the runs packs cases into shared objects: only that one can find that they disturb each other.

    Raises:
        BadInput: a report is of a run that was cut short, or the two are of different cases.
    """
    for report in (first, other):
        if not report.run.complete or not report.cases:
            raise BadInput("a run was cut short, so what it did not judge cannot be compared")
    was, now = _by_case(first), _by_case(other)
    if was.keys() != now.keys():
        odd = sorted(was.keys() ^ now.keys())
        raise BadInput(f"the runs judged different cases, such as {odd[0]}", hint="run the same cases each time")
    if _repeats(first) == _repeats(other) and first.suite.cases_digest != other.suite.cases_digest:
        raise BadInput("the cases were changed between the runs", hint="begin anew")
    found: list[Unlike] = []
    for case, turns in now.items():
        for came in turns:
            found += _unlike(case, was[case][0], came, same_way=same_way)
    return tuple(found)


def _unlike(case: str, first: Came, now: Came, *, same_way: bool) -> Iterator[Unlike]:
    name = case if now.turn == 1 else f"{case} (repeat {now.turn})"
    if first.verdict != now.verdict:
        yield Unlike(name, "verdict", first.verdict, now.verdict, judged=True)
    found, finds = (_findings(came, same_way=same_way) for came in (first, now))
    if found != finds:
        yield Unlike(name, "findings", found, finds, judged=True)
    for key in dict.fromkeys([*first.probes, *now.probes]):
        saw, sees = first.probes.get(key, "no such probe"), now.probes.get(key, "no such probe")
        if saw != sees:
            yield Unlike(name, key[1], saw, sees, judged=False)


def _findings(came: Came, *, same_way: bool) -> str:
    return ", ".join(kind for kind in came.findings if same_way or kind != _OF_SHARING) or "none"


def _by_case(report: Report) -> dict[str, list[Came]]:
    """Return what each case came to, in all its turns; the first stands first."""
    found: dict[str, list[Came]] = {}
    for case in report.cases:
        name, turn = _turn(case.id, report)
        found.setdefault(name, []).append(_came(case, turn, report))
    for turns in found.values():
        turns.sort(key=lambda came: came.turn)
        if [came.turn for came in turns] != list(range(1, _repeats(report) + 1)):
            raise BadInput("a repeat of a case is not in the report", hint="was the run interrupted?")
    return found


def _came(case: CaseRecord, turn: int, report: Report) -> Came:
    return Came(
        turn,
        _said(case.verdict.value, case.reason),
        tuple(sorted({finding.kind for finding in case.findings})),
        {
            key: f"{answer(probe, report)} ({_said(probe.verdict.value, probe.reason)})"
            for key, probe in probes_of(case).items()
        },
    )


def _said(verdict: str, reason: str | None) -> str:
    return f"{verdict} {reason}" if reason else verdict


def _repeats(report: Report) -> int:
    return int(report.suite.options.get("repeat") or 1)


def _turn(case_id: str, report: Report) -> tuple[str, int]:
    found = _TURN.fullmatch(case_id)
    if found and 2 <= int(found[2]) <= _repeats(report):
        return found[1], int(found[2])
    return case_id, 1
