"""Which cases each mutant is tried with, at each depth. Pure: the same cases and the same matrix give the same plan."""

from collections.abc import Mapping, Sequence

from conformance.case.model import Case
from conformance.proof.expectation import CONTROLS, JUDGED, Expectation, tried_with
from conformance.proof.matrix import GROUND
from conformance.proof.model import Depth, KillMatrix

ENOUGH = 2
"""Kills of a mutant that the quick plan asks for."""

Plan = Mapping[str, tuple[str, ...]]
"""The ids of cases, by mutant."""


def plan_of(
    depth: Depth, expected: Mapping[str, Expectation], cases: Sequence[Case], published: KillMatrix | None
) -> Plan:
    """Return the plan; a quick one relies on the ``published`` matrix, and without it nothing is left out."""
    if depth == "every-case":
        judged = tuple(case.id for case in cases if case.level in JUDGED)
        return {
            name: judged + tuple(case.id for case in tried_with(one, cases) if case.level not in JUDGED)
            for name, one in expected.items()
        }
    whole = {name: tuple(case.id for case in tried_with(one, cases)) for name, one in expected.items()}
    return whole if depth == "statements" or published is None else _quick(whole, expected, cases, published)


def _quick(
    whole: Plan, expected: Mapping[str, Expectation], cases: Sequence[Case], published: KillMatrix
) -> dict[str, tuple[str, ...]]:
    """Return few cases for each mutant, so that every mutant and every case that can kill one has its turn."""
    present = {case.id: case for case in cases}
    passing = {row.name for row in published.mutants if row.passed}
    known = {row.name: [kill.case for kill in row.kills if kill.case in present] for row in published.mutants}
    chosen: dict[str, list[str]] = {name: [] for name in expected}
    for case in cases:
        telling = [name for name in expected if name in passing or case.id in GROUND]
        killers = [name for name in telling if case.id in known.get(name, ())]
        # What a mutant that spoils nearly all passes is a matter of chance: it counts where there is no other.
        steady = [name for name in killers if not expected[name].spoils_others]
        if killers:
            # Whoever has least to do, so that no trial is much longer than the others; and whoever kills most, as
            # another kill may have needed a neighbour that is not there now.
            least = min(steady or killers, key=lambda name: len(chosen[name]))
            for name in {least, max(steady or killers, key=lambda name: len(known[name]))}:
                chosen[name].append(case.id)
    for name, one in expected.items():
        if one.allowed or name not in known:
            chosen[name] += whole[name]
            continue
        cheap = sorted(known[name], key=lambda case_id: present[case_id].placement != "packed")
        further = [case_id for case_id in cheap if case_id not in chosen[name]]
        chosen[name] += further[: max(0, ENOUGH - len(chosen[name]))]
        if name in passing:
            # Its kills count only beside something that it passes.
            judged = (case_id for case_id in (*CONTROLS, *whole[name]) if present[case_id].level in JUDGED)
            chosen[name] += [case_id for case_id in judged if case_id not in known[name]][:1]
    return {name: tuple(dict.fromkeys(ids)) for name, ids in chosen.items()}
