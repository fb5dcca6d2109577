"""How each run stands in what is compared, and what its findings are. Pure."""

from collections.abc import Collection, Iterator, Mapping

from conformance.compare.brief import brief
from conformance.compare.comparison_model import RunFinding, RunOverview
from conformance.judge.words import Verdict
from conformance.report.model import Report, summary_of

UNSEEN = (Verdict.ERROR, Verdict.SKIPPED)


def overview(name: str, report: Report, compared: Collection[str]) -> RunOverview:
    """Return the counts of a run; ``compared`` holds the ids of the cases that are compared."""
    return RunOverview(
        name=name,
        summary=summary_of(tuple(case for case in report.cases if case.id in compared)),
        not_judged=sum(case.verdict in UNSEEN for case in report.cases),
    )


def findings(runs: Mapping[str, Report]) -> Iterator[RunFinding]:
    """Yield the findings of all runs, also in cases that are not compared."""
    for name, report in runs.items():
        for case_id, found in (
            *(("", finding) for finding in report.findings),
            *((case.id, finding) for case in report.cases for finding in case.findings),
        ):
            yield RunFinding(run=name, case=case_id, kind=found.kind, detail=brief(found.detail))
