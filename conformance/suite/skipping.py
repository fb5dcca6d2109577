"""Cases that are not observed, and why. Pure."""

from conformance.case.model import Case
from conformance.engine.record import bare_record
from conformance.judge.cases import CaseVerdict
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord


def skipped_record(case: Case, why: str) -> CaseRecord:
    """Return the final record of a case of which nothing was applied and nothing sent."""
    return bare_record(case, CaseVerdict(Verdict.SKIPPED, detail=why), alone=False, seconds=0.0)
