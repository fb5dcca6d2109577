"""Keys, certificates and tokens of one run: made afresh, kept in the run's own temporary files, mode 0600."""

import datetime as dt
import ipaddress
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance.clusters.local.addresses import API_ADDRESS

VALID = dt.timedelta(days=2)
_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True)
class Credentials:
    """Files for the control plane, and the token of the cluster's administrator."""

    folder: Path
    ca: Path
    server_certificate: Path
    server_key: Path
    service_account_key: Path
    token_file: Path
    admin_token: str


def write_private(path: Path, content: bytes | str) -> Path:
    """Write a file that only its owner can read, and return its path."""
    data = content.encode() if isinstance(content, str) else content
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    return path


def make_credentials(folder: Path) -> Credentials:
    """Make everything in ``folder``."""
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ingress-conformance cluster CA")])
    now = dt.datetime.now(dt.UTC)
    draft = x509.CertificateBuilder().not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + VALID)
    ca = (
        draft.subject_name(ca_name)
        .issuer_name(ca_name)
        .serial_number(x509.random_serial_number())
        .public_key(ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_SIGNS_CERTIFICATES, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(n) for n in ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")]
    ips = [x509.IPAddress(ipaddress.ip_address(a)) for a in (API_ADDRESS, "127.0.0.1", "10.96.0.1")]
    certificate = (
        draft.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kube-apiserver")]))
        .issuer_name(ca_name)
        .serial_number(x509.random_serial_number())
        .public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName([*names, *ips]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    admin = secrets.token_urlsafe(24)
    administrator = f'{admin},admin,admin,"system:masters"\n'
    return Credentials(
        folder=folder,
        ca=write_private(folder / "ca.crt", ca.public_bytes(serialization.Encoding.PEM)),
        server_certificate=write_private(
            folder / "apiserver.crt", certificate.public_bytes(serialization.Encoding.PEM)
        ),
        server_key=write_private(folder / "apiserver.key", _pem(key)),
        service_account_key=write_private(folder / "sa.key", _pem(ec.generate_private_key(ec.SECP256R1()))),
        token_file=write_private(folder / "tokens.csv", administrator),
        admin_token=admin,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
