"""From a case in two reports to what became of it: the rules of ``diff``.

One sentence decides: whatever was right in the old report must have been *seen* to be right in the new one. If it was
seen to be wrong, that is a regression; if it was not seen at all, it is unproven. What restricted access was right in
that, even where a case failed by how it did: that it stands open now is a regression, too.
"""

from conformance.case.model import RECORD, Level
from conformance.compare.answers import asked_alike
from conformance.compare.copies import request_of
from conformance.compare.diff_model import Kind
from conformance.compare.overview import UNSEEN
from conformance.judge.words import Reason, Verdict
from conformance.report.model import CaseRecord
from conformance.report.parity import opened

OPENED = "a restriction has no effect any more"
_WRONG = (Verdict.FAIL, Verdict.UNSUPPORTED)
Became = tuple[Kind, str]


def became(old: CaseRecord, new: CaseRecord, *, answers_differ: bool) -> Became | None:
    """Return what became of a case that both reports have; ``None`` if it is as it was.

    ``answers_differ`` says that some probe saw something else than before.
    """
    if not asked_alike(old, new):
        return _redefined(old, new)
    if opened(old, new):
        return Kind.REGRESSION, f"{OPENED}: {_verdicts(old, new)}"
    if old.verdict is not Verdict.PASS:
        return _was_not_right(old, new, answers_differ)
    if new.verdict is not Verdict.PASS:
        return _was_right(new)
    spoils = _new_findings(old, new)
    if spoils:
        return Kind.REGRESSION, f"it still passes, but with a new finding: {spoils}"
    if answers_differ and old.level is Level.OBSERVED:
        return Kind.CHANGED, "the specification leaves it open, and the answers differ"
    if answers_differ:
        return Kind.CHANGED, "it passes as before, with other answers"
    gone = _new_findings(new, old)
    return (Kind.IMPROVEMENT, f"a finding is gone: {gone}") if gone else None


def removed(old: CaseRecord) -> Became:
    """Return what it means that the new report lacks a case."""
    if old.verdict is Verdict.PASS:
        return Kind.UNPROVEN, "it passed, and the new report does not have it"
    return Kind.REMOVED, f"it was {old.verdict.value}, and the new report does not have it"


def added(new: CaseRecord) -> Became:
    """Return what it means that the old report lacks a case."""
    return Kind.ADDED, f"only the new report has it: {new.verdict.value}"


def _redefined(old: CaseRecord, new: CaseRecord) -> Became:
    said = f"the case itself changed: another level, other objects, probes or expectations; {_verdicts(old, new)}"
    if opened(old, new):
        return Kind.REGRESSION, f"{OPENED}; {said}"
    if old.verdict is Verdict.PASS and new.verdict is not Verdict.PASS:
        return Kind.UNPROVEN, said
    return Kind.CHANGED, said


def _was_right(new: CaseRecord) -> Became:
    if new.verdict in UNSEEN:
        return Kind.UNPROVEN, f"it passed, and was not judged now ({new.verdict.value})"
    if new.verdict is Verdict.UNSUPPORTED:
        return Kind.REGRESSION, "it passed, and fails now; that it is declared unsupported does not make it work"
    return Kind.REGRESSION, f"it passed, and fails now ({_reason(new)})"


def _was_not_right(old: CaseRecord, new: CaseRecord, answers_differ: bool) -> Became | None:
    if new.verdict is Verdict.PASS:
        return Kind.IMPROVEMENT, f"it passes now; it was {old.verdict.value}"
    lost = _lost_probes(old, new)
    if lost and new.verdict in _WRONG:
        return Kind.REGRESSION, f"it failed before, and now fails in more ways: {lost} passed"
    if lost:
        return Kind.UNPROVEN, f"{lost} passed, and the case was not judged now ({new.verdict.value})"
    if Reason.CONTROLLER_CRASHED is new.reason is not old.reason:
        return Kind.REGRESSION, "it failed before, and now the controller crashes"
    spoils = _new_findings(old, new)
    if spoils:
        return Kind.REGRESSION, f"it does not pass, as before, but with a new finding: {spoils}"
    if old.verdict is not new.verdict or old.reason is not new.reason:
        return Kind.CHANGED, _verdicts(old, new)
    return (Kind.CHANGED, "it does not pass, as before, but with other answers") if answers_differ else None


def _lost_probes(old: CaseRecord, new: CaseRecord) -> str:
    """Name the requests that passed before and do not now.

    Of a request that goes to several copies of the rules, all must have passed before: where only some did, the
    controller chooses by chance, and chooses otherwise in each run.
    """
    now = _right_requests(new)
    lost = [request for request in _right_requests(old) if request not in now]
    named = ", ".join(name for _, name in lost[:3])
    return named + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")


def _right_requests(case: CaseRecord) -> list[tuple[int, str]]:
    right: dict[tuple[int, str], bool] = {}
    for probe in case.probes:
        # A recorded probe judges nothing.
        if probe.expected.outcome != RECORD:
            request = probe.step, request_of(probe.id)[0]
            right[request] = right.get(request, True) and probe.verdict is Verdict.PASS
    return [request for request, passed in right.items() if passed]


def _new_findings(old: CaseRecord, new: CaseRecord) -> str:
    before = {finding.kind for finding in old.findings}
    return ", ".join(sorted({finding.kind for finding in new.findings} - before))


def _verdicts(old: CaseRecord, new: CaseRecord) -> str:
    return f"{old.verdict.value} ({_reason(old)}) became {new.verdict.value} ({_reason(new)})"


def _reason(case: CaseRecord) -> str:
    return case.reason.value if case.reason else "no reason"
