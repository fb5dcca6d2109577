"""What becomes of a fail that the controller's project declares."""

from typing import Any

import pytest

from conformance.engine.run import Engine
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord
from conformance.tests.engine_world import QUICK, Ground, on
from conformance.tests.plans import case, ingress

WHY = "Left out on purpose (https://example.com/why)"


@pytest.mark.parametrize(
    ("claimed", "verdicts"),
    [
        ("P01", [Verdict.UNSUPPORTED, Verdict.UNSUPPORTED]),
        ("s/one", [Verdict.UNSUPPORTED, Verdict.FAIL]),
        ("s/other", [Verdict.FAIL, Verdict.FAIL]),
    ],
)
def test_a_claim_is_about_a_statement_or_about_a_case(claimed: str, verdicts: list[Verdict]) -> None:
    final: dict[str, CaseRecord] = {}

    def hear(event: dict[str, Any]) -> None:
        if event["event"] == "case" and event["final"]:
            final[event["case"].id] = event["case"]

    wrong = [case(name, ingress("foo.com", backend="b")) for name in ("s/one", "s/two")]
    stage = Ground(lanes=0)
    with on(stage) as crew:
        engine = Engine(stage, QUICK, {claimed: WHY}, False, hear)
        engine.crew.pool.shutdown()
        engine.crew.pool = crew.pool
        engine.run(wrong)
    assert [final[name].verdict for name in ("s/one", "s/two")] == verdicts
