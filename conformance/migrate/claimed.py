"""Where it is asked whether a client may claim to be somebody else. Pure.

It says more of a controller than of an Ingress, so a few are asked; but some backend has to see the request.
"""

from collections.abc import Sequence

from conformance.migrate.annotations import known_annotations
from conformance.migrate.found import Found
from conformance.migrate.grouping import Group
from conformance.migrate.question import LeftOut

CLAIMED = ("X-Forwarded-For", "203.0.113.7")
"""A client that says it is somebody else (RFC 5737 keeps the address for documents)."""

GROUPS = 3
"""Of so many groups it is asked: what one serves another may not."""

UNSEEN = LeftOut(
    "claimed-address", "whether a client may claim another address: no backend saw such a request on both controllers"
)

_ELSEWHERE = frozenset({"redirect", "www", "rewrite"})
"""Families because of which no backend may get a request."""


def claimants(groups: Sequence[Group]) -> dict[int, int]:
    """Return the groups where it is asked, each with the Ingress whose path is: best one without redirect and guard."""
    ranked = sorted(
        min((_hidden(found), number, owner) for owner, found in enumerate(group.ingresses))
        for number, group in enumerate(groups)
    )
    return {number: owner for _, number, owner in ranked[:GROUPS]}


def _hidden(found: Found) -> bool:
    """Tell whether something may answer before a backend does."""
    known = known_annotations()
    names = {known.family(key) for key in found.annotations} & set(known.families)
    return any(known.families[name].guards or name in _ELSEWHERE for name in names)
