"""Shapes of HTTP/1.1 requests: chunks, trailers, 100-continue and kept connections, at good servers and bad ones."""

import itertools
import socket
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.probes.answer import Answer, ProbeLimits, WireProbe
from conformance.probes.outcome import Sighting, sighting
from conformance.probes.sender import Sender
from conformance.tests.answers import NAMES, served, status, trouble
from conformance.tests.echoes import Echo, echoing
from conformance.tests.wire import OK, Conversation, Server, hold, serving

PATIENT = ProbeLimits(seconds=5)
PROBE = WireProbe("POST", "http", "foo.test", "/", body=b"abcde")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def probe(**changes: object) -> WireProbe:
    return WireProbe(**{**vars(PROBE), **changes})


def send(server: Server, wire: WireProbe, limits: ProbeLimits = PATIENT) -> Answer:
    return Sender(server.endpoint, limits).send(wire)


@pytest.fixture(scope="module", name="echo")
def _echo() -> object:
    with echoing() as echo:
        yield echo


def everything(stream: socket.socket, until: bytes) -> bytes:
    data = b""
    while not data.endswith(until):
        piece = stream.recv(65536)
        assert piece, data
        data += piece
    return data


def recorded(wire: WireProbe, until: bytes) -> bytes:
    """The bytes of a request, up to what ends it."""
    found: list[bytes] = []

    def note(stream: socket.socket) -> None:
        found.append(everything(stream, until))
        stream.sendall(OK)

    with serving(note, read=False) as server:
        assert send(server, wire).status == 200
    return found[0]


class TestBodies:
    def test_a_chunked_body_has_several_chunks_and_no_length(self) -> None:
        request = recorded(probe(chunked=True), b"0\r\n\r\n")
        assert request.endswith(b"\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        assert b"content-length" not in request.lower()

    @pytest.mark.parametrize(
        ("body", "end"), [(b"", b"0\r\n\r\n"), (b"a", b"1\r\na\r\n0\r\n\r\n"), (None, b"0\r\n\r\n")]
    )
    def test_a_short_body_is_chunked_all_the_same(self, body: bytes | None, end: bytes) -> None:
        assert recorded(probe(chunked=True, body=body), b"0\r\n\r\n").endswith(b"\r\n\r\n" + end)

    def test_trailers_are_announced_and_follow_the_last_chunk(self) -> None:
        wire = probe(trailers=(("X-T", "1"), ("X-U", "2"), ("X-T", "3")))
        request = recorded(wire, b"X-T: 3\r\n\r\n")
        assert b"\r\nTrailer: X-T, X-U\r\nTransfer-Encoding: chunked\r\n\r\n" in request
        assert request.endswith(b"0\r\nX-T: 1\r\nX-U: 2\r\nX-T: 3\r\n\r\n")

    def test_the_backend_receives_body_and_trailers(self, echo: Echo) -> None:
        seen = echo.sight(probe(trailers=(("X-T", "1"),)))
        assert (seen.outcome, seen.account["body"]["length"]) == ("a", 5)
        assert [tuple(pair) for pair in seen.account["trailers"]] == [("X-T", "1")]

    @pytest.mark.parametrize("chunked", [False, True], ids=["requests", "raw"])
    def test_the_trailers_of_an_answer_are_kept(self, chunked: bool, echo: Echo) -> None:
        answer = echo.answer(probe(target="/?trailer=X-T:7", chunked=chunked))
        assert (answer.trailer("x-t"), answer.header("x-t")) == ("7", None)


class TestContinue:
    wire = probe(wait_for_continue=True)

    def test_the_body_is_sent_after_the_interim_answer(self) -> None:
        found: list[bytes] = []

        def note(stream: socket.socket) -> None:
            found.append(everything(stream, b"\r\n\r\n"))
            stream.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + CONTINUE)
            found.append(everything(stream, b"abcde"))
            stream.sendall(OK)

        with serving(note, read=False) as server:
            answer = send(server, self.wire)
        assert (answer.status, answer.interim, answer.trouble) == (200, True, "")
        assert b"\r\nExpect: 100-continue\r\n" in found[0]
        assert found[1] == b"abcde"

    def test_the_body_is_sent_after_a_second_of_silence(self) -> None:
        times: list[float] = []

        def note(stream: socket.socket) -> None:
            everything(stream, b"\r\n\r\n")
            times.append(time.monotonic())
            everything(stream, b"abcde")
            times.append(time.monotonic())
            stream.sendall(OK)

        with serving(note, read=False) as server:
            answer = send(server, self.wire)
        assert (answer.status, answer.interim) == (200, False)
        assert 0.8 < times[1] - times[0] < 2

    def test_an_interim_answer_that_comes_after_the_body_is_none(self) -> None:
        def patient(stream: socket.socket) -> None:
            everything(stream, b"abcde")
            stream.sendall(CONTINUE + OK)

        with serving(patient, read=False) as server:
            answer = send(server, self.wire)
        assert (answer.status, answer.interim) == (200, False)

    def test_the_body_is_not_sent_where_the_answer_is_final(self) -> None:
        left: list[bytes] = []

        def refuse(stream: socket.socket) -> None:
            everything(stream, b"\r\n\r\n")
            stream.sendall(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")
            left.append(stream.recv(65536))

        with serving(refuse, read=False) as server:
            answer = send(server, self.wire)
        assert (answer.status, answer.interim, left) == (417, False, [b""])

    def test_a_flood_of_interim_answers_ends(self) -> None:
        def flood(stream: socket.socket) -> None:
            for data in itertools.repeat(b"HTTP/1.1 102 Processing\r\n\r\n" * 100):
                stream.sendall(data)

        for wire in (self.wire, PROBE):
            with serving(flood, read=False) as server:
                assert send(server, wire, ProbeLimits(0.4)).trouble == "timeout"

    @pytest.mark.parametrize("wire", [PROBE, probe(chunked=True)], ids=["requests", "raw"])
    def test_an_interim_answer_that_nobody_asked_for_is_not_the_answer(self, wire: WireProbe) -> None:
        with serving(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + CONTINUE + OK, read=False) as server:
            answer = send(server, wire)
        assert (answer.status, answer.body, answer.header("Link"), answer.interim) == (200, b"hi", None, True)

    def test_the_backend_keeps_the_expectation(self, echo: Echo) -> None:
        answer = echo.answer(self.wire)
        assert (answer.status, answer.interim) == (200, True)


@pytest.mark.parametrize("chunked", [False, True], ids=["requests", "raw"])
def test_a_switch_that_was_asked_for_is_an_answer(*, chunked: bool) -> None:
    with serving(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n") as server:
        answer = send(server, probe(body=None, method="GET", headers=(("Upgrade", "h2c"),), chunked=chunked))
    assert (answer.status, answer.trouble) == (101, "")


def test_an_answer_before_the_whole_request_counts() -> None:
    def early(stream: socket.socket) -> None:
        stream.recv(1024)
        stream.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        stream.shutdown(socket.SHUT_WR)
        hold(stream)

    for changes in ({}, {"chunked": True}):
        with serving(early, read=False) as server:
            assert send(server, probe(body=b"x" * 5_000_000, **changes)).status == 413


class TestKeptConnections:
    wire = WireProbe("GET", "http", "foo.test", "/", requests_on_connection=3)

    def test_every_request_has_a_number_of_its_own(self, echo: Echo) -> None:
        before = echo.backend.served
        answer = echo.answer(self.wire)
        numbers = [each.sent for each in (*answer.earlier, answer)]
        assert len(set(numbers)) == 3
        assert echo.backend.served == before + 3
        assert all(echo.backend.counts.of_probe(number.encode()) == 1 for number in numbers)
        assert echo.sight(self.wire).outcome == "a"

    def test_one_connection_carries_them_all(self) -> None:
        def keep(stream: socket.socket) -> None:
            stream.sendall(OK)
            for _ in range(2):
                everything(stream, b"\r\n\r\n")
                stream.sendall(OK)

        with serving(keep) as server:
            answer = send(server, self.wire)
        assert (answer.status, len(answer.earlier), server.connections) == (200, 2, 1)

    @pytest.mark.parametrize(
        "once",
        [OK, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", b"HTTP/1.0 200 OK\r\n\r\nhi"],
        ids=["silently", "as announced", "HTTP/1.0"],
    )
    def test_a_connection_that_is_not_kept_is_no_answer(self, once: bytes) -> None:
        with serving(once) as server:
            answer = send(server, self.wire)
        assert (answer.trouble, [earlier.status for earlier in answer.earlier]) == ("reset", [200])
        assert server.connections == 1

    def test_a_body_that_is_longer_than_the_limit_is_no_reason_to_read_on(self, echo: Echo) -> None:
        answer = echo.answer(replace(self.wire, target="/?size=9000"), ProbeLimits(5, 1000))
        assert answer.trouble == "reset"
        assert [len(earlier.body) for earlier in answer.earlier] == [1000]

    def test_the_report_shows_no_more_of_the_earlier_answers_either(self, echo: Echo) -> None:
        brief = echo.answer(replace(self.wire, target="/?size=9000")).brief()
        assert {len(earlier.body) for earlier in brief.earlier} == {2048}


def seen(*answers: Answer) -> Sighting:
    *earlier, last = answers
    return sighting(replace(last, earlier=tuple(earlier)), names=NAMES)


class TestTheWorst:
    @pytest.mark.parametrize("turn", [lambda *a: a, lambda *a: a[::-1]], ids=["first", "last"])
    @pytest.mark.parametrize(
        ("one", "outcome"),
        [
            (status(404), "status:404"),
            (trouble("reset"), "reset"),
            (served("a", status=503), "status:503"),
            (served("b"), "varies:a,b"),
            (replace(served("a"), sent="another"), "stale"),
        ],
        ids=["status", "reset", "error", "other", "stale"],
    )
    def test_one_bad_answer_is_enough(self, turn: Callable[..., tuple[Answer, ...]], one: Answer, outcome: str) -> None:
        shown = seen(*turn(one, served("a"), served("a")))
        assert (shown.outcome, shown.matched) == (outcome, True)

    def test_equal_answers_are_one(self) -> None:
        assert seen(served("a"), served("a")).outcome == "a"
        assert not seen(status(404), status(404)).matched
        assert not seen(status(404), trouble("reset")).matched


def banner(stream: socket.socket) -> None:
    stream.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    hold(stream)


def endless(stream: socket.socket) -> None:
    for data in itertools.chain([b"HTTP/1.1 200 OK\r\nX: "], itertools.repeat(b"x" * 65536)):
        stream.sendall(data)


HIDING = b"HTTP/1.1 200 OK\r\n%s\r\nX-Conformance-Backend: n/a/p\r\nContent-Length: 2\r\n\r\nhi"
"""A head whose other fields must not be lost behind a line that is none: they say that a backend answered."""

BAD: dict[str, tuple[Conversation | bytes, str]] = {
    "a banner and nothing more": (banner, "malformed"),
    "an endless head": (endless, "malformed"),
    "a trailer that is none": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nno trailer\r\n\r\n",
        "malformed",
    ),
    "an end within the trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-T: 1\r\n", "reset"),
    "an end within the head": (b"HTTP/1.1 200 OK\r\nX-", "reset"),
    "a space before the colon": (HIDING % b"X-A : 1", "malformed"),
    "a line without a colon": (HIDING % b"no header", "malformed"),
    "a carriage return within a line": (HIDING % b"X-A: a\rb", "malformed"),
    "a name that is no token": (HIDING % "Bär: 1".encode(), "malformed"),
    "more header fields than anybody wants": (HIDING % b"\r\n".join([b"X-A: " + b"x" * 5000] * 7), "malformed"),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhi", "malformed"),
}


@pytest.mark.parametrize("chunked", [False, True], ids=["requests", "raw"])
@pytest.mark.parametrize(("behaviour", "word"), BAD.values(), ids=BAD)
def test_misbehaviour_has_a_name(behaviour: Conversation | bytes, word: str, *, chunked: bool) -> None:
    with serving(behaviour) as server:
        answer = send(server, WireProbe("GET", "http", "foo.test", "/", chunked=chunked))
    assert (answer.trouble, answer.status) == (word, 0), answer.detail
