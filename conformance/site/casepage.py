"""What the page of a case shows: the statements, the objects, and every probe with the answers of all runs."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from conformance.case.model import Level
from conformance.case.statements import StatementsFile
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, Finding, StepRecord
from conformance.site.cells import Cell, cells_of
from conformance.site.certificates import CertificateView, certificates_of
from conformance.site.columns import Column
from conformance.site.manifests import Manifest, left_out, named_alike, own_objects, without_names, yaml_text
from conformance.site.plots import Measured, measured
from conformance.site.probe_view import ALONE, Asked, ProbeView, probe_view
from conformance.site.texts import newest
from conformance.site.twin_view import Compared, beside, compared
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
    """The runs that say the same about the case. Times are ranges in seconds; ``objects`` are shared, own or both."""

    columns: tuple[Column, ...]
    cell: Cell
    detail: str
    objects: str
    live_after: str
    took: str


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
    compared: Compared
    absent: tuple[Column, ...]
    older: tuple[tuple[Level, tuple[Column, ...]], ...]
    runs: int
    alone: tuple[Column, ...]
    shell: str
    statements: tuple[StatementView, ...]
    findings: tuple[tuple[Finding, tuple[Column, ...]], ...]
    variants: tuple[Variant, ...]
    steps: tuple[StepView, ...]
    probes: tuple[ProbeView, ...]
    certificates: tuple[CertificateView, ...]
    measurements: tuple[tuple[str, tuple[tuple[tuple[Column, ...], Measured], ...]], ...]


def case_page(
    case_id: str, columns: Sequence[Column], statements: StatementsFile, habits: Mapping[str, Habits]
) -> CasePage:
    """Return the page of a case; ``habits`` are those of the columns, by slug."""
    cells = cells_of(case_id, columns)
    having = [(column, column.cases[case_id]) for column in columns if case_id in column.cases]
    record = newest(case_id, columns)
    certificates = certificates_of(having)
    twins = beside(having)
    judged = _judged([(*one, cell) for one, cell in zip(having, _there(cells), strict=True)])
    return CasePage(
        record=record,
        compared=compared(having),
        judged=judged,
        runs=len(having),
        alone=_alone(having),
        shell=_shell(record, judged),
        absent=_absent(case_id, columns),
        older=_older(columns, cells),
        statements=tuple(_statement(name, record.spec_url, statements) for name in dict.fromkeys(record.statements)),
        findings=_findings(having),
        variants=_variants(
            (column, own_objects(case, column.report.controller.ingress_class), _left_out(case))
            for column, case in having
        ),
        steps=_steps(having),
        probes=tuple(
            probe_view(asked, habits, certificates, offered=record.level is Level.API, twins=twins)
            for asked in _asked(having)
        ),
        certificates=certificates,
        measurements=_measurements(having),
    )


def _statement(name: str, spec_url: str, statements: StatementsFile) -> StatementView:
    for section in statements.sections:
        for statement in section.statements:
            if statement.id == name:
                return StatementView(name, statement.says, f"{section.page or statements.page}#{statement.anchor}")
    return StatementView(name, "", spec_url)


def _there(cells: Iterable[Cell]) -> list[Cell]:
    return [cell for cell in cells if cell.verdict is not None]


def _judged(having: Sequence[tuple[Column, CaseRecord, Cell]]) -> tuple[Judged, ...]:
    """Return the verdicts, worst first, those of runs that say the same together."""
    groups: dict[tuple[int, str], list[tuple[Column, CaseRecord, Cell]]] = {}
    for column, case, cell in having:
        groups.setdefault((cell.group, case.detail), []).append((column, case, cell))
    judged = [
        Judged(
            tuple(column for column, _, _ in those),
            those[0][2],
            detail,
            ", ".join(sorted({"own" if case.judged_alone else "shared" for _, case, _ in those})),
            _range([_live(case) for _, case, _ in those]),
            _range([case.seconds for _, case, _ in those]),
        )
        for (_, detail), those in groups.items()
    ]
    return tuple(
        sorted(judged, key=lambda one: (WORST_FIRST.index(one.cell.verdict or Verdict.PASS), not one.cell.open))
    )


def _absent(case_id: str, columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the runs without the case, but not where another run of the same version has it."""
    asked = {(column.name, column.version) for column in columns if case_id in column.cases}
    return tuple(
        column for column in columns if case_id not in column.cases and (column.name, column.version) not in asked
    )


def _older(columns: Sequence[Column], cells: Sequence[Cell]) -> tuple[tuple[Level, tuple[Column, ...]], ...]:
    """Return the runs that had another text of the case than the newest, by the level that it had there."""
    found: dict[Level, list[Column]] = {}
    for column, cell in zip(columns, cells, strict=True):
        if cell.older and cell.level is not None:
            found.setdefault(cell.level, []).append(column)
    return tuple((level, tuple(those)) for level, those in found.items())


def _alone(having: Sequence[tuple[Column, CaseRecord]]) -> tuple[Column, ...]:
    """Return the runs whose curl lines name hosts of the second judgement, where not all do."""
    alone = tuple(column for column, case in having if any(ALONE in probe.curl for probe in case.probes))
    return alone if len(alone) < len(having) else ()


def _shell(record: CaseRecord, judged: Sequence[Judged]) -> str:
    """Return the command for a cluster in which the curl lines work, with the controller of the worst verdict.

    It makes an embedded cluster, so it is told where a run had one; what the API server alone answers needs none.
    """
    columns = [column for one in judged for column in one.columns if column.report.cluster.provider == "local"]
    if not columns or not record.probes or record.level is Level.API:
        return ""
    words = ["ingress-conformance", "cluster", "shell", "--controller", columns[0].name]
    return shlex.join([*words, *(["--"] if record.id.startswith("-") else []), record.id])


def _live(case: CaseRecord) -> float | None:
    """Return when the last marker answered; infinity if one never did, ``None`` if there is none."""
    markers = [record.marker for record in case.objects if record.marker is not None]
    times = [inf if marker.live_after is None else marker.live_after for marker in markers]
    return max(times, default=None)


def _range(times: Sequence[float | None]) -> str:
    known = sorted(time for time in times if time is not None)
    if not known:
        return "–"
    low, high = ("never" if time == inf else f"{time:.2f}" for time in (known[0], known[-1]))
    return low if low == high else f"{low}–{high}"


def _left_out(case: CaseRecord) -> str:
    others, copies = left_out(case)
    notes = []
    if others:
        notes.append(f"{others} {'rule' if others == 1 else 'rules'} of other cases stood in the same object.")
    if copies:
        notes.append(f"{copies} {'rule' if copies == 1 else 'rules'} more repeat these, under hosts of their own.")
    return " ".join(notes)


def _findings(having: Iterable[tuple[Column, CaseRecord]]) -> tuple[tuple[Finding, tuple[Column, ...]], ...]:
    found: dict[Finding, list[Column]] = {}
    for column, case in having:
        for finding in dict.fromkeys(case.findings):
            found.setdefault(finding, []).append(column)
    return tuple((finding, tuple(columns)) for finding, columns in found.items())


def _variants(objects: Iterable[tuple[Column, tuple[Manifest, ...], str]]) -> tuple[Variant, ...]:
    """Return each set of objects once, the most common first."""
    groups: dict[str, list[tuple[Column, tuple[Manifest, ...], str]]] = {}
    for one in objects:
        if one[1]:
            groups.setdefault(without_names(one[1]), []).append(one)
    variants = []
    for those in sorted(groups.values(), key=lambda group: -len(group)):
        # Objects of the case's own say more than its part of shared ones.
        _, manifests, note = min(those, key=lambda one: bool(one[2]))
        variants.append(Variant(tuple(column for column, _, _ in those), yaml_text(manifests), note))
    return tuple(variants)


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
                _variants((column, _written(column, step), "") for column, step in those),
            )
        )
    return tuple(views)


def _written(column: Column, step: StepRecord) -> tuple[Manifest, ...]:
    return tuple(named_alike(manifest, column.report.controller.ingress_class) for manifest in step.manifests)


def _measurements(
    having: Sequence[tuple[Column, CaseRecord]],
) -> tuple[tuple[str, tuple[tuple[tuple[Column, ...], Measured], ...]], ...]:
    """Return the measurements by name, a row for each run; runs that lost no request share one."""
    found = []
    for name in dict.fromkeys(m.name for _, case in having for m in case.measurements):
        those = [(column, m) for column, case in having for m in case.measurements if m.name == name]
        top = max((m.max or 0.0 for _, m in those), default=0.0)
        calm = [(column, m) for column, m in those if m.unit == "requests" and not m.failed]
        rows: list[tuple[tuple[Column, ...], Measured]] = []
        rows += [((column,), measured([m], top)) for column, m in those if m.unit != "requests" or m.failed]
        if calm:
            rows.append((tuple(column for column, _ in calm), measured([m for _, m in calm], top)))
        found.append((name, tuple(rows)))
    return tuple(found)
