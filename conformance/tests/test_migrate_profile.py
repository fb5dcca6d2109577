"""What the cases of level parity say of a move from one controller to another."""

from typing import Any

import pytest

from conformance.case.model import Level
from conformance.judge.words import Reason, Verdict
from conformance.migrate.model import Migration, Sort
from conformance.migrate.profile import profile_of
from conformance.report.model import (
    AttemptRecord,
    CaseRecord,
    CertificateRecord,
    Expected,
    Observed,
    Parity,
    ProbeRecord,
    Report,
)
from conformance.tests.reports import case_record, probe_record, report

ENDING = "one.ingress-nginx.test"


def run(name: str, case: CaseRecord, address: str) -> Report:
    made = report(case)
    return made.model_copy(update={"controller": made.controller.model_copy(update={"name": name, "address": address})})


def case(probe: ProbeRecord, parity: Parity = Parity.DIFFERS) -> CaseRecord:
    verdict = Verdict.PASS if parity is Parity.SAME else Verdict.FAIL
    return case_record("ingress-nginx/one", verdict, Level.PARITY, probes=(probe,), parity=parity)


def probe(
    outcome: str = "a",
    reason: Reason | None = Reason.WRONG_HEADER,
    *,
    expects: dict[str, Any] | None = None,
    received: dict[str, Any] | None = None,
    headers: list[list[str]] | None = None,
    tally: dict[str, int] | None = None,
    secret: str | None = None,
) -> ProbeRecord:
    answered = {"by": "a", "headers": headers or [], "tally": tally or {}}
    attempt = AttemptRecord(at=1, seconds=0.1, outcome=outcome, counted=True, answered=answered, received=received)
    certificate = (
        None
        if secret is None
        else CertificateRecord(names=(), issuer="", sha256="0", not_before="", not_after="", key="", secret=secret)
    )
    return probe_record(
        Verdict.FAIL if reason else Verdict.PASS,
        reason=reason,
        expected=Expected(outcome=outcome, received=expects, more={"headers": {"X-Shown": "1"}}),
        observed=Observed(outcome=outcome, backend="a", certificate=certificate),
        attempts=(attempt,) * 3,
    )


def moved(old: ProbeRecord, new: ProbeRecord) -> Migration:
    return profile_of(run("before", case(old), "10.0.0.8"), run("after", case(new), "10.0.0.9"))


TARGET = {"target": "/"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (probe(reason=Reason.WRONG_HEADER), probe(reason=Reason.WRONG_CERTIFICATE)),
        (probe(expects=TARGET, received={"target": "/a"}), probe(expects=TARGET, received={"target": "/b"})),
        (probe(received={"headers": [["Host", "a"]]}), probe(received={"headers": [["Host", "b"]]})),
        (probe(headers=[["X-Shown", "2"]]), probe(headers=[])),
        (probe(secret="mine"), probe(secret="")),
        (probe(tally={"a": 2, "status:503": 28}), probe(tally={"a": 29, "status:503": 1})),
    ],
    ids=["reason", "target", "host", "headers", "certificate", "tally"],
)
def test_two_that_both_fail_need_not_answer_alike(old: ProbeRecord, new: ProbeRecord) -> None:
    found = moved(old, new)
    assert found.counts == {Sort.DIFFERS: 1}
    assert found.changes[0].places
    assert moved(new, new).counts == {Sort.UNCHANGED: 1}


def test_what_chance_and_the_run_bring_about_is_no_change() -> None:
    few, more = {"a": 1, "status:503": 29}, {"a": 3, "status:503": 27}
    assert moved(probe(tally=few), probe(tally=more)).counts == {Sort.UNCHANGED: 1}
    by_address = [probe(headers=[["X-Shown", f"http://{address}/"]]) for address in ("10.0.0.8", "10.0.0.9")]
    assert moved(*by_address).counts == {Sort.UNCHANGED: 1}
    hosts = [
        probe(received={"headers": [["Host", f"foo.com.{ending}"]]}) for ending in (ENDING, f"one-twin{ENDING[3:]}")
    ]
    assert moved(*hosts).counts == {Sort.UNCHANGED: 1}


def test_against_what_was_recorded_the_word_of_parity_decides() -> None:
    ignored = profile_of(None, run("after", case(probe(), Parity.IGNORED), "10.0.0.9"))
    assert ignored.counts == {Sort.IGNORED: 1}
    same = profile_of(None, run("after", case(probe(reason=None), Parity.SAME), "10.0.0.9"))
    assert same.counts == {Sort.UNCHANGED: 1}
