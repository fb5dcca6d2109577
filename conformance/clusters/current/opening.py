"""What is decided about a run on the user's own cluster before it begins."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from conformance.case.model import Case
from conformance.clusters.current.observable import not_observable, to_observe
from conformance.clusters.current.settings import Settings
from conformance.clusters.current.stage import CurrentStage
from conformance.controllers.origins import Origin
from conformance.controllers.profile import Profile

Say = Callable[[str], None]


@dataclass(frozen=True)
class CurrentOpening:
    """The user's own cluster, and the controller that runs there; a plain Ingress must be served within a limit."""

    controller: Profile
    settings: Settings
    served_limit: float
    began: float

    def origins(self) -> tuple[Origin, ...]:
        """Return nothing: somebody else has installed it."""
        return ()

    def skipped(self, cases: Sequence[Case]) -> dict[str, str]:
        """Return the cases that cannot be observed there, and why."""
        https = self.settings.https_port is not None
        return not_observable(cases, exclusive=self.settings.exclusive, https=https)

    def open(self, wanted: Callable[[], Sequence[Case]], say: Say, warn: Say, stop: threading.Event) -> CurrentStage:
        """Return the stage, ready for the cases that are not skipped.

        Raises:
            BadInput: there is no case to judge.
            HarnessFailure: it cannot be had.
            Interrupted: ``stop`` was set meanwhile.
        """
        cases = wanted()
        observed = to_observe(cases, self.skipped(cases))
        return CurrentStage.set_up(self.settings, observed, self.served_limit, say, warn, stop, self.began)
