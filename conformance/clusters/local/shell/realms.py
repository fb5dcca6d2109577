"""The objects of a case under every host name that a report may have used for it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from conformance.case.model import Case, Manifest
from conformance.plan.hosts import ALONE_REALM, REALM
from conformance.plan.instance import Ground
from conformance.plan.single import unit_of
from conformance.plan.units import Unit

_ONLY_ALONE = {"alone", "odd"}


def units_of(case: Case, ground: Ground) -> tuple[Unit, ...]:
    """Return the case's unit in each realm in which a run judges it."""
    realms = (ALONE_REALM,) if case.placement in _ONLY_ALONE else (REALM, ALONE_REALM)
    return tuple(unit_of(case, replace(ground, realm=realm)) for realm in realms)


def both_realms(units: Sequence[Unit]) -> list[Manifest]:
    """Return the objects of one case's units as one set, its own backends first; what a step makes is not there yet."""
    return [*units[0].backends, *(in_one(same) for same in zip(*(unit.standing for unit in units), strict=True))]


def in_one(same: Sequence[Manifest]) -> Manifest:
    """Return one object for those of all realms: an Ingress holds the rules of each.

    The realms only differ in host names; the objects of both have the same names and cannot stand side by side. Of a
    Secret it is the last that stands: what failed was judged in that realm.
    """
    if same[0].get("kind") == "Secret":
        return same[-1]
    first = same[0]
    spec = dict(first.get("spec") or {})
    if first.get("kind") == "Ingress":
        for part in ("rules", "tls"):
            entries = _distinct(entry for one in same for entry in one["spec"].get(part) or [])
            if entries:
                spec[part] = entries
    return {**first, "spec": spec} if spec else first


def _distinct(entries: Iterable[Any]) -> list[Any]:
    """Rules without a host, and TLS entries without hosts, are the same in every realm."""
    kept: list[Any] = []
    for entry in entries:
        if entry not in kept:
            kept.append(entry)
    return kept
