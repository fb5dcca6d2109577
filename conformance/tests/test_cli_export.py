"""The command: which files it writes, and what it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli.export import FORMATS, SINGLE, export
from conformance.errors import BadInput
from conformance.export import formats
from conformance.tests.rich_report import perfect, rich


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    for report in (rich(), perfect(controller="other")):
        path = tmp_path / "runs" / report.controller.name / "report.json"
        path.parent.mkdir(parents=True)
        path.write_text(report.to_json())
    return tmp_path / "runs"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(export, [str(argument) for argument in arguments], catch_exceptions=False)


def test_the_help_names_the_formats_that_there_are() -> None:
    assert tuple(formats.FORMATS) == FORMATS
    assert tuple(name for name, form in formats.FORMATS.items() if form.single) == SINGLE
    assert all(f"\n  {name} " in run("--help").output for name in FORMATS)


def test_all_formats_are_written_below_one_folder(reports: Path, tmp_path: Path) -> None:
    out = tmp_path / "ci"
    result = run(reports, "--format", "all", "--out", out)
    assert result.exit_code == 0
    top = {path.name for path in out.iterdir()}
    assert top == {
        *("junit.xml", "summary.md", "metrics.txt", "cases.csv", "probes.csv"),
        *("demo-conformance.yaml", "other-conformance.yaml", "badges", "shields", "allure-results"),
    }
    assert {path.name for path in (out / "badges").iterdir()} >= {"demo-core.svg", "other-extended.svg"}
    assert json.loads((out / "shields" / "demo-core.json").read_text())["schemaVersion"] == 1


@pytest.mark.parametrize("name", SINGLE)
def test_a_single_text_goes_to_standard_output(reports: Path, name: str) -> None:
    result = run(reports / "demo" / "report.json", "--format", name)
    assert result.exit_code == 0
    assert "hosts/wrong" in result.output


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("junot", "there is no format 'junot'"),
        (",", "names no format"),
        ("conformance", "conformance: files, which need a folder"),
        ("junit,markdown", "junit, markdown: files, which need a folder"),
    ],
)
def test_bad_formats_are_refused_with_a_hint(reports: Path, wanted: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        run(reports, "--format", wanted)
    assert caught.value.hint


def test_allure_results_of_another_export_are_not_mixed_in(reports: Path, tmp_path: Path) -> None:
    run(reports, "--format", "allure", "--out", tmp_path)
    run(reports, "--format", "allure", "--out", tmp_path)
    with pytest.raises(BadInput, match="results of other reports"):
        run(reports / "demo", "--format", "allure", "--out", tmp_path)


def test_a_folder_without_reports_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no report"):
        run(tmp_path, "--format", "junit")


def test_a_place_that_cannot_be_written_is_said(reports: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below", "/proc/nothing"):
        with pytest.raises(BadInput, match="cannot write") as caught:
            run(reports, "--format", "junit", "--out", place)
        assert caught.value.hint == "choose another folder with --out"
