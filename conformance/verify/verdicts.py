"""Recorded verdicts held against those that follow from the evidence."""

from collections.abc import Iterator

from conformance.case.model import Level
from conformance.judge.cases import CaseVerdict, judge_case
from conformance.judge.probes import ProbeVerdict
from conformance.judge.words import Reason, Verdict
from conformance.report.model import CaseRecord, ProbeRecord, Report
from conformance.report.parity import is_vacuous, judged
from conformance.verify.model import Findings, Problem, Unchecked
from conformance.verify.recomputation import Recomputed, during_a_step, is_traffic, offered, recomputed

_TOLD = (Reason.CONTROLLER_CRASHED, Reason.HARNESS)
"""What the run saw beside the probes: a process that ended, an object that was refused."""


def against_evidence(report: Report) -> Findings:
    """Yield the verdicts that do not follow, and what rests on the report's word."""
    words: dict[str, list[str]] = {}
    for case in report.cases:
        probes = []
        for probe in case.probes:
            found = _probe(probe, case)
            place = f"{case.id}: {probe.id}"
            probes.append((probe.id, found.verdict))
            if found.word:
                words.setdefault(found.word, []).append(place)
            if (found.verdict.verdict, found.verdict.reason) != (probe.verdict, probe.reason):
                yield Problem(check="verdicts", place=place, what=_unlike(found.verdict, probe.verdict, probe.reason))
        yield from _case(case, probes, words)
        yield from _parity(case)
    for word, places in words.items():
        yield Unchecked(check="verdicts", what=f"{word} ({len(places)} times, such as {places[0]})")


def _probe(probe: ProbeRecord, case: CaseRecord) -> Recomputed:
    if case.level is Level.API:
        return offered(probe)
    if is_traffic(probe):
        name = f"requests during step {probe.step}"
        counts = next((m for m in case.measurements if m.name == name and m.unit == "requests"), None)
        return during_a_step(probe, counts.failed if counts else None, counts.count if counts else 0)
    return recomputed(probe, case)


def _case(case: CaseRecord, probes: list[tuple[str, ProbeVerdict]], words: dict[str, list[str]]) -> Findings:
    if case.verdict is Verdict.SKIPPED:
        words.setdefault("that nothing could be observed of a skipped case", []).append(case.id)
        return
    base = judge_case([*probes, *_steps(case)])
    if base.verdict is Verdict.PASS and is_vacuous(case):
        base = CaseVerdict(Verdict.FAIL, Reason.NOT_PROGRAMMED)
    recorded = Verdict.FAIL if case.verdict is Verdict.UNSUPPORTED else case.verdict
    if (base.verdict, base.reason) == (recorded, case.reason):
        yield from _claim(case, words)
    elif case.reason in _TOLD and recorded is not Verdict.PASS:
        words.setdefault(f"the run's own word: {case.reason}", []).append(case.id)
    else:
        found = ProbeVerdict(base.verdict, base.reason)
        yield Problem(check="verdicts", place=case.id, what=_unlike(found, recorded, case.reason))


def _parity(case: CaseRecord) -> Findings:
    follows = judged(case)
    if (case.parity, case.fail_open) != (follows.parity, follows.fail_open):
        said = f"the evidence gives {_compared(follows)}, the report says {_compared(case)}"
        yield Problem(check="verdicts", place=f"{case.id}: parity", what=said)


def _compared(case: CaseRecord) -> str:
    word = case.parity.value if case.parity else "no word"
    return f"{word}, failing open" if case.fail_open else word


def _steps(case: CaseRecord) -> Iterator[tuple[str, ProbeVerdict]]:
    for step in case.steps:
        if step.live_after is None:
            yield f"step {step.number}", ProbeVerdict(Verdict.FAIL, Reason.NOT_PROGRAMMED)


def _claim(case: CaseRecord, words: dict[str, list[str]]) -> Findings:
    """Check what can be: a claim names the case or one of its statements, and the detail keeps what was seen."""
    if case.verdict is not Verdict.UNSUPPORTED:
        return
    words.setdefault("that the controller's project declares something unsupported", []).append(case.id)
    if not any(case.detail.startswith(f"declared unsupported ({name}):") for name in (*case.statements, case.id)):
        yield Problem(check="verdicts", place=case.id, what="is unsupported, and names no claim about it")
    if "; seen: " not in case.detail:
        yield Problem(check="verdicts", place=case.id, what="is unsupported, and does not say what was seen")


def _unlike(found: ProbeVerdict, verdict: Verdict, reason: Reason | None) -> str:
    return f"the evidence gives {_words(found.verdict, found.reason)}, the report says {_words(verdict, reason)}"


def _words(verdict: Verdict, reason: Reason | None) -> str:
    return f"{verdict.value} ({reason.value})" if reason else verdict.value
