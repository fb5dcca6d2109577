"""The steps of a case carried out for a person: the changes alone, under every host name of the case."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from conformance.clusters.api import Api
from conformance.clusters.local.shell.realms import in_one
from conformance.engine.stepping import change
from conformance.plan.units import Unit


@dataclass(frozen=True)
class Stepping:
    """Makes the changes of steps, and says what a run does besides.

    ``restart`` starts the controller anew, where it is the shell's own.
    """

    api: Api
    restart: Callable[[], object] | None
    say: Callable[[str], None]

    def carry_out(self, units: Sequence[Unit], number: int) -> tuple[Unit, ...]:
        """Carry out step ``number`` of a case, given by its units in all realms; returns these as they stand then.

        Raises:
            Refused: the API server refused a change.
            HarnessFailure: the pods of a backend did not become what was asked.
        """
        step = units[0].steps[number - 1]
        time.sleep(step.after)
        later = tuple(unit.after(unit.steps[number - 1]) for unit in units)
        objects = [in_one(manifests) for manifests in zip(*(unit.objects for unit in later), strict=True)]
        for action in step.actions:
            if action.kind == "restart" and self.restart is not None:
                self.restart()
            elif action.kind in {"restart", "unrelated"}:
                self.say(f"{units[0].name}: step {number}: left out here: {action.words}")
            else:
                change(self.api, action, objects, str(number))
        beside = later[0].beside
        assert beside is not None
        self.api.put(objects[beside])
        return later
