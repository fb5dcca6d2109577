"""Each format against its own validator, with hostile answers in the reports."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from typing import Any

import jsonschema
import pytest
import yaml
from allure_commons import model2
from allure_commons.types import Severity
from attr import fields
from lxml import etree
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from conformance.export.formats import FORMATS
from conformance.export.markdown_text import link
from conformance.export.published import FOLDER, JUNIT_XSD, PUBLISHED, schema_text
from conformance.export.sources import Source, sources
from conformance.judge.words import Verdict
from conformance.report.model import Report
from conformance.tests.reports import report
from conformance.tests.rich_report import HOSTILE, every_verdict, perfect, rich

SETS = {
    "one": (rich(),),
    "several": (rich(controller="demo"), perfect(controller="other")),
    "cut short": (perfect(complete=False),),
    "no case": (report(),),
}


@pytest.fixture(params=list(SETS.values()), ids=list(SETS))
def found(request: pytest.FixtureRequest) -> Sequence[Source]:
    return sources(request.param)


def files(name: str, found: Sequence[Source]) -> dict[str, str]:
    written = list(FORMATS[name].write(found))
    assert len({file for file, _ in written}) == len(written), "two files of one name"
    return dict(written)


def text_of(name: str, *reports: Report) -> str:
    ((_, text),) = FORMATS[name].write(sources(reports))
    return text


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_written_can_be_encoded_and_is_the_same_each_time(name: str, found: Sequence[Source]) -> None:
    written = files(name, found)
    assert written == files(name, found)
    for text in written.values():
        text.encode()


@pytest.mark.parametrize("name", FORMATS)
def test_no_control_character_and_no_turned_text_gets_through(name: str) -> None:
    for file, text in files(name, sources([rich()])).items():
        if not file.endswith((".json", ".yaml")):
            odd = {c for c in text if not c.isprintable() and c not in "\n\r"}
            assert not odd, f"{file}: {odd}"


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_schemas_are_those_of_the_models(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == schema_text(name)
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text(name)))


def families_of(text: str) -> Any:
    return text_string_to_metric_families(text)  # type: ignore[no-untyped-call]


def validator(name: str) -> Any:
    return jsonschema.Draft202012Validator(json.loads((FOLDER / name).read_text(encoding="utf-8")))


class TestJUnit:
    def test_it_is_valid(self, found: Sequence[Source]) -> None:
        schema = etree.XMLSchema(etree.parse(str(JUNIT_XSD)))
        schema.assertValid(etree.fromstring(files("junit", found)["junit.xml"]))

    def test_every_verdict_has_its_element_and_is_counted(self) -> None:
        suite = ET.fromstring(text_of("junit", rich()))[0]
        found = Counter(child.tag for case in suite.iter("testcase") for child in case if child.tag != "properties")
        assert found == {"failure": 3, "error": 1, "skipped": 3, "system-out": 1}
        counted = {key: int(suite.attrib[key]) for key in ("tests", "failures", "errors", "skipped")}
        assert counted == {"tests": 11, "failures": 3, "errors": 1, "skipped": 3}

    def test_hostile_text_is_text(self) -> None:
        root = ET.fromstring(text_of("junit", rich()))
        (case,) = (case for case in root.iter("testcase") if case.attrib["name"] == "hosts/hostile")
        failure = case.find("failure")
        assert failure is not None
        assert "<script>alert(1)</script>" in failure.attrib["message"]
        assert "\\x1b[31m\\u202e\\x00\\ufffe" in str(failure.text)

    @pytest.mark.parametrize("name", ["cut short", "no case"])
    def test_a_run_that_shows_nothing_wrong_but_not_all_is_an_error(self, name: str) -> None:
        root = ET.fromstring(text_of("junit", *SETS[name]))
        assert root.attrib["errors"] == "1"
        assert root.attrib["failures"] == "0"


class TestAllure:
    def test_every_file_has_the_keys_of_allure_s_own_model(self, found: Sequence[Source]) -> None:
        written = files("allure", found)
        results = {name: json.loads(text) for name, text in written.items() if name.endswith("-result.json")}
        assert len(results) >= 1
        for name, result in results.items():
            assert name == f"{result['uuid']}-result.json"
            _has_keys_of(model2.TestResult, result)
            assert result["status"] in {"passed", "failed", "broken", "skipped"}
        sources_of = {part["source"] for result in results.values() for part in _attachments(result)}
        rest = set(written) - set(results) - {"environment.properties", "categories.json"}
        assert sources_of == rest

    def test_times_severity_links_and_steps(self) -> None:
        results = {
            r["fullName"]: r
            for n, t in files("allure", sources([rich()])).items()
            if "-result" in n
            for r in [json.loads(t)]
        }
        wrong = results["hosts/wrong"]
        assert wrong["status"] == "failed"
        assert wrong["start"] <= wrong["steps"][0]["start"] <= wrong["stop"]
        labels = {label["name"]: label["value"] for label in wrong["labels"]}
        assert labels["severity"] == Severity.CRITICAL.value
        assert labels["parentSuite"] == "demo"
        assert wrong["links"] == [{"type": "link", "url": "https://example.test/#spec", "name": "P01"}]
        assert [part["name"] for part in wrong["steps"][0]["attachments"]] == ["attempts", "curl"]
        assert [part["name"] for part in wrong["attachments"]] == ["objects"]
        assert {key: r["status"] for key, r in results.items() if key.startswith(("tls", "paths"))} == {
            "tls/broken": "broken",
            "tls/good": "passed",
            "tls/bad": "failed",
            "tls/claimed": "skipped",
            "paths/claimed": "skipped",
            "paths/skipped": "skipped",
            "paths/open": "passed",
        }

    def test_the_attached_objects_are_the_yaml_that_was_applied(self) -> None:
        written = files("allure", sources([rich()]))
        objects = [list(yaml.safe_load_all(text)) for name, text in written.items() if name.endswith(".yaml")]
        assert objects == [[{"kind": "Ingress"}]] * len(every_verdict())

    def test_history_joins_runs_of_a_controller_and_parts_controllers(self) -> None:
        def history(made: Report) -> set[str]:
            written = files("allure", sources([made]))
            return {json.loads(text)["historyId"] for name, text in written.items() if name.endswith("-result.json")}

        assert history(rich()) == history(rich())
        assert not history(rich()) & history(rich(controller="other"))

    def test_a_run_that_was_cut_short_is_broken(self) -> None:
        written = files("allure", sources(SETS["cut short"]))
        statuses = [json.loads(text)["status"] for name, text in written.items() if name.endswith("-result.json")]
        assert statuses.count("broken") == 1


class TestConformanceReport:
    def test_it_is_valid(self, found: Sequence[Source]) -> None:
        for text in files("conformance", found).values():
            validator("conformance-report.schema.json").validate(yaml.safe_load(text))

    def test_the_profiles_are_the_sections(self) -> None:
        ((_, text),) = FORMATS["conformance"].write(sources([rich()]))
        profiles = {profile["name"]: profile for profile in yaml.safe_load(text)["profiles"]}
        assert sorted(profiles) == ["INGRESS-API", "INGRESS-HOSTS", "INGRESS-PATHS", "INGRESS-TLS"]
        hosts = profiles["INGRESS-HOSTS"]["core"]
        assert hosts["result"] == "failure"
        assert hosts["statistics"] == {"Passed": 1, "Skipped": 0, "Failed": 2}
        assert hosts["failedTests"] == ["hosts/wrong", "hosts/hostile"]
        assert profiles["INGRESS-PATHS"]["core"]["result"] == "partial"
        assert profiles["INGRESS-PATHS"]["core"]["skippedTests"] == ["paths/claimed", "paths/skipped"]
        extended = profiles["INGRESS-TLS"]["extended"]
        assert extended["supportedFeatures"] == ["T01"]
        assert extended["unsupportedFeatures"] == ["T03"]

    def test_nothing_succeeds_that_was_not_judged(self) -> None:
        for made in (perfect(complete=False), report()):
            ((_, text),) = FORMATS["conformance"].write(sources([made]))
            assert "success" not in text


class TestTables:
    def test_a_round_trip_gives_a_row_for_each_case_and_probe(self, found: Sequence[Source]) -> None:
        written = files("csv", found)
        cases, probes = (
            list(csv.DictReader(io.StringIO(written[name], newline=""))) for name in ("cases.csv", "probes.csv")
        )
        judged = [case for source in found for case in source.report.cases]
        assert [row["case"] for row in cases] == [case.id for case in judged]
        assert [row["verdict"] for row in cases] == [case.verdict.value for case in judged]
        assert [row["case"] for row in probes] == [case.id for case in judged for _ in case.probes]
        assert all(None not in row and None not in row.values() for row in (*cases, *probes))

    def test_no_cell_is_a_formula(self) -> None:
        hostile = every_verdict()[1].model_copy(update={"detail": '=HYPERLINK("http://x.test")', "title": "@SUM(1)"})
        (row,) = csv.DictReader(io.StringIO(dict(FORMATS["csv"].write(sources([report(hostile)])))["cases.csv"]))
        assert row["detail"] == '\'=HYPERLINK("http://x.test")'
        assert row["title"] == "'@SUM(1)"


class TestOpenMetrics:
    def test_the_parser_of_prometheus_reads_it(self, found: Sequence[Source]) -> None:
        families = list(families_of(files("openmetrics", found)["metrics.txt"]))
        samples = [(s.name, tuple(sorted(s.labels.items()))) for family in families for s in family.samples]
        assert len(samples) == len(set(samples))
        assert all(family.samples for family in families)

    def test_the_numbers_are_those_of_the_report(self) -> None:
        families = {f.name: f for f in families_of(text_of("openmetrics", rich()))}
        cases = {
            (s.labels["level"], s.labels["verdict"]): s.value for s in families["ingress_conformance_cases"].samples
        }
        assert cases["core", "fail"] == 2
        assert cases["core", "pass"] == 1
        assert cases["extended", "unsupported"] == 1
        passed = {s.labels["case"]: s.value for s in families["ingress_conformance_case_passed"].samples}
        assert sum(passed.values()) == sum(case.verdict is Verdict.PASS for case in every_verdict())
        quantiles = {s.labels["quantile"]: s.value for s in families["ingress_conformance_measured_seconds"].samples}
        assert quantiles == {"0.5": 0.1, "0.95": 0.2, "1": 0.25}

    def test_a_run_that_was_cut_short_says_so(self) -> None:
        families = {f.name: f for f in families_of(text_of("openmetrics", perfect(complete=False)))}
        assert families["ingress_conformance_run_complete"].samples[0].value == 0


class TestMarkdown:
    def test_failures_come_first_and_all_that_do_not_pass_are_there(self) -> None:
        text = text_of("markdown", rich())
        order = [
            text.index(f"<b><code>{case_id}") for case_id in ("tls/broken", "hosts/wrong", "tls/bad", "paths/claimed")
        ]
        assert order == sorted(order)
        assert text.count("<details>") == 6
        assert "<code>hosts/right" not in text

    def test_hostile_text_is_neither_markup_nor_mention(self) -> None:
        text = text_of("markdown", rich())
        outside = "".join(part for number, part in enumerate(text.split("````")) if number % 2 == 0)
        for dangerous in ("<script", "@all", "![x]", " #1", "\\x1b["):
            assert dangerous not in outside
        assert HOSTILE.split("\n")[1] not in outside.splitlines()

    def test_a_run_that_was_cut_short_is_warned_of(self) -> None:
        assert "cut short" in text_of("markdown", perfect(complete=False))
        assert "✅" not in text_of("markdown", perfect(complete=False))
        assert "holds no case" in text_of("markdown", report())

    def test_it_stays_short(self) -> None:
        many = [every_verdict()[1].model_copy(update={"id": f"s/{number}"}) for number in range(500)]
        text = text_of("markdown", report(*many))
        assert text.count("<details>") == 25
        assert "… and 475 more" in text


def _has_keys_of(model: type, written: dict[str, Any]) -> None:
    known = {attribute.name for attribute in fields(model)}
    assert set(written) <= known
    parts = {"steps": model2.TestStepResult, "attachments": model2.Attachment, "labels": model2.Label}
    parts |= {"links": model2.Link}
    for key, of in parts.items():
        for part in written.get(key, []):
            _has_keys_of(of, part)
    if "statusDetails" in written:
        _has_keys_of(model2.StatusDetails, written["statusDetails"])


def _attachments(item: dict[str, Any]) -> list[dict[str, Any]]:
    return [*item.get("attachments", []), *(part for step in item.get("steps", []) for part in _attachments(step))]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "http://example.test/", "https://example.test/a)b", "https://x/](y)", "//x", "https://"],
)
def test_markdown_links_only_to_a_plain_address(url: str) -> None:
    assert link("text", "https://example.test/a#b") == "[text](https://example.test/a#b)"
    assert "](" not in link("text", url)
