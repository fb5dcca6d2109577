"""Every probe once more after all cases: no flake is hidden."""

from dataclasses import replace

from conformance.engine.record import Judgement
from conformance.engine.rounds import Watch


def look_again(judgement: Judgement) -> Judgement:
    """Return the judgement with one more observation of each of its probes."""
    first = judgement.watch
    if not any(first.attempts.values()):
        return judgement
    fresh = Watch(first.unit, first.sender, first.pool, first.names, first.clock)
    planned = judgement.planned()
    fresh.round(planned)
    return replace(judgement, second_look={p.key: fresh.of(p)[-1] for p in planned})
