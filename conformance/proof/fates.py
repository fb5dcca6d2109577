"""From the report of a trial to what became of the mutant. Pure."""

from collections.abc import Iterator, Mapping

from conformance.case.model import Level
from conformance.judge.words import Verdict
from conformance.proof.expectation import JUDGED, Expectation
from conformance.proof.model import Fate, Kill, MutantRow
from conformance.report.model import CaseRecord, Report
from conformance.verify.verdicts import against_evidence

NOTHING_EXPECTED = Expectation(allowed="It is the reference.")


def row_of(
    name: str,
    sentence: str,
    expectation: Expectation,
    report: Report,
    recorded: Mapping[str, CaseRecord],
    *,
    deep: bool,
) -> MutantRow:
    """Return what became of a mutant; ``recorded`` are the reference's recorded cases.

    ``deep`` tells that every case of the broken statements was tried, so that each statement must show.
    """
    doubtful = {finding.place.partition(": ")[0] for finding in against_evidence(report) if hasattr(finding, "place")}
    failing = [case for case in report.cases if case.verdict is Verdict.FAIL]
    kills = tuple(_kill(case) for case in failing if case.id not in doubtful and case.level in JUDGED)
    differs = tuple(case.id for case in report.cases if _differs(case, recorded))
    problems = [f"{case_id}: its verdict does not follow from its evidence" for case_id in sorted(doubtful)]
    problems += _wrong_kills(expectation, kills)
    problems += _missing(expectation, kills, differs, report, deep=deep)
    fate: Fate = "killed" if _right(expectation, kills) else "survived"
    if expectation.allowed or expectation.unjudged:
        fate = "allowed" if expectation.allowed else "unjudged"
    return untried(name, sentence, expectation).model_copy(
        update={
            "fate": fate,
            "tried": tuple(case.id for case in report.cases),
            "passed": sum(case.level in JUDGED and case.verdict is Verdict.PASS for case in report.cases),
            "kills": kills,
            "differs": differs,
            "seconds": report.run.durations.total,
            "problems": tuple(problems),
        }
    )


def untried(name: str, sentence: str, expectation: Expectation) -> MutantRow:
    """Return the row of a mutant of whose trial nothing came."""
    return MutantRow(
        name=name,
        sentence=sentence,
        breaks=tuple(sorted(expectation.breaks)),
        reasons=tuple(sorted(expectation.reasons)),
        spoils_others=expectation.spoils_others,
        allowed=expectation.allowed,
        unjudged=expectation.unjudged,
        fate="untried",
        tried=(),
        passed=0,
        kills=(),
        differs=(),
        repeated=False,
        seconds=0.0,
        problems=(),
    )


def obstacles_of(report: Report) -> Iterator[str]:
    """Yield why a trial proves nothing: cases that the harness could not judge, or that it had no time for."""
    if not report.run.complete:
        yield "the time for it was not enough"
    for case in report.cases:
        if case.verdict is Verdict.ERROR:
            yield f"{case.id} could not be judged: {case.detail}"


def _kill(case: CaseRecord) -> Kill:
    assert case.reason is not None
    return Kill(case=case.id, statements=case.statements, reason=case.reason, detail=case.detail[:200])


def _right(expectation: Expectation, kills: tuple[Kill, ...]) -> list[Kill]:
    """Return the kills by cases that the mutant is wrong about, for the reasons that it should fail with."""
    return [
        kill
        for kill in kills
        if kill.reason in expectation.reasons and (expectation.spoils_others or expectation.concerns(kill.statements))
    ]


def _wrong_kills(expectation: Expectation, kills: tuple[Kill, ...]) -> list[str]:
    right = _right(expectation, kills)
    return [
        f"{kill.case} fails ({kill.reason}: {kill.detail}), which is not what is wrong with it"
        for kill in kills
        if kill not in right
    ]


def _missing(
    expectation: Expectation, kills: tuple[Kill, ...], differs: tuple[str, ...], report: Report, *, deep: bool
) -> list[str]:
    if expectation.allowed:
        unseen = bool(expectation.recorded) and not differs
        return ["no recorded case shows that it differs from the reference"] if unseen else []
    if expectation.unjudged:
        about = [case for case in report.cases if expectation.concerns(case.statements)]
        return [
            f"{case.id} does not say error, as it is said to" for case in about if case.verdict is not Verdict.ERROR
        ]
    if not _right(expectation, kills):
        return ["it survives"]
    shown = {statement for kill in kills for statement in kill.statements}
    tried = {statement for case in report.cases for statement in case.statements}
    silent = sorted((expectation.breaks & tried) - shown) if deep else []
    return [f"no case of {statement} fails, though it is wrong about it" for statement in silent]


def _differs(case: CaseRecord, recorded: Mapping[str, CaseRecord]) -> bool:
    if case.level is not Level.OBSERVED or case.id not in recorded:
        return False
    return _seen(case) != _seen(recorded[case.id])


def _seen(case: CaseRecord) -> list[tuple[str, str, object]]:
    return [
        (probe.id, probe.observed.outcome, (probe.observed.received or {}).get("target"))
        for probe in case.probes
        if probe.observed
    ]
