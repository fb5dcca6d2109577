"""Which cases could be right by chance."""

from typing import Any

import pytest

from conformance.case.load import load_cases
from conformance.case.model import RECORD, Expectation, Level
from conformance.case.rivals import contested, tied
from conformance.case.steps import Action, Step
from conformance.tests.plans import case, ingress, path, probe


def rules(*written: tuple[str, str, str]) -> list[dict[str, Any]]:
    """Rules of one path each: host, path, backend."""
    return [{"host": host, "http": {"paths": [path(backend, value)]}} for host, value, backend in written]


@pytest.mark.parametrize(
    ("one", "other", "host", "target"),
    [
        (("foo.com", "/", "a"), ("foo.com", "/bar", "b"), "foo.com", "/bar"),
        (("foo.com", "/", "a"), ("foo.com", "/Bar/", "b"), "FOO.com:8080", "/bar"),
        (("foo.com", "/bar", "a"), ("foo.com", "/bar/", "b"), "foo.com", "/bart"),
        (("a.foo.com", "/", "a"), ("*.foo.com", "/", "b"), "a.foo.com", "/"),
        (("*.bar.foo.com", "/", "a"), ("*.foo.com", "/", "b"), "x.bar.foo.com", "/"),
        (("foo.com", "/", "a"), ("*.foo.com", "/", "b"), "foo.com", "/"),
        (("foo.com", "/", "a"), ("", "/", "b"), "foo.com", "/"),
    ],
)
def test_what_two_backends_may_claim_is_contested(
    one: tuple[str, str, str], other: tuple[str, str, str], host: str, target: str
) -> None:
    both = {**ingress(), "spec": {"rules": rules(one, other)}}
    assert contested(case("s/x", both, probes=(probe(host, target=target),)))
    apart = (ingress(), ingress(name="other"))
    apart[0]["spec"]["rules"], apart[1]["spec"]["rules"] = rules(one), rules(other)
    assert contested(case("s/x", *apart, probes=(probe(host, target=target),)))
    recorded = probe(host, target=target, expect=Expectation(outcome=RECORD))
    assert not contested(case("s/x", both, probes=(recorded,)))


@pytest.mark.parametrize(
    ("one", "other", "host", "target"),
    [
        (("foo.com", "/", "a"), ("foo.com", "/bar", "a"), "foo.com", "/bar"),
        (("foo.com", "/", "a"), ("foo.com", "/bar", "b"), "foo.com", "/baz"),
        (("foo.com", "/", "a"), ("bar.com", "/", "b"), "foo.com", "/"),
        (("foo.com", "/", "a"), ("*.foo.com", "/", "b"), "xfoo.com", "/"),
    ],
)
def test_what_one_backend_alone_may_claim_is_not(
    one: tuple[str, str, str], other: tuple[str, str, str], host: str, target: str
) -> None:
    both = {**ingress(), "spec": {"rules": rules(one, other)}}
    assert not contested(case("s/x", both, probes=(probe(host, target=target),)))


def test_a_default_backend_claims_everything() -> None:
    beside = ingress("foo.com", defaultBackend={"service": {"name": "b", "port": {"number": 80}}})
    assert contested(case("s/x", beside))


@pytest.mark.parametrize("rivals_at", ["first", "last"])
def test_of_a_case_with_steps_what_stands_in_the_end_is_contested_or_not(rivals_at: str) -> None:
    lone, rivals = ingress("foo.com"), ingress("foo.com", defaultBackend={"service": {"name": "b"}})
    before, after = (rivals, lone) if rivals_at == "first" else (lone, rivals)
    step = Step(title="One step", actions=(Action(apply=after),), probes=(probe(),))
    stepped = case("s/x", before).model_copy(update={"steps": (step,)})
    assert contested(stepped) is (rivals_at == "last")


def test_every_case_with_copies_is_contested() -> None:
    # Copies are written where a choice was seen to be one of chance.
    copied = [one for one in load_cases() if one.copies > 1 and any(p.expect.demanding for p in one.probes)]
    assert copied
    assert [one.id for one in copied if not contested(one)] == []


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (("foo.com", "/", "a"), ("foo.com", "/", "b"), True),
        (("FOO.com", "/", "a"), ("foo.com", "/", "b"), True),
        (("foo.com", "/", "a"), ("foo.com", "/", "a"), False),
        (("foo.com", "/", "a"), ("foo.com", "/x", "b"), False),
        (("foo.com", "/", "a"), ("*.com", "/", "b"), False),
        (("bar.com", "/", "a"), ("bar.com", "/", "b"), False),
    ],
)
def test_equal_claims_tie_where_annotations_are_compared(
    one: tuple[str, str, str], other: tuple[str, str, str], equal: bool
) -> None:
    apart = (ingress(), ingress(name="other"))
    apart[0]["spec"]["rules"], apart[1]["spec"]["rules"] = rules(one), rules(other)
    for expect in (Expectation(outcome="a"), Expectation(outcome=RECORD)):
        asked = case("s/x", *apart, probes=(probe("foo.com", expect=expect),))
        assert tied(asked.model_copy(update={"level": Level.PARITY})) is equal
        assert not tied(asked)
