"""What is said of cases of which nothing was seen, because the suite itself was in trouble."""

from collections.abc import Sequence

from conformance.case.model import Case
from conformance.engine.crew import Crew
from conformance.engine.judgement import Judgement, not_judged
from conformance.plan.hosts import ALONE_REALM
from conformance.plan.single import unit_of


def unjudged(crew: Crew, cases: Sequence[Case], why: str) -> list[Judgement]:
    """Return a judgement of each case that says why there is none."""
    main = crew.stage.main
    ground, verdict = crew.ground(main, ALONE_REALM), not_judged(why)
    watches = [crew.watch(unit_of(case, ground), main) for case in cases]
    return [
        Judgement(case, watch, 0.0, alone=True, override=verdict) for case, watch in zip(cases, watches, strict=True)
    ]
