"""Put the objects of cases on a cluster, under every host name that a report may have used for them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.case.load import load_cases
from conformance.case.model import NO_MATCH, RECORD, Case
from conformance.case.problems import did_you_mean, quoted
from conformance.clusters.local.shell.access import Access, Served
from conformance.clusters.local.shell.realms import both_realms, units_of
from conformance.clusters.local.shell.stepping import Stepping
from conformance.clusters.service_address import service_addresses
from conformance.errors import BadInput, ConformanceError
from conformance.plan.objects import MARKER_BACKEND
from conformance.plan.units import Unit
from conformance.probes.answer import ProbeLimits, WireProbe
from conformance.probes.outcome import Sighting, sighting
from conformance.probes.sender import Sender
from conformance.waiting import wait_until

LIVE_LIMIT = 60.0
_PROBE_LIMIT = 2.0


@dataclass(frozen=True)
class Hands:
    """What the shell can do with the controller: see whether it runs, and start it anew where it is the shell's own."""

    alive: Callable[[], bool] = lambda: True
    restart: Callable[[], object] | None = None


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
    cases: Sequence[Case], access: Access, served: Served, hands: Hands, say: Callable[[str], None], steps: int = 0
) -> list[str]:
    """Apply the objects of the cases and wait until they are live; then carry out their first ``steps`` steps.

    Returns what is not live, one line each. Objects that the API server refuses are said so in its own words and not
    waited for.
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
    say(f"waiting until {served.title} has loaded {'1 case' if len(cases) == 1 else f'{len(cases)} cases'}")

    def wait(waiting: Iterable[Unit], ending: str = "") -> None:
        for unit in _not_live(waiting, served, hands.alive):
            trouble.setdefault(unit.name, f"{unit.name}: not live{ending}: {served.title} does not answer for it")

    wait(unit for case_id, realms in units.items() if case_id not in trouble for unit in realms)
    stepping = Stepping(access.api(), hands.restart, say)
    for number in range(1, steps + 1):
        say(f"carrying out step {number}")
        for case_id, realms in units.items():
            if case_id in trouble or number > len(realms[0].steps):
                continue
            try:
                units[case_id] = stepping.carry_out(realms, number)
                wait(units[case_id], f" after step {number}")
            except ConformanceError as failure:
                trouble[case_id] = f"{case_id}: step {number}: {failure.message}"
    return list(trouble.values())


def _not_live(units: Iterable[Unit], served: Served, alive: Callable[[], bool]) -> list[Unit]:
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
