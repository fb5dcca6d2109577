"""The TLS of a backend: any name, HTTP/2 or HTTP/1.1, and a note of what the client showed."""

import hashlib
import ssl
from functools import lru_cache
from typing import Any

from conformance.echo.identity import TlsSettings
from conformance.echo.place import TlsSeen
from conformance.pem import load_pair

PROTOCOLS = ["h2", "http/1.1"]


class _Seen(ssl.SSLObject):
    """The server's side of one handshake; ``asked`` is the name in the ClientHello."""

    asked: str | None = None


@lru_cache(maxsize=64)
def server_context(settings: TlsSettings) -> ssl.SSLContext:
    """Return the context of a listener.

    Raises:
        ValueError: a certificate, a key or a CA in the settings makes no sense.
    """
    try:
        front = _context(settings)
        if settings.pair:
            _loaded(settings)
    except (ssl.SSLError, ValueError) as error:
        raise ValueError(f"TLS settings that cannot be used: {error}") from error

    def choose(connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if isinstance(connection, _Seen):
            connection.asked = name
        # The certificate is made for the first client, not at start: most backends never meet one.
        connection.context = _loaded(settings)

    front.sni_callback = choose
    return front


@lru_cache(maxsize=64)
def _loaded(settings: TlsSettings) -> ssl.SSLContext:
    context = _context(settings)
    if settings.pair:
        pem = settings.pair.encode()
        load_pair(context, pem, b"")
    else:
        load_pair(context, *_own_pair())
    return context


@lru_cache(maxsize=1)
def _own_pair() -> tuple[bytes, bytes]:
    import trustme  # noqa: PLC0415 - it takes longer to import than a backend takes to start

    leaf = trustme.CA(organization_name="ingress-conformance echo").issue_cert("echo.test", "localhost", "127.0.0.1")
    return b"".join(blob.bytes() for blob in leaf.cert_chain_pems), leaf.private_key_pem.bytes()


def _context(settings: TlsSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(PROTOCOLS)
    context.sslobject_class = _Seen
    if settings.client_ca:
        context.load_verify_locations(cadata=settings.client_ca)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def seen_of(secured: ssl.SSLObject) -> TlsSeen:
    """Return what a finished handshake showed."""
    der = secured.getpeercert(binary_form=True)
    client = (_subject(secured), hashlib.sha256(der).hexdigest()) if der else None
    asked = secured.asked if isinstance(secured, _Seen) else None
    return TlsSeen(secured.version() or "", secured.selected_alpn_protocol(), asked, client)


def _subject(secured: ssl.SSLObject) -> str:
    said: dict[str, Any] = dict(secured.getpeercert() or {})
    return ",".join(f"{name}={value}" for group in said.get("subject", ()) for name, value in group)
