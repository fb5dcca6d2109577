"""The certificates of a run's Secrets."""

import base64

from cryptography.x509 import load_pem_x509_certificate

from conformance.plan.certificates import Mint


def test_a_certificate_that_is_made_later_begins_later() -> None:
    mint = Mint()
    wanted = {"kind": "Secret", "metadata": {"name": "one"}, "certificate": {"names": ["foo.com"]}}
    chains = [base64.b64decode(mint.secret(wanted, ("foo.test",))[0]["data"]["tls.crt"]) for _ in range(3)]
    first, second, third = (load_pem_x509_certificate(chain).not_valid_before_utc for chain in chains)
    assert first < second < third
