"""``cases list|show|lint|coverage``."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from conformance.case import printing
from conformance.case.builtin import builtin_folders
from conformance.case.coverage import coverage
from conformance.case.load import load_cases
from conformance.case.model import Level
from conformance.case.source import case_files
from conformance.case.statements import load_statements
from conformance.cli.cases import LEVELS, cases
from conformance.errors import BadInput
from conformance.tests.test_case_load import GOOD


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cases, arguments)


def printed(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert result.exception is None
    return result.output


def refused(*arguments: str) -> str:
    """Return the message of a BadInput, which the program as a whole prints and turns into status 2."""
    result = run(*arguments)
    assert isinstance(result.exception, BadInput), result.output
    assert result.exception.exit_status == 2
    return str(result.exception)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "it.yaml").write_text(GOOD)
    return tmp_path


def test_list_has_a_whole_line_for_each_case() -> None:
    lines = printed("list").splitlines()
    everything = load_cases()
    assert len(lines) == len(everything) + 1
    assert lines[0].split() == ["case", "level", "statements", "title"]
    for line, case in zip(lines[1:], everything, strict=True):
        assert line.split()[:3] == [case.id, case.level, case.statements[0]]
        assert line.endswith(case.title)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-k", "P22"], ["path-types/longer-prefix-before-exact", "path-types/longer-exact-before-prefix"]),
        (["-k", "hosts/ and observed and H08 and not two-"], ["hosts/conflict-within-a-namespace"]),
    ],
)
def test_list_selects(arguments: list[str], expected: list[str]) -> None:
    assert printed("list", "--format", "ids", *arguments).split() == expected


def test_list_selects_levels() -> None:
    assert tuple(LEVELS) == tuple(level.value for level in Level)
    found = json.loads(printed("list", "--format", "json", "--level", "extended, observed"))
    assert {case["level"] for case in found} == {"extended", "observed"}


def test_list_as_json_says_everything(own: Path) -> None:
    (case,) = json.loads(printed("list", "--format", "json", "--cases", str(own)))
    assert case["id"] == "mine/first"
    assert case["where"] == f"{own / 'it.yaml'}:5"
    assert case["probes"][0]["expect"]["outcome"] == "a"
    assert case["objects"][0]["kind"] == "Ingress"


def test_show() -> None:
    text = printed("show", "path-types/exact-other-path")
    assert "path-types.yaml:" in text
    assert "        pathType: Exact" in text
    assert "witness GET /foo  GET http://foo.com/foo  a (witness)\n" in text
    assert "GET /bar          GET http://foo.com/bar  no match\n" in text


def test_show_says_what_must_be_received_and_sent() -> None:
    text = printed("show", "backends/body-unchanged")
    assert "Content-Type: application/json" in text
    assert "a, having received method 'POST', body 'hello'" in text
    assert "\\r\\n\\r\\nGET / HTTP/1.1" in text
    assert "recorded, not judged" in printed("show", "hosts/trailing-dot")
    assert "no rule names the host" in printed("show", "hosts/two-hosts")
    assert "alone, without a marker rule" in printed("show", "backends/only-a-default-backend")


def test_show_of_an_unknown_case() -> None:
    assert "did you mean path-types/exact-itself" in refused("show", "path-types/exact-itslef")
    assert "did you mean path-types/exact-itself?" in refused("show", "exact-itself")
    assert "see: ingress-conformance cases list" in refused("show", "zzzzzzz")


def test_lint() -> None:
    files = len(list(case_files(builtin_folders())))
    assert printed("lint") == f"{len(load_cases())} cases in {files} files, no problems\n"


def test_lint_of_own_files(own: Path) -> None:
    assert printed("lint", str(own)) == "1 case in 1 file, no problems\n"
    (own / "more.yaml").write_text(GOOD.replace("level: core", "level: cor"))
    text = refused("lint", str(own))
    assert f"{own / 'more.yaml'}:7:12: level cannot be 'cor'\n  hint: did you mean core?" in text
    assert "is larger" not in text


def test_lint_of_nothing(tmp_path: Path) -> None:
    assert "no such file or directory" in refused("lint", str(tmp_path / "none"))


def test_coverage() -> None:
    text = printed("coverage")
    count = len(load_statements().statements())
    found = coverage(load_statements(), load_cases())
    without = [one.statement.id for one in found if not one.cases]
    assert f"{count - len(without)} of {count} statements have cases, {len(without)} have none yet" in text
    assert all(name.startswith("N-") for name in without)
    found = json.loads(printed("coverage", "--format", "json"))
    assert found["summary"] == {
        "statements": count,
        "covered": count - len(without),
        "uncovered": len(without),
        "cases": len(load_cases()),
    }
    assert found["statements"][0]["cases"] == ["path-types/every-path"]
    assert found["statements"][0]["url"].endswith("/ingress/#examples")


def test_coverage_of_a_case_with_an_unknown_statement(own: Path) -> None:
    (own / "it.yaml").write_text(GOOD.replace("P18", "P99"))
    assert "there is no statement P99" in refused("coverage", "--cases", str(own))


def test_wrong_options() -> None:
    assert "there is no level 'cor'" in refused("list", "--level", "cor")
    assert "hint: did you mean core?" in refused("list", "--level", "cor")
    assert "hint: the levels are core, extended" in refused("list", "--level", "core,zzz")
    assert "expected a word" in refused("list", "-k", "a and")
    assert "-k: no case fits\n  hint: " in refused("list", "-k", "zzz")
    assert "-k/--level: no case fits" in refused("list", "-k", "exact", "--level", "api", "--format", "ids")
    assert run("list", "--format", "xml").exit_code == 2
    assert run("show").exit_code == 2


def test_help_teaches() -> None:
    for verb in ("list", "show", "lint", "coverage"):
        assert "ingress-conformance cases" in printed(verb, "--help")


def test_on_a_terminal_there_are_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(printing, "_on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr("rich.console.Console.print", lambda _, table: shown.append(table))
    assert printed("list", "-k", "P22").strip() == "2 cases"
    assert shown[0].row_count == 2


@pytest.mark.parametrize("columns", [40, 80, 100, 160])
def test_no_id_is_broken_in_two_however_narrow_a_terminal_is(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "_on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = printed("list", "-k", "hosts/").splitlines()
    ids = [case.id for case in load_cases() if case.id.startswith("hosts/")]
    assert set(ids) <= {word for line in lines for word in line.split()}
    assert max(len(line) for line in lines if line not in ids) <= columns


def test_text_that_would_move_a_terminals_cursor_is_shown_as_text(own: Path) -> None:
    (own / "it.yaml").write_text(GOOD.replace("One sentence", '"One\\e[2Jsentence"'))
    assert "One\\x1b[2Jsentence" in printed("list", "--cases", str(own))


def test_the_commands_cost_nothing_until_they_run() -> None:
    script = "import sys, conformance.cli.cases; print(sorted({'pydantic', 'yaml', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
