"""The echo backend: what it says, how it obeys its knobs, and that nothing a client sends brings it down."""

import asyncio
import contextlib
import json
import random
import signal
import socket
import subprocess
import sys
from hashlib import sha256

import pytest

from conformance.echo import Backend, Identity, OtherPorts, serve
from conformance.echo.connection import Connection
from conformance.echo.identity import Settings, identity_from, settings_from
from conformance.echo.knobs import MAX_DELAY, MAX_SIZE, PLAIN, knobs_of
from conformance.echo.reading import MAX_HEAD, RequestReader
from conformance.echo.request import Continue, Malformed, Request
from conformance.tests.talk import HANDSHAKE, HOST, WHO, exchange, get, split, with_backend


def requests_in(*pieces: bytes) -> list[Request]:
    reader = RequestReader()
    return [event for piece in pieces for event in reader.feed(piece) if isinstance(event, Request)]


def test_says_who_answered_and_what_was_received() -> None:
    sent = b"PUT /a%2Fb//..?x=%zz HTTP/1.1\r\nhOsT: H\r\nX-A: 1 \r\nx-a:2\r\nContent-Length: 3\r\n\r\nabc"
    status, headers, body = split(exchange(sent))
    assert status == 200
    assert headers["content-type"] == "application/json"
    assert headers["x-conformance-backend"] == "ns/a/a-0"
    assert headers["date"].endswith("GMT")
    assert int(headers["content-length"]) == len(body)
    said = json.loads(body)
    port = said.pop("port")
    assert 0 < port < 65536
    assert said == {
        "backend": "a",
        "namespace": "ns",
        "pod": "a-0",
        "peer": HOST,
        "method": "PUT",
        "target": "/a%2Fb//..?x=%zz",
        "version": "HTTP/1.1",
        "headers": [["hOsT", "H"], ["X-A", "1"], ["x-a", "2"], ["Content-Length", "3"]],
        "body": {"length": 3, "sha256": sha256(b"abc").hexdigest()},
        "trailers": [],
    }


@pytest.mark.parametrize("target", ["/", "*", "/\xff?q=\xe9", "http://h/p", "no-slash", '/<>"|^`{}\\#f', "//x"])
@pytest.mark.parametrize("method", ["GET", "FOO", "get", "M-SEARCH"])
def test_any_method_and_target_is_shown_as_it_came(method: str, target: str) -> None:
    (request,) = requests_in(get(target, method=method))
    assert (request.method, request.target) == (method.encode(), target.encode("latin-1"))


def test_a_request_is_the_same_however_it_is_cut() -> None:
    sent = (
        b"\r\nFOO /\xff HTTP/1.1\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3;x\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\nU: 2\r\n\r\n"
        b"POST /2 HTTP/1.0\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi" + get("/3")
    )
    whole = requests_in(sent)
    assert [(r.method, r.target, r.body_length) for r in whole] == [
        (b"FOO", b"/\xff", 5),
        (b"POST", b"/2", 2),
        (b"GET", b"/3", 0),
    ]
    assert whole[0].trailers == ((b"T", b"1"), (b"U", b"2"))
    for size in (1, 2, 3, 7, 50):
        assert requests_in(*(sent[at : at + size] for at in range(0, len(sent), size))) == whole


@pytest.mark.parametrize(
    "framing", ["Content-Length: 3\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"]
)
def test_an_upgrade_that_is_not_taken_leaves_body_and_following_requests_whole(framing: str) -> None:
    sent = f"POST /1 HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n{framing}".encode() + get("/2")
    for size in (1, 5, 1000):
        first, second = requests_in(*(sent[at : at + size] for at in range(0, len(sent), size)))
        assert (first.target, first.body_sha256) == (b"/1", sha256(b"abc").hexdigest())
        assert (b"Upgrade", b"h2c") in first.headers
        assert second.target == b"/2"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\n\n", 400),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400),
        (b"GET / HTTP/1.1\r\nA b: c\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"GET /" + b"a" * (1 << 17), 414),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * (MAX_HEAD + 10), 431),
        (get("/") + b"nonsense\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_refused_and_the_connection_ends(sent: bytes, status: int) -> None:
    event = RequestReader().feed(sent)[-1]
    assert isinstance(event, Malformed)
    assert event.status == status
    assert f"HTTP/1.1 {status} ".encode() in exchange(sent)


def test_random_bytes_never_raise() -> None:
    dice = random.Random(7)
    good = get("/a?x=1", "Upgrade: foo", "Connection: upgrade") + HANDSHAKE
    for _ in range(2000):
        data = bytearray(good)
        for _ in range(dice.randrange(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        reader = RequestReader()
        cut = dice.randrange(len(data))
        reader.feed(bytes(data[:cut]))
        reader.feed(bytes(data[cut:]))


def test_keep_alive_and_close_follow_the_version() -> None:
    assert b"Connection:" not in exchange(get("/"))
    assert b"Connection: close" in exchange(get("/", version="1.0"))
    assert b"Connection: keep-alive" in exchange(get("/", "Connection: keep-alive", version="1.0"))
    assert exchange(get("/", "Connection: close") + get("/")).count(b"HTTP/1.1 200") == 1


def test_pipelined_requests_are_answered_in_order_also_behind_a_slow_one() -> None:
    sent = (
        get("/1?delay=0.05")
        + get("/2?size=300000")
        + get("/3?delay=0.01")
        + b"".join(get(f"/{n}") for n in range(4, 200))
    )
    answers = exchange(sent).split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert [json.loads(split(b"HTTP/1.1 200 OK\r\n" + a)[2])["target"].split("?")[0] for a in answers] == [
        f"/{n}" for n in range(1, 200)
    ]


def test_head_and_statuses_without_content_have_no_body() -> None:
    status, headers, body = split(exchange(get("/?size=99999", method="HEAD")))
    assert (status, headers["content-length"], body) == (200, "99999", b"")
    assert headers["x-conformance-method"] == "HEAD"
    assert "x-conformance-method" not in split(exchange(get("/")))[1]
    for code in (204, 304):
        status, headers, body = split(exchange(get(f"/?status={code}")))
        assert (status, body) == (code, b"")
        assert "content-length" not in headers


def test_status_and_headers_are_percent_decoded() -> None:
    status, headers, _ = split(exchange(get("/?status=418&hdr=X-A:%201&hdr=Location:%20http://x/a%3Fb&ct=text/html")))
    assert (status, headers["x-a"], headers["location"]) == (418, "1", "http://x/a?b")
    assert headers["content-type"] == "text/html"


@pytest.mark.parametrize(
    "query", ["status=abc", "status=100", "delay=nan", "size=-1", "hdr=a%0d%0ab:c", "hdr=:x", "x", "%"]
)
def test_senseless_knobs_are_left_alone(query: str) -> None:
    assert knobs_of(f"/?{query}".encode()) == PLAIN


def test_knobs_have_limits() -> None:
    knobs = knobs_of(b"/?delay=1e9&size=99999999999&hdr=Content-Length:5&hdr=x:a%0d%0ab")
    assert (knobs.delay, knobs.size, knobs.headers) == (MAX_DELAY, MAX_SIZE, ())


def test_size_pads_and_the_body_stays_json() -> None:
    _, headers, body = split(exchange(get("/?size=3000000&hsize=5000")))
    assert len(body) == 3000000 == int(headers["content-length"])
    assert json.loads(body)["target"] == "/?size=3000000&hsize=5000"
    assert len(headers["x-conformance-filler"]) == 5000


def test_chunked_answers_are_well_formed() -> None:
    _, headers, body = split(exchange(get("/?chunk=1&size=200000")))
    assert headers["transfer-encoding"] == "chunked"
    whole, rest = b"", body
    while (size := int(rest.partition(b"\r\n")[0], 16)) > 0:
        rest = rest.partition(b"\r\n")[2]
        whole, rest = whole + rest[:size], rest[size + 2 :]
    assert rest == b"0\r\n\r\n"
    assert len(whole) == 200000
    _, headers, body = split(exchange(get("/?chunk=1", version="1.0")))
    assert "transfer-encoding" not in headers
    assert json.loads(body)["version"] == "HTTP/1.0"


def test_close_and_abort() -> None:
    answer = exchange(get("/?close=1") + get("/"))
    assert answer.count(b"HTTP/1.1 200") == 1
    assert b"Connection: close" in answer
    assert exchange(get("/?abort=1")) == b""


def test_expect_is_answered_before_the_body_comes() -> None:
    async def scenario(backend: Backend) -> None:
        reader, writer = await asyncio.open_connection(HOST, backend.ports[0])
        writer.write(get("/", "Expect: 100-continue", "Content-Length: 2", method="POST"))
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"hi")
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
        writer.close()

    with_backend(scenario)
    assert RequestReader().feed(get("/", "Expect: 100-continue", version="1.0"))[0] != Continue()


def test_connect_is_refused() -> None:
    assert exchange(b"CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\nxyz").startswith(b"HTTP/1.1 405 ")


def test_close_refuses_new_connections_ends_idle_ones_and_finishes_busy_ones() -> None:
    async def scenario(backend: Backend) -> None:
        port = backend.ports[0]
        idle, idle_writer = await asyncio.open_connection(HOST, port)
        busy, busy_writer = await asyncio.open_connection(HOST, port)
        ws, ws_writer = await asyncio.open_connection(HOST, port)
        ws_writer.write(HANDSHAKE)
        await ws.readuntil(b"\r\n\r\n")
        busy_writer.write(get("/?delay=0.1"))
        idle_writer.write(get("/"))
        await idle.readuntil(b"\r\n\r\n{")
        backend.close()
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection(HOST, port)
        await idle.read()
        assert await ws.read() == b"\x88\x02\x03\xe9"  # 1001, going away
        answer = await busy.read()
        assert b"HTTP/1.1 200" in answer
        assert b"Connection: close" in answer
        for writer in (idle_writer, busy_writer, ws_writer):
            writer.close()
        await backend.drained(5)

    with_backend(scenario)


def test_draining_ends_by_force_after_its_limit() -> None:
    async def scenario(backend: Backend) -> None:
        reader, writer = await asyncio.open_connection(HOST, backend.ports[0])
        writer.write(get("/?delay=30"))
        writer.write(b"")
        while not backend.served:
            await asyncio.sleep(0)
        backend.close()
        await backend.drained(0.02)
        assert await reader.read() == b""
        writer.close()

    with_backend(scenario)


def test_a_client_that_does_not_read_does_not_fill_the_memory() -> None:
    async def scenario(backend: Backend) -> None:
        reader, writer = await asyncio.open_connection(HOST, backend.ports[0], limit=1 << 16)
        writer.write(get("/?size=67108864") + get("/after"))
        await reader.readuntil(b"\r\n\r\n")
        (connection,) = backend._echoes.members
        assert isinstance(connection, Connection)
        assert connection._transport.get_write_buffer_size() < 1 << 20
        await reader.readexactly(64 << 20)
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
        writer.close()

    with_backend(scenario)


@pytest.mark.parametrize("turns", range(5))
@pytest.mark.parametrize("http2", [False, True])
def test_who_comes_in_the_moment_of_the_end_is_not_kept(turns: int, http2: bool) -> None:
    async def scenario(_: Backend) -> None:
        backend = await serve(WHO, HOST, [0], None, others=OtherPorts(grpc=(0,)))
        (port,) = backend.grpc_ports if http2 else backend.ports
        with socket.create_connection((HOST, port)) as client:
            client.setblocking(False)
            for _turn in range(turns):  # between the listener and the protocol lie some turns of the loop
                await asyncio.sleep(0)
            backend.close()
            async with asyncio.timeout(5):
                with contextlib.suppress(ConnectionResetError):
                    while await asyncio.get_running_loop().sock_recv(client, 1024):
                        pass

    with_backend(scenario)


def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open() -> None:
    async def scenario(backend: Backend) -> None:
        with pytest.raises(OSError, match="in use"):
            await serve(WHO, HOST, [0, backend.ports[0]], None)

    with_backend(scenario)


def test_settings_come_from_the_environment() -> None:
    environment = {"POD_NAME": "p", "POD_NAMESPACE": "n", "BACKEND": "b", "PORTS": "80,9090,80", "ADMIN_PORT": "1"}
    assert settings_from(environment) == Settings(Identity("n", "b", "p"), (80, 9090), 1)
    assert settings_from({}).ports == (8080,)
    assert identity_from({}, pod="x", namespace="y") == Identity("y", "x", "x")
    with pytest.raises(ValueError, match="70000"):
        settings_from({"PORTS": "70000"})


def test_the_process_starts_without_the_suite_and_ends_on_sigterm() -> None:
    code = (
        "import sys, runpy; sys.argv = ['echo']\n"
        "import conformance.echo\n"
        "assert not {'pydantic', 'kubernetes', 'requests', 'yaml'} & set(sys.modules)\n"
        "from conformance.echo.__main__ import main\n"
        "sys.exit(main())"
    )
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        port, admin = first.getsockname()[1], second.getsockname()[1]
    environment = {"PORTS": str(port), "ADMIN_PORT": str(admin), "POD_NAME": "p", "PATH": "/usr/bin"}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout:
        assert process.stdout.readline() == f"default/p/p listens on {port}\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
