"""WebSocket and gRPC probes: only a backend that answered this very probe is taken for one."""

import base64
import hashlib
import json
import re
import socket
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.echo.websocket import Frame, put_frame
from conformance.grpcframes import text_message, text_of
from conformance.probes.answer import ACCOUNT_QUESTION, BACKEND_HEADER, GRPC_TARGET, Answer, ProbeLimits, WireProbe
from conformance.probes.outcome import Sighting, sighting
from conformance.probes.sender import Sender
from conformance.tests.answers import HOME, NAMES, SENT, account_of
from conformance.tests.echoes import Echo, echoing
from conformance.tests.wire import Conversation, Server, hold, serving, whole_request

SOCKET = WireProbe("GET", "http", "foo.test", "/ws?x=1", protocol="websocket")
CALL = WireProbe("POST", "http", "foo.test", GRPC_TARGET, protocol="grpc")
PATIENT = ProbeLimits(seconds=5)


def changed(probe: WireProbe, **changes: object) -> WireProbe:
    return WireProbe(**{**vars(probe), **changes})


@pytest.fixture(scope="module", name="echo")
def _echo() -> Iterator[Echo]:
    with echoing() as echo:
        yield echo


def send(server: Server, probe: WireProbe, limits: ProbeLimits = PATIENT) -> Answer:
    return Sender(server.endpoint, limits).send(probe)


class TestWebSocket:
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_the_backend_tells_what_it_received(self, scheme: str, echo: Echo) -> None:
        seen = echo.sight(changed(SOCKET, scheme=scheme, headers=(("X-A", "1"),)))
        assert (seen.outcome, seen.pod, seen.account["target"]) == ("a", "a-0", "/ws?x=1")
        assert ("X-A", "1") in [tuple(pair) for pair in seen.account["headers"]]

    def test_a_backend_that_was_reached_without_an_upgrade_is_no_success(self, echo: Echo) -> None:
        seen = echo.sight(changed(SOCKET, target="/?nows=1"))
        assert (seen.outcome, seen.backend) == ("status:200", "a")

    def test_the_handshake_is_as_the_probe_says(self) -> None:
        with serving(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno") as server:
            answer = send(server, changed(SOCKET, host="Foo.test", headers=(("Sec-WebSocket-Version", "8"),)))
        assert (answer.status, answer.body, answer.protocol) == (404, b"no", "websocket")
        lines = server.requests[0].split(b"\r\n")
        assert lines[:2] == [b"GET /ws?x=1 HTTP/1.1", b"Host: Foo.test"]
        assert [line for line in lines if line.startswith(b"Sec-WebSocket-V")] == [b"Sec-WebSocket-Version: 8"]


def upgraded(then: Callable[[socket.socket, bytes], None], *, right: bool = True, who: bool = True) -> Conversation:
    """A server that accepts the upgrade and goes on as ``then`` says, which is given the probe's number."""

    def converse(stream: socket.socket) -> None:
        request = whole_request(stream)
        key = re.search(rb"Sec-WebSocket-Key: (\S+)", request)
        sent = re.search(rb"X-Conformance-Probe: (\S+)", request)
        assert key is not None
        assert sent is not None
        guid = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11" if right else b""
        accept = base64.b64encode(hashlib.sha1(key[1] + guid).digest())
        named = f"{BACKEND_HEADER}: {HOME}/a/a-0\r\n".encode() if who else b""
        stream.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
            + b"Sec-WebSocket-Accept: %s\r\n%s\r\n" % (accept, named)
        )
        then(stream, sent[1])

    return converse


def saying(*frames: bytes | Frame) -> Callable[[socket.socket, bytes], None]:
    def say(stream: socket.socket, _: bytes) -> None:
        for frame in frames:
            stream.sendall(put_frame(frame) if isinstance(frame, Frame) else frame)
        hold(stream)

    return say


def endless(stream: socket.socket, _: bytes) -> None:
    stream.sendall(b"\x01\x7f" + (1 << 40).to_bytes(8))
    while True:
        stream.sendall(b"x" * 65536)


def pinging(stream: socket.socket, _: bytes) -> None:
    while True:
        stream.sendall(put_frame(Frame(9, b"p")) * 100)


def gone(_: socket.socket, __: bytes) -> None:
    """Close the connection."""


BROKEN: dict[str, tuple[Conversation, str]] = {
    "a key of its own": (upgraded(saying(), right=False), "malformed"),
    "silence": (upgraded(saying()), "timeout"),
    "a close of the connection": (upgraded(gone), "reset"),
    "a close": (upgraded(saying(Frame(8, b"\x03\xf3"))), "reset"),
    "half a message": (upgraded(saying(Frame(1, b"half", final=False))), "timeout"),
    "a masked frame": (upgraded(saying(b"\x81\x81\0\0\0\0a")), "malformed"),
    "no UTF-8": (upgraded(saying(Frame(1, b"\xff\xff"))), "malformed"),
    "reserved bits": (upgraded(saying(b"\xf1\x01a")), "malformed"),
    "a flood of pings": (upgraded(pinging), "timeout"),
}


@pytest.mark.parametrize(("behaviour", "word"), BROKEN.values(), ids=BROKEN)
def test_a_broken_websocket_has_a_name_and_an_end(behaviour: Conversation, word: str) -> None:
    with serving(behaviour, read=False) as server:
        answer = send(server, SOCKET, ProbeLimits(0.4) if word == "timeout" else PATIENT)
    assert (answer.trouble, answer.status) == (word, 0), answer.detail


def test_of_an_endless_message_one_mebibyte_is_kept() -> None:
    with serving(upgraded(endless), read=False) as server:
        answer = send(server, SOCKET)
    assert (answer.trouble, len(answer.body)) == ("", 1 << 20)
    assert sighting(answer, names=NAMES).outcome == "stale"


def test_a_ping_before_the_message_is_no_trouble() -> None:
    with serving(
        upgraded(saying(Frame(9, b"p"), Frame(1, b"hel", final=False), Frame(0, b"lo"))), read=False
    ) as server:
        assert send(server, SOCKET).body == b"hello"


def socket_answer(body: bytes, *, status: int = 101, named: bool = True) -> Sighting:
    headers = ((BACKEND_HEADER, f"{HOME}/a/a-0"),) if named else ()
    answer = Answer(SENT, 0.01, status=status, headers=headers, body=body, protocol="websocket")
    return sighting(answer, names=NAMES)


@pytest.mark.parametrize("message", [None, "", SENT, ACCOUNT_QUESTION, f"{ACCOUNT_QUESTION}run-8"])
def test_a_frame_without_the_number_is_no_answer_of_a_backend(message: str | None) -> None:
    account = json.loads(account_of("a"))
    body = json.dumps(account if message is None else account | {"message": message})
    assert socket_answer(body.encode()).outcome == "stale"
    right = json.dumps(account | {"message": ACCOUNT_QUESTION + SENT}).encode()
    assert socket_answer(right).outcome == "a"
    assert socket_answer(right, status=200).outcome == "status:200"
    assert socket_answer(right, named=False).outcome == "status:101"


class TestCalls:
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_the_backend_tells_what_it_received(self, scheme: str, echo: Echo) -> None:
        probe = changed(CALL, scheme=scheme)
        answer = echo.answer(probe)
        seen = sighting(answer, names={"ns": ""})
        assert (seen.outcome, seen.account["target"], seen.account["version"]) == ("a", GRPC_TARGET, "HTTP/2")
        assert seen.account["body"]["sha256"] == hashlib.sha256(text_message(answer.sent.encode())).hexdigest()
        assert answer.trailer("grpc-status") == "0"

    def test_a_backend_that_refuses_has_been_reached(self, echo: Echo) -> None:
        seen = echo.sight(changed(CALL, target=GRPC_TARGET + "?grpc-status=5"))
        assert (seen.outcome, seen.backend) == ("grpc-status:5", "a")

    def test_several_calls_go_over_one_connection(self, echo: Echo) -> None:
        assert echo.sight(changed(CALL, requests_on_connection=3)).outcome == "a"

    def test_a_call_that_arrives_as_something_else_is_no_success(self, echo: Echo) -> None:
        seen = echo.sight(changed(CALL, headers=(("Content-Type", "text/plain"),)))
        assert (seen.outcome, seen.backend) == ("grpc-status:none", "a")

    def test_a_message_that_is_cut_short_is_a_reset(self, echo: Echo) -> None:
        assert echo.answer(changed(CALL, target=GRPC_TARGET + "?abort=body")).trouble == "reset"


def call_answer(body: bytes, *trailers: tuple[str, str], status: int = 200, named: bool = True) -> Sighting:
    headers = ((BACKEND_HEADER, f"{HOME}/a/a-0"),) if named else ()
    answer = Answer(SENT, 0.01, status=status, headers=headers, trailers=trailers, body=body, protocol="grpc")
    return sighting(answer, names=NAMES)


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (call_answer(account_of("a"), ("grpc-status", "0")), "a"),
        (call_answer(account_of("a", sent="run-8"), ("grpc-status", "0")), "stale"),
        (call_answer(b"", ("grpc-status", "0")), "stale"),
        (call_answer(account_of("a")), "grpc-status:none"),
        (call_answer(account_of("a"), ("grpc-status", "\x1b[31m")), "grpc-status:none"),
        (call_answer(b"", ("Grpc-Status", "14"), named=False), "grpc-status:14"),
        (call_answer(b"", named=False), "grpc-status:none"),
        (call_answer(b"", named=False, status=404), "status:404"),
        (call_answer(b"", ("grpc-status", "12"), named=False, status=404), "grpc-status:12"),
    ],
)
def test_the_outcome_of_a_call(seen: Sighting, outcome: str) -> None:
    assert seen.outcome == outcome


@given(st.binary(max_size=70000))
def test_a_message_is_read_back(text: bytes) -> None:
    assert text_of(text_message(text)) == text


@given(st.binary(max_size=300))
def test_what_is_no_message_is_said_so(data: bytes) -> None:
    text = text_of(data)
    assert text is None or text in data
    assert text_of(b"\0\0\0\0" + bytes((len(data),))[:1] + data + b"more") is None
