"""The attempts of probes over time, drawn as lanes: one lane a run (or several that agree), one
mark an attempt.

A mark is a dot where the attempt counted and showed what the probe was judged by, a small dot where it did not count,
a cross where it showed something else, and a bar for the second look. Time runs from the first attempt of the probe.
"""

from collections.abc import Sequence
from itertools import groupby
from math import isfinite, log1p

from conformance.report.model import AttemptRecord, ProbeRecord

EDGE = 6
STEP = 3
"""Places lie this far apart: a dot is no smaller."""

LANE = 20
TICKS = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Seconds at which the style sheet draws a line."""

_MARKS = {"u": "M{0} {1}z", "o": "M{2} {3}l6 6m-6 0l6-6", "l": "M{0} {4}v10"}
"""A mark at x, y: not counted, another outcome, second look."""

_UNIT = 0.1
_PER_E = 7.8
"""Steps for each factor e: 300 s are at the edge of 200 pixels."""


def x_of(seconds: float) -> int:
    """Return the place of a time since the first attempt. The scale is the same on all pages, so they compare.

    It is logarithmic, with tenths of a second spread as evenly as minutes are: the first second has room.
    """
    return EDGE + STEP * round(_PER_E * log1p(min(max(seconds, 0.0), 300.0) / _UNIT))


def paths(lanes: Sequence[Sequence[ProbeRecord]]) -> tuple[tuple[str, str], ...]:
    """Return the marks of lanes as SVG paths, each with its class (see ``_MARKS``); probes of one lane lie together.

    Counted attempts of a lane are one line; the style sheet sets a dot at each of its points.
    """
    drawn: dict[str, list[str]] = {"d": [], **{kind: [] for kind in _MARKS}}
    for lane, probes in enumerate(lanes):
        y = lane * LANE + LANE // 2
        places: dict[str, set[int]] = {}
        for probe in probes:
            usual = settled(probe)
            for attempt, at in zip(probe.attempts, _times(probe), strict=True):
                places.setdefault(_kind(attempt, usual), set()).add(x_of(at))
        for kind, xs in places.items():
            if kind == "d":
                first, *more = sorted(xs)
                drawn[kind].append(f"M{first} {y}" + "".join(f"H{x}" for x in more or [first]))
            else:
                drawn[kind] += [_MARKS[kind].format(x, y, x - 3, y - 3, y - 5) for x in sorted(xs)]
    return tuple((kind, "".join(marks)) for kind, marks in drawn.items() if marks)


def settled(probe: ProbeRecord) -> str:
    """Return the outcome of the last counted attempt before the second look, else of the last one."""
    counted = [a.outcome for a in probe.attempts if a.counted and not a.second_look]
    every = [a.outcome for a in probe.attempts]
    return (counted or every or [""])[-1]


def story(probe: ProbeRecord) -> str:
    """Return the attempts in words where they are not all alike, such as ``b (not counted), a ×3; second look a``."""
    first = [a for a in probe.attempts if not a.second_look]
    again = [a for a in probe.attempts if a.second_look]
    if len({a.outcome for a in probe.attempts}) <= 1 and all(a.counted for a in probe.attempts):
        return ""
    runs, looks = _runs(first), _runs(again)
    if len(runs) > 8:
        runs = [*runs[:4], f"… {len(runs) - 7} changes …", *runs[-3:]]
    return "; ".join(part for part in (", ".join(runs), *(f"second look {run}" for run in looks)) if part)


def _runs(attempts: Sequence[AttemptRecord]) -> list[str]:
    runs = []
    for (outcome, counted), those in groupby(attempts, key=lambda a: (a.outcome, a.counted)):
        number = len(list(those))
        runs.append(f"{outcome}{f' ×{number}' if number > 1 else ''}{'' if counted else ' (not counted)'}")
    return runs


def _times(probe: ProbeRecord) -> list[float]:
    """Return the times of the attempts since the first of them."""
    times = [attempt.at if isfinite(attempt.at) else 0.0 for attempt in probe.attempts]
    start = min(times, default=0.0)
    return [at - start for at in times]


def _kind(attempt: AttemptRecord, usual: str) -> str:
    if attempt.outcome != usual:
        return "o"
    if attempt.second_look:
        return "l"
    return "d" if attempt.counted else "u"
