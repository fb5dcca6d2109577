"""Questions to one controller: the engine with batches in place of packs, and the marker written last."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from conformance.case.model import Case, Manifest
from conformance.engine.crew import Crew, Placed
from conformance.engine.groups import GROUP
from conformance.engine.judgement import Judgement, case_verdict
from conformance.engine.limits import Limits
from conformance.engine.run import Engine
from conformance.engine.watching import wait_for_markers
from conformance.engine.wave import Wave
from conformance.errors import ConformanceError, HarnessFailure
from conformance.judge.probes import CONSECUTIVE, Attempt
from conformance.judge.words import Verdict
from conformance.migrate.batches import CASES_PER_BATCH, batches, narrowed
from conformance.migrate.contested import contested
from conformance.plan.units import Unit
from conformance.waiting import wait_until

WAVE = 5 * CASES_PER_BATCH
"""Cases that are applied and watched at a time; their objects stay until the end, as they do with their owner."""

SECONDS_PER_OBJECT = 0.5
"""What a slow controller may take to load one object: those that write a status for each do a few a second."""

ENDPOINTS_LIMIT = 60.0

LOADS = 6
"""How often what is contested is loaded anew: of two equal chances, both come up in 63 of 64 times."""

PASSING = frozenset({"timeout", "reset", "refused", "malformed", "stale", "status:502", "status:503", "status:504"})
"""What a moment of too much work may bring about: such answers are asked for twice."""


def limits_for(objects: int) -> Limits:
    """Return limits that leave room for so many objects: some controllers load them at a few a second."""
    room = objects * SECONDS_PER_OBJECT
    return Limits(marker=Limits.marker + room, patience=Limits.patience + room)


class Ordered(Crew):
    """Applies what Ingresses name before them, and waits for it: no answer tells of an endpoint not yet heard of."""

    def turns(self, units: Sequence[Unit]) -> Iterator[Sequence[Placed]]:
        """See :class:`Crew`."""
        first, last = super().turns(units)
        named = [(unit, manifest) for unit, manifest in first if manifest["kind"] != "Ingress"]
        yield named
        self._await_endpoints([manifest for _, manifest in named])
        yield [(unit, manifest) for unit, manifest in first if manifest["kind"] == "Ingress"]
        yield last

    def _await_endpoints(self, manifests: Sequence[Manifest]) -> None:
        """Wait until the Services have endpoints; a controller that hears of them late would answer 503 meanwhile."""
        wanted = {
            (manifest["metadata"]["namespace"], manifest["metadata"]["name"])
            for manifest in manifests
            if manifest["kind"] == "Service"
        }
        if not wanted:
            return

        def ready() -> bool:
            slices = [one for space in self.stage.namespaces.values() for one in self._slices(space)]
            return wanted <= {
                (one["metadata"]["namespace"], one["metadata"].get("labels", {}).get("kubernetes.io/service-name"))
                for one in slices
                if any((endpoint.get("conditions") or {}).get("ready") for endpoint in one.get("endpoints") or [])
            }

        if not wait_until(ready, ENDPOINTS_LIMIT, longest_pause=0.5):
            raise HarnessFailure(f"the stand-ins had no endpoints within {ENDPOINTS_LIMIT:.0f} s")

    def _slices(self, namespace: str) -> Sequence[Manifest]:
        return self.stage.api.list_kind("EndpointSlice", namespace)


class Survey(Engine):
    """Records the answers to the probes of all cases; those that catch every host are apart from the others."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.crew = Ordered(self.stage, self.limits)

    def _judge(self, cases: Sequence[Case]) -> None:
        alone = [case for case in cases if case.placement == "alone"]
        shared = [case for case in cases if case.placement != "alone"]
        judgements: list[Judgement] = []
        main = Wave(self.crew, self.stage.main, lambda _: None)
        ground = main.ground
        units = tuple(batches(shared, ground))
        for start in range(0, len(units), WAVE // CASES_PER_BATCH):
            part = units[start : start + WAVE // CASES_PER_BATCH]
            of_part = [case for unit in part for case in unit.cases]
            wave = Wave(self.crew, self.stage.main, lambda _: None)
            judgements += self._safely(lambda _, wave=wave, part=part: wave.judge(part), of_part)  # type: ignore[misc]
            self.restarts += wave.restarts
            self.emit({"event": "progress", "text": f"asked about {len(judgements)} of {len(shared)} groups"})
        self.first_route = main.bystander.live_after
        # What answered 404 may only not have been loaded yet, though the controller had heard of it.
        self.crew.stop.wait(min(self.limits.convergence, max(self.limits.presence, 2 * self.crew.pace.slowest_live)))
        own = [narrowed(judgement, ground) for judgement in judgements]
        varied = self._loaded_anew(own)
        for judgement in varied.values():
            self.announcer.final(judgement)
        looked = self._looked_at([judgement for judgement in own if judgement.case.id not in varied])
        doubtful = [judgement.case for judgement in looked if _doubtful(judgement)]
        for judgement in looked:
            if judgement.case not in doubtful:
                self.announcer.final(judgement)
        self._ask_again(doubtful)
        for case in alone:
            # Its second look, and its verdict, come while it has the instance for itself.
            self._safely(self._apart, [case])

    def _loaded_anew(self, judgements: Sequence[Judgement]) -> dict[str, Judgement]:
        """Have what is contested loaded a few times more; return, by case, what was answered another way then."""
        suspects = [judgement for judgement in judgements if contested(judgement.case)]
        batch_names = {judgement.last.unit.name for judgement in suspects}
        # All that share a batch share its marker, and with it the revision.
        sharing = [judgement for judgement in judgements if judgement.last.unit.name in batch_names]
        varied: dict[str, Judgement] = {}
        for _ in range(LOADS if suspects else 0):
            for judgement in sharing:
                judgement.last.unit = judgement.last.unit.next_revision()
            with suppress(ConformanceError):  # The look itself will say it.
                for unit in {judgement.last.unit.name: judgement.last.unit for judgement in sharing}.values():
                    self.crew.apply_revision(unit)
                limit = self.crew.marker_limit(self.stage.main)
                for judgement in suspects:
                    wait_for_markers(judgement.last, limit, self.crew.working(self.stage.main))
            for looked in self._looked_at(suspects):
                changed = _changed(looked)
                if changed:
                    earlier = varied.get(looked.case.id, looked).second_look
                    varied[looked.case.id] = replace(looked, second_look={**earlier, **changed})
        return varied

    def _ask_again(self, cases: Sequence[Case]) -> None:
        """Ask once more about those whose answers changed, or may have been the fault of a moment."""
        for start in range(0, len(cases), GROUP):
            kept = self._safely(self._apart, cases[start : start + GROUP])
            self._second_look([judgement for judgement in kept if not self.announcer.knows(judgement.case)])


def _changed(judgement: Judgement) -> dict[tuple[str, str], Attempt]:
    """Return the looks that another backend, or another error, answered: a passing trouble says nothing of the load."""
    if judgement.override is not None:
        return {}
    changed = {}
    for planned, attempts in judgement.observed():
        again = judgement.second_look.get(planned.key)
        before = [attempt.seen.outcome for attempt in attempts if attempt.counted][-1:]
        if again and again.counted and before and again.seen.outcome not in {*before, *PASSING}:
            changed[planned.key] = again
    return changed


def _doubtful(judgement: Judgement) -> bool:
    if case_verdict(judgement).verdict is not Verdict.PASS:
        return False
    for planned, attempts in judgement.observed():
        counted = [attempt.seen.outcome for attempt in attempts if attempt.counted][-CONSECUTIVE:]
        again = judgement.second_look.get(planned.key)
        outcomes = {*counted, *([again.seen.outcome] if again else [])}
        if len(outcomes) > 1 or outcomes & PASSING:
            return True
    return False
