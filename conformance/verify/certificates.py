"""Certificates that were presented, held against the Secrets of the case as they were written."""

import base64
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from conformance.report.model import CaseRecord
from conformance.verify.model import Findings, Problem

Held = tuple[str, tuple[str, ...]]
"""A Secret's name in the cluster, and the fingerprints of the certificates it holds, leaf first."""


def certificate_problems(case: CaseRecord) -> Findings:
    """Yield the probes whose certificate is not that of the Secret it is said to be of."""
    held = list(_held(case))
    for probe in case.probes:
        seen = probe.observed.certificate if probe.observed else None
        if seen is None:
            continue
        owners = [(name, prints) for name, prints in held if prints[0] == seen.sha256]
        place = f"{case.id}: {probe.id}"
        if seen.secret and not any(name.endswith(seen.secret.rpartition("/")[2]) for name, _ in owners):
            what = f"the Secret {seen.secret} does not hold the certificate that was presented"
            yield Problem(check="consistency", place=place, what=what)
        # After a step a Secret may hold another certificate, and the old one belongs to none.
        if not seen.secret and owners and probe.step == 0:
            what = f"the certificate is said to be of no Secret, and {owners[0][0]} holds it"
            yield Problem(check="consistency", place=place, what=what)
        if probe.step == 0 and probe.deciding and probe.deciding.certificate != seen.sha256:
            what = "the certificate is not the one that the deciding attempt was shown"
            yield Problem(check="consistency", place=place, what=what)


def _held(case: CaseRecord) -> Iterator[Held]:
    written = [part.manifest for part in case.objects]
    written += [manifest for step in case.steps for manifest in step.manifests]
    for manifest in written:
        data, meta = manifest.get("data"), manifest.get("metadata")
        if manifest.get("kind") != "Secret" or not isinstance(data, dict) or not isinstance(meta, dict):
            continue
        try:
            chain = x509.load_pem_x509_certificates(base64.b64decode(str(data.get("tls.crt", ""))))
        except ValueError:
            # Some cases write garbage into a Secret on purpose.
            continue
        yield str(meta.get("name")), tuple(one.fingerprint(hashes.SHA256()).hex() for one in chain)
