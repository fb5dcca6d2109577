"""The attempts of probes over time, drawn as lanes: one lane a run, one mark an attempt.

A mark is a dot where the attempt counted and showed what the probe was judged by, a small dot where it did not count,
a cross where it showed something else, and a bar for the second look. Time runs from the first attempt of the probe,
on a square-root scale, so that the first second has room.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite, sqrt

from conformance.report.model import AttemptRecord, ProbeRecord

WIDTH = 200
EDGE = 6
LANE = 20
_TICKS = (0.0, 0.2, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0)
_KINDS = ("d", "u", "o", "l")


@dataclass(frozen=True)
class Scale:
    """The time axis of a page, in seconds."""

    span: float

    def x(self, seconds: float) -> int:
        """Return the place of a time."""
        part = min(max(seconds / self.span, 0.0), 1.0) if self.span > 0 else 0.0
        return EDGE + round((WIDTH - 2 * EDGE) * sqrt(part))

    @property
    def ticks(self) -> tuple[tuple[int, str], ...]:
        """Places on the axis with what stands there."""
        return tuple((self.x(tick), f"{tick:g}") for tick in _TICKS if tick == 0 or tick <= self.span)

    def grid(self, lanes: int) -> str:
        """Return the path of the lines behind so many lanes."""
        return "".join(f"M{x} 0v{lanes * LANE}" for x, _ in self.ticks)


def scale_of(probes: Iterable[ProbeRecord]) -> Scale:
    """Return the axis on which the attempts of all these probes have room."""
    return Scale(max((_times(probe)[-1] for probe in probes if probe.attempts), default=0.0))


def paths(probes: Sequence[ProbeRecord], scale: Scale) -> tuple[tuple[str, str], ...]:
    """Return the marks of the lanes of these probes as SVG paths, each with its class."""
    drawn: dict[str, dict[str, None]] = {kind: {} for kind in _KINDS}
    for lane, probe in enumerate(probes):
        y = lane * LANE + LANE // 2
        usual = settled(probe)
        for attempt, at in zip(probe.attempts, _times(probe, ordered=False), strict=True):
            kind = _kind(attempt, usual)
            drawn[kind][_mark(kind, scale.x(at), y)] = None
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
    runs = []
    for (outcome, counted), those in groupby(first, key=lambda a: (a.outcome, a.counted)):
        number = len(list(those))
        runs.append(f"{outcome}{f' ×{number}' if number > 1 else ''}{'' if counted else ' (not counted)'}")
    if len(runs) > 8:
        runs = [*runs[:4], f"… {len(runs) - 7} changes …", *runs[-3:]]
    looks = [f"second look {a.outcome}{'' if a.counted else ' (not counted)'}" for a in again]
    return "; ".join(part for part in (", ".join(runs), *looks) if part)


def _times(probe: ProbeRecord, *, ordered: bool = True) -> list[float]:
    times = [attempt.at if isfinite(attempt.at) else 0.0 for attempt in probe.attempts]
    start = min(times, default=0.0)
    return [at - start for at in (sorted(times) if ordered else times)]


def _kind(attempt: AttemptRecord, usual: str) -> str:
    if attempt.outcome != usual:
        return "o"
    if attempt.second_look:
        return "l"
    return "d" if attempt.counted else "u"


def _mark(kind: str, x: int, y: int) -> str:
    if kind == "o":
        return f"M{x - 3} {y - 3}l6 6m-6 0l6-6"
    return f"M{x} {y - 5}v10" if kind == "l" else f"M{x} {y}z"
