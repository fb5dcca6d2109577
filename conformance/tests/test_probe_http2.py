"""Probes in HTTP/2: what goes over the wire, and servers that break every rule."""

import itertools
import socket
import time
from collections.abc import Callable

import h2.events
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection

from conformance.grpcframes import text_message
from conformance.probes.answer import PROBE_HEADER, Answer, ProbeLimits, WireProbe
from conformance.probes.sender import Sender
from conformance.tests.echoes import Echo, echoing
from conformance.tests.wire import Conversation, Server, hold, reset, serving

LIMIT, SLACK = 0.4, 8.0
PATIENT = ProbeLimits(seconds=5)
PROBE = WireProbe("GET", "http", "foo.test", "/a?x=1", protocol="h2c")
SETTINGS = b"\0\0\0\x04\0\0\0\0\0"
OK_HEADERS = b"\0\0\x01\x01\x04\0\0\0\x01\x88"
"""A HEADERS frame of stream 1 that says :status 200 and does not end the stream."""


def probe(**changes: object) -> WireProbe:
    return WireProbe(**{**vars(PROBE), **changes})


def send(server: Server, wire: WireProbe = PROBE, limits: ProbeLimits = PATIENT) -> Answer:
    return Sender(server.endpoint, limits).send(wire)


Speak = Callable[[H2Connection, int, socket.socket], None]


def answering(speak: Speak) -> Conversation:
    """A server that reads one whole request and then says what ``speak`` has it say."""

    def converse(stream: socket.socket) -> None:
        server = H2Connection(H2Configuration(client_side=False))
        server.initiate_connection()
        stream.sendall(server.data_to_send())
        while data := stream.recv(65536):
            for event in server.receive_data(data):
                if isinstance(event, h2.events.StreamEnded):
                    speak(server, event.stream_id or 0, stream)
            stream.sendall(server.data_to_send())

    return converse


def plain(server: H2Connection, stream_id: int, _: socket.socket) -> None:
    server.send_headers(stream_id, [(":status", "404"), ("x-a", "1"), ("x-a", "2")])
    server.send_data(stream_id, b"gone")
    server.send_headers(stream_id, [("x-t", "9")], end_stream=True)


@pytest.mark.parametrize(("message", "status"), [(b"", "0"), (text_message(b"hi"), None)])
def test_a_status_among_the_headers_is_one_only_where_no_message_follows(message: bytes, status: str | None) -> None:
    def call(server: H2Connection, stream_id: int, _: socket.socket) -> None:
        fields = [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "0")]
        server.send_headers(stream_id, fields, end_stream=not message)
        if message:
            server.send_data(stream_id, message, end_stream=True)

    with serving(answering(call), read=False) as server:
        answer = send(server, probe(method="POST", protocol="grpc"))
    assert (answer.status, answer.trailer("grpc-status")) == (200, status)


def test_an_interim_answer_that_comes_after_the_body_is_none() -> None:
    def patient(server: H2Connection, stream_id: int, stream: socket.socket) -> None:
        server.send_headers(stream_id, [(":status", "100")])
        plain(server, stream_id, stream)

    with serving(answering(patient), read=False) as server:
        answer = send(server, probe(method="POST", body=b"abc", wait_for_continue=True))
    assert (answer.status, answer.interim) == (404, False)


@pytest.fixture(scope="module", name="echo")
def _echo() -> object:
    with echoing() as echo:
        yield echo


class TestTheWire:
    def test_pseudo_headers_say_what_the_probe_says(self, echo: Echo) -> None:
        odd = probe(scheme="https", protocol="h2", sni="other.test", host="Foo.TEST:1", target="/a/../b//%2f?x=/..")
        seen = echo.sight(odd)
        assert (seen.outcome, seen.account["tls"]["sni"]) == ("a", "other.test")
        assert dict(seen.account["pseudo"]) == {
            ":method": "GET",
            ":scheme": "https",
            ":authority": "Foo.TEST:1",
            ":path": "/a/../b//%2f?x=/..",
        }

    def test_headers_keep_their_order_and_their_doubles_in_lower_case(self, echo: Echo) -> None:
        headers = (("X-B", "1"), ("x-a", "M\xfcnster"), ("X-B", "2"), ("X-Empty", ""))
        said = [tuple(pair) for pair in echo.sight(probe(headers=headers)).account["headers"]]
        assert said[-4:] == [("x-b", "1"), ("x-a", "M\xfcnster"), ("x-b", "2"), ("x-empty", "")]
        assert [name for name, _ in said[:-4]] == ["Host", "user-agent", "accept", PROBE_HEADER.lower()]

    @pytest.mark.parametrize("size", [0, 1, 65535, 65536, 300_000])
    def test_a_body_goes_whole_through_any_window(self, size: int, echo: Echo) -> None:
        account = echo.sight(probe(method="POST", body=b"x" * size)).account
        assert account["body"]["length"] == size
        assert ["content-length", str(size)] in [list(pair) for pair in account["headers"]]

    def test_trailers_follow_the_body(self, echo: Echo) -> None:
        account = echo.sight(probe(method="POST", body=b"abc", trailers=(("X-T", "1"),))).account
        assert [tuple(pair) for pair in account["trailers"]] == [("x-t", "1")]
        assert account["body"]["length"] == 3

    def test_the_body_waits_for_the_interim_answer(self, echo: Echo) -> None:
        answer = echo.answer(probe(method="POST", body=b"abc", wait_for_continue=True))
        assert (answer.status, answer.interim) == (200, True)

    def test_one_connection_carries_several_requests(self, echo: Echo) -> None:
        answer = echo.answer(probe(requests_on_connection=3))
        assert len({answer.sent, *(earlier.sent for earlier in answer.earlier)}) == 3
        assert echo.sight(probe(requests_on_connection=3)).outcome == "a"


class TestAnswers:
    def test_an_answer_is_kept_whole(self) -> None:
        with serving(answering(plain), read=False) as server:
            answer = send(server)
        assert (answer.status, answer.body, answer.trouble) == (404, b"gone", "")
        assert answer.headers == (("x-a", "1"), ("x-a", "2"))
        assert answer.trailers == (("x-t", "9"),)

    def test_of_an_endless_body_one_mebibyte_is_kept(self, echo: Echo) -> None:
        answer = echo.answer(probe(target="/?size=9000000"))
        assert (answer.trouble, answer.truncated, len(answer.body)) == ("", True, 1 << 20)

    @pytest.mark.parametrize("extra", [0, 1])
    def test_a_body_at_the_limit_is_whole(self, extra: int, echo: Echo) -> None:
        answer = echo.answer(probe(target=f"/?size={5000 + extra}"), ProbeLimits(5, 5000))
        assert (len(answer.body), answer.truncated) == (5000, bool(extra))

    def test_an_answer_before_the_whole_request_counts(self) -> None:
        def early(stream: socket.socket) -> None:
            stream.recv(65536)
            stream.sendall(SETTINGS + b"\0\0\x01\x01\x05\0\0\0\x01\x8d")  # 404, and the stream ends
            hold(stream)

        with serving(early, read=False) as server:
            answer = send(server, probe(method="POST", body=b"x" * 500_000))
        assert (answer.status, answer.trouble) == (404, "")

    def test_a_connection_that_winds_down_still_answers(self) -> None:
        def wind_down(server: H2Connection, stream_id: int, stream: socket.socket) -> None:
            goaway = b"\0\0\x08\x07\0\0\0\0\0" + stream_id.to_bytes(4) + bytes(4)
            stream.sendall(server.data_to_send() + goaway)
            plain(server, stream_id, stream)

        with serving(answering(wind_down), read=False) as server:
            assert send(server).status == 404

    def test_head_has_no_body(self, echo: Echo) -> None:
        answer = echo.answer(probe(method="HEAD"))
        assert (answer.status, answer.body, answer.head) == (200, b"", True)


def frames(*data: bytes, then: Conversation = hold) -> Conversation:
    """Read what comes first, send these bytes, and go on as ``then`` says."""

    def speak(stream: socket.socket) -> None:
        stream.recv(65536)
        for part in data:
            stream.sendall(part)
        then(stream)

    return speak


def forever(*start: bytes, again: bytes) -> Conversation:
    def speak(stream: socket.socket) -> None:
        for part in itertools.chain(start, itertools.repeat(again)):
            stream.sendall(part)

    return frames(then=speak)


def dripping(*start: bytes, drop: bytes) -> Conversation:
    def speak(stream: socket.socket) -> None:
        for part in itertools.chain(start, itertools.repeat(drop, 100)):
            stream.sendall(part)
            time.sleep(0.05)

    return frames(then=speak)


def end(_: socket.socket) -> None:
    """Close the connection."""


def frame(kind: int, payload: bytes, flags: int = 0, stream_id: int = 1) -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream_id.to_bytes(4) + payload


DATA, HEADERS, RST_STREAM, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 3, 5, 6, 7, 8, 9

MISBEHAVIOUR: dict[str, tuple[Conversation | bytes, str]] = {
    "nothing at all": (hold, "timeout"),
    "a reset": (reset, "reset"),
    "a close without a word": (frames(then=end), "reset"),
    "an answer in HTTP/1.1": (frames(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), "malformed"),
    "garbage": (frames(b"\xff" * 100), "malformed"),
    "no settings first": (frames(OK_HEADERS), "malformed"),
    "half a frame": (frames(SETTINGS, b"\0\0\x05\x01", then=end), "reset"),
    "settings and no more": (frames(SETTINGS), "timeout"),
    "a flood of settings": (forever(again=SETTINGS * 500), "timeout"),
    "a flood of pings": (forever(SETTINGS, again=frame(PING, bytes(8), stream_id=0) * 500), "timeout"),
    "a flood of empty data": (forever(SETTINGS, OK_HEADERS, again=frame(DATA, b"") * 500), "timeout"),
    "a slow head": (dripping(SETTINGS, b"\0\x40\0\x01\0\0\0\0\x01", drop=b"x"), "timeout"),
    "a slow body": (dripping(SETTINGS, OK_HEADERS, drop=frame(DATA, b"x")), "timeout"),
    "endless headers": (
        forever(SETTINGS, frame(HEADERS, b"\0\x01a\x01b" * 100), again=frame(CONTINUATION, b"\0\x01a\x01b" * 3000)),
        "malformed",
    ),
    "headers that unpack to much": (
        frames(SETTINGS, frame(HEADERS, b"\x88\x40\x01a\x7f\xa1\x1e" + b"x" * 4000 + b"\xbe" * 5000, flags=4)),
        "malformed",
    ),
    "a frame that is too long": (forever(SETTINGS, b"\xff\xff\xff\0\0\0\0\0\x01", again=b"x" * 65536), "malformed"),
    "a header block that is none": (frames(SETTINGS, frame(HEADERS, b"\xff\xff\xff\xff", flags=4)), "malformed"),
    "a status that is none": (frames(SETTINGS, frame(HEADERS, b"\x08\x03abc", flags=5)), "malformed"),
    "no status": (frames(SETTINGS, frame(HEADERS, b"\0\x01a\x01b", flags=5)), "malformed"),
    "data before headers": (frames(SETTINGS, frame(DATA, b"x")), "malformed"),
    "a push that nobody wants": (frames(SETTINGS, frame(PUSH, b"\0\0\0\x02\x88", flags=4)), "malformed"),
    "a window that overflows": (frames(SETTINGS, frame(WINDOW, b"\x7f\xff\xff\xff", stream_id=0)), "malformed"),
    "a refused stream": (frames(SETTINGS, frame(RST_STREAM, b"\0\0\0\x07")), "reset"),
    "a reset within the body": (frames(SETTINGS, OK_HEADERS, frame(RST_STREAM, b"\0\0\0\x02")), "reset"),
    "a connection wound up": (frames(SETTINGS, frame(GOAWAY, bytes(8), stream_id=0)), "reset"),
    "a connection broken off": (
        frames(SETTINGS, OK_HEADERS, frame(GOAWAY, b"\0\0\0\x01\0\0\0\x02", stream_id=0)),
        "reset",
    ),
    "wound up and never finished": (
        frames(SETTINGS, OK_HEADERS, frame(GOAWAY, b"\0\0\0\x01" + bytes(4), stream_id=0)),
        "timeout",
    ),
    "an end within the body": (frames(SETTINGS, OK_HEADERS, frame(DATA, b"x"), then=end), "reset"),
    "less body than its length": (
        frames(SETTINGS, frame(HEADERS, b"\x88\x0f\x0d\x0299", flags=4), frame(DATA, b"x", flags=1)),
        "malformed",
    ),
}


@pytest.mark.parametrize(("behaviour", "word"), MISBEHAVIOUR.values(), ids=MISBEHAVIOUR)
def test_misbehaviour_has_a_name_and_an_end(behaviour: Conversation, word: str) -> None:
    with serving(behaviour, read=False) as server:
        began = time.monotonic()
        answer = send(server, limits=ProbeLimits(LIMIT) if word == "timeout" else PATIENT)
        assert time.monotonic() - began < LIMIT + SLACK
    assert answer.trouble == word, answer.detail
    assert answer.detail
    assert (answer.status, answer.protocol) == (0, "h2c")


def test_a_window_that_never_opens_times_out() -> None:
    with serving(frames(b"\0\0\x06\x04\0\0\0\0\0\0\x04" + bytes(4)), read=False) as server:
        answer = send(server, probe(method="POST", body=b"x" * 100), ProbeLimits(LIMIT))
    assert answer.trouble == "timeout"


def test_a_connection_that_ends_between_two_requests_is_no_answer_to_the_second() -> None:
    def once(server: H2Connection, stream_id: int, stream: socket.socket) -> None:
        plain(server, stream_id, stream)
        stream.sendall(server.data_to_send())
        stream.shutdown(socket.SHUT_RDWR)

    with serving(answering(once), read=False) as server:
        answer = send(server, probe(requests_on_connection=3))
    assert (answer.trouble, [earlier.status for earlier in answer.earlier]) == ("reset", [404])
