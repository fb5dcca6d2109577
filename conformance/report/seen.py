"""What a probe saw, against what it expected, in a line."""

from conformance.judge.words import Reason
from conformance.report.model import CertificateRecord, ProbeRecord
from conformance.visible import visible

_NAMES = 3


def in_a_line(probe: ProbeRecord) -> str:
    """Return both; where the right backend answered and something else was wrong, also what that was."""
    outcome = probe.observed.outcome if probe.observed else "nothing"
    line = f"{probe.id}: expected {probe.expected.outcome}, saw {outcome}"
    if probe.observed and outcome == probe.expected.outcome and probe.detail:
        line += f": {probe.detail}"
        if probe.reason is Reason.WRONG_CERTIFICATE and probe.observed.certificate:
            line += f" ({_certificate(probe.observed.certificate)})"
    return visible(line, keep="")


def _certificate(shown: CertificateRecord) -> str:
    names = ", ".join(shown.names[:_NAMES]) or "no name"
    more = f" and {len(shown.names) - _NAMES} more" if len(shown.names) > _NAMES else ""
    return f"for {names}{more}, issued by {shown.issuer}, SHA-256 {shown.sha256[:16]}…"
