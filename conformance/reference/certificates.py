"""Certificates as OpenSSL wants them: contexts made from PEM, and the self-signed one for everybody else."""

import datetime as dt
import functools
import ssl
import tempfile
from collections.abc import Callable

from conformance.reference.behaviour import Behaviour
from conformance.reference.model import KeyPair, Snapshot


def self_signed(name: str, *, hosts: tuple[str, ...] = ()) -> KeyPair:
    """Return a new self-signed pair with that common name and those DNS names."""
    # Imported where it is used: the matching and the mutants' list need no cryptography, and start faster.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=365))
    )
    if hosts:
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    return KeyPair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def _bare(versions: tuple[ssl.TLSVersion, ssl.TLSVersion]) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version, made.maximum_version = versions
    made.set_alpn_protocols(["h2", "http/1.1"])
    return made


@functools.lru_cache(maxsize=1024)
def context(pair: KeyPair, versions: tuple[ssl.TLSVersion, ssl.TLSVersion]) -> ssl.SSLContext | None:
    """Return a server context that presents the pair, or None if the pair is broken."""
    made = _bare(versions)
    with tempfile.NamedTemporaryFile() as file:
        file.write(pair.certificate + b"\n" + pair.key)
        file.flush()
        try:
            # Without the password an encrypted key would make OpenSSL ask for one on the terminal.
            made.load_cert_chain(file.name, password="")
        except (ssl.SSLError, ValueError):
            return None
    return made


def server_context(behaviour: Behaviour, current: Callable[[], Snapshot]) -> ssl.SSLContext:
    """Return the listener's context: it presents the default certificate unless the asked name has one of its own.

    The default one is made when it is first asked for: most instances of a run never are.
    """
    listening = _bare(behaviour.tls_versions)

    @functools.cache
    def default() -> ssl.SSLContext | None:
        own = self_signed(behaviour.default_certificate_name, hosts=behaviour.default_certificate_hosts)
        return context(own, behaviour.tls_versions)

    def choose(connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        pair = behaviour.certificate(current().certificates, name)
        chosen = (context(pair, behaviour.tls_versions) if pair else None) or default()
        if chosen:
            connection.context = chosen

    listening.sni_callback = choose
    return listening
