"""Rounds of probes on one unit: markers, probes, markers again.

A probe that expects nothing to match proves something only while the objects under test are loaded. So an attempt
counts only when the markers of every object, at their current revision, answered both before and after it.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from conformance.case.model import HAS_ADDRESS, NO_ADDRESS, Manifest
from conformance.engine.arrivals import Arrivals
from conformance.engine.several import several, worst_of
from conformance.judge.probes import Attempt, as_expected, settled
from conformance.plan.objects import MARKER_BACKEND
from conformance.plan.units import PlannedProbe, Unit
from conformance.probes.answer import Answer, WireProbe
from conformance.probes.outcome import Sighting, one_for_all, sent_to_https, sightings
from conformance.probes.sender import Sender

NO_ALIASES: Mapping[str, str] = {}

FRESH = 0.1
"""Seconds for which a look at the markers, once they all answered, is also the look before what is asked next."""


@dataclass
class Watch:
    """What has been seen of one unit so far."""

    unit: Unit
    sender: Sender
    pool: Executor
    names: Mapping[str, str]
    clock: Callable[[], float] = time.monotonic
    attempts: dict[tuple[str, str], list[Attempt]] = field(default_factory=dict)
    marker_attempts: list[Attempt] = field(default_factory=list)
    live_after: float | None = None
    addressed_at: float | None = None
    look_up: Callable[[Manifest], Manifest | None] = lambda _: None
    arrivals: Arrivals = lambda _wanted, _number: {}
    _answered: tuple[Unit, float] | None = None

    def markers_answer(self) -> bool:
        """Send each marker once; tell whether all of them, at the current revision, reached the marker backend.

        A controller may send every client of an Ingress with TLS to https: there the marker is asked then. A unit
        without markers is live once one of its positive probes reaches its backend.
        """
        markers = self.unit.markers()
        if not markers:
            return any(self._positive_answers(planned) for planned in self.unit.probes)
        unit, seen = self.unit, [self._marker(marker) for marker in markers]
        self.marker_attempts += seen
        all_answer = all(attempt.seen.backend == MARKER_BACKEND for attempt in seen)
        self._answered = (unit, self.clock()) if all_answer else None
        return all_answer

    def round(self, only: Iterable[PlannedProbe] | None = None) -> None:
        """Observe the probes once (all of the unit, or ``only`` those), between two looks at the markers."""
        probes = list(self.unit.probes if only is None else only)
        before = self._just_answered() or self._marked()
        fresh = list(self.pool.map(self.observe, probes))
        live = before and self._marked()
        if live and not self.unit.marked:
            live = any(
                as_expected(planned.probe, attempt, planned.ending, planned.facts)
                for planned, attempt in zip(probes, fresh, strict=True)
                if planned.positive
            )
        for planned, attempt in zip(probes, fresh, strict=True):
            counted = live or (not self.unit.marked and attempt.seen.matched)
            kept = replace(attempt, counted=counted, revision=self.unit.revision)
            self.attempts.setdefault(planned.key, []).append(kept)

    def open_probes(self) -> list[PlannedProbe]:
        """Return the probes that have not yet shown the expected answer often enough."""
        return [p for p in self.unit.probes if not settled(p.probe, self.of(p), p.ending, p.facts)]

    def of(self, planned: PlannedProbe) -> list[Attempt]:
        """Return the attempts of one probe, oldest first."""
        return self.attempts.get(planned.key, [])

    def neighbour_addressed_at(self) -> float | None:
        """Return when the Ingress beside was first seen with an address in its status; ``None`` until it has one."""
        beside = None if self.unit.beside is None else self.unit.objects[self.unit.beside]
        if self.addressed_at is None and beside and self._status(beside).seen.outcome == HAS_ADDRESS:
            self.addressed_at = self.clock()
        return self.addressed_at

    def _just_answered(self) -> bool:
        """Whether a look that began no earlier than needed has seen the markers of this very revision."""
        if self._answered is None:
            return False
        unit, at = self._answered
        return unit is self.unit and self.clock() - at < FRESH

    def _marked(self) -> bool:
        return not self.unit.marked or self.markers_answer()

    def _marker(self, wire: WireProbe) -> Attempt:
        attempt = self._attempt(wire, "")
        if sent_to_https(attempt.seen.outcome, wire.host):
            return self._attempt(replace(wire, scheme="https", sni=wire.host), "")
        return attempt

    def _positive_answers(self, planned: PlannedProbe) -> bool:
        if not planned.positive:
            return False
        attempt = self.observe(planned)
        self.marker_attempts.append(attempt)
        return as_expected(planned.probe, attempt, planned.ending, planned.facts)

    def observe(self, planned: PlannedProbe) -> Attempt:
        """Observe a probe once: one request, several that should be answered alike, or a look at a status."""
        if planned.status_of is not None:
            return self._status(planned.status_of)
        if planned.probe.rest:
            time.sleep(planned.probe.rest)
        if planned.probe.times == 1:
            seen = self._one_connection(planned)
            wanted = planned.probe.expect.arrived
            return replace(seen, arrived=self.arrivals(wanted, seen.answer.sent)) if wanted else seen
        return several(planned, lambda wire: self._attempt(wire, planned.ending, planned.aliases))

    def _status(self, ingress: Manifest) -> Attempt:
        at = self.clock()
        found = self.look_up(ingress) or {}
        entries = ((found.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
        given = any(entry.get("ip") or entry.get("hostname") for entry in entries)
        answer = Answer(sent="", seconds=self.clock() - at, detail=json.dumps(entries)[:300])
        return Attempt(at, answer, Sighting(HAS_ADDRESS if given else NO_ADDRESS), counted=False)

    def _one_connection(self, planned: PlannedProbe) -> Attempt:
        whole = self._attempt(planned.wire, planned.ending, planned.aliases)
        answers = (*whole.answer.earlier, whole.answer)
        if len(answers) == 1:
            return whole
        each = [self._read(whole.at, answer, planned.ending, planned.aliases) for answer in answers]
        return worst_of(planned, whole, each)

    def _attempt(self, wire: WireProbe, ending: str, aliases: Mapping[str, str] = NO_ALIASES) -> Attempt:
        at = self.clock()
        return self._read(at, self.sender.send(wire), ending, aliases)

    def _read(self, at: float, answer: Answer, ending: str, aliases: Mapping[str, str]) -> Attempt:
        each = [_known(seen, aliases) for seen in sightings(answer, names=self.names, suffix=ending)]
        tally = Counter(seen.outcome for seen in each) if len(each) > 1 else Counter[str]()
        return Attempt(at, answer, one_for_all(each), counted=False, revision=self.unit.revision, tally=tally)


def _known(seen: Sighting, aliases: Mapping[str, str]) -> Sighting:
    """Return what was seen with the name that the case has for a backend of its own."""
    known = aliases.get(seen.backend)
    return replace(seen, outcome=seen.outcome.replace(seen.backend, known), backend=known) if known else seen
