"""The words of parity, from records: each door through which a wrong one could come is tried."""

from typing import Any

import pytest

from conformance.case.model import Level
from conformance.case.written_probes import bounds
from conformance.judge.words import Reason, Verdict
from conformance.report.model import (
    AttemptRecord,
    CaseRecord,
    Expected,
    MarkerRecord,
    ObjectRecord,
    Observed,
    Parity,
    ProbeRecord,
)
from conformance.report.parity import beside_twin
from conformance.tests.reports import case_record, probe_record

STRANGER = "a host that nobody names (http)"
PREFIX = "nginx.ingress.kubernetes.io/"


def probe(
    name: str, wanted: str, seen: str, *, by: str = "", verdict: Verdict = Verdict.FAIL, **more: Any
) -> ProbeRecord:
    answered = {"by": by, "headers": more.pop("answer", []), "tally": more.pop("tally", {})}
    received = more.pop("received", None)
    attempt = AttemptRecord(at=1.0, seconds=0.1, outcome=seen, counted=True, answered=answered, received=received)
    return probe_record(
        verdict,
        id=name,
        expected=Expected(outcome=wanted, received=more.pop("wants", None), more=more.pop("more", {})),
        observed=Observed(outcome=seen, backend=by or None),
        attempts=(attempt,) * 3,
    )


def case(
    *probes: ProbeRecord, annotation: str = "auth-url", verdict: Verdict = Verdict.FAIL, **more: Any
) -> CaseRecord:
    manifest = {"kind": "Ingress", "metadata": {"annotations": {PREFIX + annotation: "x"}}}
    objects = (ObjectRecord(manifest=manifest),)
    return case_record("ingress-nginx/one", verdict, Level.PARITY, objects=objects, probes=probes, **more)


def twin(*probes: ProbeRecord, live: bool = True) -> CaseRecord:
    marker = MarkerRecord(host="h", live_after=0.1 if live else None, looks=1, last_outcome="marker")
    objects = (ObjectRecord(manifest={"kind": "Ingress"}, marker=marker),)
    stranger = probe(STRANGER, "record", "status:404", verdict=Verdict.PASS)
    return case_record("ingress-nginx/one-twin", level=Level.PARITY, objects=objects, probes=(*probes, stranger))


def recorded(name: str, seen: str, *, by: str = "", **more: Any) -> ProbeRecord:
    return probe(name, "record", seen, by=by, verdict=Verdict.PASS, **more)


def test_all_as_expected_is_the_same() -> None:
    found = beside_twin(
        case(probe("p", "status:403", "status:403", verdict=Verdict.PASS), verdict=Verdict.PASS),
        twin(recorded("p", "a", by="a")),
    )
    assert (found.parity, found.fail_open) == (Parity.SAME, False)


def test_answered_as_the_twin_is_ignored_and_open() -> None:
    found = beside_twin(case(probe("p", "status:403", "a", by="a")), twin(recorded("p", "a", by="a")))
    assert (found.parity, found.fail_open) == (Parity.IGNORED, True)


def test_an_effect_on_one_probe_is_no_ignorance() -> None:
    seen = case(probe("p", "status:403", "a", by="a"), probe("q", "status:401", "status:401", verdict=Verdict.PASS))
    found = beside_twin(seen, twin(recorded("p", "a", by="a"), recorded("q", "a", by="a")))
    assert (found.parity, found.fail_open) == (Parity.DIFFERS, True)


def test_an_ingress_that_is_not_there_is_refused() -> None:
    found = beside_twin(case(probe("p", "status:403", "status:404")), twin(recorded("p", "a", by="a")))
    assert (found.parity, found.fail_open) == (Parity.REFUSED, False)


def test_a_twin_that_is_not_there_either_says_nothing() -> None:
    found = beside_twin(case(probe("p", "a", "status:404")), twin(recorded("p", "status:404"), live=False))
    assert found.parity is Parity.DIFFERS


def test_objects_that_are_never_loaded_are_refused() -> None:
    lost = case(probe("p", "a", "status:404"), reason=Reason.NOT_PROGRAMMED)
    assert beside_twin(lost, twin(recorded("p", "a", by="a"))).parity is Parity.REFUSED
    assert beside_twin(lost, None).parity is Parity.DIFFERS


def test_a_404_proves_nothing_while_the_twin_is_dead() -> None:
    passed = case(probe("p", "status:404", "status:404", verdict=Verdict.PASS), verdict=Verdict.PASS)
    found = beside_twin(passed, twin(recorded("p", "status:404"), live=False))
    assert (found.verdict, found.reason, found.parity) == (Verdict.FAIL, Reason.NOT_PROGRAMMED, Parity.DIFFERS)
    assert beside_twin(passed, twin(recorded("p", "a", by="a"))).parity is Parity.SAME


def test_headers_are_compared_only_where_they_are_looked_at_and_without_unique_hosts() -> None:
    wants = {"headers": {"X-User": "alice", "X-Forwarded-Host": "h.test"}}
    mine = {"headers": [["X-Forwarded-Host", "h.test.one.ingress-nginx.alone.test"]]}
    other = {"headers": [["X-Forwarded-Host", "h.test.one-twin.ingress-nginx.alone.test"]]}
    seen = case(probe("p", "a", "a", by="a", wants=wants, received=mine))
    assert beside_twin(seen, twin(recorded("p", "a", by="a", wants=wants, received=other))).parity is Parity.IGNORED
    other = {"headers": [*other["headers"], ["X-User", "bob"]]}
    assert beside_twin(seen, twin(recorded("p", "a", by="a", wants=wants, received=other))).parity is Parity.DIFFERS


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        *((f"{kind}-source-range", True) for kind in ("whitelist", "allowlist", "denylist")),
        *((name, True) for name in ("auth-tls-secret", "auth-url", "auth-cache", "satisfy", "limit-rps")),
        *((name, True) for name in ("enable-modsecurity", "proxy-body-size", "force-ssl-redirect")),
        *((f"auth-{name}", False) for name in ("response-headers", "cache-key", "cache-duration")),
        *((name, False) for name in ("rewrite-target", "x-satisfy", "satisfy-x", "no-limit-rps")),
    ],
)
def test_only_what_restricts_access_fails_open(annotation: str, expected: bool) -> None:
    seen = case(probe("p", "status:403", "a", by="a"), annotation=annotation)
    assert beside_twin(seen, twin(recorded("p", "a", by="a"))).fail_open is expected


def test_an_ingress_is_not_refused_whose_twin_is_not_seen_to_be_there_either() -> None:
    also = probe(STRANGER.replace("http", "https"), "record", "reset", verdict=Verdict.PASS)
    found = beside_twin(case(probe("p", "status:403", "reset")), twin(recorded("p", "status:404"), also))
    assert found.parity is Parity.DIFFERS


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.ERROR, Verdict.SKIPPED])
def test_only_a_case_that_fails_is_said_to_fail_open(verdict: Verdict) -> None:
    seen = case(probe("p", "status:403", "a", by="a"), verdict=verdict)
    assert not beside_twin(seen, twin(recorded("p", "a", by="a"))).fail_open


def test_a_limit_fails_open_only_if_nothing_is_refused() -> None:
    wanted = {"tally": {"a": [3, 3], "status:503": [5, 5]}}
    none = case(probe("p", "tally", "a", by="a", more=wanted, tally={"a": 8}), annotation="limit-rps")
    some = case(probe("p", "tally", "varies:a,status:503", by="a", more=wanted, tally={"a": 7, "status:503": 1}))
    assert beside_twin(none, twin(recorded("p", "a", by="a"))).fail_open
    assert not beside_twin(some, twin(recorded("p", "a", by="a"))).fail_open


def test_other_levels_have_no_word() -> None:
    assert beside_twin(case_record("s/one", Verdict.FAIL), None).parity is None


@pytest.mark.parametrize(("percent", "expected"), [(0, (0, 0)), (100, (300, 300)), (30, (59, 121)), (50, (116, 184))])
def test_chance_is_allowed_four_standard_deviations(percent: float, expected: tuple[int, int]) -> None:
    assert bounds(300, percent) == expected


def test_where_the_twin_could_not_be_judged_a_404_proves_nothing_and_nobody_is_to_blame() -> None:
    passed = case(probe("p", "status:404", "status:404", verdict=Verdict.PASS), verdict=Verdict.PASS)
    unjudged = twin(recorded("p", "status:404"), live=False).model_copy(
        update={"verdict": Verdict.ERROR, "reason": Reason.HARNESS, "detail": "no cluster"}
    )
    found = beside_twin(passed, unjudged)
    assert (found.verdict, found.reason, found.parity) == (Verdict.ERROR, Reason.HARNESS, None)
    assert "no cluster" in found.detail
    shown = case(probe("p", "a", "a", by="a", verdict=Verdict.PASS), verdict=Verdict.PASS)
    assert beside_twin(shown, unjudged).parity is Parity.SAME


def tossed(record: ProbeRecord, *outcomes: str) -> ProbeRecord:
    """The record, with counted attempts that showed these outcomes, one after another."""
    attempts = tuple(record.attempts[0].model_copy(update={"outcome": outcome}) for outcome in outcomes)
    return record.model_copy(update={"attempts": attempts})


@pytest.mark.parametrize(
    ("mine", "twins", "word"),
    [
        (("b", "b"), ("a", "b", "a"), Parity.IGNORED),
        (("b", "b"), ("varies:a,b", "a", "a"), Parity.IGNORED),
        (("a", "b"), ("a", "a", "a"), Parity.IGNORED),
        (("b", "b"), ("a", "a", "a"), Parity.DIFFERS),
        (("b", "b"), ("a", "c", "a"), Parity.DIFFERS),
        (("b", "status:503"), ("a", "b", "a"), Parity.DIFFERS),
        (("reset", "reset"), ("reset", "a", "refused"), Parity.DIFFERS),
        (("b", "b"), ("status:404", "b", "a"), Parity.DIFFERS),
    ],
)
def test_of_a_coin_that_is_tossed_at_each_load_either_side_is_what_the_twin_does(
    mine: tuple[str, ...], twins: tuple[str, ...], word: Parity
) -> None:
    seen = tossed(probe("p", "c", mine[-1], by=mine[-1]), *mine)
    found = beside_twin(case(seen, annotation="canary"), twin(tossed(recorded("p", twins[-1], by=twins[-1]), *twins)))
    assert found.parity is word


def test_a_coin_explains_no_weights_and_no_rewritten_path() -> None:
    """What a probe looks at beside the backend must be the same, and shares of requests are no coin."""
    beside = twin(tossed(recorded("p", "a", by="a"), "a", "a"))
    weighed = tossed(probe("p", "tally", "b", by="b", more={"tally": {"b": [3, 17]}}), "varies:a,b", "b")
    assert beside_twin(case(weighed, annotation="canary-weight"), beside).parity is Parity.DIFFERS
    rewritten: dict[str, Any] = {"wants": {"target": "/x"}, "received": {"target": "/x"}}
    coin = twin(tossed(recorded("p", "a", by="a", wants={"target": "/x"}, received={"target": "/foo"}), "a", "b"))
    moved = tossed(probe("p", "c", "b", by="b", **rewritten), "b", "b")
    assert beside_twin(case(moved, annotation="rewrite-target"), coin).parity is Parity.DIFFERS
