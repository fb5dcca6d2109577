"""A certificate read: what it says, as text. Nothing that a server presents makes it raise."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

NAMES_KEPT = 50
TEXT_KEPT = 256
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class CertificateFacts:
    """What a certificate says; times in ISO 8601, UTC, ``key`` such as ``RSA 2048`` or ``ECDSA secp256r1``."""

    names: tuple[str, ...] = ()
    issuer: str = UNREADABLE
    not_before: str = ""
    not_after: str = ""
    key: str = ""


def certificate_facts(der: bytes) -> CertificateFacts:
    """Return what a certificate (DER) says, bounded in size; one that cannot be read says that it is unreadable."""
    try:
        read = x509.load_der_x509_certificate(der)
        return CertificateFacts(
            names=_names(read),
            issuer=read.issuer.rfc4514_string()[:TEXT_KEPT],
            not_before=read.not_valid_before_utc.isoformat(),
            not_after=read.not_valid_after_utc.isoformat(),
            key=_key(read),
        )
    except Exception:  # noqa: BLE001 - the parser raises whatever it likes over what a server made up
        return CertificateFacts()


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
        return f"ECDSA {key.curve.name}"
    return type(key).__name__
