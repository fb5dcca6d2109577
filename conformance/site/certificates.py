"""The certificates that were presented for a case: each kind once, with a number that its probes refer to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.report.model import CaseRecord, CertificateRecord
from conformance.site.columns import Column

_DIGITS = re.compile(r"(?<=#)[\w-]{8,}|[0-9a-f]{16,}")
"""What a test authority or a controller's own certificate makes anew for each run."""

_ALONE = (".alone.test", ".test")


@dataclass(frozen=True)
class CertificateView:
    """Certificates that differ in nothing but what each run makes anew; ``leaves`` are those, with their runs."""

    number: int
    names: tuple[str, ...]
    secret: str
    issuer: str
    key: str
    chain: int
    leaves: tuple[tuple[Column, CertificateRecord], ...]


Kind = tuple[tuple[str, ...], str, str, str, int]


def certificates_of(having: Iterable[tuple[Column, CaseRecord]]) -> tuple[CertificateView, ...]:
    """Return the kinds of certificates that the probes of a case were shown, in the order they were seen."""
    kinds: dict[Kind, dict[tuple[str, CertificateRecord], Column]] = {}
    for column, case in having:
        for probe in case.probes:
            if probe.observed is not None and probe.observed.certificate is not None:
                shown = probe.observed.certificate
                kinds.setdefault(kind_of(shown), {})[column.slug, shown] = column
    return tuple(
        CertificateView(number, *kind, tuple((column, shown) for (_, shown), column in leaves.items()))
        for number, (kind, leaves) in enumerate(kinds.items(), start=1)
    )


def kind_of(shown: CertificateRecord) -> Kind:
    """Return what does not differ from run to run: no fingerprint, no dates."""
    names = tuple(_DIGITS.sub("…", name.replace(*_ALONE)).replace("….…", "…") for name in shown.names)
    return names, shown.secret, _DIGITS.sub("…", shown.issuer), shown.key, shown.chain
