"""What comes with an answer, held against what is expected: certificate, protocol, interim, pods, headers, numbers."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from conformance.case.model import NO_MATCH, RECORD, TALLY, TLS_REFUSED, Certificate, Expectation, Like, Probe, Received
from conformance.judge.answers import reason_against
from conformance.judge.evidence import looked_at, of_the_answer
from conformance.judge.exact import reason_against_headers, reason_against_tally
from conformance.judge.facts import Facts
from conformance.judge.probes import Attempt, against, judge_probe
from conformance.judge.transport import reason_against_transport
from conformance.judge.words import Reason, Verdict
from conformance.probes.answer import Answer
from conformance.probes.outcome import Sighting
from conformance.tests.answers import ENDING, SENT, expecting, seen, status

OURS, OF_ANOTHER_CASE, ISSUER, FOREIGN = b"ours", b"of another case", b"issuer", b"foreign"


def print_of(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()


FACTS = Facts(
    certificates={"mine": (print_of(OURS), print_of(ISSUER)), "broken": ()},
    minted=frozenset(map(print_of, (OURS, OF_ANOTHER_CASE))),
)


def reason(answer: Answer | None = None, facts: Facts = FACTS, **expected: Any) -> Reason | None:
    """Why an answer is not as it must be; ``pods`` is what is expected, ``shown`` which pods answered."""
    shown, tally = expected.pop("shown", {}), expected.pop("seen", {})
    probe = Probe(id="p", host="foo.com", expect=Expectation(**{"outcome": "a", **expected}))
    found = reason_against_transport(probe, answer or Answer(SENT, 0.01), shown, facts, tally, ENDING)
    return found[0] if found else None


def presenting(*chain: bytes, trouble: str = "") -> Answer:
    return Answer(SENT, 0.01, trouble=trouble, certificate=chain[0] if chain else None, chain=chain)


class TestTheCertificateOfASecret:
    @pytest.mark.parametrize(
        ("chain", "expected"),
        [
            ((OURS, ISSUER), None),
            ((OURS, ISSUER, FOREIGN), None),
            ((OURS,), Reason.WRONG_CERTIFICATE),
            ((OURS, FOREIGN), Reason.WRONG_CERTIFICATE),
            ((ISSUER, OURS), Reason.WRONG_CERTIFICATE),
            ((FOREIGN, OURS, ISSUER), Reason.WRONG_CERTIFICATE),
            ((OF_ANOTHER_CASE, ISSUER), Reason.WRONG_CERTIFICATE),
            ((), Reason.WRONG_CERTIFICATE),
        ],
    )
    def test_the_leaf_comes_first_and_its_whole_chain_with_it(
        self, chain: tuple[bytes, ...], expected: Reason | None
    ) -> None:
        assert reason(presenting(*chain), certificate=Certificate(secret="mine")) is expected

    @pytest.mark.parametrize("secret", ["broken", "unknown"])
    def test_a_secret_without_a_certificate_is_no_fault_of_the_controller(self, secret: str) -> None:
        assert reason(presenting(OURS, ISSUER), certificate=Certificate(secret=secret)) is Reason.HARNESS


class TestAForeignCertificate:
    @pytest.mark.parametrize("leaf", [OURS, OF_ANOTHER_CASE])
    def test_none_of_the_run_may_be_presented_whichever_case_it_is_of(self, leaf: bytes) -> None:
        assert reason(presenting(leaf), certificate=Certificate(foreign=True)) is Reason.WRONG_CERTIFICATE

    @pytest.mark.parametrize("answer", [presenting(FOREIGN), presenting(FOREIGN, OURS)])
    def test_another_one_is_right(self, answer: Answer) -> None:
        assert reason(answer, certificate=Certificate(foreign=True)) is None

    @pytest.mark.parametrize(
        ("trouble", "expected"),
        [
            ("tls-alert:unrecognized-name", None),
            ("reset", None),
            ("", Reason.NO_ANSWER),
            ("timeout", Reason.NO_ANSWER),
            ("refused", Reason.NO_ANSWER),
            ("malformed", Reason.NO_ANSWER),
        ],
    )
    def test_none_at_all_is_right_only_where_the_controller_refused(
        self, trouble: str, expected: Reason | None
    ) -> None:
        assert reason(presenting(trouble=trouble), certificate=Certificate(foreign=True)) is expected


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("reset", None),
        ("tls-alert:handshake-failure", None),
        ("refused", Reason.NO_ANSWER),
        ("timeout", Reason.NO_ANSWER),
        ("malformed", Reason.NO_ANSWER),
        ("alpn:none", Reason.NO_ANSWER),
        ("stale", Reason.NO_ANSWER),
        ("status:400", Reason.UNEXPECTED_MATCH),
        ("redirect:308:https://foo.com/", Reason.UNEXPECTED_MATCH),
        ("a", Reason.UNEXPECTED_MATCH),
    ],
)
def test_only_an_end_of_the_handshake_is_its_refusal(outcome: str, expected: Reason | None) -> None:
    found = reason_against(expecting(TLS_REFUSED), Sighting(outcome), ENDING)
    assert (found[0] if found else None) is expected


@pytest.mark.parametrize(
    ("trouble", "version", "expected"),
    [
        ("reset", "", None),
        ("reset", "TLSv1.1", Reason.UNEXPECTED_MATCH),
        ("tls-alert:certificate-required", "TLSv1.3", None),
        ("tls-alert:handshake-failure", "", None),
    ],
)
def test_a_reset_after_the_handshake_is_no_refusal_of_it(trouble: str, version: str, expected: Reason | None) -> None:
    answer = Answer(SENT, 0.01, trouble=trouble, tls_version=version)
    assert reason(answer, outcome=TLS_REFUSED) is expected
    shown = Attempt(0.0, answer, Sighting(trouble), counted=True)
    assert of_the_answer(Expectation(outcome=TLS_REFUSED), shown) == {"tls": version}


@pytest.mark.parametrize("agreed", ["", "http/1.1"])
def test_the_protocol_must_be_the_one_that_is_expected(agreed: str) -> None:
    assert reason(Answer(SENT, 0.01, alpn=agreed), alpn="h2") is Reason.WRONG_HEADER
    assert reason(Answer(SENT, 0.01, alpn="h2"), alpn="h2") is None


def test_an_interim_answer_must_have_come() -> None:
    assert reason(Answer(SENT, 0.01), continued=True) is Reason.WRONG_HEADER
    assert reason(Answer(SENT, 0.01, interim=True), continued=True) is None


READY = Facts(pods=frozenset({"one", "two"}))


@pytest.mark.parametrize(
    ("shown", "facts", "expected"),
    [
        ({"one": 5, "two": 1}, READY, None),
        ({"one": 6}, READY, Reason.WRONG_BACKEND),
        ({}, READY, Reason.WRONG_BACKEND),
        ({"one": 3, "gone": 3}, READY, Reason.WRONG_BACKEND),
        ({"one": 3, "two": 3}, Facts(pods=frozenset({"one", "two", "three"})), Reason.HARNESS),
        ({"one": 3, "two": 3}, Facts(), None),
        ({"one": 3, "two": 3, "three": 1}, Facts(), Reason.WRONG_BACKEND),
    ],
)
def test_all_ready_pods_answer_and_no_other(shown: dict[str, int], facts: Facts, expected: Reason | None) -> None:
    assert reason(facts=facts, pods=2, shown=shown) is expected


HEADERS = (("X-A", "1"), ("x-b", "2"), ("X-B", "3"), ("Location", f"http://foo.com{ENDING}/"))


@pytest.mark.parametrize(
    ("wanted", "right"),
    [
        ({"x-a": "1"}, True),
        ({"x-a": "2"}, False),
        ({"x-b": ("2", "3")}, True),
        ({"x-b": "2"}, False),
        ({"x-c": None}, True),
        ({"x-a": None}, False),
        ({"x-c": "1"}, False),
        ({"x-c": Like(like=".*")}, False),
        ({"x-a": Like(like="[0-9]")}, True),
        ({"location": "http://foo.com/"}, True),
        ({"x-a": "1", "x-c": "1"}, False),
    ],
)
def test_each_header_of_the_answer_is_held_against_what_is_wanted(wanted: dict[str, Any], right: bool) -> None:
    expect = Expectation(outcome="a", headers=wanted)
    found = reason_against_headers(expect.headers, status(200, *HEADERS), ENDING)
    assert (found[0] if found else None) is (None if right else Reason.WRONG_HEADER)


@pytest.mark.parametrize(
    ("tally", "expected"),
    [
        ({"a": 2, "status:503": 8}, None),
        ({"a": 4, "status:503": 6}, None),
        ({"a": 1, "status:503": 9}, Reason.WRONG_BACKEND),
        ({"a": 5, "status:503": 5}, Reason.WRONG_BACKEND),
        ({"a": 3}, Reason.WRONG_STATUS),
        ({"a": 2, "status:503": 6, "b": 2}, Reason.WRONG_BACKEND),
        ({"a": 2, "status:503": 6, "status:429": 2}, Reason.WRONG_STATUS),
        ({}, Reason.WRONG_BACKEND),
    ],
)
def test_numbers_lie_within_their_bounds_and_nothing_else_is_seen(
    tally: dict[str, int], expected: Reason | None
) -> None:
    wanted = {"a": (2, 4), "status:503": (6, 8)}
    found = reason_against_tally(wanted, tally)
    assert (found[0] if found else None) is expected
    assert reason(outcome=TALLY, tally=wanted, seen=tally) is expected


@pytest.mark.parametrize(
    "expected", [{"headers": {"x-a": "1"}}, {"arrived": {"a": 1}}, {"pods": 2}], ids=["headers", "arrived", "pods"]
)
def test_what_is_only_recorded_is_not_judged_by_what_came_with_it(expected: dict[str, Any]) -> None:
    assert reason(outcome=RECORD, **expected) is None
    assert reason(outcome="a", **expected) is not None


def test_the_right_backend_with_a_wrong_certificate_fails_for_the_certificate() -> None:
    probe = expecting("a")
    wants = probe.expect.model_copy(update={"certificate": Certificate(secret="mine")})
    shown = [Attempt(one.at, presenting(FOREIGN), one.seen, counted=True) for one in (seen("a"), seen("a"), seen("a"))]
    verdict = judge_probe(probe.model_copy(update={"expect": wants}), shown, ENDING, FACTS)
    assert (verdict.verdict, verdict.reason) == (Verdict.FAIL, Reason.WRONG_CERTIFICATE)


def test_what_nobody_counted_is_an_error_and_no_failure() -> None:
    expect = Expectation(outcome="a", arrived={"a": 1})
    probe = Probe(id="p", host="foo.com", expect=expect)
    verdict = judge_probe(probe, [seen("a"), seen("a"), seen("a")], ENDING)
    assert (verdict.verdict, verdict.reason) == (Verdict.ERROR, Reason.HARNESS)
    counted = replace(seen("a"), arrived={"a": 1})
    verdict = judge_probe(probe, [counted, seen("a"), *[counted] * 3], ENDING)
    assert (verdict.verdict, verdict.reason) == (Verdict.ERROR, Reason.HARNESS)


def test_an_exact_answer_is_judged_by_what_its_backend_received_too() -> None:
    expect = Expectation(outcome="status:403", by="a", received=Received(method="GET"))
    probe = Probe(id="p", host="foo.com", expect=expect)
    for method, wanted in (("GET", None), ("POST", Reason.WRONG_HEADER)):
        sighting = Sighting("status:403", "a", "ns", "a-0", {"method": method})
        found = against(probe, Attempt(0.0, status(403), sighting, counted=True), ENDING)
        assert (found[0] if found else None) is wanted


def test_a_header_that_a_backend_received_is_compared_without_what_made_its_host_unique() -> None:
    sighting = Sighting("a", "a", "ns", "a-0", {"headers": [["X-Forwarded-Host", f"foo.com{ENDING}"]]})
    expect = Expectation(outcome="a", received=Received(headers={"x-forwarded-host": "foo.com"}))
    assert reason_against(Probe(id="p", host="foo.com", expect=expect), sighting, ENDING) is None


@pytest.mark.parametrize(("before", "expected"), [(True, Reason.NOT_REMOVED), (False, Reason.UNEXPECTED_MATCH)])
def test_what_is_served_on_is_told_from_what_never_should_have_been(before: bool, expected: Reason) -> None:
    found = reason_against(expecting(NO_MATCH), seen("a").seen, ENDING, Facts(served_before=before))
    assert found is not None
    assert found[0] is expected


def test_of_an_account_the_evidence_keeps_what_is_compared_whatever_its_letters() -> None:
    account = {"method": "GET", "target": "/", "port": 8080, "headers": [["HOST", "foo.com"], ["x-a", "1"], ["B", "2"]]}
    kept = looked_at(Received(method="GET", host="foo.com", headers={"X-A": "1"}), account)
    assert kept == {"method": "GET", "headers": [["HOST", "foo.com"], ["x-a", "1"]]}
    assert looked_at(Received(method="GET"), {}) is None


def test_of_an_answer_the_evidence_keeps_what_is_compared_where_anything_is() -> None:
    shown = Attempt(0.0, status(200, *HEADERS), Sighting("a", "a", symbol="other"), counted=True, arrived={"b": 1})
    assert of_the_answer(Expectation(outcome="a"), shown) is None
    kept = of_the_answer(Expectation(outcome="a", headers={"X-A": "1"}), shown)
    assert kept == {"by": "other/a", "headers": [["X-A", "1"]], "tally": {}}
    counted = of_the_answer(Expectation(outcome="a", arrived={"b": 1}), shown)
    assert counted == {"by": "other/a", "headers": [], "tally": {}, "arrived": {"b": 1}}
