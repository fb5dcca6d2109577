"""What the page of a case shows: the statements, the objects, and every probe with the answers of all runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from conformance.case.statements import StatementsFile
from conformance.report.model import CaseRecord, Finding
from conformance.site.cells import Cell, cells_of
from conformance.site.columns import Column
from conformance.site.lanes import Scale, scale_of
from conformance.site.manifests import left_out, objects_text, yaml_text
from conformance.site.matrix import newest
from conformance.site.plots import Measured, measured
from conformance.site.probe_view import Asked, ProbeView, probe_view
from conformance.site.usual import Habits
from conformance.site.words import WORST_FIRST


@dataclass(frozen=True)
class StatementView:
    """A statement with the part of the specification's page it is taken from; ``says`` is empty if it is unknown."""

    id: str
    says: str
    url: str


@dataclass(frozen=True)
class Judged:
    """The verdict of one run."""

    column: Column
    cell: Cell
    record: CaseRecord
    live_after: str


@dataclass(frozen=True)
class Variant:
    """Objects, or what a step wrote, and the runs in which they were like this."""

    columns: tuple[Column, ...]
    text: str
    note: str = ""


@dataclass(frozen=True)
class StepView:
    """One step: what was changed, and how long each run took to load it."""

    number: int
    title: str
    actions: tuple[str, ...]
    times: tuple[tuple[Column, str], ...]
    variants: tuple[Variant, ...]


@dataclass(frozen=True)
class CasePage:
    """Everything that the page shows."""

    record: CaseRecord
    judged: tuple[Judged, ...]
    absent: tuple[Column, ...]
    order: tuple[str, ...]
    statements: tuple[StatementView, ...]
    findings: tuple[tuple[Finding, tuple[Column, ...]], ...]
    variants: tuple[Variant, ...]
    steps: tuple[StepView, ...]
    probes: tuple[ProbeView, ...]
    scale: Scale
    measurements: tuple[tuple[str, tuple[tuple[Column, Measured], ...]], ...]

    @property
    def everyone(self) -> tuple[Column, ...]:
        """All runs that have the case, in the order of the matrix: the lanes of an answer that all gave."""
        return tuple(sorted((one.column for one in self.judged), key=lambda column: self.order.index(column.slug)))


def case_page(
    case_id: str, columns: Sequence[Column], statements: StatementsFile, habits: Mapping[str, Habits]
) -> CasePage:
    """Return the page of a case; ``habits`` are those of the columns, by slug."""
    cells = cells_of(case_id, columns)
    having = [(column, column.cases[case_id]) for column in columns if case_id in column.cases]
    record = newest(case_id, columns)
    judged = [
        Judged(column, cell, column.cases[case_id], _live(column.cases[case_id]))
        for column, cell in zip(columns, cells, strict=True)
        if case_id in column.cases
    ]
    scale = scale_of(probe for _, case in having for probe in case.probes)
    return CasePage(
        record=record,
        judged=tuple(sorted(judged, key=lambda one: WORST_FIRST.index(one.record.verdict))),
        order=tuple(column.slug for column in columns),
        absent=tuple(column for column in columns if case_id not in column.cases),
        statements=tuple(_statement(name, record.spec_url, statements) for name in dict.fromkeys(record.statements)),
        findings=_findings(having),
        variants=_variants((column, objects_text(case), _shared(case)) for column, case in having),
        steps=_steps(having),
        probes=tuple(probe_view(number, asked, scale, habits) for number, asked in enumerate(_asked(having), start=1)),
        scale=scale,
        measurements=_measurements(having),
    )


def _statement(name: str, spec_url: str, statements: StatementsFile) -> StatementView:
    for statement in statements.statements():
        if statement.id == name:
            return StatementView(name, statement.says, f"{statements.page}#{statement.anchor}")
    return StatementView(name, "", spec_url)


def _live(case: CaseRecord) -> str:
    markers = [record.marker for record in case.objects if record.marker is not None]
    if not markers:
        return ""
    times = [marker.live_after for marker in markers if marker.live_after is not None]
    return f"{max(times):.2f} s" if len(times) == len(markers) else "never"


def _shared(case: CaseRecord) -> str:
    count = left_out(case)
    if not count:
        return ""
    return f"This Ingress is shared: {count} {'rule' if count == 1 else 'rules'} of other cases are left out."


def _findings(having: Iterable[tuple[Column, CaseRecord]]) -> tuple[tuple[Finding, tuple[Column, ...]], ...]:
    found: dict[Finding, list[Column]] = {}
    for column, case in having:
        for finding in dict.fromkeys(case.findings):
            found.setdefault(finding, []).append(column)
    return tuple((finding, tuple(columns)) for finding, columns in found.items())


def _variants(texts: Iterable[tuple[Column, str, str]]) -> tuple[Variant, ...]:
    """Return each text once, the most common first. Names of shared objects differ by nothing but their number."""
    groups: dict[str, list[tuple[Column, str, str]]] = {}
    for column, text, note in texts:
        if text:
            groups.setdefault(_rules_only(text), []).append((column, text, note))
    variants = []
    for those in sorted(groups.values(), key=lambda group: -len(group)):
        # Objects of the case's own say more than its part of shared ones.
        _, text, note = min(those, key=lambda one: bool(one[2]))
        variants.append(Variant(tuple(column for column, _, _ in those), text, note))
    return tuple(variants)


def _rules_only(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("  name: ") and ".marker." not in line)


def _asked(having: Sequence[tuple[Column, CaseRecord]]) -> list[list[Asked]]:
    found: dict[tuple[int, str, int], list[Asked]] = {}
    for column, case in having:
        count: dict[tuple[int, str], int] = {}
        for probe in case.probes:
            key = (probe.step, probe.id)
            count[key] = count.get(key, 0) + 1
            found.setdefault((*key, count[key]), []).append((column, probe))
    return [found[key] for key in sorted(found, key=lambda key: key[0])]


def _steps(having: Sequence[tuple[Column, CaseRecord]]) -> tuple[StepView, ...]:
    numbers = sorted({step.number for _, case in having for step in case.steps})
    views = []
    for number in numbers:
        those = [(column, step) for column, case in having for step in case.steps if step.number == number]
        last = those[-1][1]
        views.append(
            StepView(
                number,
                last.title,
                last.actions,
                tuple(
                    (column, "–" if step.live_after is None else f"{step.live_after:.2f} s") for column, step in those
                ),
                _variants((column, yaml_text(step.manifests) if step.manifests else "", "") for column, step in those),
            )
        )
    return tuple(views)


def _measurements(
    having: Sequence[tuple[Column, CaseRecord]],
) -> tuple[tuple[str, tuple[tuple[Column, Measured], ...]], ...]:
    found: dict[str, list[tuple[Column, Measured]]] = {}
    for name in dict.fromkeys(m.name for _, case in having for m in case.measurements):
        those = [(column, m) for column, case in having for m in case.measurements if m.name == name]
        top = max((m.max or 0.0 for _, m in those), default=0.0)
        found[name] = [(column, measured(m, top)) for column, m in those]
    return tuple((name, tuple(those)) for name, those in found.items())
