"""The action's own scripts, one after another as GitHub runs them, on the embedded cluster."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.judge.words import Verdict
from conformance.report.model import Report
from conformance.report.seal import sealed

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = ("Install the suite",)
"""The suite is there already."""

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(not (ROOT / "action.yml").exists(), reason="only in a checkout")]


class Runner:
    """As much of GitHub's runner as the action needs: inputs, outputs, the summary, and conditions on inputs."""

    def __init__(self, folder: Path, **inputs: str) -> None:
        self.folder = folder
        self.action: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
        self.inputs = {name: str(of.get("default", "")) for name, of in self.action["inputs"].items()}
        self.inputs |= {name.replace("_", "-"): value for name, value in inputs.items()}
        self.outputs: dict[str, dict[str, str]] = {}
        self.summary = ""
        programs = folder / "temp" / "ingress-conformance" / "bin"
        programs.mkdir(parents=True)
        suite = programs / "ingress-conformance"
        suite.write_text(f'#!/bin/sh\nexec {sys.executable} -m conformance "$@"\n')
        suite.chmod(0o755)

    def run(self) -> tuple[bool, str]:
        """Run the steps up to the first that fails; return whether the job is green, and what was printed."""
        printed = ""
        for step in self.action["runs"]["steps"]:
            if "run" not in step or step["name"] in SKIPPED or not self._wanted(step.get("if", "")):
                continue
            done = self._step(step)
            printed += done.stdout + done.stderr
            if done.returncode:
                return False, printed
        return True, printed

    def _wanted(self, condition: str) -> bool:
        name = condition.removeprefix("inputs.").partition(" ")[0]
        return not condition or bool(self.inputs[name])

    def _step(self, step: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        out, summary = self.folder / "outputs", self.folder / "summary"
        out.write_text("")
        summary.write_text("")
        environment = {name: self._value(value) for name, value in step.get("env", {}).items()}
        environment |= {"GITHUB_OUTPUT": str(out), "GITHUB_STEP_SUMMARY": str(summary)}
        environment |= {"RUNNER_TEMP": str(self.folder / "temp"), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.folder,
            env={**os.environ, **environment},
            capture_output=True,
            check=False,
            text=True,
            timeout=900,
        )
        pairs = (line.partition("=") for line in out.read_text().splitlines())
        self.outputs[step.get("id", step["name"])] = {name: value for name, _, value in pairs}
        self.summary += summary.read_text()
        return done

    def _value(self, text: str) -> str:
        def replaced(found: re.Match[str]) -> str:
            kind, *path = found[1].split(".")
            if kind == "inputs":
                return self.inputs[path[0]]
            return self.outputs.get(path[0], {}).get(path[-1], "")

        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", replaced, text)


def runner(folder: Path, **inputs: str) -> Runner:
    folder.mkdir()
    chosen = {"controller": "reference", "cluster": "local", "arguments": "-k 'exact-itself or prefix-root'"}
    return Runner(folder, **{**chosen, **inputs})


def test_a_right_controller_is_green_and_a_baseline_finds_what_got_worse(tmp_path: Path) -> None:
    first = runner(tmp_path / "first")
    green, printed = first.run()
    assert green, printed
    # Two cases are not all of them, and the summary says so.
    assert "2/2 pass" in first.summary
    assert "not run" in first.summary
    made = tmp_path / "first" / "ingress-conformance"
    assert (made / "site" / "index.html").exists()
    assert (made / "export" / "junit.xml").exists()
    report = Report.model_validate_json((made / "reference" / "report.json").read_text())

    same = runner(tmp_path / "same", baseline=str(made / "reference" / "report.json"))
    green, printed = same.run()
    assert green, printed
    assert "no regression" in same.summary

    # A baseline in which a case passed that this run does not have any more.
    extra = report.cases[0].model_copy(update={"id": "path-types/gone", "verdict": Verdict.PASS})
    (tmp_path / "baseline.json").write_text(
        sealed(report.model_copy(update={"cases": (*report.cases, extra)})).to_json()
    )
    worse = runner(tmp_path / "worse", baseline=str(tmp_path / "baseline.json"))
    green, printed = worse.run()
    assert not green
    assert "::error::something got worse" in printed
    assert "path-types/gone" in worse.summary
    asked = runner(tmp_path / "asked", baseline=str(tmp_path / "baseline.json"), ignore_missing="true")
    green, printed = asked.run()
    assert green, printed


def test_a_wrong_controller_is_red_and_bad_input_too(tmp_path: Path) -> None:
    wrong = runner(tmp_path / "wrong", controller="traefik", arguments="-k prefix-of-characters")
    green, printed = wrong.run()
    assert not green
    assert "::error::some core case fails" in printed
    assert "prefix-of-characters" in wrong.summary
    assert json.loads((tmp_path / "wrong/ingress-conformance/traefik/report.json").read_text())["digest"]
    allowed = runner(
        tmp_path / "allowed", controller="traefik", arguments="-k prefix-of-characters", allow_failures="true"
    )
    assert allowed.run()[0]
    green, printed = runner(tmp_path / "unknown", controller="no-such").run()
    assert not green
    assert "no-such" in printed
