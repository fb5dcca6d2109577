"""JUnit XML, for every CI system that shows test results: a suite for each report, a test case for each case.

The shape is that of the schema in ``published/junit.xsd``. ``unsupported`` and ``skipped`` are skipped there, ``error``
is an error. A run that was cut short, or has no case, gets an error of its own, so that nobody takes it for green.
"""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from conformance.case.model import Level
from conformance.export.sources import Source
from conformance.export.wording import explanation, headline, seen, trouble
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord
from conformance.visible import visible

THE_RUN = "the run"


def junit(sources: Sequence[Source]) -> str:
    """Return the XML text."""
    root = ET.Element("testsuites", name="ingress-conformance")
    suites = [_suite(source) for source in sources]
    root.extend(suites)
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    root.set("time", _seconds(sum(source.report.run.durations.total for source in sources)))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _suite(source: Source) -> ET.Element:
    report = source.report
    suite = ET.Element("testsuite", name=source.name, timestamp=visible(report.run.started))
    suite.set("time", _seconds(report.run.durations.total))
    controller, cluster = report.controller, report.cluster
    about = {
        "controller": f"{controller.name} {controller.version}",
        "cluster": f"{cluster.provider} Kubernetes {cluster.kubernetes_version}",
        "suite": report.suite.version,
        "casesDigest": report.suite.cases_digest,
    }
    suite.append(_properties(about))
    cases = [_case(source.name, case) for case in report.cases]
    if trouble(report):
        cases.append(ET.Element("testcase", classname=source.name, name=THE_RUN, time="0.000"))
        ET.SubElement(cases[-1], "error", message=trouble(report), type="harness")
    suite.extend(cases)
    suite.set("tests", str(len(cases)))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(tag) is not None for case in cases)))
    return suite


def _case(name: str, case: CaseRecord) -> ET.Element:
    section = visible(case.id.partition("/")[0], keep="")
    element = ET.Element("testcase", classname=f"{name}.{section}", name=visible(case.id, keep=""))
    element.set("time", _seconds(case.seconds))
    about = {"level": case.level.value, "statements": ",".join(case.statements), "specification": case.spec_url}
    element.append(_properties({**about, "verdict": case.verdict.value}))
    why = "\n".join(explanation(case))
    kind = case.reason.value if case.reason else case.verdict.value
    if case.verdict is Verdict.FAIL:
        ET.SubElement(element, "failure", message=headline(case), type=kind).text = why
    elif case.verdict is Verdict.ERROR:
        ET.SubElement(element, "error", message=headline(case), type=kind).text = why
    elif case.verdict in {Verdict.UNSUPPORTED, Verdict.SKIPPED}:
        ET.SubElement(element, "skipped", message=f"{case.verdict.value}: {visible(case.detail, keep='')}")
    if case.level is Level.OBSERVED and case.verdict is Verdict.PASS:
        recorded = (f"{visible(probe.id)}: {seen(probe)}" for probe in case.probes)
        ET.SubElement(element, "system-out").text = "\n".join(recorded)
    return element


def _properties(values: dict[str, str]) -> ET.Element:
    properties = ET.Element("properties")
    for name, value in values.items():
        ET.SubElement(properties, "property", name=name, value=visible(value))
    return properties


def _seconds(value: float) -> str:
    return f"{value:.3f}"
