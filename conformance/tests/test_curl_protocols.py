"""The lines for TLS, HTTP/2, WebSocket, gRPC and request shapes send what the suite sends, as a backend sees it."""

import json
import re
import shlex
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from conformance.echo import TlsSettings
from conformance.probes.answer import GRPC_TARGET, PROBE_HEADER, Endpoint, WireProbe
from conformance.probes.curl import CLIENT_CHAIN, CLIENT_KEY, curl_line
from conformance.probes.shellwords import piped
from conformance.tests.echoes import Echo, echoing
from conformance.tests.test_probe_tls import only
from conformance.tests.wire import OK, make_identity, serving

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
CA = trustme.CA()
LEAF = CA.issue_cert("client@users.test")
CHAIN, KEY = LEAF.cert_chain_pems[0].bytes(), LEAF.private_key_pem.bytes()
PROBE = WireProbe("GET", "http", "Foo.test:81", "/a?x=1")
SOMEWHERE = Endpoint("10.0.0.1", 80, 443)
_OWN = {PROBE_HEADER.lower(), "user-agent", "content-length", "sec-websocket-key"}


def probe(**changes: object) -> WireProbe:
    return WireProbe(**{**vars(PROBE), **changes})


@pytest.fixture(scope="module", name="echo")
def _echo() -> Iterator[Echo]:
    with echoing(TlsSettings(client_ca=CA.cert_pem.bytes().decode())) as echo:
        yield echo


def gist(account: dict[str, Any]) -> dict[str, Any]:
    """What a backend received, without what the suite and curl each add for themselves."""
    tls = account.get("tls")
    return {
        **{key: account[key] for key in ("method", "target", "version", "body", "peer")},
        "headers": {(name.lower(), value) for name, value in account["headers"] if name.lower() not in _OWN},
        "trailers": {tuple(pair) for pair in account["trailers"]},
        "tls": tls and {key: tls[key] for key in ("version", "alpn", "sni", "client")},
    }


def by_hand(wire: WireProbe, echo: Echo, folder: Path, seconds: float = 5.0) -> str:
    """Paste the line into a shell, in a folder with the client's certificate, and return what it shows."""
    (folder / CLIENT_CHAIN).write_bytes(CHAIN)
    (folder / CLIENT_KEY).write_bytes(KEY)
    line = curl_line(wire, echo.endpoint(wire), seconds)
    done = subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, timeout=20, check=False)
    assert done.stdout, (line, done.stderr)
    return done.stdout.decode("latin-1")


PROBES = {
    "https": probe(scheme="https", sni="foo.test"),
    "another name in TLS": probe(scheme="https", sni="other.test"),
    "no name in TLS": probe(scheme="https"),
    "TLS 1.2": probe(scheme="https", tls_max="1.2"),
    "TLS 1.3": probe(scheme="https", tls_min="1.3"),
    "no ALPN": probe(scheme="https", alpn=()),
    "a client certificate": probe(scheme="https", sni="foo.test", client_certificate=(CHAIN, KEY)),
    "HTTP/2": probe(scheme="https", sni="foo.test", protocol="h2"),
    "HTTP/2 without TLS": probe(protocol="h2c", target="/a/../b//%2f"),
    "a body in HTTP/2": probe(protocol="h2c", method="PUT", body=b"\x00\xff" * 999),
    "a source": probe(source="127.0.0.9"),
    "a source in HTTP/2": probe(source="127.0.0.9", protocol="h2c"),
    "chunks": probe(method="POST", body=b"abcde", chunked=True),
    "an expectation": probe(method="POST", body=b"abcde", wait_for_continue=True),
}


@needs_curl
@pytest.mark.parametrize("wire", PROBES.values(), ids=PROBES)
def test_a_backend_receives_the_same_from_both(wire: WireProbe, echo: Echo, tmp_path: Path) -> None:
    shown = by_hand(wire, echo, tmp_path)
    assert gist(json.loads(shown[shown.index("{") :])) == gist(echo.sight(wire).account)


@needs_curl
def test_the_interim_answer_is_shown(echo: Echo, tmp_path: Path) -> None:
    assert by_hand(PROBES["an expectation"], echo, tmp_path).startswith("HTTP/1.1 100 Continue\r\n")


@needs_curl
@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
def test_several_requests_go_over_one_connection(protocol: str, echo: Echo, tmp_path: Path) -> None:
    before = echo.backend.served
    scheme = "https" if protocol == "h2" else "http"  # without TLS, curl 7.88 takes no second request
    wire = probe(requests_on_connection=3, protocol=protocol, scheme=scheme, method="POST", body=b"x")
    shown = by_hand(wire, echo, tmp_path)
    assert (len(re.findall("^HTTP/.* 200", shown, re.MULTILINE)), echo.backend.served) == (3, before + 3)
    words = shlex.split(curl_line(probe(requests_on_connection=3), SOMEWHERE))
    assert words[-3:] == ["http://10.0.0.1:80/a?x=1"] * 3


@needs_curl
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_trailers_are_sent_byte_for_byte(scheme: str, echo: Echo, tmp_path: Path) -> None:
    if scheme == "https" and shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    wire = probe(scheme=scheme, sni="foo.test", method="POST", body=b"abc", trailers=(("X-T", "1%"),))
    shown = by_hand(wire, echo, tmp_path, 1.0)
    assert gist(json.loads(shown[shown.index("{") :])) == gist(echo.sight(wire).account)


@needs_curl
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_websocket_is_opened(scheme: str, echo: Echo, tmp_path: Path) -> None:
    shown = by_hand(probe(scheme=scheme, sni="foo.test", protocol="websocket"), echo, tmp_path, 1.0)
    assert shown.startswith("HTTP/1.1 101 Switching Protocols\r\n")
    assert "X-Conformance-Backend: ns/a/a-0" in shown


@needs_curl
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_call_is_made(scheme: str, echo: Echo, tmp_path: Path) -> None:
    wire = probe(scheme=scheme, sni="foo.test", protocol="grpc", method="POST", target=GRPC_TARGET)
    shown = by_hand(wire, echo, tmp_path)
    said, end = json.JSONDecoder().raw_decode(shown[shown.index("{") :])
    expected = gist(echo.sight(wire).account)
    assert {**gist(said), "body": 0} == {**expected, "body": 0}  # the probe's number is in the message
    assert said["body"]["length"] == len(b"by hand") + 7
    assert shown[shown.index("{") + end :].strip() == "grpc-status: 0"


@needs_curl
@pytest.mark.parametrize(("version", "said"), [("1.0", "TLSv1"), ("1.1", "TLSv1.1")])
def test_an_old_version_of_tls_is_offered(version: str, said: str, tmp_path: Path) -> None:
    context = only(make_identity(tmp_path).context(), getattr(ssl.TLSVersion, said.replace(".", "_")))
    with serving(OK, context) as server:
        line = curl_line(probe(scheme="https", tls_max=version), server.endpoint)
        done = subprocess.run(["sh", "-c", line], capture_output=True, timeout=20, check=False)
    assert done.stdout.startswith(b"HTTP/1.1 200 OK"), done.stderr


def test_no_key_is_in_a_line() -> None:
    line = curl_line(PROBES["a client certificate"], SOMEWHERE)
    assert "PRIVATE" not in line
    assert f"--cert {CLIENT_CHAIN} --key {CLIENT_KEY}" in line


def test_bytes_that_look_like_an_option_are_none() -> None:
    done = subprocess.run(["sh", "-c", f"{piped(b'-e %s')} cat"], capture_output=True, timeout=5, check=True)
    assert done.stdout == b"-e %s"
