"""A certificate read: what it says, as text. Nothing that a server presents makes it raise."""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

T = TypeVar("T")

NAMES_KEPT = 50
TEXT_KEPT = 256
LONGEST = 1 << 16
"""Bytes of the longest certificate that is read at all; real ones have one or two thousand."""
UNREADABLE = "unreadable"

_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_EDWARDS = {ed25519.Ed25519PublicKey: "Ed25519", ed448.Ed448PublicKey: "Ed448"}


@dataclass(frozen=True)
class CertificateFacts:
    """What a certificate says.

    ``sha256`` is the fingerprint of the whole (hexadecimal), there for any bytes. ``names`` are the DNS names and
    addresses it is for, ``subject`` and ``issuer`` names as RFC 4514 writes them, times ISO 8601 in UTC, ``key`` such
    as ``RSA 2048`` or ``ECDSA P-256``. What cannot be read is ``unreadable``, or empty where there is nothing to say.
    """

    names: tuple[str, ...] = ()
    issuer: str = UNREADABLE
    not_before: str = ""
    not_after: str = ""
    key: str = ""
    subject: str = UNREADABLE
    sha256: str = ""

    @property
    def readable(self) -> bool:
        """Whether it is a certificate at all."""
        return self.issuer != UNREADABLE


def certificate_facts(der: bytes) -> CertificateFacts:
    """Return what a certificate (DER) says, bounded in size; one that cannot be read says that it is unreadable."""
    fingerprint = hashlib.sha256(der).hexdigest()
    read = _or(None, lambda: x509.load_der_x509_certificate(der) if len(der) <= LONGEST else None)
    if read is None:
        return CertificateFacts(sha256=fingerprint)
    return CertificateFacts(
        names=_or((), lambda: _names(read)),
        issuer=_or(UNREADABLE, lambda: read.issuer.rfc4514_string()[:TEXT_KEPT]),
        not_before=_or(UNREADABLE, lambda: _written(read.not_valid_before_utc)),
        not_after=_or(UNREADABLE, lambda: _written(read.not_valid_after_utc)),
        key=_or(UNREADABLE, lambda: _key(read)),
        subject=_or(UNREADABLE, lambda: read.subject.rfc4514_string()[:TEXT_KEPT]),
        sha256=fingerprint,
    )


def _or(otherwise: T, read: Callable[[], T]) -> T:
    try:
        return read()
    except Exception:  # noqa: BLE001 - the parser raises whatever it likes over what a server made up
        return otherwise


def _written(moment: dt.datetime) -> str:
    return moment.isoformat()


def _names(read: x509.Certificate) -> tuple[str, ...]:
    try:
        names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value)[:TEXT_KEPT] for name in list(names)[:NAMES_KEPT])


def _key(read: x509.Certificate) -> str:
    key = read.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"ECDSA {_CURVES.get(key.curve.name, key.curve.name)}"
    return next((name for kind, name in _EDWARDS.items() if isinstance(key, kind)), type(key).__name__[:TEXT_KEPT])
