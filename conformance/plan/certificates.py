"""Certificates for the Secrets of cases, made anew for each run by a CA that nobody else knows.

A case says which names, which kind of key, and what is wrong on purpose; what a controller then presents is compared
with what was made here, so that the certificate is never taken on trust.
"""

import base64
import datetime as dt
import hashlib
import itertools
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import trustme
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from conformance.case.manifests import CertificateSpec
from conformance.case.model import Manifest

TLS_TYPE = "kubernetes.io/tls"
_GARBAGE = b"-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n"
_KEYS = {"ecdsa": trustme.KeyType.ECDSA, "rsa": trustme.KeyType.RSA}


@dataclass
class Mint:
    """Makes certificates, and remembers the fingerprint of each."""

    _minted: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ages: Iterator[int] = field(default_factory=itertools.count)

    @cached_property
    def _root(self) -> trustme.CA:
        return trustme.CA(organization_name="ingress-conformance")

    @cached_property
    def _intermediate(self) -> trustme.CA:
        return self._root.create_child_ca()

    @cached_property
    def _stranger(self) -> trustme.CA:
        return trustme.CA(organization_name="ingress-conformance stranger")

    @cached_property
    def _clients(self) -> dict[str, tuple[bytes, bytes]]:
        made = {}
        for name, authority in (("known", self._root), ("stranger", self._stranger)):
            leaf = authority.issue_cert(f"{name}@client.test", common_name=name)
            made[name] = (leaf.cert_chain_pems[0].bytes(), leaf.private_key_pem.bytes())
        return made

    def client(self, name: str) -> tuple[bytes, bytes]:
        """Return chain and key (PEM) of a client: ``known`` to the run's own authority, or a ``stranger``."""
        with self._lock:
            return self._clients[name]

    def authority(self, manifest: Manifest) -> Manifest:
        """Return a Secret with the authority that the case names in ``ca.crt``."""
        with self._lock:
            made = self._root if manifest["authority"] == "known" else self._stranger
            pem = made.cert_pem.bytes()
        kept = {key: value for key, value in manifest.items() if key != "authority"}
        return {**kept, "data": {**kept.get("data", {}), "ca.crt": base64.b64encode(pem).decode()}}

    @property
    def minted(self) -> Collection[str]:
        """The fingerprints of all leaves, those made later included: cases are planned before others have theirs."""
        return self._minted

    def secret(self, manifest: Manifest, names: tuple[str, ...]) -> tuple[Manifest, tuple[str, ...]]:
        """Return a Secret with its certificate filled in, and the fingerprints of the chain, leaf first.

        ``manifest`` holds the ``certificate`` of a case file in place of data; ``names`` are its names as unique hosts.
        A Secret that is broken on purpose holds no chain.
        """
        spec = CertificateSpec.model_validate(manifest["certificate"])
        with self._lock:
            chain, key = self._made(spec, names)
        data = {"tls.crt": chain, "tls.key": key}
        match spec.flaw:
            case "empty":
                data = {"tls.crt": b"", "tls.key": b""}
            case "garbage":
                data = {"tls.crt": _GARBAGE, "tls.key": b"no key"}
            case "mismatch":
                data["tls.key"] = self._made(spec, names)[1]
            case "no-key":
                data["tls.key"] = b""
        made = {key: value for key, value in manifest.items() if key != "certificate"}
        made.setdefault("type", TLS_TYPE)
        made["data"] = {name: base64.b64encode(value).decode() for name, value in data.items()}
        if spec.flaw:
            return made, ()
        prints = fingerprints(chain)
        with self._lock:
            self._minted.add(prints[0])
        return made, prints

    def _made(self, spec: CertificateSpec, names: tuple[str, ...]) -> tuple[bytes, bytes]:
        issuer = self._intermediate if spec.intermediate else self._root
        now = dt.datetime.now(dt.UTC)
        ends = now - dt.timedelta(days=1) if spec.expired else now + dt.timedelta(days=90)
        # A renewed certificate begins later than the one before it, and a controller may go by that.
        begins = now - dt.timedelta(days=2) + dt.timedelta(seconds=next(self._ages))
        leaf = issuer.issue_cert(*names, not_before=begins, not_after=ends, key_type=_KEYS[spec.key])
        chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
        return chain, leaf.private_key_pem.bytes()


def fingerprints(chain: bytes) -> tuple[str, ...]:
    """Return the SHA-256 fingerprint of each certificate in a PEM chain, in its order."""
    ending = b"-----END CERTIFICATE-----\n"
    blocks = [block + ending for block in chain.split(ending) if block.strip()]
    ders = [load_pem_x509_certificate(block).public_bytes(Encoding.DER) for block in blocks]
    return tuple(hashlib.sha256(der).hexdigest() for der in ders)
