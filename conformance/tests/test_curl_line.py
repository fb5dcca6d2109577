"""The curl line of a probe sends the very request that the suite sent, and nothing else happens."""

import dataclasses
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.probes.answer import PROBE_HEADER, Endpoint, ProbeLimits, WireProbe
from conformance.probes.curl import curl_line
from conformance.probes.sender import Sender
from conformance.tests.wire import OK, Identity, Server, make_identity, serving

LIMITS = ProbeLimits(seconds=2)
BASE = WireProbe("GET", "http", "foo.test", "/")
SOMEWHERE = Endpoint("10.0.0.1", 80, 443)
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def probe(**changes: object) -> WireProbe:
    return dataclasses.replace(BASE, **changes)  # type: ignore[arg-type]


def headers(*pairs: tuple[str, str]) -> WireProbe:
    return probe(headers=pairs)


PROBES = {
    "plain": BASE,
    "a query": probe(target="/a?x=1&y=2&x="),
    "dot segments": probe(target="/foo/../bar/./"),
    "two slashes": probe(target="//foo//"),
    "an encoded slash in small letters": probe(target="/a%2fb%2F"),
    "a globbed target": probe(target="/{a,b}[1-3]"),
    "a fragment": probe(target="/a#b"),
    "quotes": probe(target="/'\"`\\"),
    "a command": probe(target="/$(touch${IFS}broken);id|x&`id`"),
    "an asterisk": probe(method="OPTIONS", target="*"),
    "a space": probe(target="/a b"),
    "a Latin-1 letter": probe(target="/ä%41"),
    "a UTF-8 letter": probe(target="/Ã¤"),
    "a control character": probe(target="/\x1b[31m%s\\n"),
    "a port": probe(host="foo.test:8080"),
    "a trailing dot": probe(host="Foo.TEST."),
    "doubled headers": headers(("X-A", "1"), ("x-a", "2"), ("X-B", "3"), ("X-A", "1")),
    "an empty header": headers(("X-A", ""), ("X-B", "x")),
    "a header that looks like a file": headers(("X-A", "@secret"), ("X-B", "<secret")),
    "a header with a command": headers(("X-A", "$(touch broken) `id` \"'\\ %s !! ~ *")),
    "a Latin-1 header": headers(("X-A", "M\xfcnster 100%")),
    "a header that curl would add": headers(("User-Agent", "mine"), ("Accept", "text/plain")),
    "a body": probe(method="POST", body=b"a=1&b=2"),
    "a body in JSON": probe(method="PUT", body='{"ä": "€"}'.encode(), headers=(("Content-Type", "application/json"),)),
    "a body that looks like a file": probe(method="POST", body=b"@secret"),
    "a body with a command": probe(method="POST", body=b"$(touch broken)\n`id`'\"\\ %d\n"),
    "a body that is no text": probe(method="POST", body=bytes(range(256))),
    "a body with an escape sequence": probe(method="POST", body=b"\x1b]0;title\x07"),
    "a long body": probe(method="POST", body=b"0123456789" * 5000),
    "an empty body": probe(method="POST", body=b""),
    "a POST without a body": probe(method="POST"),
    "a DELETE without a body": probe(method="DELETE"),
    "a GET with a body": probe(body=b"body"),
    "a HEAD": probe(method="HEAD"),
    "a method of its own": probe(method="PROPFIND"),
}


def gist(request: bytes) -> tuple[bytes, list[bytes], bytes]:
    """Request line, headers in their order and body; without what the suite and curl each add for themselves."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *fields = [field.rstrip(b" ") for field in head.split(b"\r\n")]
    own = (f"{PROBE_HEADER}:".lower().encode(), b"user-agent: curl", b"user-agent: ingress-conf", b"accept: */*")
    kept = [field for field in fields if not field.lower().startswith(own)]
    length = [field for field in kept if field.lower().startswith(b"content-length:")]
    return line, [*(field for field in kept if field not in length), *length], body


def by_suite(server: Server, wire: WireProbe) -> tuple[bytes, list[bytes], bytes]:
    answer = Sender(server.endpoint, LIMITS).send(wire)
    assert answer.status == 200, answer.detail
    return gist(server.requests[-1])


def by_hand(server: Server, wire: WireProbe, folder: Path) -> tuple[bytes, list[bytes], bytes]:
    """Paste the line into a shell that stands in a folder with a secret."""
    (folder / "secret").write_text("X-Stolen: secret")
    line = curl_line(wire, server.endpoint)
    done = subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, timeout=10, check=False)
    assert done.returncode == 0, (line, done.stderr)
    assert b"HTTP/1.1 200 OK" in done.stdout
    assert [path.name for path in folder.iterdir()] == ["secret"], "the line did something else as well"
    return gist(server.requests[-1])


@needs_curl
@pytest.mark.parametrize("wire", PROBES.values(), ids=PROBES)
def test_curl_sends_the_very_request_of_the_suite(wire: WireProbe, tmp_path: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with serving(answer) as server:
        suite = by_suite(server, wire)
        assert by_hand(server, wire, tmp_path) == suite
    assert server.connections == 2


@needs_curl
@pytest.mark.parametrize("sni", ["foo.test", "xn--bcher-kva.foo.test", None])
def test_curl_says_the_same_name_in_the_handshake(sni: str | None, tmp_path: Path) -> None:
    names: list[str | None] = []
    context = make_identity(tmp_path).context()
    (tmp_path / "foo.test.pem").unlink()
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    wire = probe(scheme="https", host="Foo.test", target="/a/../b", sni=sni)
    with serving(OK, context) as server:
        assert by_suite(server, wire) == by_hand(server, wire, tmp_path)
    assert names == [sni, sni]


@pytest.mark.parametrize("name", ["a control character", "a body with an escape sequence", "a body that is no text"])
def test_nothing_in_the_line_moves_a_terminal(name: str) -> None:
    assert curl_line(PROBES[name], SOMEWHERE).isprintable()


printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)


@given(target=printable, value=printable, body=printable)
def test_a_shell_reads_exactly_the_words_that_were_meant(target: str, value: str, body: str) -> None:
    wire = WireProbe("POST", "http", "foo.test", f"/..{target}", (("X-A", f"x{value}"),), body.encode())
    words = shlex.split(curl_line(wire, SOMEWHERE))
    assert words[0] == "curl"
    assert words[words.index("--request-target") + 1] == f"/..{target}"
    assert words[words.index("--data-raw") + 1] == body
    assert f"X-A: x{value}" in words
    assert words[-1] == "http://10.0.0.1:80/"
    assert words.count("--data-binary") == (body == "--data-binary")


def test_an_address_of_ipv6_stands_in_brackets() -> None:
    assert "'http://[::1]:80/'" in curl_line(BASE, Endpoint("::1"))


def test_the_certificate_of_another_identity_is_no_hindrance(tmp_path: Path) -> None:
    assert isinstance(make_identity(tmp_path), Identity)
    assert "--insecure" in shlex.split(curl_line(probe(scheme="https", sni="foo.test"), SOMEWHERE))
