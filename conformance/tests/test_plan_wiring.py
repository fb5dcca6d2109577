"""From a probe of a case to the request on the wire."""

from typing import Any

import pytest

from conformance.case.model import Expectation, Probe
from conformance.plan.wiring import wire
from conformance.probes.answer import WireProbe
from conformance.probes.request import check
from conformance.tests.plans import ground, probe

ENDING = ".case.section.test"


def wired(**changes: Any) -> WireProbe:
    made: Probe = probe(**{"scheme": "https", **changes})
    request = wire(made, ENDING, ground())
    check(request)
    return request


def test_an_ordinary_probe_offers_what_any_client_does() -> None:
    request = wired()
    assert (request.tls_min, request.tls_max, request.alpn, request.protocol) == (None, None, None, "http/1.1")
    assert not any((request.chunked, request.trailers, request.wait_for_continue))
    assert request.requests_on_connection == 1


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"host": "foo.com"}, "foo.com" + ENDING),
        ({"host": "FOO.com:8443"}, "foo.com" + ENDING),
        ({"host": "foo.com."}, "foo.com" + ENDING),
        ({"host": "foo.com", "sni": "bar.com"}, "bar.com" + ENDING),
        ({"host": "foo.com", "sni": ""}, None),
        ({"host": "@address"}, None),
        ({"host": "@address", "sni": "foo.com"}, "foo.com" + ENDING),
    ],
)
def test_the_name_in_the_handshake(changes: dict[str, Any], name: str | None) -> None:
    assert wired(**changes).sni == name


def test_one_version_of_tls_is_all_that_is_offered() -> None:
    request = wired(tls="1.1")
    assert (request.tls_min, request.tls_max) == ("1.1", "1.1")


def test_protocol_and_framing_go_over_as_they_are() -> None:
    assert wired(protocol="h2", alpn=("h2", "http/1.1")).offered == ("h2", "http/1.1")
    assert wired(protocol="grpc", method="POST").protocol == "grpc"
    assert wired(protocol="websocket").protocol == "websocket"
    request = wired(method="POST", body="x", chunked=True, trailers=(("X-End", "1"),), on_one_connection=3)
    assert (request.chunked, request.trailers, request.requests_on_connection) == (True, (("X-End", "1"),), 3)


def test_who_expects_an_interim_answer_waits_for_it() -> None:
    assert wired(method="POST", body="x", expect=Expectation(outcome="a", continued=True)).wait_for_continue
    assert wired(method="POST", body="x", headers=(("expect", "100-Continue"),)).wait_for_continue
    assert not wired(method="POST", body="x").wait_for_continue
