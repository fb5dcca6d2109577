"""The reference over HTTP/2 and real sockets, asked by the suite's own probes."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.probes.answer import Answer, Endpoint, ProbeLimits, WireProbe
from conformance.probes.sender import Sender
from conformance.reference.certificates import self_signed
from conformance.reference.http2 import request_of
from conformance.tests.reference_world import (
    Pods,
    endpoint_slice,
    fronted,
    ingress,
    pods,
    rule,
    secret,
    service,
    snapshot,
)

PROBE = WireProbe("GET", "https", "h.test", "/", sni="h.test", protocol="h2")
Ask = Callable[[WireProbe], Answer]


def asked(probe: WireProbe, prepare: Callable[[Pods], None] = lambda _: None) -> Answer:
    """Send a probe to a front with one host and one pod."""

    async def run() -> Answer:
        async with pods() as upstream:
            prepare(upstream)
            routes = snapshot(
                ingresses=[ingress("i", rule("h.test", ("Prefix", "/", "a")), tls=[{"secretName": "s"}])],
                services=[service("a")],
                endpointslices=[endpoint_slice("a", "127.0.1.1", ports=[{"port": upstream.port}])],
                secrets=[secret("s", self_signed("h.test", hosts=("h.test",)))],
            )
            async with fronted(routes) as (_, http, https):
                sender = Sender(Endpoint("127.0.0.1", http, https), ProbeLimits(5))
                return await asyncio.to_thread(sender.send, probe)

    return asyncio.run(asyncio.wait_for(run(), 20))


def received(answer: Answer) -> str:
    return str(json.loads(answer.body)["received"])


def test_a_request_arrives_as_an_http1_request() -> None:
    answer = asked(replace(PROBE, target="/a%2F?x=1", headers=(("X-A", "1"),)))
    assert (answer.status, answer.alpn, answer.header("x-pod")) == (200, "h2", "here")
    first, *lines = received(answer).split("\r\n")
    assert first == "GET /a%2F?x=1 HTTP/1.1"
    assert "Host: h.test" in lines
    assert "x-a: 1" in lines


@pytest.mark.parametrize("body", [b"", b"hello", b"x" * 300_000])
def test_a_body_arrives_whole(body: bytes) -> None:
    assert received(asked(replace(PROBE, method="POST", body=body))).endswith("\r\n\r\n" + body.decode())


def test_trailers_pass_both_ways() -> None:
    answer = asked(replace(PROBE, method="POST", target="/x", body=b"hi", trailers=(("X-Sum", "1"),)))
    assert answer.status == 200
    there = asked(replace(PROBE, target="/stream"))
    assert (there.body, there.trailer("x-end")) == (b"abcde", "yes")


def test_a_body_of_unknown_length_ends_with_the_connection() -> None:
    assert asked(replace(PROBE, target="/until-close")).body == b"abcde"


def test_head_and_an_unknown_host() -> None:
    assert asked(replace(PROBE, method="HEAD")).status == 200
    assert asked(replace(PROBE, host="other.test")).status == 404


def test_several_requests_share_a_connection() -> None:
    answer = asked(replace(PROBE, requests_on_connection=5))
    assert [one.status for one in (*answer.earlier, answer)] == [200] * 5


def test_a_pod_that_hangs_up_is_a_bad_gateway() -> None:
    def hang_up(upstream: Pods) -> None:
        upstream.close_early = True

    assert asked(PROBE, hang_up).status == 502


def test_a_header_list_becomes_a_request() -> None:
    fields = [(b":method", b"PUT"), (b":path", b"/x"), (b":authority", b"h"), (b"host", b"h"), (b"a", b"1")]
    request = request_of(fields, "10.0.0.1", bodiless=False)
    assert (request.method, request.target, request.scheme, request.client) == (b"PUT", b"/x", "https", "10.0.0.1")
    assert request.headers == ((b"Host", b"h"), (b"a", b"1"), (b"Transfer-Encoding", b"chunked"))
    assert request_of(fields, "", bodiless=True).headers == ((b"Host", b"h"), (b"a", b"1"))
