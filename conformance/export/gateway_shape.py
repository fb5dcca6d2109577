"""A ConformanceReport in the shape that the Gateway API project uses, for tools that already read such reports.

Source of the shape: ``conformance/apis/v1`` of https://github.com/kubernetes-sigs/gateway-api (ConformanceReport,
ProfileReport, Status, Statistics). The group is this project's own. Where Gateway API counts tests, this counts cases;
a profile is a section of the cases; a feature is a statement of the extended level.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import yaml
from pydantic import ConfigDict, Field

from conformance.case.model import SPECIFICATION, Level
from conformance.export.sources import Source
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, Recorded
from conformance.visible import visible

API_VERSION: Literal["ingress-conformance/v1alpha1"] = "ingress-conformance/v1alpha1"
_UNSEEN = (Verdict.SKIPPED, Verdict.UNSUPPORTED, Verdict.ERROR)

_OMITTED_WHERE_EMPTY = ("skippedTests", "failedTests", "supportedFeatures", "unsupportedFeatures", "extended")

Result = Literal["success", "partial", "failure"]


class Implementation(Recorded):
    """Whose controller it is."""

    organization: str
    project: str = Field(description="The entry's name in the catalogue.")
    url: str
    version: str
    contact: tuple[str, ...]


class Statistics(Recorded):
    """Numbers of cases. The keys begin with capitals, as Gateway API writes them."""

    passed: int = Field(serialization_alias="Passed", ge=0)
    skipped: int = Field(serialization_alias="Skipped", ge=0)
    failed: int = Field(serialization_alias="Failed", ge=0)


class Status(Recorded):
    """The cases of one level of a profile."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    result: Result = Field(description="partial: nothing failed, but something was not seen to pass.")
    statistics: Statistics
    skipped_tests: tuple[str, ...] = Field(
        default=(), description="Skipped, declared unsupported, not judged (error), or not run."
    )
    failed_tests: tuple[str, ...] = ()


class ExtendedStatus(Status):
    """The extended level, with its features: statements all of whose cases passed, and those declared unsupported."""

    supported_features: tuple[str, ...] = ()
    unsupported_features: tuple[str, ...] = ()


class Profile(Recorded):
    """One section of the cases."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    name: str
    summary: str
    core: Status
    extended: ExtendedStatus | None = None


class ConformanceReport(Recorded):
    """The whole document."""

    model_config = ConfigDict(title="An Ingress ConformanceReport")

    api_version: Literal["ingress-conformance/v1alpha1"] = API_VERSION
    kind: Literal["ConformanceReport"] = "ConformanceReport"
    date: str
    ingress_api_version: Literal["networking.k8s.io/v1"] = Field(
        default="networking.k8s.io/v1", serialization_alias="ingressAPIVersion"
    )
    kubernetes_version: str
    suite_version: str
    cases_digest: str
    complete: bool = Field(description="False where the run was cut short: then no result is success.")
    mode: str = Field(description="How the controller was run: the entry's name in the catalogue.")
    implementation: Implementation
    profiles: tuple[Profile, ...]


def conformance_report(source: Source) -> ConformanceReport:
    """Return the document of one report."""
    report = source.report
    sections = sorted({_section(case_id) for case_id, _ in _cases(source)})
    return ConformanceReport(
        date=report.run.finished or report.run.started,
        kubernetes_version=report.cluster.kubernetes_version,
        suite_version=report.suite.version,
        cases_digest=report.suite.cases_digest,
        complete=report.run.complete,
        mode=report.controller.name,
        implementation=Implementation(
            organization=report.controller.project,
            project=report.controller.name,
            url=report.controller.url,
            version=report.controller.version,
            contact=(report.controller.url,),
        ),
        profiles=tuple(_profile(source, section) for section in sections),
    )


def conformance_reports(sources: Sequence[Source]) -> Iterator[tuple[str, str]]:
    """Yield file names and YAML texts."""
    for source in sources:
        written = conformance_report(source).model_dump(mode="json", by_alias=True)
        text = yaml.safe_dump(_without_nothing(written), sort_keys=False)
        yield f"{source.name}-conformance.yaml", text


def _cases(source: Source) -> Iterator[tuple[str, Level]]:
    """Yield the cases of the report and, where they are known, those of the specification that it lacks."""
    yield from ((case.id, case.level) for case in source.report.cases)
    for level, ids in (source.suite or {}).items():
        if level in SPECIFICATION:
            yield from ((case_id, level) for case_id in ids - {case.id for case in source.report.cases})


def _profile(source: Source, section: str) -> Profile:
    absent = {case_id: level for case_id, level in _cases(source) if _section(case_id) == section}
    judged = [case for case in source.report.cases if _section(case.id) == section]
    for case in judged:
        del absent[case.id]
    statuses: dict[Level, Status] = {}
    for level in (Level.CORE, Level.EXTENDED):
        missing = sorted(case_id for case_id, of in absent.items() if of is level)
        cases = [case for case in judged if case.level is level]
        statuses[level] = _status(cases, missing, source.report.run.complete)
    of_extended = [case for case in judged if case.level is Level.EXTENDED]
    extended = None
    if of_extended or any(level is Level.EXTENDED for level in absent.values()):
        extended = _with_features(statuses[Level.EXTENDED], of_extended)
    summary = f"Core {_words(statuses[Level.CORE])}."
    if extended is not None:
        summary += f" Extended {_words(extended)}."
    name = f"INGRESS-{visible(section, keep='').upper()}"
    return Profile(name=name, summary=summary, core=statuses[Level.CORE], extended=extended)


def _status(cases: Sequence[CaseRecord], missing: Sequence[str], complete: bool) -> Status:
    failed = [case.id for case in cases if case.verdict is Verdict.FAIL]
    skipped = [case.id for case in cases if case.verdict in _UNSEEN] + list(missing)
    passed = sum(case.verdict is Verdict.PASS for case in cases)
    unseen = bool(skipped) or not complete or not passed
    return Status(
        result="failure" if failed else "partial" if unseen else "success",
        statistics=Statistics(passed=passed, skipped=len(skipped), failed=len(failed)),
        skipped_tests=tuple(skipped),
        failed_tests=tuple(failed),
    )


def _with_features(status: Status, cases: Sequence[CaseRecord]) -> ExtendedStatus:
    verdicts: dict[str, set[Verdict]] = {}
    for case in cases:
        for statement in case.statements:
            verdicts.setdefault(statement, set()).add(case.verdict)
    return ExtendedStatus(
        result=status.result,
        statistics=status.statistics,
        skipped_tests=status.skipped_tests,
        failed_tests=status.failed_tests,
        supported_features=tuple(sorted(key for key, seen in verdicts.items() if seen == {Verdict.PASS})),
        unsupported_features=tuple(sorted(key for key, seen in verdicts.items() if Verdict.UNSUPPORTED in seen)),
    )


def _words(status: Status) -> str:
    counts = status.statistics
    if status.result == "failure":
        return f"failed with {counts.failed} failing cases"
    if status.result == "partial":
        return f"passed in part: {counts.skipped} cases were not seen to pass" if counts.passed else "was not judged"
    return "succeeded"


def _section(case_id: str) -> str:
    return case_id.partition("/")[0]


def _without_nothing(value: object) -> object:
    """Leave out what is empty, as Gateway API's ``omitempty`` does."""
    if isinstance(value, dict):
        kept = {key: part for key, part in value.items() if part or key not in _OMITTED_WHERE_EMPTY}
        return {key: _without_nothing(part) for key, part in kept.items()}
    return [_without_nothing(part) for part in value] if isinstance(value, list) else value
