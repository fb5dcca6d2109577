"""``diff`` and ``compare`` as users run them: formats, exit statuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.judge.words import Reason, Verdict
from conformance.report.model import CaseRecord, Report
from conformance.tests.reports import case_record, report
from conformance.tests.rich_report import perfect, rich


def written(folder: Path, name: str, made: Report) -> Path:
    path = folder / name / "report.json"
    path.parent.mkdir(parents=True)
    path.write_text(made.to_json())
    return path


def failing(case: CaseRecord) -> CaseRecord:
    probes = tuple(probe.model_copy(update={"verdict": Verdict.FAIL}) for probe in case.probes)
    return case.model_copy(update={"verdict": Verdict.FAIL, "reason": Reason.NO_MATCH, "probes": probes})


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "conformance", *map(str, arguments)],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_diff_ends_with_1_on_a_regression_and_0_without(tmp_path: Path, form: str) -> None:
    good = written(tmp_path, "good", perfect())
    worse = written(tmp_path, "worse", report(failing(perfect().cases[0]), *perfect().cases[1:]))
    regression = run("diff", good, worse, "--format", form)
    assert regression.returncode == 1
    assert "hosts/one" in regression.stdout
    assert "regression" in regression.stdout
    nothing = run("diff", good, good, "--format", form)
    assert nothing.returncode == 0, nothing.stderr
    assert "no regression" in nothing.stdout


def test_diff_ends_with_1_where_nothing_is_proven(tmp_path: Path) -> None:
    whole, cut = written(tmp_path, "whole", perfect()), written(tmp_path, "cut", perfect(complete=False))
    outcome = run("diff", whole, cut)
    assert outcome.returncode == 1
    assert "no regression" not in outcome.stdout


def test_bad_input_ends_with_2(tmp_path: Path) -> None:
    good, empty = written(tmp_path, "good", perfect()), written(tmp_path, "empty", report())
    (tmp_path / "text.json").write_text("{}")
    for arguments in (
        ["diff", good, empty],
        ["diff", good, tmp_path / "none.json"],
        ["diff", tmp_path / "text.json", good],
        ["diff", good],
        ["compare", good],
        ["compare", tmp_path / "text.json", good],
    ):
        outcome = run(*arguments)
        assert outcome.returncode == 2, arguments
        assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_compare_searches_folders(tmp_path: Path, form: str) -> None:
    written(tmp_path, "one", rich(controller="one"))
    written(tmp_path, "two", rich(controller="two"))
    outcome = run("compare", tmp_path, "--format", form)
    assert outcome.returncode == 0, outcome.stderr
    assert "hosts/wrong" in outcome.stdout
    if form == "json":
        assert [of["name"] for of in json.loads(outcome.stdout)["runs"]] == ["one", "two"]
    assert not {c for c in outcome.stdout if not c.isprintable() and c != "\n"}


def test_compare_names_the_files_that_have_nothing_in_common(tmp_path: Path) -> None:
    for name in ("one", "two"):
        written(tmp_path, name, perfect(controller=name))
    other = written(tmp_path, "other", report(case_record("hosts/other")))
    outcome = run("compare", tmp_path)
    assert outcome.returncode == 2
    assert f"such as hosts/other: {other}\n" in outcome.stderr
    again = outcome.stderr.splitlines()[-1].strip().removeprefix("ingress-conformance ")
    assert run(*again.split()).returncode == 0
