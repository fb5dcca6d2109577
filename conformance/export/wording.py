"""Sentences about cases that several formats share."""

from collections.abc import Iterator

from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, ProbeRecord, Report
from conformance.report.seen import in_a_line
from conformance.visible import visible

CUT_SHORT = "the run was cut short: not every case has been judged"
NO_CASES = "the report holds no case"


def trouble(report: Report) -> str:
    """Return why the report as a whole must not look fine, whatever its cases say; empty if it may."""
    if not report.run.complete:
        return CUT_SHORT
    return "" if report.cases else NO_CASES


def headline(case: CaseRecord) -> str:
    """Return reason and detail in one line."""
    reason = case.reason.value if case.reason else case.verdict.value
    return visible(f"{reason}: {case.detail}" if case.detail else reason, keep="")


def seen(probe: ProbeRecord) -> str:
    """Return the outcome that a probe reports."""
    return visible(probe.observed.outcome, keep="") if probe.observed else "nothing"


def explanation(case: CaseRecord) -> Iterator[str]:
    """Yield lines: the title, where the specification says it, each failing probe with its curl line, findings."""
    yield visible(case.title)
    yield visible(f"{', '.join(case.statements)}  {case.spec_url}")
    for probe in case.probes:
        if probe.verdict is not Verdict.PASS:
            yield in_a_line(probe)
            yield f"  {visible(probe.curl)}"
    for finding in case.findings:
        yield visible(f"{finding.kind}: {finding.detail}")
    if case.contradiction:
        yield visible(f"contradiction: {case.contradiction}")
