"""The verdict of a case from those of its probes, and what a controller's claims make of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.judge.probes import ProbeVerdict
from conformance.judge.words import Reason, Verdict

_WORST_FIRST = (
    Reason.HARNESS,
    Reason.CONTROLLER_CRASHED,
    Reason.NOT_PROGRAMMED,
    Reason.UNSTABLE,
    Reason.UNEXPECTED_MATCH,
    Reason.WRONG_BACKEND,
)


@dataclass(frozen=True)
class CaseVerdict:
    """The verdict of a case; ``contradiction`` says where a claim of the catalogue and the result disagree."""

    verdict: Verdict
    reason: Reason | None = None
    detail: str = ""
    contradiction: str = ""


def judge_case(verdicts: Sequence[tuple[str, ProbeVerdict]]) -> CaseVerdict:
    """Return the verdict of a case whose probes (id and verdict) are all judged: one failing probe fails it."""
    failing = [(probe_id, verdict) for probe_id, verdict in verdicts if verdict.verdict is not Verdict.PASS]
    if not verdicts:
        return CaseVerdict(Verdict.ERROR, Reason.HARNESS, "no probe was sent")
    if not failing:
        return CaseVerdict(Verdict.PASS)
    probe_id, worst = min(failing, key=lambda pair: _rank(pair[1].reason))
    detail = worst.detail if worst.reason is Reason.NOT_PROGRAMMED else f"{probe_id}: {worst.detail}"
    if worst.verdict is Verdict.ERROR:
        return CaseVerdict(Verdict.ERROR, worst.reason, detail)
    return CaseVerdict(Verdict.FAIL, worst.reason, detail)


def _rank(reason: Reason | None) -> int:
    return _WORST_FIRST.index(reason) if reason in _WORST_FIRST else len(_WORST_FIRST)


def with_claims(verdict: CaseVerdict, names: Sequence[str], unsupported: Mapping[str, str]) -> CaseVerdict:
    """Apply a controller's claims: ``unsupported`` maps the id of a statement or a case to the reason its project
    gives; ``names`` are those of the case.

    Declared and failing is ``unsupported``; declared and passing, or undeclared and failing, is a contradiction.
    """
    declared = [name for name in names if name in unsupported]
    if verdict.verdict is Verdict.FAIL and declared:
        claim = f"declared unsupported ({declared[0]}): {unsupported[declared[0]]}"
        return replace(verdict, verdict=Verdict.UNSUPPORTED, detail=f"{claim}; seen: {verdict.detail}")
    if verdict.verdict is Verdict.PASS and declared:
        return replace(verdict, contradiction=f"{declared[0]} is declared unsupported, but the case passes")
    if verdict.verdict is Verdict.FAIL:
        return replace(verdict, contradiction="the case fails, and no claim says that it is unsupported")
    return verdict
