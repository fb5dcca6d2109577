"""Cases that are not observed, and why. Pure."""

from conformance.case.model import Case
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord


def skipped_record(case: Case, why: str) -> CaseRecord:
    """Return the final record of a case of which nothing was applied and nothing sent."""
    return CaseRecord(
        id=case.id,
        statements=case.statements,
        level=case.level,
        title=case.title,
        spec_url=case.spec_url,
        placement=case.placement,
        judged_alone=False,
        verdict=Verdict.SKIPPED,
        reason=None,
        detail=why,
        seconds=0.0,
        objects=(),
        probes=(),
    )
