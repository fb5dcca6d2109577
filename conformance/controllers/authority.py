"""Makes a certificate authority for one instance: ``python -m conformance.controllers.authority FOLDER``.

The files are named as Istio's plugged-in CA wants them: ca-cert.pem, ca-key.pem, root-cert.pem, cert-chain.pem
(https://istio.io/latest/docs/tasks/security/cert-management/plugin-ca-cert/). An authority that is there stays.
"""

import datetime as dt
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance.clusters.local.credentials import write_private

VALID = dt.timedelta(days=2)


def make_authority(folder: Path) -> None:
    """Write key and self-signed certificate of an authority into ``folder``, which is made if need be."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / "ca-key.pem").exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ingress-conformance controller CA")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .serial_number(x509.random_serial_number())
        .public_key(key.public_key())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    ).public_bytes(serialization.Encoding.PEM)
    for file in ("ca-cert.pem", "root-cert.pem", "cert-chain.pem"):
        write_private(folder / file, certificate)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    # Last, because it says that all of it is there.
    write_private(folder / "ca-key.pem", private)


if __name__ == "__main__":
    make_authority(Path(sys.argv[1]))
