"""Allure results, one ``allure generate`` away from Allure's pages.

A test for each case, a step for each probe, with the objects as YAML and every attempt attached. The values are those
of ``allure-python-commons``. Ids are made from what they name, so that the same report gives the same files, and
Allure's history recognises a case in the next run.
"""

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import yaml
from allure_commons.model2 import (
    Attachment,
    Label,
    Link,
    Parameter,
    Status,
    StatusDetails,
    TestResult,
    TestStepResult,
)
from allure_commons.types import AttachmentType, LabelType, LinkType, Severity
from attr import asdict

from conformance.case.model import Level
from conformance.export.sources import Source
from conformance.export.wording import explanation, headline, seen, trouble
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, ProbeRecord
from conformance.visible import visible

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "ingress-conformance/allure")
_SEVERITIES = {
    Level.CORE: Severity.CRITICAL,
    Level.EXTENDED: Severity.NORMAL,
    Level.OBSERVED: Severity.TRIVIAL,
    Level.API: Severity.MINOR,
    Level.PARITY: Severity.NORMAL,
}
_STATUSES = {
    Verdict.PASS: Status.PASSED,
    Verdict.FAIL: Status.FAILED,
    Verdict.ERROR: Status.BROKEN,
    Verdict.UNSUPPORTED: Status.SKIPPED,
    Verdict.SKIPPED: Status.SKIPPED,
}
_CATEGORIES = (
    ("The controller does not do what the specification says", Status.FAILED),
    ("The suite could not judge", Status.BROKEN),
    ("Declared unsupported, or not observed", Status.SKIPPED),
)

Files = Iterator[tuple[str, str]]


@dataclass
class _Folder:
    """Collects the attachments of one test, each under a name made from what it is."""

    scope: str
    files: list[tuple[str, str]] = field(default_factory=list)

    def attach(self, name: str, text: str, kind: AttachmentType) -> Attachment:
        number = f"{len(self.files)}"
        source = f"{_uuid(self.scope, 'attachment', number)}-attachment.{kind.extension}"
        self.files.append((source, text))
        return Attachment(name=name, source=source, type=kind.mime_type)


def allure(sources: Sequence[Source]) -> Files:
    """Yield the names and texts of the files of an ``allure-results`` folder."""
    for source in sources:
        for case in source.report.cases:
            yield from _test(source, case)
        if trouble(source.report):
            yield _result(_run_in_trouble(source))
    yield "environment.properties", "".join(_environment(sources))
    categories = [{"name": name, "matchedStatuses": [status]} for name, status in _CATEGORIES]
    yield "categories.json", json.dumps(categories, indent=1) + "\n"


def _test(source: Source, case: CaseRecord) -> Files:
    scope = f"{source.name} {source.report.run.started} {case.id}"
    folder, began = _Folder(scope), _began(source)
    times = [attempt.at for probe in case.probes for attempt in probe.attempts]
    stop = began + round(1000 * max(times, default=0.0))
    manifests = [part.manifest for part in case.objects]
    name = visible(case.id, keep="")
    result = TestResult(
        uuid=_uuid(scope),
        # The controller is part of it: the same case on another controller is another test.
        historyId=_uuid(source.report.controller.name, case.id),
        testCaseId=_uuid(case.id),
        fullName=name,
        name=f"{name}: {visible(case.title, keep='')}",
        description="\n\n".join(explanation(case)),
        status=_STATUSES[case.verdict],
        statusDetails=_details(case),
        stage="finished",
        start=stop - round(1000 * case.seconds),
        stop=stop,
        labels=_labels(source, case),
        links=[Link(type=LinkType.LINK, url=visible(case.spec_url, keep=""), name=", ".join(case.statements))],
        parameters=[Parameter(name="controller", value=source.name)],
        steps=[_step(folder, probe, began) for probe in case.probes],
    )
    if manifests:
        text = yaml.safe_dump_all(manifests, sort_keys=False)
        result.attachments.append(folder.attach("objects", text, AttachmentType.YAML))
    for what, values in (("steps", case.steps), ("measurements", case.measurements)):
        if values:
            written = [value.model_dump(mode="json", by_alias=True) for value in values]
            result.attachments.append(folder.attach(what, _json(written), AttachmentType.JSON))
    yield _result(result)
    yield from folder.files


def _step(folder: _Folder, probe: ProbeRecord, began: int) -> TestStepResult:
    written = probe.model_dump(mode="json", by_alias=True)
    evidence = {key: written[key] for key in ("expected", "observed", "attempts")}
    times = [attempt.at for attempt in probe.attempts]
    said = f"expected {probe.expected.outcome}, saw {seen(probe)}"
    step = TestStepResult(
        name=visible(f"{probe.id}: {said}", keep=""),
        status=_STATUSES[probe.verdict],
        stage="finished",
        start=began + round(1000 * min(times, default=0.0)),
        stop=began + round(1000 * max(times, default=0.0)),
        attachments=[
            folder.attach("attempts", _json(evidence), AttachmentType.JSON),
            folder.attach("curl", visible(probe.curl) + "\n", AttachmentType.TEXT),
        ],
    )
    if probe.verdict is not Verdict.PASS:
        step.statusDetails = StatusDetails(message=visible(probe.detail))
    return step


def _details(case: CaseRecord) -> StatusDetails | None:
    if case.verdict is Verdict.PASS:
        return None
    reason = case.reason.value if case.reason else ""
    return StatusDetails(
        known=case.verdict is Verdict.UNSUPPORTED,
        flaky=reason == "unstable",
        message=f"{case.verdict.value}: {headline(case)}",
        trace="\n".join(explanation(case)),
    )


def _labels(source: Source, case: CaseRecord) -> list[Label]:
    section = visible(case.id.partition("/")[0], keep="")
    pairs = [
        (LabelType.PARENT_SUITE, source.name),
        (LabelType.SUITE, section),
        (LabelType.EPIC, source.name),
        (LabelType.FEATURE, section),
        (LabelType.SEVERITY, _SEVERITIES[case.level].value),
        (LabelType.TAG, case.level.value),
        (LabelType.FRAMEWORK, "ingress-conformance"),
        *((LabelType.STORY, visible(statement, keep="")) for statement in case.statements),
    ]
    return [Label(name=name, value=value) for name, value in pairs]


def _run_in_trouble(source: Source) -> TestResult:
    why = trouble(source.report)
    return TestResult(
        uuid=_uuid(source.name, source.report.run.started, "run"),
        historyId=_uuid(source.report.controller.name, "run"),
        name="the run",
        fullName="the run",
        status=Status.BROKEN,
        statusDetails=StatusDetails(message=why),
        stage="finished",
        labels=[Label(name=LabelType.PARENT_SUITE, value=source.name)],
    )


def _environment(sources: Sequence[Source]) -> Iterator[str]:
    for source in sources:
        report = source.report
        said = (
            f"{report.controller.name} {report.controller.version}, {report.cluster.provider} Kubernetes "
            f"{report.cluster.kubernetes_version}, suite {report.suite.version}"
        )
        yield f"{source.name}={visible(said, keep='')}\n"


def _result(result: TestResult) -> tuple[str, str]:
    # The filter is that of allure-python-commons: what is empty is not written.
    written = asdict(result, filter=lambda _, value: bool(value) or value is False)
    return result.file_pattern.format(prefix=result.uuid), json.dumps(written, indent=1) + "\n"


def _began(source: Source) -> int:
    """Milliseconds since 1970; 0 where the report does not say when it began."""
    try:
        return round(1000 * dt.datetime.fromisoformat(source.report.run.started).timestamp())
    except ValueError:
        return 0


def _uuid(*words: str) -> str:
    return str(uuid.uuid5(_SPACE, "\0".join(words)))


def _json(value: object) -> str:
    return json.dumps(value, indent=1) + "\n"
