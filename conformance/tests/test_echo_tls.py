"""The echo backend over TLS: whom it takes in, what it says it saw, and what a process needs to start."""

import asyncio
import hashlib
import socket
import ssl
import subprocess
import sys

import pytest
import trustme

from conformance.echo import Backend, OtherPorts, TlsSettings, serve
from conformance.echo.identity import settings_from
from conformance.echo.tls import server_context
from conformance.probes.answer import WireProbe
from conformance.tests.echoes import echoing
from conformance.tests.talk import HOST, WHO, with_backend

CA = trustme.CA()
LEAF = CA.issue_cert("backend.test")
CLIENT = CA.issue_cert("client@users.test")
PAIR = b"".join(blob.bytes() for blob in LEAF.cert_chain_pems) + LEAF.private_key_pem.bytes()
SETTINGS = TlsSettings(PAIR.decode(), CA.cert_pem.bytes().decode())


def pair_of(leaf: trustme.LeafCert) -> tuple[bytes, bytes]:
    return leaf.cert_chain_pems[0].bytes(), leaf.private_key_pem.bytes()


def der_of(leaf: trustme.LeafCert) -> bytes:
    return ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())


@pytest.mark.parametrize(
    ("protocol", "alpn", "version"), [("http/1.1", "http/1.1", "HTTP/1.1"), ("h2", "h2", "HTTP/2")]
)
def test_the_account_says_what_tls_showed(protocol: str, alpn: str, version: str) -> None:
    with echoing() as echo:
        probe = WireProbe("GET", "https", "x", "/", sni="foo.test", protocol=protocol)  # type: ignore[arg-type]
        seen = echo.sight(probe)
    assert (seen.outcome, seen.account["version"]) == ("a", version)
    assert seen.account["tls"] == {"version": "TLSv1.3", "alpn": alpn, "sni": "foo.test", "client": None}


def test_a_client_without_a_name_is_taken_in() -> None:
    with echoing() as echo:
        assert echo.sight(WireProbe("GET", "https", "x", "/")).account["tls"]["sni"] is None


def test_a_given_certificate_is_presented() -> None:
    with echoing(SETTINGS) as echo:
        assert echo.answer(WireProbe("GET", "https", "x", "/", sni="any.test")).certificate == der_of(LEAF)


def test_a_client_certificate_is_asked_for_and_shown() -> None:
    with echoing(SETTINGS) as echo:
        seen = echo.sight(WireProbe("GET", "https", "x", "/", client_certificate=pair_of(CLIENT)))
        without = echo.sight(WireProbe("GET", "https", "x", "/"))
    said = seen.account["tls"]["client"]
    assert said["sha256"] == hashlib.sha256(der_of(CLIENT)).hexdigest()
    assert "organizationName" in said["subject"]
    assert without.account["tls"]["client"] is None


def test_a_client_certificate_of_a_stranger_is_refused() -> None:
    stranger = trustme.CA().issue_cert("client@users.test")
    with echoing(SETTINGS) as echo:
        answer = echo.answer(WireProbe("GET", "https", "x", "/", client_certificate=pair_of(stranger)))
    assert answer.trouble in {"tls-alert:unknown-ca", "reset"}
    assert answer.certificate == der_of(LEAF)


def test_a_handshake_that_never_ends_holds_up_no_end() -> None:
    async def scenario(_: Backend) -> None:
        backend = await serve(WHO, HOST, [], None, others=OtherPorts((0,)))
        loop = asyncio.get_running_loop()
        with socket.create_connection((HOST, backend.tls_ports[0])) as client:
            client.setblocking(False)
            await loop.sock_sendall(client, b"\x16\x03\x01\x02\x00\x01")
            (listener,) = backend._listeners
            while not listener._moving:
                await asyncio.sleep(0)
            backend.close()
            async with asyncio.timeout(5):
                await backend.drained(0.1)
                assert await loop.sock_recv(client, 1) == b""

    with_backend(scenario)


@pytest.mark.parametrize("settings", [TlsSettings("no pem"), TlsSettings("", "no pem")])
def test_settings_that_make_no_sense_are_said_so_at_once(settings: TlsSettings) -> None:
    with pytest.raises(ValueError, match="TLS settings"):
        server_context(settings)


def test_ports_come_from_the_environment() -> None:
    settings = settings_from({"TLS_PORTS": "8443", "GRPC_PORTS": "50051, 50052", "TLS_PAIR": "p", "TLS_CLIENT_CA": "c"})
    assert settings.others == OtherPorts((8443,), (50051, 50052), TlsSettings("p", "c"))
    assert settings_from({}).others.all == ()
    with pytest.raises(ValueError, match="70000"):
        settings_from({"TLS_PORTS": "70000"})


def test_what_few_backends_need_is_imported_for_the_first_client_that_does() -> None:
    code = (
        "import asyncio, sys\n"
        "from conformance.echo import Identity, OtherPorts, serve\n"
        "async def main():\n"
        "    backend = await serve(Identity('n', 'a', 'a'), '127.0.0.1', [0], 0, others=OtherPorts((0,), (0,)))\n"
        "    assert not {'h2', 'trustme', 'cryptography', 'pydantic'} & set(sys.modules)\n"
        "    backend.abort()\n"
        "asyncio.run(main())"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20)
