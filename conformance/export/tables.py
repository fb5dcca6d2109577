"""CSV (RFC 4180): a row for each case, and a row for each probe."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from conformance.export.sources import Source
from conformance.export.wording import seen
from conformance.visible import visible

CASES = (
    *("report", "controller", "version", "cluster", "kubernetes", "suite", "complete"),
    *("case", "section", "level", "statements", "verdict", "reason", "detail", "contradiction", "findings"),
    *("judged_alone", "seconds", "title", "specification"),
)
PROBES = (
    *("report", "case", "level", "step", "probe", "witness", "expected", "observed", "status", "pod"),
    *("verdict", "reason", "detail", "attempts", "counted", "curl"),
)
_FORMULA = ("=", "+", "-", "@")
"""Spreadsheets run cells that begin so."""


def tables(sources: Sequence[Source]) -> Iterator[tuple[str, str]]:
    """Yield ``cases.csv`` and ``probes.csv``.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    yield "cases.csv", _csv(CASES, _case_rows(sources))
    yield "probes.csv", _csv(PROBES, _probe_rows(sources))


def _case_rows(sources: Sequence[Source]) -> Iterator[tuple[object, ...]]:
    for source in sources:
        report = source.report
        of = (source.name, report.controller.name, report.controller.version, report.cluster.provider)
        by = (report.cluster.kubernetes_version, report.suite.version, report.run.complete)
        for case in report.cases:
            found = "; ".join(f"{finding.kind}: {finding.detail}" for finding in case.findings)
            what = (case.id, case.id.partition("/")[0], case.level.value, " ".join(case.statements))
            verdict = (case.verdict.value, case.reason.value if case.reason else "", case.detail, case.contradiction)
            yield (*of, *by, *what, *verdict, found, case.judged_alone, case.seconds, case.title, case.spec_url)


def _probe_rows(sources: Sequence[Source]) -> Iterator[tuple[object, ...]]:
    for source in sources:
        for case in source.report.cases:
            for probe in case.probes:
                observed = probe.observed
                what = (source.name, case.id, case.level.value, probe.step, probe.id, probe.witness)
                saw = (seen(probe), (observed and observed.status) or "", (observed and observed.pod) or "")
                verdict = (probe.verdict.value, probe.reason.value if probe.reason else "", probe.detail)
                counted = sum(attempt.counted for attempt in probe.attempts)
                yield (*what, probe.expected.outcome, *saw, *verdict, len(probe.attempts), counted, probe.curl)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    text = visible(str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text
