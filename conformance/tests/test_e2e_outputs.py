"""Reports of real runs: sound, found out when they are changed, and told apart by diff and compare."""

import copy
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

import conformance
from conformance.case.load import load_cases
from conformance.report.reading import read_json
from conformance.tests.live import run, wrong_reference
from conformance.tests.test_verify import changed, leaves
from conformance.verify.seals import against_digests
from conformance.verify.verification import verification

pytestmark = pytest.mark.e2e

FEW = "exact-itself or prefix-of-characters or wildcard-one-label or host-unchanged or encoded-slash or path-type-is"


def suite(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conformance", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, text=True, timeout=120)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the reference, and one of the reference with a fault."""
    folder = tmp_path_factory.mktemp("runs")
    right = run(folder, "run", "reference", "-k", FEW)
    assert right.status == 0, right.errors
    wrong = run(folder, "run", wrong_reference(folder, "string-prefix"), "-k", FEW, "--convergence", "3")
    assert wrong.status == 1, wrong.errors
    return folder


@pytest.mark.parametrize("name", ["reference", "string-prefix"])
def test_a_real_report_is_sound_with_its_events_and_no_change_goes_unnoticed(runs: Path, name: str) -> None:
    report = runs / name / "report.json"
    outcome = suite("verify", report, "--events", runs / name / "events.jsonl")
    assert outcome.returncode == 0, outcome.stdout
    written = read_json(report)
    places = list(leaves(written))
    chosen = random.Random(1).sample(places, 200)
    for place in chosen:
        assert list(against_digests(changed(written, place, "something else"))), place
    cases = load_cases(None)
    for place in chosen[:10]:
        made = changed(written, place, "something else")
        assert not verification(name, made, cases, conformance.__version__).sound, place


def test_no_verdict_of_a_real_report_can_be_turned_round(runs: Path) -> None:
    """With all digests written anew, the evidence still tells."""
    written = read_json(runs / "string-prefix" / "report.json")
    cases = load_cases(None)
    for number, case in enumerate(written["cases"]):
        made = copy.deepcopy(written)
        forged = made["cases"][number]
        passes = case["verdict"] == "pass"
        change = {"verdict": "fail", "reason": "no-match"} if passes else {"verdict": "pass", "reason": None}
        for part in (forged, *forged["probes"]):
            part.update(change)
        found = verification("report.json", made, cases, conformance.__version__)
        assert any(problem.check == "verdicts" for problem in found.problems), case["id"]


def test_diff_and_compare_tell_the_right_one_from_the_wrong_one(runs: Path) -> None:
    right, wrong = (runs / name / "report.json" for name in ("reference", "string-prefix"))
    assert suite("diff", right, right).returncode == 0
    worse = suite("diff", right, wrong)
    assert worse.returncode == 1
    assert "path-types/prefix-of-characters  core  regression" in worse.stdout
    assert suite("diff", wrong, right).returncode == 0
    compared = json.loads(suite("compare", runs, "--format", "json").stdout)
    found = {case["id"] for statement in compared["statements"] for case in statement["cases"]}
    assert "path-types/prefix-of-characters" in found


def test_every_format_is_written_from_real_reports(runs: Path, tmp_path: Path) -> None:
    outcome = suite("export", runs, "--format", "all", "--out", tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    # Few cases were run, so nothing may be green.
    badge = json.loads((tmp_path / "shields" / "reference-core.json").read_text())
    assert badge["color"] == "lightgrey"
    assert "not run" in badge["message"]
