"""Put the objects of cases on a cluster, under every host name that a report may have used for them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.case.load import load_cases
from conformance.case.model import NO_MATCH, RECORD, Case, Manifest
from conformance.case.problems import did_you_mean, quoted
from conformance.clusters.local.shell.access import Access, Served
from conformance.clusters.service_address import service_addresses
from conformance.errors import BadInput
from conformance.plan.hosts import ALONE_REALM, REALM
from conformance.plan.instance import Ground
from conformance.plan.objects import MARKER_BACKEND
from conformance.plan.single import unit_of
from conformance.plan.units import Unit
from conformance.probes.answer import ProbeLimits, WireProbe
from conformance.probes.outcome import Sighting, sighting
from conformance.probes.sender import Sender
from conformance.waiting import wait_until

LIVE_LIMIT = 60.0
_PROBE_LIMIT = 2.0
_ONLY_ALONE = {"alone", "odd"}


def named_cases(ids: Iterable[str], paths: Sequence[Path]) -> tuple[Case, ...]:
    """Return the cases of these ids, from case files of the user's if any are given.

    Raises:
        BadInput: there is no such case, or a case file is wrong.
    """
    known = {case.id: case for case in load_cases(paths or None)}
    for case_id in ids:
        if case_id not in known:
            hint = did_you_mean(case_id, known, otherwise="see: ingress-conformance cases list")
            raise BadInput(f"there is no case {quoted(case_id)}", hint=hint)
    return tuple(known[case_id] for case_id in dict.fromkeys(ids))


def lay_out(
    cases: Sequence[Case], access: Access, served: Served, alive: Callable[[], bool], say: Callable[[str], None]
) -> list[str]:
    """Apply the objects of the cases and wait until they are live; returns what is not, one line each.

    Objects that the API server refuses are said so in its own words and not waited for.
    """
    if not cases:
        return []
    ground = served.ground(service_addresses(access.api(), served.namespaces[""]))
    units = {case.id: units_of(case, ground) for case in cases}
    pairs = [(case_id, manifest) for case_id, realms in units.items() for manifest in both_realms(realms)]
    refusals = access.api().apply_all([manifest for _, manifest in pairs])
    trouble = {
        case_id: f"{case_id}: refused: {refusal.server_message}"
        for (case_id, _), refusal in zip(pairs, refusals, strict=True)
        if refusal is not None
    }
    waiting = [unit for case_id, realms in units.items() if case_id not in trouble for unit in realms]
    say(f"waiting until {served.title} has loaded {'1 case' if len(cases) == 1 else f'{len(cases)} cases'}")
    for unit in _not_live(waiting, served, alive):
        trouble.setdefault(unit.name, f"{unit.name}: not live: {served.title} does not answer for it")
    return list(trouble.values())


def units_of(case: Case, ground: Ground) -> tuple[Unit, ...]:
    """Return the case's unit in each realm in which a run judges it."""
    realms = (ALONE_REALM,) if case.placement in _ONLY_ALONE else (REALM, ALONE_REALM)
    return tuple(unit_of(case, replace(ground, realm=realm)) for realm in realms)


def both_realms(units: Sequence[Unit]) -> list[Manifest]:
    """Return the objects of one case's units as one set: each Ingress holds the rules of all realms.

    The realms only differ in host names; the objects of both have the same names and cannot stand side by side. Of a
    case with steps it is what stands before the first; its own backends come first.
    """
    merged: list[Manifest] = list(units[0].backends)
    for first, *others in zip(*(unit.standing for unit in units), strict=True):
        spec = dict(first.get("spec") or {})
        if first["kind"] == "Ingress":
            for part in ("rules", "tls"):
                entries = _distinct(entry for one in (first, *others) for entry in one["spec"].get(part) or [])
                if entries:
                    spec[part] = entries
        merged.append({**first, "spec": spec} if spec else first)
    return merged


def _distinct(entries: Iterable[Any]) -> list[Any]:
    """Rules without a host, and TLS entries without hosts, are the same in every realm."""
    kept: list[Any] = []
    for entry in entries:
        if entry not in kept:
            kept.append(entry)
    return kept


def _not_live(units: Sequence[Unit], served: Served, alive: Callable[[], bool]) -> list[Unit]:
    sender = Sender(served.endpoint, ProbeLimits(_PROBE_LIMIT))
    names = {real: symbolic for symbolic, real in served.namespaces.items()}
    left = list(units)

    def all_live() -> bool:
        left[:] = [unit for unit in left if not _live(unit, sender, names)]
        return not left or not alive()

    wait_until(all_live, LIVE_LIMIT)
    return left


def _live(unit: Unit, sender: Sender, names: dict[str, str]) -> bool:
    """Whether every marker of the unit answers; where it has none, whether a probe reaches its backend."""

    def seen(wire: WireProbe, ending: str = "") -> Sighting:
        return sighting(sender.send(wire), names=names, suffix=ending)

    markers = unit.markers()
    if markers:
        # In whichever namespace the marked object, and so its marker, is.
        return all(seen(marker).backend == MARKER_BACKEND for marker in markers)
    wanted = [planned for planned in unit.probes if planned.probe.expect.outcome not in {NO_MATCH, RECORD}]
    return any(seen(planned.wire, planned.ending).outcome == planned.probe.expect.outcome for planned in wanted)
