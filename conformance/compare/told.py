"""What an answer tells: its outcome, and why it is wrong where the outcome does not say so."""

from conformance.case.model import NO_MATCH, RECORD, TALLY, TLS_REFUSED
from conformance.compare.answers import answer, without_address
from conformance.judge.probes import CONSECUTIVE
from conformance.judge.words import Reason, Verdict
from conformance.report.model import ProbeRecord, Report
from conformance.report.parity import without_ending

Told = tuple[str, str, str]
"""Outcome, reason and detail; the last two are empty where the answer is right, or the outcome shows its fault."""

_OF_THE_OUTCOME = (
    Reason.WRONG_BACKEND,
    Reason.WRONG_STATUS,
    Reason.NO_MATCH,
    Reason.REDIRECTED,
    Reason.NO_ANSWER,
    Reason.UNEXPECTED_MATCH,
    Reason.NOT_REMOVED,
)
"""Reasons that speak of the outcome, and of nothing that came with it."""
_NO_BACKEND = ("status:", "grpc-status:", "reset", "refused", "tls-alert:")


def told(probe: ProbeRecord, case_id: str, report: Report) -> Told:
    """Return what is equal where two runs answered alike: nothing in it differs from run to run."""
    outcome = answer(probe, report)
    if probe.verdict is Verdict.PASS or _shows(probe):
        return outcome, "", ""
    reason = probe.reason.value if probe.reason else probe.verdict.value
    seen = _lately(probe, report)
    if probe.reason is Reason.UNSTABLE and len(seen) > 1:
        # Which of them was the last is chance, and so is the order that the detail tells.
        return f"varies:{','.join(seen)}", reason, "the answers changed"
    detail = without_ending(probe.detail, case_id)
    if "pods" in probe.expected.more:
        detail = detail.partition(":")[0]  # names of pods, and how many requests each got
    return outcome, reason, without_address(detail, report)


def _shows(probe: ProbeRecord) -> bool:
    """Tell whether anybody who knows what is expected sees from the outcome alone that the answer is wrong."""
    if probe.observed is None:
        return True
    outcome, expected = probe.observed.outcome, probe.expected.outcome
    if outcome == expected or expected in {RECORD, TALLY}:
        return False
    # These may stand for no match, though a backend answered with that status, or some requests of several reached one.
    looks_right = expected in {NO_MATCH, TLS_REFUSED} and outcome.startswith(_NO_BACKEND)
    return probe.reason in _OF_THE_OUTCOME and not looks_right


def _lately(probe: ProbeRecord, report: Report) -> list[str]:
    """Return the outcomes that the verdict rests on: those of the last observations that count, the second look too."""
    counted = [attempt.outcome for attempt in probe.attempts if attempt.counted][-CONSECUTIVE - 1 :]
    return sorted({without_address(outcome, report) for outcome in counted})
