"""The workflows and the action: pinned, with few rights, and made of commands that exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click import Command, Context

from conformance.cli import cli

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))
EVERYTHING = [*WORKFLOWS, ROOT / "action.yml"]
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
NIGHTLY = re.compile(r"^(pytestmark = |@).*nightly", re.MULTILINE)
CALL = re.compile(r'(?:ingress-conformance|"\$suite") ([a-z]+) ([^|\n]*)')

pytestmark = pytest.mark.skipif(not WORKFLOWS, reason="only in a checkout")


def named(path: Path) -> str:
    return path.name


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize("path", EVERYTHING, ids=named)
def test_every_foreign_action_is_pinned_by_its_commit_with_the_version_beside(path: Path) -> None:
    for line in path.read_text().splitlines():
        if re.search(r"uses: (?!\./)", line):
            assert PINNED.search(line), line


def test_one_version_of_each_action_is_used() -> None:
    used = {line for path in EVERYTHING for line in re.findall(r"uses: (\S+@[0-9a-f]{40} # \S+)", path.read_text())}
    assert len({line.partition("@")[0] for line in used}) == len(used)


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_rights_are_given_a_job_at_a_time_and_only_publishing_may_write(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        may_write = {"pages", "id-token"} if name == "publish" else set()
        assert {right for right, level in job["permissions"].items() if level != "read"} == may_write
        assert "uses" in job or job["timeout-minutes"] <= 60


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_no_checkout_leaves_its_token_behind(path: Path) -> None:
    for job in read(path)["jobs"].values():
        for step in job.get("steps", []):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"] == {"persist-credentials": False}


@pytest.mark.parametrize("path", EVERYTHING, ids=named)
def test_no_expression_stands_in_a_script(path: Path) -> None:
    """A pull request's title, or an input, would be run as a program there."""
    for script in scripts(read(path)):
        assert "${{" not in script


@pytest.mark.parametrize("path", EVERYTHING, ids=named)
def test_the_commands_and_options_of_scripts_exist(path: Path) -> None:
    for script in scripts(read(path)):
        for verb, words in CALL.findall(script.replace("\\\n", " ")):
            command = cli.get_command(Context(cli), verb)
            assert command is not None, verb
            options = {option for parameter in parameters(command, words) for option in parameter}
            assert {word for word in words.split() if word.startswith("--")} <= options, words


def parameters(command: Command, words: str) -> Iterator[list[str]]:
    """Yield the options of a command, or of the command of a group that the words name."""
    commands = getattr(command, "commands", {})
    named = next((commands[word] for word in words.split() if word in commands), command)
    yield from (parameter.opts for parameter in named.params)


def scripts(document: Any) -> Iterator[str]:
    jobs = document.get("jobs") or {"": document.get("runs", {})}
    for job in jobs.values():
        for step in job.get("steps", []):
            if "run" in step:
                yield step["run"]


def test_the_nightly_workflow_names_every_nightly_test_whose_work_no_other_job_does() -> None:
    tests = (ROOT / "conformance" / "tests").glob("test_*.py")
    marked = {path.name for path in tests if NIGHTLY.search(path.read_text())}
    named = set(re.findall(r"test_\w+\.py", (ROOT / ".github/workflows/nightly.yml").read_text()))
    # `.ci/run` runs the first, and the kill matrix is more than the second.
    assert marked - named == {"test_e2e_kind.py", "test_e2e_proof.py"}
