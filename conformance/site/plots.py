"""Numbers as small plots: histograms of times, samples as strips, failed requests as a bar. All sizes in pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10

from conformance.report.model import MeasurementRecord
from conformance.report.quantile import quantile

STRIP = 200
STEP = 3
EDGE = 4
BAR = 16
TALL = 72
_PER_DECADE = 5


@dataclass(frozen=True)
class Histogram:
    """Times on a logarithmic scale. ``bars`` are x, y, width, height; ``ticks`` x and what stands there."""

    count: int
    p50: str
    p95: str
    longest: str
    bars: tuple[tuple[int, int, int, int], ...]
    ticks: tuple[tuple[int, str], ...]
    width: int
    height: int = TALL


@dataclass(frozen=True)
class Measured:
    """One measurement: its numbers in words, and its samples (or failed requests) as a strip."""

    unit: str
    count: str
    failed: int | None
    failures: tuple[tuple[str, int], ...]
    p50: str
    p95: str
    longest: str
    marks: str
    failed_width: int


def histogram(times: Sequence[float]) -> Histogram | None:
    """Return the histogram of times in seconds; none where there are none."""
    known = sorted(time for time in times if isfinite(time) and time >= 0)
    if not known:
        return None
    bins = [_bin(time) for time in known]
    low, high = bins[0], bins[-1]
    # Whole decades read better than what happens to be there.
    low, high = floor(low / _PER_DECADE) * _PER_DECADE, (floor(high / _PER_DECADE) + 1) * _PER_DECADE
    counts = [0] * (high - low)
    for place in bins:
        counts[place - low] += 1
    top = max(counts)
    bars = tuple(
        (EDGE + n * BAR, TALL - height, BAR - 2, height)
        for n, count in enumerate(counts)
        if count
        for height in [max(2, round(TALL * count / top))]
    )
    ticks = tuple(
        (EDGE + n * BAR, seconds(10 ** ((low + n) / _PER_DECADE))) for n in range(0, high - low + 1, _PER_DECADE)
    )
    return Histogram(
        len(known),
        seconds(quantile(known, 0.5)),
        seconds(quantile(known, 0.95)),
        seconds(known[-1]),
        bars,
        ticks,
        2 * EDGE + BAR * (high - low),
    )


def measured(records: Sequence[MeasurementRecord], top: float) -> Measured:
    """Return a measurement; ``top`` is the end of the strip's axis in seconds.

    Of several, all without a failure, the count is a range and the rest that of the first.
    """
    record = records[0]
    counts = sorted({one.count for one in records})
    samples = [time for time in record.samples if isfinite(time)]
    room = (STRIP - 2 * EDGE) / STEP
    places = sorted({EDGE + STEP * round(room * min(max(time / top, 0.0), 1.0)) for time in samples if top > 0})
    part = (record.failed or 0) / record.count if record.count > 0 else 0.0
    width = round(STRIP * min(max(part, 0.0), 1.0))
    p50, p95, longest = ("" if time is None else seconds(time) for time in (record.p50, record.p95, record.max))
    return Measured(
        unit=record.unit,
        count=f"{counts[0]}–{counts[-1]}" if len(counts) > 1 else str(counts[0]),
        failed=record.failed,
        failures=tuple(sorted(record.failures.items(), key=lambda item: (-item[1], item[0]))),
        p50=p50,
        p95=p95,
        longest=longest,
        marks=f"M{places[0]} 10" + "".join(f"H{x}" for x in places[1:] or places) if places else "",
        # What failed must be seen, however little it is.
        failed_width=max(width, 2) if record.failed else 0,
    )


def seconds(time: float) -> str:
    """Return a time as a person reads it: ``0.3 ms``, ``12 ms``, ``1.4 s``."""
    if not isfinite(time):
        return "–"
    if time < 0.01:
        return f"{time * 1000:.2g} ms"
    return f"{time * 1000:.0f} ms" if time < 1 else f"{time:.3g} s"


def _bin(time: float) -> int:
    return floor(log10(min(max(time, 1e-5), 1e5)) * _PER_DECADE + 1e-9)
