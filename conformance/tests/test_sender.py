"""The probe client against servers that behave, misbehave, and never end."""

import itertools
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.probes.answer import PROBE_HEADER, Answer, Endpoint, ProbeLimits, WireProbe
from conformance.probes.sender import Sender
from conformance.tests.wire import OK, Conversation, Identity, Server, hold, make_identity, reset, serving

LIMIT = 0.4
SLACK = 8.0
LIMITS = ProbeLimits(seconds=LIMIT)
PATIENT = ProbeLimits(seconds=5)
"""Where nothing should time out, a busy machine must not make it."""
PLAIN = WireProbe("GET", "http", "foo.test", "/")
SECURE = WireProbe("GET", "https", "foo.test", "/", sni="foo.test")
RAW = WireProbe("GET", "http", "foo.test", "/a b")
"""A request that only the thin client can send; both must bear the same."""

both_clients = pytest.mark.parametrize("probe", [PLAIN, RAW], ids=["requests", "raw"])


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return make_identity(tmp_path_factory.mktemp("tls"))


def send(server: Server, probe: WireProbe, limits: ProbeLimits = PATIENT) -> Answer:
    return Sender(server.endpoint, limits).send(probe)


@contextmanager
def in_time() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < LIMIT + SLACK


def sent_to(answer: bytes, probe: WireProbe) -> bytes:
    """The bytes of ``probe`` as they arrive, without the number that the suite gives each request."""
    with serving(answer) as server:
        answered = send(server, probe)
        assert answered.status == 200, answered.detail
    [request] = server.requests
    mark = f"{PROBE_HEADER}: {answered.sent}\r\n".encode()
    assert request.count(mark) == 1
    return request.replace(mark, b"")


def lines_of(request: bytes) -> list[bytes]:
    return request.partition(b"\r\n\r\n")[0].split(b"\r\n")


class TestTheBytesOnTheWire:
    @pytest.mark.parametrize(
        "target",
        ["/foo/../bar", "//foo", "/./a//b/", "/%2f%2F", "/a?x=/../b?c&&", "/{a}[b]|^`\\<>\"'", "*", "/a;b,c:@!$&()+="],
    )
    def test_a_target_is_sent_as_it_is_written(self, target: str) -> None:
        request = sent_to(OK, WireProbe("GET", "http", "foo.test", target))
        assert request.startswith(b"GET " + target.encode() + b" HTTP/1.1\r\n")

    @pytest.mark.parametrize(
        ("target", "wire"), [("/a b", b"/a b"), ("/ä", b"/\xe4"), ("/Ã¤", b"/\xc3\xa4"), ("/\t", b"/\t")]
    )
    def test_a_target_that_no_library_sends_is_sent_a_byte_a_character(self, target: str, wire: bytes) -> None:
        request = sent_to(OK, WireProbe("GET", "http", "foo.test", target))
        assert request.startswith(b"GET " + wire + b" HTTP/1.1\r\n")

    @pytest.mark.parametrize("host", ["FOO.test", "foo.test.", "foo.test:8080", "127.0.0.1", "_x.foo.test"])
    @pytest.mark.parametrize("target", ["/", "/a b"])
    def test_the_host_is_sent_once_and_as_given(self, host: str, target: str) -> None:
        lines = lines_of(sent_to(OK, WireProbe("GET", "http", host, target)))
        assert [line for line in lines if line.lower().startswith(b"host:")] == [b"Host: " + host.encode()]
        assert lines[1] == b"Host: " + host.encode()

    @pytest.mark.parametrize("target", ["/", "/a b"])
    def test_nothing_is_added_but_host_agent_and_accept(self, target: str) -> None:
        lines = lines_of(sent_to(OK, WireProbe("GET", "http", "foo.test", target)))
        assert lines[1:] == [b"Host: foo.test", b"User-Agent: ingress-conformance", b"Accept: */*"]

    @pytest.mark.parametrize("target", ["/", "/a b"])
    def test_headers_keep_their_order_their_letter_case_and_their_doubles(self, target: str) -> None:
        headers = (("X-a", "1"), ("x-B", "2"), ("x-A", "3"), ("Accept", "text/plain"), ("X-a", "1"), ("X-Empty", ""))
        lines = lines_of(sent_to(OK, WireProbe("GET", "http", "foo.test", target, headers=headers)))
        assert lines[3:] == [f"{name}: {value}".encode() for name, value in headers]

    def test_the_value_of_a_header_is_sent_a_byte_a_character(self) -> None:
        probe = WireProbe("GET", "http", "foo.test", "/", headers=(("X-City", "Münster"),))
        assert b"X-City: M\xfcnster\r\n" in sent_to(OK, probe)

    @pytest.mark.parametrize("target", ["/", "/a b"])
    @pytest.mark.parametrize("method", ["POST", "GET", "DELETE", "QUERY"])
    def test_a_body_goes_with_its_length(self, method: str, target: str) -> None:
        body = bytes(range(256))
        request = sent_to(OK, WireProbe(method, "http", "foo.test", target, body=body))
        assert request.endswith(b"\r\nContent-Length: 256\r\n\r\n" + body)

    @pytest.mark.parametrize("target", ["/", "/a b"])
    def test_a_post_without_a_body_says_so(self, target: str) -> None:
        assert sent_to(OK, WireProbe("POST", "http", "foo.test", target)).endswith(b"\r\nContent-Length: 0\r\n\r\n")

    def test_every_request_has_a_number_and_a_connection_of_its_own(self) -> None:
        with serving(OK) as server:
            sender = Sender(server.endpoint, PATIENT)
            numbers = {sender.send(PLAIN).sent for _ in range(5)}
        assert len(numbers) == 5
        assert server.connections == 5

    def test_cookies_are_not_kept(self) -> None:
        with serving(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n") as server:
            sender = Sender(server.endpoint, PATIENT)
            sender.send(PLAIN)
            sender.send(PLAIN)
        assert not any(b"cookie" in request.lower() for request in server.requests)

    def test_a_proxy_of_the_environment_is_not_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        assert sent_to(OK, PLAIN).startswith(b"GET / HTTP/1.1\r\n")

    def test_a_probe_that_no_byte_stands_for_is_no_fault_of_the_controller(self) -> None:
        with serving(OK) as server, pytest.raises(UnicodeEncodeError):
            send(server, WireProbe("GET", "http", "foo.test", "/€"))


class TestAnswers:
    @both_clients
    def test_an_answer_is_kept_whole(self, probe: WireProbe) -> None:
        with serving(
            b"HTTP/1.1 404 Gone Fishing\r\nX-A: 1\r\nX-B: 2\r\nx-a: 3\r\nContent-Length: 5\r\n\r\nhello"
        ) as server:
            answer = send(server, probe)
        assert (answer.status, answer.http_reason, answer.body) == (404, "Gone Fishing", b"hello")
        assert answer.headers == (("X-A", "1"), ("X-B", "2"), ("x-a", "3"), ("Content-Length", "5"))
        assert (answer.trouble, answer.truncated, answer.head, answer.certificate) == ("", False, False, None)

    @both_clients
    @pytest.mark.parametrize("location", ["https://foo.test/", "http://[::1", "//", "\xff\xfe", "http://x:99999/"])
    def test_a_redirect_is_never_followed_wherever_it_leads(self, probe: WireProbe, location: str) -> None:
        data = f"HTTP/1.1 308 Permanent\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
        with serving(data) as server:
            answer = send(server, probe)
        assert (answer.trouble, answer.status, answer.header("Location")) == ("", 308, location)
        assert server.connections == 1

    @both_clients
    def test_chunks_are_put_together(self, probe: WireProbe) -> None:
        chunks = b"3\r\nabc\r\n0A;name=x\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n"
        with serving(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks) as server:
            assert send(server, probe).body == b"abc0123456789"

    @both_clients
    def test_a_body_may_end_with_the_connection(self, probe: WireProbe) -> None:
        with serving(b"HTTP/1.0 200 OK\r\n\r\nall of it") as server:
            answer = send(server, probe)
        assert (answer.trouble, answer.body) == ("", b"all of it")

    @both_clients
    @pytest.mark.parametrize("framing", ["Content-Length: 99", "Transfer-Encoding: chunked"])
    def test_the_answer_to_head_has_no_body_whatever_its_headers_say(self, probe: WireProbe, framing: str) -> None:
        head = WireProbe("HEAD", "http", "foo.test", probe.target)
        with serving(f"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n".encode()) as server:
            answer = send(server, head)
        assert (answer.status, answer.body, answer.head, answer.trouble) == (200, b"", True, "")

    @both_clients
    def test_a_compressed_body_stays_compressed(self, probe: WireProbe) -> None:
        with serving(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc") as server:
            assert send(server, probe).body == b"abc"


def forever(*start: bytes, again: bytes) -> Conversation:
    """Send ``start``, then ``again`` without end, as fast as it goes."""

    def speak(stream: socket.socket) -> None:
        for data in start:
            stream.sendall(data)
        while True:
            stream.sendall(again)

    return speak


def dripping(*start: bytes, drop: bytes) -> Conversation:
    """Send ``start``, then ``drop`` every twentieth of a second: no single read ever times out."""

    def speak(stream: socket.socket) -> None:
        for data in start:
            stream.sendall(data)
        for _ in itertools.repeat(None, 100):
            stream.sendall(drop)
            time.sleep(0.05)

    return speak


def then_reset(data: bytes) -> Conversation:
    def speak(stream: socket.socket) -> None:
        stream.sendall(data)
        time.sleep(0.05)
        reset(stream)

    return speak


def then_hold(data: bytes) -> Conversation:
    def speak(stream: socket.socket) -> None:
        stream.sendall(data)
        hold(stream)

    return speak


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

MISBEHAVIOUR: dict[str, tuple[Conversation | bytes, str]] = {
    "nothing at all": (hold, "timeout"),
    "half a head": (then_hold(HEAD), "timeout"),
    "a reset": (reset, "reset"),
    "a close without a word": (b"", "reset"),
    "a reset within the body": (then_reset(HEAD + b"Content-Length: 10\r\n\r\nabc"), "reset"),
    "an end within the body": (HEAD + b"Content-Length: 10\r\n\r\nabc", "reset"),
    "an end within a chunk": (CHUNKED + b"A\r\nabc", "reset"),
    "an end between chunks": (CHUNKED + b"3\r\nabc\r\n", "reset"),
    "a chunk size that is none": (CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n", "malformed"),
    "a negative chunk size": (forever(CHUNKED + b"-1\r\n", again=b"x" * 65536), "malformed"),
    "a chunk longer than its size": (CHUNKED + b"1\r\nabc\r\n0\r\n\r\n", "malformed"),
    "an endless chunk size": (forever(CHUNKED, again=b"0" * 65536), "malformed"),
    "an endless chunk extension": (forever(CHUNKED, again=b"1;" + b"x" * 65536), "malformed"),
    "garbage": (b"\x00\x01\x02garbage\xff\r\n\r\n", "malformed"),
    "endless garbage": (forever(again=b"\x00" * 65536), "malformed"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n", "malformed"),
    "endless headers": (forever(HEAD, again=b"X-A: 1\r\n" * 1000), "malformed"),
    "one endless header": (forever(HEAD + b"X-A: ", again=b"x" * 65536), "malformed"),
    "a flood of 100 Continue": (forever(again=b"HTTP/1.1 100 Continue\r\n\r\n" * 100), "timeout"),
    "a slow head": (dripping(HEAD, drop=b"X"), "timeout"),
    "a slow body": (dripping(HEAD + b"Content-Length: 1000\r\n\r\n", drop=b"x"), "timeout"),
    "slow chunks": (dripping(CHUNKED, drop=b"1\r\nx\r\n"), "timeout"),
    "a slow body without a length": (dripping(HEAD + b"\r\n", drop=b"x"), "timeout"),
}


@both_clients
@pytest.mark.parametrize(("behaviour", "word"), MISBEHAVIOUR.values(), ids=MISBEHAVIOUR)
def test_misbehaviour_has_a_name_and_an_end(probe: WireProbe, behaviour: Conversation | bytes, word: str) -> None:
    with serving(behaviour) as server, in_time():
        answer = send(server, probe, LIMITS if word == "timeout" else PATIENT)
        assert answer.trouble == word, answer.detail
        assert answer.detail
        assert answer.status == 0


@both_clients
@pytest.mark.parametrize(
    "head", [HEAD + b"\r\n", HEAD + b"Content-Length: 99999999999\r\n\r\n"], ids=["open", "length"]
)
def test_of_an_endless_body_one_mebibyte_is_kept(probe: WireProbe, head: bytes) -> None:
    with serving(forever(head, again=b"x" * 65536)) as server, in_time():
        answer = send(server, probe)
    assert (answer.trouble, answer.status, answer.truncated, len(answer.body)) == ("", 200, True, 1 << 20)


@both_clients
@pytest.mark.parametrize("chunk", [b"10000\r\n" + b"x" * 65536 + b"\r\n", b"ffffffffff\r\n"], ids=["many", "one"])
def test_of_endless_chunks_one_mebibyte_is_kept(probe: WireProbe, chunk: bytes) -> None:
    with serving(forever(CHUNKED, chunk, again=chunk if len(chunk) > 20 else b"x" * 65536)) as server, in_time():
        answer = send(server, probe)
    assert (answer.trouble, answer.truncated, len(answer.body)) == ("", True, 1 << 20)


@both_clients
@pytest.mark.parametrize("extra", [0, 1])
def test_a_body_at_the_limit_is_whole(probe: WireProbe, extra: int) -> None:
    body = b"x" * (1000 + extra)
    with serving(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body) as server:
        answer = send(server, probe, ProbeLimits(5, 1000))
    assert (len(answer.body), answer.truncated) == (1000, bool(extra))


@both_clients
def test_a_port_where_nobody_listens_refuses(probe: WireProbe) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    answer = Sender(Endpoint("127.0.0.1", port, port), LIMITS).send(probe)
    assert answer.trouble == "refused"


@both_clients
def test_a_backlog_that_is_full_times_out(probe: WireProbe) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        crowd = [socket.socket() for _ in range(4)]
        for one in crowd:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        with in_time():
            answer = Sender(Endpoint("127.0.0.1", port, port), LIMITS).send(probe)
        for one in crowd:
            one.close()
    assert answer.trouble == "timeout"


class TestTls:
    raw = WireProbe("GET", "https", "foo.test", "/a b", sni="foo.test")
    both = pytest.mark.parametrize("probe", [SECURE, raw], ids=["requests", "raw"])

    @both
    def test_the_certificate_is_recorded_and_not_trusted(self, probe: WireProbe, identity: Identity) -> None:
        with serving(OK, identity.context()) as server:
            answer = send(server, probe)
        assert (answer.trouble, answer.status, answer.certificate) == ("", 200, identity.der)
        assert answer.tls_version == "TLSv1.3"

    @pytest.mark.parametrize("target", ["/", "/a b"])
    @pytest.mark.parametrize("sni", ["foo.test", "xn--bcher-kva.foo.test", None])
    def test_the_name_in_the_handshake_is_the_one_given(self, target: str, sni: str | None, identity: Identity) -> None:
        names: list[str | None] = []
        context = identity.context()
        context.sni_callback = lambda _sock, name, _context: names.append(name)
        with serving(OK, context) as server:
            answer = send(server, WireProbe("GET", "https", "Other.test", target, sni=sni))
        assert answer.status == 200
        assert names == [sni]
        assert b"Host: Other.test\r\n" in server.requests[0]

    @both
    def test_only_http_1_1_is_offered(self, probe: WireProbe, identity: Identity) -> None:
        chosen: list[str | None] = []
        context = identity.context()
        context.set_alpn_protocols(["h2", "http/1.1"])

        def note(stream: socket.socket) -> None:
            assert isinstance(stream, ssl.SSLSocket)
            chosen.append(stream.selected_alpn_protocol())
            stream.sendall(OK)

        with serving(note, context) as server:
            send(server, probe)
        assert chosen == ["http/1.1"]

    @both
    @pytest.mark.parametrize(
        ("alert", "word"),
        [
            (ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME, "tls-alert:unrecognized-name"),
            (ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE, "tls-alert:handshake-failure"),
            (ssl.ALERT_DESCRIPTION_INTERNAL_ERROR, "tls-alert:internal-error"),
            (ssl.ALERT_DESCRIPTION_ACCESS_DENIED, "tls-alert:access-denied"),
        ],
    )
    def test_an_alert_is_called_by_its_name(
        self, probe: WireProbe, alert: ssl.AlertDescription, word: str, identity: Identity
    ) -> None:
        context = identity.context()
        context.sni_callback = lambda _sock, _name, _context: alert
        with serving(OK, context) as server:
            assert send(server, probe).trouble == word

    @both
    def test_a_handshake_that_never_ends_times_out(self, probe: WireProbe) -> None:
        with serving(hold, read=False) as server, in_time():
            assert send(server, probe, LIMITS).trouble == "timeout"

    @both
    def test_a_handshake_that_drips_times_out(self, probe: WireProbe) -> None:
        with serving(dripping(b"\x16\x03\x03\x3f\xff", drop=b"\x02"), read=False) as server, in_time():
            assert send(server, probe, LIMITS).trouble == "timeout"

    @both
    def test_a_close_within_the_handshake_is_a_reset(self, probe: WireProbe) -> None:
        with serving(b"", read=False) as server:
            assert send(server, probe).trouble == "reset"

    @both
    def test_plain_http_on_the_port_of_https_is_malformed(self, probe: WireProbe) -> None:
        with serving(OK, read=False) as server:
            assert send(server, probe).trouble == "malformed"

    @both
    def test_a_slow_body_times_out_under_tls_too(self, probe: WireProbe, identity: Identity) -> None:
        slow = dripping(HEAD + b"Content-Length: 1000\r\n\r\n", drop=b"x")
        with serving(slow, identity.context()) as server, in_time():
            assert send(server, probe, LIMITS).trouble == "timeout"


def test_the_certificate_of_one_identity_is_not_that_of_another(identity: Identity, tmp_path: Path) -> None:
    other = make_identity(tmp_path)
    with serving(OK, other.context()) as server:
        assert send(server, SECURE).certificate == other.der != identity.der
