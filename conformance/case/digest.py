"""Digests of cases, so that reports can tell whether they speak of the same ones."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from conformance.case.model import Case

_PROSE: dict[str, Any] = {"title": True, "statements": True, "spec_url": True, "steps": {"__all__": {"title"}}}


def cases_digest(cases: Iterable[Case]) -> str:
    """Return ``sha256:…`` of what the cases say; their order, files and lines play no part."""
    written = [case.model_dump(mode="json", exclude_defaults=True) for case in sorted(cases, key=lambda case: case.id)]
    return _digest(written)


def asked_digest(case: Case) -> str:
    """Return ``sha256:…`` of what a case asks of a controller: all of it but titles, statements and the link."""
    return _digest(case.model_dump(mode="json", exclude_defaults=True, exclude=_PROSE))


def _digest(written: object) -> str:
    canonical = json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # Surrogates cannot come from a file, but from a program; they must not end in an error here.
    return f"sha256:{hashlib.sha256(canonical.encode('utf-8', 'surrogatepass')).hexdigest()}"
