"""From an Answer to its outcome: one word or code of a small set that can be compared between controllers.

The set: a backend's name (``a``, or ``other/a`` in another namespace), ``status:404``,
``redirect:308:https://…``, ``reset``, ``refused``, ``timeout``, ``malformed``, ``tls-alert:NAME`` and ``stale`` (a
backend's answer to some other request).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.probes.answer import BACKEND_HEADER, PROBE_HEADER, Answer

REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Sighting:
    """What an answer shows: the outcome, and the backend's own account of the request where one answered."""

    outcome: str
    backend: str = ""
    namespace: str = ""
    pod: str = ""
    account: dict[str, Any] = field(default_factory=dict)

    @property
    def matched(self) -> bool:
        """Whether a backend answered."""
        return bool(self.backend)


def sighting(answer: Answer, *, names: Mapping[str, str], suffix: str = "") -> Sighting:
    """Read an answer.

    ``names`` maps the namespaces of the run to the names that cases use for them (the first one is ""); ``suffix`` is
    what made the hosts of the case unique. Both keep what differs from run to run out of the outcome.
    """
    if answer.trouble:
        return Sighting(answer.trouble)
    identity = (answer.header(BACKEND_HEADER) or "").split("/")
    if len(identity) == 3 and answer.status == 200:
        account = _account(answer)
        namespace, backend, pod = identity
        if account is not None and not _tells_of(account, answer.sent):
            return Sighting("stale")
        symbol = names.get(namespace, namespace)
        name = f"{symbol}/{backend}" if symbol else backend
        return Sighting(name, backend, namespace, pod, account or {})
    location = answer.header("Location")
    if answer.status in REDIRECTS and location is not None:
        return Sighting(f"redirect:{answer.status}:{location.replace(suffix, '') if suffix else location}"[:300])
    return Sighting(f"status:{answer.status}")


def _account(answer: Answer) -> dict[str, Any] | None:
    """Return the backend's JSON; ``None`` for an answer without a body (HEAD)."""
    if not answer.body:
        return None
    try:
        account = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return account if isinstance(account, dict) else {}


def _tells_of(account: dict[str, Any], sent: str) -> bool:
    """Tell whether the account is of this very request: the number in the probe header is in it."""
    headers = account.get("headers")
    if not isinstance(headers, list):
        return False
    wanted = PROBE_HEADER.lower()
    return any(
        isinstance(pair, list) and len(pair) == 2 and str(pair[0]).lower() == wanted and pair[1] == sent
        for pair in headers
    )
