"""From an Answer to its outcome: one word or code of a small set that can be compared between controllers.

The set: a backend's name (``a``, or ``NAMESPACE/a`` where it is not the expected namespace), ``status:404``,
``redirect:308:https://…``, ``reset``, ``refused``, ``timeout``, ``malformed``, ``tls-alert:NAME`` and ``stale`` (a
backend's answer to some other request).
"""

import json
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


def sighting(answer: Answer, *, home: str, suffix: str = "") -> Sighting:
    """Read an answer.

    ``home`` is the namespace whose backends are named without it; ``suffix`` is what made the hosts of the case
    unique, and is taken out of a Location so that outcomes of different runs can be compared.
    """
    if answer.trouble:
        return Sighting(answer.trouble)
    identity = (answer.header(BACKEND_HEADER) or "").split("/")
    if len(identity) == 3 and answer.status == 200:
        account = _account(answer)
        namespace, backend, pod = identity
        if account is not None and not _tells_of(account, answer.sent):
            return Sighting("stale")
        name = backend if namespace == home else f"{namespace}/{backend}"
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
