"""Every probe once more after all cases: no flake is hidden."""

from collections.abc import Sequence
from dataclasses import replace

from conformance.engine.judgement import Judgement, case_verdict, not_judged
from conformance.errors import ConformanceError
from conformance.judge.words import Verdict

Together = Sequence[Judgement]
"""Judgements of the same objects."""


def still_open(judgement: Judgement) -> bool:
    """Tell whether a further look may change the verdict: what failed on one look does not turn right by another."""
    return not judgement.second_look or case_verdict(judgement).verdict is Verdict.PASS


def together(judgements: Sequence[Judgement]) -> list[Together]:
    """Return the judgements in groups of those that rest on the same objects, which are looked at in one go."""
    groups: dict[int, list[Judgement]] = {}
    for judgement in judgements:
        groups.setdefault(id(judgement.last), []).append(judgement)
    return list(groups.values())


def look_again(some: Together) -> list[Judgement]:
    """Return the judgements with one more observation of each of their probes, between two looks at the markers."""
    first = some[0].last
    if not any(first.attempts.values()):
        return list(some)
    fresh = replace(first, attempts={}, marker_attempts=[])
    cases = {judgement.case.id for judgement in some}
    planned = [probe for probe in first.unit.probes if probe.case_id in cases]
    try:
        fresh.round(planned)
    except ConformanceError as failure:
        return [replace(one, override=not_judged(f"on the second look: {failure.message}")) for one in some]
    return [
        replace(one, second_look={p.key: fresh.of(p)[-1] for p in planned if p.case_id == one.case.id}) for one in some
    ]
