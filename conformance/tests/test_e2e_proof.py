"""The quick proof on real control planes: every mutant and every case has its turn."""

import json
import signal
from pathlib import Path

import pytest

from conformance.proof.model import KillMatrix
from conformance.proof.published import published
from conformance.tests.live import begin
from conformance.waiting import wait_until

pytestmark = pytest.mark.e2e

LIMIT = 25 * 60
"""Seconds. It takes 10 minutes on two cores that have nothing else to do."""


def test_an_interrupted_proof_ends_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "proof"
    live = begin(out, "prove", "-k", "slow", "--out", str(out))
    assert wait_until(lambda: any(out.glob("*/")) or live.process.poll() is not None, 60)
    live.process.send_signal(signal.SIGINT)
    outcome = live.finish(20)
    assert outcome.status == 130, outcome.errors
    assert live.leftovers() == []


@pytest.mark.nightly
@pytest.mark.skipif(published() is None, reason="no kill matrix is published yet: prove --publish makes it")
def test_the_suite_neither_passes_what_is_wrong_nor_fails_what_is_right(tmp_path: Path) -> None:
    out = tmp_path / "proof"
    live = begin(out, "prove", "--depth", "quick", "--out", str(out))
    outcome = live.finish(LIMIT)
    assert outcome.status == 0, outcome.output + outcome.errors
    assert live.leftovers() == []
    made = KillMatrix.model_validate_json((out / "kill-matrix.json").read_bytes())
    assert made.problems == made.obstacles == ()
    assert made.reference.tried
    assert not [row.name for row in made.mutants if row.fate in {"survived", "untried"}]
    assert all(case.killed or case.why_none for case in made.cases)
    # The evidence is there, and is that of the matrix.
    for row in made.mutants:
        report = json.loads((out / row.name / "report.json").read_text())
        if not row.repeated:
            assert {kill.case for kill in row.kills} <= {c["id"] for c in report["cases"] if c["verdict"] == "fail"}
