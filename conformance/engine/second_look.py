"""Every probe once more after all cases: no flake is hidden."""

from dataclasses import replace

from conformance.engine.judgement import Judgement
from conformance.engine.rounds import Watch


def look_again(judgement: Judgement) -> Judgement:
    """Return the judgement with one more observation of each of its probes."""
    first = judgement.last
    if not any(first.attempts.values()):
        return judgement
    fresh = Watch(first.unit, first.sender, first.pool, first.names, first.clock, look_up=first.look_up)
    planned = [probe for probe in first.unit.probes if probe.case_id == judgement.case.id]
    fresh.round(planned)
    return replace(judgement, second_look={p.key: fresh.of(p)[-1] for p in planned})
