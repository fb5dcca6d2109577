"""The reference over real sockets on loopback: forwarding byte for byte, statuses, TLS, upgrades."""

import asyncio
import dataclasses
import json
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from cryptography import x509

from conformance.reference.certificates import self_signed
from conformance.reference.model import KeyPair, Snapshot
from conformance.tests.reference_world import (
    Pods,
    backend,
    endpoint_slice,
    fronted,
    ingress,
    pods,
    rule,
    secret,
    service,
    snapshot,
)

CLOSE = b"Connection: close\r\n\r\n"


def world(port: int, **more: Any) -> Snapshot:
    ports = [{"port": port}]
    paths = [("Prefix", "/", "a"), ("Prefix", "/none", "empty"), ("Prefix", "/gone", "gone")]
    resource = {"pathType": "Prefix", "path": "/bucket", "backend": {"resource": {"kind": "B", "name": "b"}}}
    return snapshot(
        ingresses=[ingress("i", rule("h.test", *paths, resource))],
        services=[service("a"), service("empty"), service("gone")],
        endpointslices=[
            endpoint_slice("a", "127.0.1.1", "127.0.1.2", ports=ports),
            # Port 1 of loopback refuses connections: this pod is gone.
            endpoint_slice("gone", "127.0.1.3", ports=[{"port": 1}]),
        ],
        **more,
    )


async def ask(port: int, request: bytes, tls: ssl.SSLContext | None = None, name: str | None = None) -> bytes:
    """Return all that comes back until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=name)
    try:
        writer.write(request)
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


def get(path: bytes, host: bytes = b"h.test") -> bytes:
    return b"GET %b HTTP/1.1\r\nHost: %b\r\n%b" % (path, host, CLOSE)


def received(answer: bytes) -> str:
    """Return the request as the pod saw it."""
    return str(json.loads(answer.split(b"\r\n\r\n", 1)[1])["received"])


def on_http(scenario: Callable[[int, Pods], Awaitable[None]]) -> None:
    async def run() -> None:
        async with pods() as upstream, fronted(world(upstream.port)) as (_, http, _):
            await asyncio.wait_for(scenario(http, upstream), 10)

    asyncio.run(run())


def test_a_request_arrives_as_it_was_sent() -> None:
    async def scenario(http: int, _: Pods) -> None:
        target = b"/a//b/../%2F%41?x=1&y=%20#"[:-1]
        headers = b"hOST: h.test:80\r\nX-B: 1\r\nx-a: 2\r\nX-B: 3\r\nKeep-Alive: 5\r\nX-Hop: 1\r\n"
        answer = await ask(http, b"DELETE " + target + b" HTTP/1.1\r\n" + headers + b"Connection: close, x-hop\r\n\r\n")
        assert received(answer) == (
            f"DELETE {target.decode()} HTTP/1.1\r\nhOST: h.test:80\r\nX-B: 1\r\nx-a: 2\r\nX-B: 3\r\n"
            "X-Forwarded-For: 127.0.0.1\r\nConnection: close\r\n\r\n"
        )

    on_http(scenario)


def test_bodies_arrive_whole_with_length_and_chunked() -> None:
    async def scenario(http: int, _: Pods) -> None:
        body = b"x" * 200_000
        sized = b"POST / HTTP/1.1\r\nHost: h.test\r\nContent-Length: %d\r\n%b%b" % (len(body), CLOSE, body)
        assert received(await ask(http, sized)).endswith("\r\n\r\n" + body.decode())
        chunked = b"POST / HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked\r\n%b" % CLOSE
        answer = received(await ask(http, chunked + b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n"))
        assert "".join(answer.split("\r\n\r\n", 1)[1].split("\r\n")[1::2]) == "abcdefg"

    on_http(scenario)


def test_answers_without_length_are_chunked_and_trailers_come_along() -> None:
    async def scenario(http: int, _: Pods) -> None:
        assert (await ask(http, get(b"/stream"))).endswith(b"3\r\nabc\r\n2\r\nde\r\n0\r\nX-End: yes\r\n\r\n")
        until_close = await ask(http, get(b"/until-close"))
        assert b"Transfer-Encoding: chunked" in until_close
        assert until_close.endswith(b"5\r\nabcde\r\n0\r\n\r\n")
        old = await ask(http, b"GET /stream HTTP/1.0\r\nHost: h.test\r\n\r\n")
        assert b"chunked" not in old
        assert old.endswith(b"\r\n\r\nabcde")
        to_head = await ask(http, b"HEAD / HTTP/1.1\r\nHost: h.test\r\n" + CLOSE)
        assert b"Content-Length: " in to_head
        assert to_head.endswith(b"\r\n\r\n")

    on_http(scenario)


def test_statuses() -> None:
    async def scenario(http: int, upstream: Pods) -> None:
        async def status(request: bytes) -> int:
            return int((await ask(http, request)).split()[1])

        assert await status(get(b"/")) == 200
        assert await status(get(b"/", b"other.test")) == 404
        assert await status(get(b"/bucket")) == 404
        assert await status(get(b"/none")) == 503
        assert await status(get(b"/gone")) == 502
        assert await status(b"GET / HTTP/1.1\r\n" + CLOSE) == 400
        assert await status(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n" + CLOSE) == 400
        assert await status(b"CONNECT h.test:80 HTTP/1.1\r\nHost: h.test\r\n\r\n") == 400
        assert await status(b"nonsense\r\n\r\n") == 400
        upstream.close_early = True
        assert await status(get(b"/")) == 502

    on_http(scenario)


def test_one_connection_serves_many_requests_in_turn_over_all_endpoints() -> None:
    async def scenario(http: int, _: Pods) -> None:
        one = b"GET / HTTP/1.1\r\nHost: h.test\r\n\r\n"
        unknown = b"GET / HTTP/1.1\r\nHost: other.test\r\n\r\n"
        answers = await ask(http, one + one + unknown + one + get(b"/"))
        assert answers.count(b"HTTP/1.1 200 OK") == 4
        assert answers.count(b"HTTP/1.1 404 Not Found") == 1
        upgrade_without_option = b"GET / HTTP/1.1\r\nHost: h.test\r\nUpgrade: other\r\n\r\n"
        assert (await ask(http, upgrade_without_option + get(b"/"))).count(b"HTTP/1.1 200 OK") == 2
        assert [answers.count(b'"pod": "127.0.1.%d"' % number) for number in (1, 2)] == [2, 2]

    on_http(scenario)


def test_an_interim_response_comes_before_the_body_is_sent() -> None:
    async def scenario(http: int, _: Pods) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", http)
        writer.write(b"POST / HTTP/1.1\r\nHost: h.test\r\nContent-Length: 2\r\nExpect: 100-continue\r\n" + CLOSE)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"hi")
        assert received(await reader.read()).endswith("\r\n\r\nhi")
        writer.close()
        await writer.wait_closed()

    on_http(scenario)


def test_an_upgrade_makes_a_tunnel() -> None:
    async def scenario(http: int, _: Pods) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", http)
        writer.write(b"GET / HTTP/1.1\r\nHost: h.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        assert await reader.readexactly(5) == b"FIRST"
        writer.write(b"\x00second")
        assert await reader.readexactly(7) == b"\x00SECOND"
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()

    on_http(scenario)


def client(version: ssl.TLSVersion | None = None, protocols: tuple[str, ...] = ("h2", "http/1.1")) -> ssl.SSLContext:
    """Return a context that takes any certificate: the tests look at what was presented."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_alpn_protocols(list(protocols))
    if version:
        made.minimum_version = made.maximum_version = version
    return made


def presented(port: int, name: str | None, version: ssl.TLSVersion | None = None) -> tuple[str, str | None, str | None]:
    """Return the common name that is presented, the TLS version and the ALPN protocol."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=1) as raw,
        client(version).wrap_socket(raw, server_hostname=name) as secured,
    ):
        certificate = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
        common_name = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        return str(common_name), secured.version(), secured.selected_alpn_protocol()


def tls_world(port: int, **pairs: KeyPair) -> Snapshot:
    entries = [
        {"hosts": ["One.test", "*.w.test"], "secretName": "first"},
        {"hosts": ["broken.test"], "secretName": "broken"},
        {"hosts": ["missing.test"], "secretName": "missing"},
    ]
    rules = [rule(entry["hosts"][0].lower(), ("Prefix", "/", "a")) for entry in entries]
    return snapshot(
        ingresses=[ingress("i", *rules, tls=entries)],
        services=[service("a")],
        endpointslices=[endpoint_slice("a", "127.0.1.1", ports=[{"port": port}])],
        secrets=[secret(name, pair) for name, pair in pairs.items()],
    )


def test_tls() -> None:
    pair, other = self_signed("first"), self_signed("second")
    mismatched = dataclasses.replace(pair, key=other.key)
    default = "reference default certificate"

    async def run() -> None:
        async with (
            pods() as upstream,
            fronted(tls_world(upstream.port, first=pair, broken=mismatched)) as (front, _, https),
        ):

            async def subject(name: str | None) -> str:
                return (await asyncio.to_thread(presented, https, name))[0]

            for name in ("one.test", "ONE.test", "x.w.test"):
                assert await subject(name) == "first"
            for stranger in (None, "x.y.w.test", "w.test", "broken.test", "missing.test", "other.test"):
                assert await subject(stranger) == default
            for version, word in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
                assert await asyncio.to_thread(presented, https, "one.test", version) == ("first", word, "h2")
            answer = await ask(https, get(b"/x", b"broken.test"), client(protocols=("http/1.1",)), "broken.test")
            assert received(answer).startswith("GET /x HTTP/1.1")
            front.current = tls_world(upstream.port, first=other, broken=other)
            assert [await subject(name) for name in ("one.test", "broken.test")] == ["second", "second"]

    asyncio.run(run())


@pytest.mark.parametrize("garbage", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"])
def test_a_broken_secret_concerns_its_host_only(garbage: bytes) -> None:
    async def run() -> None:
        pair = self_signed("first")
        broken = KeyPair(garbage, garbage)
        async with pods() as upstream, fronted(tls_world(upstream.port, first=pair, broken=broken)) as (_, _, https):
            assert (await asyncio.to_thread(presented, https, "one.test"))[0] == "first"
            assert (await asyncio.to_thread(presented, https, "broken.test"))[0] == "reference default certificate"

    asyncio.run(run())


def test_a_swapped_snapshot_takes_effect_at_once() -> None:
    async def run() -> None:
        async with pods() as upstream, fronted(Snapshot()) as (front, http, _):
            assert (await ask(http, get(b"/"))).split()[1] == b"404"
            front.current = world(upstream.port)
            assert (await ask(http, get(b"/"))).split()[1] == b"200"
            moved = ingress("i", rule("new.test", ("Prefix", "/", "a")), defaultBackend=backend("a"))
            front.current = snapshot(ingresses=[moved])
            assert (await ask(http, get(b"/"))).split()[1] == b"503"

    asyncio.run(run())
