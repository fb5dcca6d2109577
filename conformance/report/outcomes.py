"""Outcomes, as they stand in reports, read back. Pure."""

import re

_NO_BACKENDS = frozenset({"reset", "refused", "timeout", "malformed", "stale", "address", "accepted"})


def backend_named(outcome: str) -> str:
    """Return the backend that an outcome names; only that of another outcome than a name is lost in a report."""
    return outcome if re.fullmatch(r"([a-z0-9-]+/)?[a-z0-9-]+", outcome) and outcome not in _NO_BACKENDS else ""
