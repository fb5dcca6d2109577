"""What several controllers do differently. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from conformance.case.model import Level
from conformance.compare.answered import probe_answers
from conformance.compare.answers import asked_alike
from conformance.compare.brief import brief
from conformance.compare.common import nothing_in_common
from conformance.compare.comparison_model import (
    CaseDifference,
    Comparison,
    Sort,
    StatementDifferences,
    VerdictGroup,
)
from conformance.compare.overview import UNSEEN, findings, overview
from conformance.compare.runs import run_identity
from conformance.errors import BadInput
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, Report
from conformance.report.naming import distinct_names

_SORTS = {
    Level.CORE: Sort.AGAINST_THE_SPECIFICATION,
    Level.EXTENDED: Sort.EXTENDED,
    Level.OBSERVED: Sort.LEFT_OPEN,
    Level.API: Sort.API,
    Level.PARITY: Sort.UNLIKE_INGRESS_NGINX,
}
Runs = Mapping[str, Report]


def comparison(reports: Sequence[Report], says: Mapping[str, str], files: Sequence[str] = ()) -> Comparison:
    """Return the comparison; ``says`` holds the statements by their id, ``files`` where each report was read.

    Raises:
        BadInput: there are fewer than two reports, two of the same run, or no case in common.
    """
    if len(reports) < 2:
        raise BadInput("one report alone cannot be compared", hint="give two or more, or a folder that holds them")
    runs = dict(zip(distinct_names(reports), reports, strict=True))
    cases = {name: {case.id: case for case in report.cases} for name, report in runs.items()}
    everywhere = [case_id for case_id in next(iter(cases.values())) if all(case_id in of for of in cases.values())]
    if not everywhere:
        raise nothing_in_common(reports, files or tuple(runs))
    by_case = {case_id: {name: cases[name][case_id] for name in runs} for case_id in everywhere}
    comparable = {case_id: of for case_id, of in by_case.items() if _comparable(of)}
    differences = [d for of in comparable.values() if (d := _difference(of, runs)) is not None]
    every_id = dict.fromkeys(case_id for of in cases.values() for case_id in of)
    return Comparison(
        runs=tuple(run_identity(name, report) for name, report in runs.items()),
        overviews=tuple(overview(name, report, comparable) for name, report in runs.items()),
        notes=tuple(_notes(runs)),
        compared=len(comparable),
        alike=len(comparable) - len(differences),
        statements=tuple(_by_statement(differences, by_case, says)),
        findings=tuple(findings(runs)),
        not_compared=tuple(case_id for case_id in every_id if case_id not in comparable),
    )


def _comparable(of: Mapping[str, CaseRecord]) -> bool:
    """Tell whether all runs judged a case, and the same case."""
    first, *rest = of.values()
    judged = not any(case.verdict in UNSEEN for case in of.values())
    return judged and all(asked_alike(case, first) for case in rest)


def _difference(of: Mapping[str, CaseRecord], runs: Runs) -> CaseDifference | None:
    case = next(iter(of.values()))
    right = all(record.verdict is Verdict.PASS for record in of.values())
    probes = tuple(probe_answers(of, runs, all_wrong=not right))
    differ = any(len(probe.answers) > 1 for probe in probes)
    verdicts: dict[tuple[Verdict, str], list[str]] = {}
    for name, record in of.items():
        verdicts.setdefault((record.verdict, record.reason.value if record.reason else ""), []).append(name)
    if right and not differ:
        return None
    return CaseDifference(
        id=case.id,
        level=case.level,
        title=case.title,
        spec_url=case.spec_url,
        sort=_sort(case.level, {record.verdict for record in of.values()}),
        alike=not differ and len(verdicts) == 1,
        verdicts=tuple(VerdictGroup(verdict=v, reason=why, runs=tuple(who)) for (v, why), who in verdicts.items()),
        probes=probes,
    )


def _sort(level: Level, verdicts: set[Verdict]) -> Sort:
    if level is not Level.OBSERVED:
        if verdicts == {Verdict.PASS}:
            return Sort.ALSO_RIGHT
        if verdicts <= {Verdict.PASS, Verdict.UNSUPPORTED}:
            return Sort.DECLARED_UNSUPPORTED
    return _SORTS[level]


def _by_statement(
    differences: Sequence[CaseDifference], by_case: Mapping[str, Mapping[str, CaseRecord]], says: Mapping[str, str]
) -> Iterator[StatementDifferences]:
    """Yield the statements in order; a case of several stands with the first, so that it is shown once."""
    grouped: dict[str, list[CaseDifference]] = {}
    for difference in differences:
        statements = next(iter(by_case[difference.id].values())).statements
        grouped.setdefault(statements[0] if statements else "", []).append(difference)
    for statement in sorted(grouped):
        yield StatementDifferences(id=statement, says=says.get(statement, ""), cases=tuple(grouped[statement]))


def _notes(runs: Runs) -> Iterator[str]:
    parts = {
        "clusters": {f"{r.cluster.provider} Kubernetes {r.cluster.kubernetes_version}" for r in runs.values()},
        "versions of the suite": {report.suite.version for report in runs.values()},
        "sets of cases": {report.suite.cases_digest for report in runs.values()},
    }
    for what, values in parts.items():
        if len(values) > 1:
            yield f"{len(values)} different {what}: {', '.join(map(brief, sorted(values)))}"
    for name, report in runs.items():
        if not report.run.complete:
            yield f"the run of {name} was cut short: what it did not judge is not compared"
