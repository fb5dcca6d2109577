"""What the API server said, held against what a case expects; and recomputed from a report in the same way."""

from typing import Any

import pytest

from conformance.case.model import Submission
from conformance.judge.submissions import Reply, judge_submission, recorded, value_at
from conformance.judge.words import Reason, Verdict
from conformance.report.model import Expected, Observed
from conformance.tests.reports import probe_record
from conformance.tests.sound_report import attempts
from conformance.verify.recomputation import offered

TAKEN = Reply({"spec": {"ingressClassName": "ours"}})
REFUSED = Reply(None, 422, "spec.rules[0].host: Invalid value")
DOWN, THROTTLED = Reply(None, 0, "the API server does not answer"), Reply(None, 429, "too many requests")
ERROR, PASS, FAIL = Verdict.ERROR, Verdict.PASS, Verdict.FAIL


def asked(outcome: Any, **more: Any) -> Submission:
    return Submission(id="x", object={"kind": "Ingress"}, outcome=outcome, **more)


ACCEPTED, MUST_FAIL, ANY = asked("accepted"), asked("refused", field="host"), asked("record")
STORED = asked("accepted", stored={"spec.ingressClassName": "ours"})

TABLE: dict[str, tuple[Submission, tuple[Reply, ...], Verdict, Reason | None]] = {
    "accepted as it must be": (ACCEPTED, (TAKEN,) * 3, PASS, None),
    "refused as it must be": (MUST_FAIL, (REFUSED,) * 3, PASS, None),
    "refused for another reason": (asked("refused", field="paths"), (REFUSED,) * 3, FAIL, Reason.WRONG_STATUS),
    "refused with the right status": (asked("refused", status=422), (REFUSED,) * 3, PASS, None),
    "refused with another status": (asked("refused", status=403), (REFUSED,) * 3, FAIL, Reason.WRONG_STATUS),
    "accepted though it must be refused": (MUST_FAIL, (TAKEN,) * 3, FAIL, Reason.UNEXPECTED_MATCH),
    "refused though it must be accepted": (ACCEPTED, (REFUSED,) * 3, FAIL, Reason.NO_MATCH),
    "stored as it must be": (STORED, (TAKEN,) * 3, PASS, None),
    "stored otherwise": (STORED, (Reply({"spec": {"ingressClassName": "x"}}),) * 3, FAIL, Reason.WRONG_HEADER),
    "stored without it": (STORED, (Reply({}),) * 3, FAIL, Reason.WRONG_HEADER),
    "recorded when accepted": (ANY, (TAKEN,) * 3, PASS, None),
    "recorded when refused": (ANY, (REFUSED,) * 3, PASS, None),
    "recorded, and it changes": (ANY, (TAKEN, REFUSED, TAKEN), FAIL, Reason.UNSTABLE),
    "it changes": (ACCEPTED, (TAKEN, TAKEN, REFUSED), FAIL, Reason.UNSTABLE),
    "the server is down": (MUST_FAIL, (DOWN,) * 3, ERROR, Reason.HARNESS),
    "the server is down, and nothing was expected": (ANY, (DOWN,) * 3, ERROR, Reason.HARNESS),
    "the server was down for a moment": (ACCEPTED, (TAKEN, DOWN, TAKEN), ERROR, Reason.HARNESS),
    "the server had no time at last": (MUST_FAIL, (REFUSED, REFUSED, THROTTLED), ERROR, Reason.HARNESS),
    "it was never asked": (ACCEPTED, (), ERROR, Reason.HARNESS),
}


@pytest.mark.parametrize(("submission", "replies", "verdict", "reason"), TABLE.values(), ids=TABLE)
def test_a_reply_is_judged(
    submission: Submission, replies: tuple[Reply, ...], verdict: Verdict, reason: Reason | None
) -> None:
    judged = judge_submission(submission, replies)
    assert (judged.verdict, judged.reason) == (verdict, reason)


@pytest.mark.parametrize(("submission", "replies", "verdict", "reason"), TABLE.values(), ids=TABLE)
def test_verify_comes_to_the_same(
    submission: Submission, replies: tuple[Reply, ...], verdict: Verdict, reason: Reason | None
) -> None:
    outcomes = [recorded(submission, reply) for reply in replies]
    more = {key: value for key in ("status", "field", "stored") if (value := getattr(submission, key))}
    seen = Observed(outcome=outcomes[-1], detail=replies[-1].message) if replies else None
    record = probe_record(
        verdict,
        reason=reason,
        expected=Expected(outcome=submission.outcome, more=more),
        observed=seen,
        attempts=attempts(*outcomes, second_look=False),
    )
    again = offered(record).verdict
    assert (again.verdict, again.reason) == (verdict, reason)


def test_a_value_is_found_by_its_path() -> None:
    stored = {"a": {"b": 0, "c": [1]}}
    assert [value_at(stored, path) for path in ("a.b", "a.x", "a.b.c", "a.c.0", "x")] == [0, None, None, None, None]
