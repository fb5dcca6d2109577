"""A short summary in Markdown, as GitHub shows it for a step: failures first, one controller or several."""

from collections.abc import Iterator, Sequence

from conformance.case.model import Level
from conformance.export.markdown_text import block, code, link, plain, row
from conformance.export.sources import Source
from conformance.export.standing import LevelStanding, Standing
from conformance.export.wording import headline, seen, trouble
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord

SHOWN = 25
"""Failing cases in full for each controller; GitHub takes 1 MiB a step."""

_SIGNS = {
    Standing.INCOMPLETE: "⚠️",
    Standing.ERROR: "⚠️",
    Standing.FAIL: "❌",
    Standing.PARTIAL: "⚠️",
    Standing.UNSUPPORTED: "🟡",
    Standing.RECORDED: "🔹",
    Standing.PASS: "✅",
}
_FIRST = (Verdict.ERROR, Verdict.FAIL, Verdict.UNSUPPORTED)
_LEVELS = tuple(Level)


def markdown(sources: Sequence[Source]) -> str:
    """Return the text."""
    return "\n".join(_lines(sources)) + "\n"


def _lines(sources: Sequence[Source]) -> Iterator[str]:
    yield "## Ingress conformance"
    yield ""
    for source in sources:
        if trouble(source.report):
            yield f"> [!WARNING]\n> {code(source.name)}: {trouble(source.report)}."
            yield ""
    yield from _table(sources)
    for source in sources:
        yield from _details(source)


def _table(sources: Sequence[Source]) -> Iterator[str]:
    levels = [level for level in _LEVELS if any(at.level is level for source in sources for at in source.standings())]
    yield row("controller", "version", "cluster", *(level.value for level in levels), "seconds")
    yield row(*["---"] * (len(levels) + 4))
    for source in sources:
        report = source.report
        at = {standing.level: standing for standing in source.standings()}
        cluster = f"{report.cluster.provider} {report.cluster.kubernetes_version}"
        cells = [_cell(at[level]) if level in at else "" for level in levels]
        spent = f"{report.run.durations.total:.1f}"
        yield row(code(source.name), plain(report.controller.version), plain(cluster), *cells, spent)
    yield ""


def _cell(at: LevelStanding) -> str:
    return f"{_SIGNS[at.standing]} {at.message}"


def _details(source: Source) -> Iterator[str]:
    report = source.report
    wanting = sorted(
        (case for case in report.cases if case.verdict in _FIRST),
        key=lambda case: (_FIRST.index(case.verdict), _LEVELS.index(case.level)),
    )
    if wanting:
        yield f"### {code(source.name)}: {len(wanting)} of {len(report.cases)} cases do not pass"
        yield ""
    for case in wanting[:SHOWN]:
        yield from _case(case)
    if len(wanting) > SHOWN:
        yield f"… and {len(wanting) - SHOWN} more, in the report."
        yield ""
    found = [(case.id, finding) for case in report.cases for finding in case.findings]
    found += [("", finding) for finding in report.findings]
    for case_id, finding in found[:SHOWN]:
        yield f"- **{finding.kind}** {code(case_id) if case_id else ''} {plain(finding.detail)}"
    if found:
        yield ""


def _case(case: CaseRecord) -> Iterator[str]:
    yield "<details>"
    yield f"<summary>{case.verdict.value} <b>{code(case.id)}</b> {case.level.value}: {plain(headline(case))}</summary>"
    yield ""
    yield f"{plain(case.title)} ({link(', '.join(case.statements), case.spec_url)})."
    yield ""
    failing = [probe for probe in case.probes if probe.verdict is not Verdict.PASS]
    for probe in failing[:3]:
        yield f"{code(probe.id)}: expected {code(probe.expected.outcome)}, saw {code(seen(probe))}"
        yield ""
        yield block(probe.curl)
        yield ""
    yield "</details>"
    yield ""
