"""What the page of a run shows: how it was run, what fails, claims, findings, numbers, and its other versions."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from conformance.case.model import Level
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, Finding, MeasurementRecord, Report
from conformance.report.quantile import quantile
from conformance.site.cells import Cell, cells_of
from conformance.site.columns import Column
from conformance.site.history import Version, history_of
from conformance.site.matrix import Count
from conformance.site.plots import Histogram, Measured, histogram, measured, seconds
from conformance.site.usual import Habits
from conformance.site.words import WORST_FIRST

OPTIONS = {"markerLimit": ("--marker-limit", 60.0), "convergence": ("--convergence", 10.0)}
"""Options of ``run`` that a report tells, with their defaults."""


@dataclass(frozen=True)
class Short:
    """A case that does not pass, or is not as ingress-nginx has it."""

    case: CaseRecord
    cell: Cell


@dataclass(frozen=True)
class Pooled:
    """Measurements of one name, or of one case, in one row."""

    name: str
    measured: Measured
    count: int
    case: CaseRecord | None = None


@dataclass(frozen=True)
class ControllerPage:
    """Everything that the page shows."""

    column: Column
    others: tuple[Column, ...]
    command: str
    levels: tuple[tuple[Level, Count], ...]
    shorts: tuple[Short, ...]
    unlike: tuple[Short, ...]
    claimed: tuple[CaseRecord, ...]
    contradictions: tuple[tuple[str, tuple[CaseRecord, ...]], ...]
    findings: tuple[tuple[Finding, CaseRecord | None], ...]
    durations: tuple[tuple[str, str], ...]
    latency: Histogram | None
    live: Histogram | None
    never_live: int
    attempts: int
    measurements: tuple[Pooled, ...]
    habits: Habits
    history: tuple[Version, ...]

    @property
    def opened(self) -> int:
        """In how many cases a restriction of ingress-nginx has no effect."""
        return sum(short.cell.open for short in self.unlike)


def controller_page(
    column: Column, columns: Sequence[Column], levels: Sequence[tuple[Level, Count]], habits: Habits
) -> ControllerPage:
    """Return the page of a run; ``levels`` are its counts."""
    report = column.report
    cases = tuple(column.cases.values())
    markers = [record.marker for case in cases for record in case.objects if record.marker is not None]
    attempts = [attempt for case in cases for probe in case.probes for attempt in probe.attempts]
    shorts = _shorts(column, cases)
    return ControllerPage(
        column=column,
        others=tuple(other for other in columns if other is not column and other.cases.keys() & column.cases.keys()),
        command=command_of(report),
        levels=tuple(levels),
        shorts=tuple(short for short in shorts if not short.cell.parity),
        unlike=tuple(short for short in shorts if short.cell.parity),
        claimed=tuple(case for case in cases if case.verdict is Verdict.UNSUPPORTED),
        contradictions=_contradictions(cases),
        findings=_findings(report, cases),
        durations=_durations(report),
        latency=histogram([attempt.seconds for attempt in attempts]),
        live=histogram([marker.live_after for marker in markers if marker.live_after is not None]),
        never_live=sum(1 for marker in markers if marker.live_after is None),
        attempts=len(attempts),
        measurements=_measurements(cases),
        habits=habits,
        history=history_of(column, columns),
    )


def command_of(report: Report) -> str:
    """Return the command that makes a run like this one, safe to paste into a shell."""
    # A name that begins with a dash would be taken for an option.
    name = report.controller.name
    words = ["ingress-conformance", "run", "--cluster", report.cluster.provider]
    levels = dict.fromkeys(case.level.value for case in report.cases)
    if Level.PARITY.value in levels:
        # A run leaves it out unless it is asked for.
        words += ["--level", ",".join(levels)]
    options = report.suite.options
    if options.get("isolate") is True:
        words.append("--isolate")
    for key, (option, default) in OPTIONS.items():
        value = options.get(key, default)
        if isinstance(value, int | float) and value != default:
            words += [option, f"{value:g}"]
    return shlex.join([*words, *(["--"] if name.startswith("-") else []), name])


def _shorts(column: Column, cases: Sequence[CaseRecord]) -> tuple[Short, ...]:
    levels = list(Level)
    found = [Short(case, cells_of(case.id, [column])[0]) for case in cases if case.verdict is not Verdict.PASS]

    def place(short: Short) -> tuple[int, int, bool, str]:
        case = short.case
        return WORST_FIRST.index(case.verdict), levels.index(case.level), not short.cell.open, case.parity or ""

    return tuple(sorted(found, key=place))


def _contradictions(cases: Sequence[CaseRecord]) -> tuple[tuple[str, tuple[CaseRecord, ...]], ...]:
    found: dict[str, list[CaseRecord]] = {}
    for case in cases:
        if case.contradiction:
            found.setdefault(case.contradiction, []).append(case)
    return tuple((text, tuple(those)) for text, those in found.items())


def _findings(report: Report, cases: Sequence[CaseRecord]) -> tuple[tuple[Finding, CaseRecord | None], ...]:
    whole: list[tuple[Finding, CaseRecord | None]] = [(finding, None) for finding in report.findings]
    return (*whole, *((finding, case) for case in cases for finding in case.findings))


def _durations(report: Report) -> tuple[tuple[str, str], ...]:
    spent = report.run.durations
    names = ("cluster", "controller", "apply", "observe", "total")
    return tuple((name, seconds(getattr(spent, name))) for name in names)


def _measurements(cases: Sequence[CaseRecord]) -> tuple[Pooled, ...]:
    """Return times pooled by name; of requests a row for each case that lost some, and one for all the others."""
    times: dict[str, list[MeasurementRecord]] = {}
    lost: list[Pooled] = []
    calm: list[MeasurementRecord] = []
    for case in cases:
        for record in case.measurements:
            if record.unit == "seconds":
                times.setdefault(record.name, []).append(record)
            elif record.failed:
                lost.append(Pooled(record.name, measured([record], 0.0), 1, case))
            else:
                calm.append(record)
    pools = [(_pool(name, those), len(those)) for name, those in times.items()]
    pooled = [Pooled(pool.name, measured([pool], pool.max or 0.0), count) for pool, count in pools]
    if calm:
        whole = calm[0].model_copy(update={"count": sum(record.count for record in calm), "failed": 0})
        pooled.append(Pooled("requests of which none failed", measured([whole], 0.0), len(calm)))
    return (*pooled, *lost)


def _pool(name: str, those: Sequence[MeasurementRecord]) -> MeasurementRecord:
    samples = sorted(sample for record in those for sample in record.samples if isfinite(sample))
    count = sum(record.count for record in those)
    if not samples:
        return MeasurementRecord(name=name, unit="seconds", count=count)
    return MeasurementRecord(
        name=name,
        unit="seconds",
        count=count,
        p50=quantile(samples, 0.5),
        p95=quantile(samples, 0.95),
        max=samples[-1],
        samples=tuple(samples),
    )
