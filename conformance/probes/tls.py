"""The client's side of TLS: what is offered, and what was seen of the other side.

Any certificate is accepted: it is recorded and compared afterwards, never trusted.
"""

import ssl
import threading
import warnings
from dataclasses import dataclass
from functools import lru_cache

from conformance.pem import load_pair
from conformance.probes.answer import TlsVersion, WireProbe
from conformance.probes.rehearsal import rehearse
from conformance.probes.trouble import CannotSend

_VERSIONS: dict[TlsVersion, ssl.TLSVersion] = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
_OLD = frozenset({"1.0", "1.1"})
_WARNINGS = threading.Lock()


@dataclass(frozen=True)
class Offer:
    """What a ClientHello offers, apart from the name."""

    lowest: TlsVersion | None = None
    highest: TlsVersion | None = None
    alpn: tuple[str, ...] = ()
    client_certificate: tuple[bytes, bytes] | None = None


@dataclass(frozen=True)
class TlsFacts:
    """What was seen of the other side; ``chain`` is DER, leaf first."""

    version: str = ""
    alpn: str = ""
    chain: tuple[bytes, ...] = ()


def offer_of(probe: WireProbe) -> Offer:
    """Return what the probe offers."""
    return Offer(probe.tls_min, probe.tls_max, probe.offered, probe.client_certificate)


@lru_cache(maxsize=64)
def context_for(offer: Offer) -> ssl.SSLContext:
    """Return the context that makes this offer.

    Raises:
        CannotSend: this machine's OpenSSL cannot make it. For old versions a whole handshake is rehearsed in memory,
            so that a server that refuses them is told from a client that never offered them.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if offer.alpn:
        context.set_alpn_protocols(list(offer.alpn))
    if offer.client_certificate is not None:
        try:
            load_pair(context, *offer.client_certificate)
        except ssl.SSLError as error:
            raise CannotSend(f"the client certificate of a probe cannot be used: {error}") from error
    if offer.lowest is not None or offer.highest is not None:
        _bound(context, offer)
    return context


def _bound(context: ssl.SSLContext, offer: Offer) -> None:
    lowest = offer.lowest or ("1.0" if offer.highest in _OLD else "1.2")
    highest = offer.highest or "1.3"
    if lowest > highest:
        raise CannotSend(f"a probe offers TLS {lowest} at least and {highest} at most")
    try:
        with _WARNINGS, warnings.catch_warnings():
            # Python warns of every use of an old version; here it is the question itself.
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version, context.maximum_version = _VERSIONS[lowest], _VERSIONS[highest]
        if lowest in _OLD:
            # Above level 0 OpenSSL does not offer what the old versions need (SHA-1), whatever the versions say.
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
    except (ValueError, ssl.SSLError) as error:
        raise CannotSend(f"this machine's OpenSSL cannot offer TLS {lowest} to {highest}: {error}") from error
    if highest in _OLD:
        rehearse(context, highest)


def facts_of(stream: ssl.SSLSocket) -> TlsFacts:
    """Return what has been seen so far, also of a handshake that failed."""
    alpn = stream.selected_alpn_protocol() if stream.version() else ""
    return TlsFacts(stream.version() or "", alpn or "", _presented(stream))


def _presented(stream: ssl.SSLSocket) -> tuple[bytes, ...]:
    public = getattr(stream, "get_unverified_chain", None)
    if public is not None:  # since Python 3.13
        return tuple(public())
    # Before, the only way to the certificates beyond the leaf leads through the object behind the socket.
    inner = getattr(stream, "_sslobj", None)
    chain = inner.get_unverified_chain() if inner is not None else None
    return tuple(ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in chain or ())
