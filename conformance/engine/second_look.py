"""Every probe once more after all cases: no flake is hidden."""

from dataclasses import replace

from conformance.engine.judgement import Judgement, not_judged
from conformance.errors import ConformanceError


def look_again(judgement: Judgement) -> Judgement:
    """Return the judgement with one more observation of each of its probes."""
    first = judgement.last
    if not any(first.attempts.values()):
        return judgement
    fresh = replace(first, attempts={}, marker_attempts=[])
    planned = [probe for probe in first.unit.probes if probe.case_id == judgement.case.id]
    try:
        fresh.round(planned)
    except ConformanceError as failure:
        return replace(judgement, override=not_judged(f"on the second look: {failure.message}"))
    return replace(judgement, second_look={p.key: fresh.of(p)[-1] for p in planned})
