"""Badges are green only for what was seen."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence

import jsonschema
import pytest

from conformance.case.model import Level
from conformance.errors import BadInput
from conformance.export.badges import badge, badges
from conformance.export.gateway_shape import conformance_reports
from conformance.export.published import FOLDER
from conformance.export.shields import shields
from conformance.export.sources import Source, sources
from conformance.export.standing import Standing, standings
from conformance.judge.words import Verdict
from conformance.report.model import Report
from conformance.report.naming import distinct_names
from conformance.tests.reports import case_record, report
from conformance.tests.rich_report import HOSTILE, named, perfect, rich

SVG = "{http://www.w3.org/2000/svg}"


def shown(made: Report, suite: dict[Level, frozenset[str]] | None = None) -> dict[str, tuple[str, str]]:
    texts = dict(shields([Source("demo", made, suite)]))
    read = {name: json.loads(text) for name, text in texts.items()}
    schema = json.loads((FOLDER / "shields-endpoint.schema.json").read_text())
    for endpoint in read.values():
        jsonschema.Draft202012Validator(schema).validate(endpoint)
    return {name: (endpoint["color"], endpoint["message"]) for name, endpoint in read.items()}


def test_all_that_passed_is_green_and_what_was_recorded_is_blue() -> None:
    assert shown(perfect()) == {
        "demo-core.json": ("brightgreen", "2/2 pass"),
        "demo-extended.json": ("brightgreen", "1/1 pass"),
        "demo-observed.json": ("blue", "1/1 recorded"),
    }


def test_a_run_of_a_few_cases_is_not_green() -> None:
    suite = {Level.CORE: frozenset({"hosts/one", "hosts/two", "hosts/three"}), Level.API: frozenset({"api/one"})}
    found = shown(perfect(), suite)
    assert found["demo-core.json"] == ("lightgrey", "2/2 pass, 1 not run")
    assert found["demo-api.json"] == ("lightgrey", "0/0 pass, 1 not run")


def test_parity_is_left_out_where_it_was_not_asked_for() -> None:
    suite = {Level.PARITY: frozenset({"nginx/one", "nginx/two"})}
    assert "demo-parity.json" not in shown(perfect(), suite)
    assert "INGRESS-NGINX" not in "".join(text for _, text in conformance_reports([Source("demo", perfect(), suite)]))
    some = report(case_record("nginx/one", level=Level.PARITY))
    assert shown(some, suite)["demo-parity.json"] == ("lightgrey", "1/1 pass, 1 not run")


def test_a_run_that_was_cut_short_is_grey_everywhere() -> None:
    assert {colour for colour, _ in shown(perfect(complete=False)).values()} == {"lightgrey"}


@pytest.mark.parametrize(
    ("verdicts", "standing"),
    [
        ([Verdict.PASS], Standing.PASS),
        ([Verdict.PASS, Verdict.UNSUPPORTED], Standing.UNSUPPORTED),
        ([Verdict.PASS, Verdict.SKIPPED], Standing.PARTIAL),
        ([Verdict.UNSUPPORTED, Verdict.SKIPPED], Standing.PARTIAL),
        ([Verdict.PASS, Verdict.FAIL, Verdict.SKIPPED], Standing.FAIL),
        ([Verdict.FAIL, Verdict.ERROR], Standing.ERROR),
    ],
)
def test_the_worst_verdict_decides(verdicts: Sequence[Verdict], standing: Standing) -> None:
    made = report(*(case_record(f"s/{number}", verdict) for number, verdict in enumerate(verdicts)))
    (at,) = standings(made, None)
    assert at.standing is standing


def test_a_report_without_cases_has_no_badge() -> None:
    assert not list(badges(sources([report()])))


def test_pictures_are_well_formed_and_hold_nothing_but_shapes_and_text() -> None:
    texts = [text for _, text in badges(sources([rich()]))] + [
        badge(HOSTILE.replace("\x00", "").replace("\x1b", "").replace("\ufffe", ""), "<script>", "#fff")
    ]
    for text in texts:
        root = ET.fromstring(text)
        assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
            "svg",
            "title",
            "rect",
            "path",
            "g",
            "text",
        }
        assert not {
            name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name
        }


class TestNames:
    def test_a_controller_has_its_name_and_several_runs_of_it_say_more(self) -> None:
        old = perfect()
        new = old.model_copy(update={"controller": old.controller.model_copy(update={"version": "2.0"})})
        assert distinct_names([old, perfect(controller="other")]) == ("demo", "other")
        assert distinct_names([old, new]) == ("demo-1.0", "demo-2.0")

    def test_no_name_leaves_the_folder(self) -> None:
        (name,) = distinct_names([named(perfect(), f"../../{HOSTILE}/etc")])
        assert name.replace("-", "").replace(".", "").isalnum()
        assert not name.startswith(".")

    def test_the_same_run_twice_is_refused(self) -> None:
        with pytest.raises(BadInput, match="the same run"):
            distinct_names([perfect(), perfect()])
