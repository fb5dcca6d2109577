"""Certificates read: real ones say what they are, and nothing that a server makes up raises."""

import datetime as dt
import hashlib
import ssl

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from conformance.probes.certificates import LONGEST, NAMES_KEPT, TEXT_KEPT, UNREADABLE, certificate_facts

STARTS = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def der_of(leaf: trustme.LeafCert) -> bytes:
    return ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())


def made(key: Key, *names: str, subject: str = "foo") -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, STARTS, STARTS + dt.timedelta(days=9))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(map(x509.DNSName, names)), critical=False)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.DER)


GOOD = made(ec.generate_private_key(ec.SECP256R1()), "foo.test", "*.bar.test")


def test_a_certificate_says_what_it_is() -> None:
    facts = certificate_facts(GOOD)
    assert facts.readable
    assert facts.names == ("foo.test", "*.bar.test")
    assert (facts.subject, facts.issuer, facts.key) == ("CN=foo", "CN=foo", "ECDSA P-256")
    assert (facts.not_before, facts.not_after) == ("2026-01-02T03:04:05+00:00", "2026-01-11T03:04:05+00:00")
    assert facts.sha256 == hashlib.sha256(GOOD).hexdigest()


def test_addresses_are_names_too() -> None:
    assert certificate_facts(der_of(trustme.CA().issue_cert("foo.test", "10.0.0.1"))).names == ("foo.test", "10.0.0.1")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (rsa.generate_private_key(65537, 2048), "RSA 2048"),
        (ec.generate_private_key(ec.SECP384R1()), "ECDSA P-384"),
        (ed25519.Ed25519PrivateKey.generate(), "Ed25519"),
    ],
)
def test_keys_are_called_by_kind_and_size(key: Key, said: str) -> None:
    facts = certificate_facts(made(key))
    assert (facts.key, facts.names) == (said, ())


@given(st.binary(max_size=500))
def test_garbage_is_unreadable(data: bytes) -> None:
    facts = certificate_facts(data)
    assert (facts.issuer, facts.readable, facts.key) == (UNREADABLE, False, "")
    assert len(facts.sha256) == 64


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_a_certificate_with_a_wrong_byte_never_raises(at: int, byte: int) -> None:
    damaged = GOOD[:at] + bytes((byte,)) + GOOD[at + 1 :]
    assert isinstance(certificate_facts(damaged).key, str)


def test_of_a_large_certificate_little_is_kept_and_of_a_gigantic_one_nothing() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    large = certificate_facts(made(key, *("x" * 60 + f".y{number}.test" for number in range(500))))
    assert (len(large.names), large.readable) == (NAMES_KEPT, True)
    assert len(certificate_facts(made(key, "z." * 5000 + "test")).names[0]) == TEXT_KEPT
    gigantic = made(key, *("x" * 60 + f".y{number}.test" for number in range(2000)))
    assert len(gigantic) > LONGEST
    assert not certificate_facts(gigantic).readable
