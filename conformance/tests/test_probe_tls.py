"""What probes offer in TLS, and what they keep of what was shown: versions, ALPN, chains, client certificates."""

import datetime as dt
import socket
import ssl
import warnings
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conformance.pem import load_pair
from conformance.probes.answer import Answer, Endpoint, ProbeLimits, TlsVersion, WireProbe
from conformance.probes.rehearsal import rehearse
from conformance.probes.sender import Sender
from conformance.probes.tls import Offer, context_for
from conformance.probes.trouble import CannotSend
from conformance.tests.wire import OK, Identity, Server, make_identity, serving

SECURE = WireProbe("GET", "https", "foo.test", "/", sni="foo.test")
RAW = WireProbe(
    "GET", "https", "foo.test", "/", sni="foo.test", requests_on_connection=1, wait_for_continue=True, body=b"x"
)
OLDEST_FIRST: tuple[TlsVersion, ...] = ("1.0", "1.1", "1.2", "1.3")


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return make_identity(tmp_path_factory.mktemp("tls"))


def send(server: Server, probe: WireProbe) -> Answer:
    return Sender(server.endpoint, ProbeLimits(5)).send(probe)


def probe(**changes: object) -> WireProbe:
    return WireProbe(**{**vars(SECURE), **changes})


def only(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    """Let a server speak one version and no other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def pair_of(leaf: trustme.LeafCert) -> tuple[bytes, bytes]:
    return b"".join(blob.bytes() for blob in leaf.cert_chain_pems), leaf.private_key_pem.bytes()


def context_with(pair: tuple[bytes, bytes]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_pair(context, *pair)
    return context


@pytest.mark.parametrize("version", OLDEST_FIRST)
def test_a_version_that_is_asked_for_is_really_spoken(version: TlsVersion, identity: Identity) -> None:
    served = {"1.0": "TLSv1", "1.1": "TLSv1.1", "1.2": "TLSv1.2", "1.3": "TLSv1.3"}[version]
    context = only(identity.context(), getattr(ssl.TLSVersion, served.replace(".", "_")))
    with serving(OK, context) as server:
        answer = send(server, probe(tls_min=version, tls_max=version))
    assert (answer.status, answer.tls_version, answer.certificate) == (200, served, identity.der), answer.detail


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_server_that_refuses_an_old_version_is_heard(version: TlsVersion, identity: Identity) -> None:
    with serving(OK, identity.context()) as server:
        answer = send(server, probe(tls_max=version))
    assert answer.trouble == "tls-alert:protocol-version"


def test_a_server_that_lacks_the_new_version_is_heard(identity: Identity) -> None:
    with serving(OK, only(identity.context(), ssl.TLSVersion.TLSv1_2)) as server:
        assert send(server, probe(tls_min="1.3")).trouble == "tls-alert:protocol-version"
        assert send(server, SECURE).tls_version == "TLSv1.2"


def test_what_this_openssl_cannot_speak_is_no_refusal_of_a_server() -> None:
    strict = context_for(Offer(highest="1.1"))
    rehearse(strict, "1.1")
    crippled = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    crippled.check_hostname, crippled.verify_mode = False, ssl.CERT_NONE
    only(crippled, ssl.TLSVersion.TLSv1_1).set_ciphers("DEFAULT:@SECLEVEL=2")
    with pytest.raises(CannotSend, match=r"cannot speak TLS 1\.1"):
        rehearse(crippled, "1.1")


@pytest.mark.parametrize(
    "wrong",
    [
        {"tls_min": "1.3", "tls_max": "1.2"},
        {"client_certificate": (b"no certificate", b"no key")},
        {"client_certificate": (pair_of(trustme.CA().issue_cert("a"))[0], pair_of(trustme.CA().issue_cert("b"))[1])},
        {"source": "192.0.2.1"},
        {"source": "no address"},
        {"sni": ".foo.test"},
        {"protocol": "h2c"},
        {"protocol": "h2", "scheme": "http"},
        {"protocol": "h2", "chunked": True},
        {"protocol": "h2", "headers": (("Connection", "close"),)},
        {"protocol": "websocket", "body": b"x"},
        {"protocol": "grpc"},
        {"wait_for_continue": True},
        {"requests_on_connection": 0},
    ],
    # Workers of pytest-xdist must give equal ids: keys are made anew in each.
    ids="-".join,
)
def test_what_cannot_be_sent_as_it_is_meant_is_not_sent_otherwise(wrong: dict[str, object]) -> None:
    with serving(OK) as server, pytest.raises(CannotSend):
        send(server, probe(**wrong))
    assert not server.requests


def test_the_whole_chain_is_kept_as_it_was_presented() -> None:
    ca = trustme.CA()
    leaf = ca.create_child_ca().create_child_ca().issue_cert("foo.test")
    presented = tuple(ssl.PEM_cert_to_DER_cert(blob.bytes().decode()) for blob in leaf.cert_chain_pems)
    assert len(presented) == 3
    with serving(OK, context_with(pair_of(leaf))) as server:
        answer = send(server, SECURE)
        shaped = send(server, RAW)
    assert answer.chain == shaped.chain == answer.brief().chain == presented
    assert answer.certificate == presented[0]


@pytest.mark.parametrize("offered", [(), ("http/1.1",), ("http/1.1", "h2"), ("spdy/3",), None])
def test_alpn_offers_what_the_probe_says(offered: tuple[str, ...] | None, identity: Identity) -> None:
    context = identity.context()
    context.set_alpn_protocols(["spdy/3", "http/1.1"])
    with serving(OK, context) as server:
        answer = send(server, probe(alpn=offered))
    if offered == ("spdy/3",):
        assert (answer.trouble, answer.alpn) == ("alpn:spdy/3", "spdy/3")
    else:
        assert (answer.status, answer.alpn) == (200, "" if offered == () else "http/1.1")


@pytest.mark.parametrize("chosen", [[], ["http/1.1"]])
def test_http2_is_not_spoken_where_tls_did_not_agree_on_it(chosen: list[str], identity: Identity) -> None:
    context = identity.context()
    if chosen:
        context.set_alpn_protocols(chosen)
    with serving(OK, context, read=False) as server:
        answer = send(server, probe(protocol="h2", alpn=("h2", "http/1.1")))
    assert answer.trouble == f"alpn:{chosen[0] if chosen else 'none'}"
    assert answer.certificate == identity.der
    assert not server.requests


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate_is_shown_to_who_asks(version: ssl.TLSVersion, identity: Identity) -> None:
    ca = trustme.CA()
    client = ca.issue_cert("client@users.test")
    context = identity.context()
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    ca.configure_trust(context)
    with serving(OK, context) as server:
        assert send(server, probe(client_certificate=pair_of(client))).status == 200
        without = send(server, SECURE)
    assert without.trouble.startswith("tls-alert:")
    assert without.certificate == identity.der, "what was presented is kept though the handshake failed"


def test_a_source_address_is_what_the_server_sees() -> None:
    peers: list[str] = []

    def note(stream: socket.socket) -> None:
        peers.append(stream.getpeername()[0])
        stream.sendall(OK)

    with serving(note) as server:
        for raw in (False, True):
            changes = {"scheme": "http", "source": "127.0.0.9", "target": "/a b" if raw else "/"}
            assert send(server, probe(**changes)).status == 200
    assert peers == ["127.0.0.9"] * 2


def test_a_gigantic_certificate_is_an_answer_and_no_crash(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "huge")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName(f"a-rather-long-name-of-a-host-{number}.foo.test") for number in range(4000)]
    huge = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with serving(OK, context_with((huge.public_bytes(pem), private))) as server:
        answer = send(server, SECURE)
    assert answer.trouble == "malformed"
    assert "EXCESSIVE_MESSAGE_SIZE" in answer.detail


def test_one_file_descriptor_too_few_is_no_fault_of_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource  # noqa: PLC0415

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    sender = Sender(Endpoint("127.0.0.1", 9, 9), ProbeLimits(1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(CannotSend, match="Too many open files"):
            sender.send(probe(scheme="http"))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
