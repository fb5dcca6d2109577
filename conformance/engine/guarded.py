"""Odd but valid objects: between an Ingress that was there before and one that comes after, so that poison shows.

Several odd units are tried together first. Only if something is wrong, a bystander not served or a marker not live,
are they taken back. Where there are instances for all of them they are handed back, each to be judged on its own one;
else the controller is started anew, and each part tried again, down to the single culprit.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from conformance.clusters.api import Refused
from conformance.engine.crew import bystander
from conformance.engine.judgement import Judgement, not_judged
from conformance.engine.rounds import Watch
from conformance.engine.watching import wait_for_markers
from conformance.engine.wave import Wave, parts
from conformance.plan.units import Unit
from conformance.report.model import Finding


@dataclass
class GuardedWave(Wave):
    """A wave that believes no verdict until an older and a younger bystander have been seen served beside it.

    What spoils company is left in ``handed_back`` without a verdict if it ``hands_back``; only then is anything
    ``taken_on``. ``shaken`` tells what did not hold between two moments.

    That a bystander is not served says something of the odd objects only if the API server took it, and if everything
    held meanwhile. Else nothing is known of them: they are left without a verdict.
    """

    shaken: Callable[[float, float], str] = lambda _began, _ended: ""
    hands_back: bool = False
    handed_back: list[Unit] = field(default_factory=list)
    _elsewhere: set[str] = field(default_factory=set)
    _provisional: list[Judgement] = field(default_factory=list)
    _attempts: int = 0

    def judge(self, units: Sequence[Unit]) -> list[Judgement]:
        """Judge the units once the older bystander is there.

        Raises:
            Refused: the API server refused that one.
        """
        for refusal in self.crew.apply([self.bystander.unit]).values():
            raise refusal
        self._judge_units(units)
        return self.kept

    def _judge_units(self, units: Sequence[Unit], *company: Unit) -> None:
        older_lives = self._serves_bystander(self.crew.pace.start_limit())
        older_lives = older_lives or (not self.controller.alive and self._still_works())
        if older_lives:
            self.crew.pace.lived(self.bystander, self.controller)
        elif self._unfit:
            self._provisional = []
            self._give_up(units)
            for judgement in self._provisional:
                self._stand(judgement)
            return
        self._provisional = []
        dead = self._observe(units, company)
        crashed = not self.controller.alive
        if self.hands_back and len(units) > 1 and (dead or crashed):
            self._seek(units, (), crashed=crashed)
            return
        troubles, doubt = self._troubles(units) if older_lives else ((), "")
        crashed = not self.controller.alive
        if doubt and not crashed:
            self._leave_in_doubt(dead, doubt)
            return
        if not (dead or troubles or crashed):
            for judgement in self._provisional:
                self._stand(judgement)
            return
        self._seek(units, troubles, crashed=crashed)

    def _seek(self, units: Sequence[Unit], troubles: tuple[Finding, ...], *, crashed: bool) -> None:
        """Name a single culprit; of several units hand all back, or go on with each part."""
        if len(units) == 1:
            self._name_culprit(units[0], troubles, crashed=crashed)
        units = [unit for unit in units if not self._elsewhere.intersection(case.id for case in unit.cases)]
        self.crew.remove(units)
        if self.hands_back:
            self.handed_back += units
            return
        if crashed or troubles:
            self._restart()
        if len(units) > 1:
            for part in parts(units):
                self._judge_units(part)

    def _troubles(self, units: Sequence[Unit]) -> tuple[tuple[Finding, ...], str]:
        """Look whether an Ingress that comes now is loaded, and whether the one from before is still served.

        Returns what is wrong with them; or why it is not known, and then no finding.
        """
        began = time.monotonic()
        self._attempts += 1
        name = f"{self.controller.ingress_class}-after-{self._attempts}"
        younger = self.crew.watch(bystander(name, self.ground), self.controller)
        for refusal in self.crew.apply([younger.unit]).values():
            with suppress(Refused):  # It may be there all the same, and would be served before the next look.
                self.crew.remove([younger.unit])
            return (), f"the API server refused the Ingress that comes after the odd ones: {refusal.server_message}"
        found = tuple(self._unserved(younger, ", ".join(unit.name for unit in units)))
        self.crew.remove([younger.unit])
        gave_way = self.shaken(began, time.monotonic()) if found else ""
        return ((), f"{gave_way}; meanwhile {found[0].detail}") if gave_way else (found, "")

    def _unserved(self, younger: Watch, names: str) -> Iterator[Finding]:
        if not wait_for_markers(younger, self.crew.marker_limit(self.controller), self.working):
            yield Finding(kind="poison", detail=f"beside {names} a new, unrelated Ingress is not loaded")
        if not wait_for_markers(self.bystander, self.crew.limits.hopeless, self.working):
            yield Finding(kind="poison", detail=f"beside {names} an older, unrelated Ingress is no longer served")

    def _leave_in_doubt(self, dead: Sequence[Unit], why: str) -> None:
        for unit in dead:
            self._leave_out(unit, why, self._last_words.get(unit.name))
        for judgement in self._provisional:
            self._stand(replace(judgement, override=not_judged(why)))

    def _name_culprit(self, unit: Unit, troubles: tuple[Finding, ...], *, crashed: bool) -> None:
        if crashed or not self._provisional:
            self._provisional = []
            self._blame(unit, crashed=crashed)
        # Its objects are about to go.
        (culprit,) = self._provisional if crashed else self.look_again(self._provisional)
        self._stand(replace(culprit, findings=troubles))

    def _keep(self, judgement: Judgement) -> None:
        if self.hands_back and self.taken_on(judgement):
            self._elsewhere.add(judgement.case.id)
        else:
            self._provisional.append(judgement)
