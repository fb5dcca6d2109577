"""Waiting that an interrupted run gives up at once."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.engine.crew import Interrupted
from conformance.waiting import wait_until


@dataclass(frozen=True)
class Patience:
    """Waits for conditions until ``stop`` is set."""

    stop: threading.Event = field(default_factory=threading.Event)

    def until(self, condition: Callable[[], bool], limit: float, *, longest_pause: float = 0.5) -> bool:
        """Return whether ``condition`` came true within ``limit`` seconds.

        Raises:
            Interrupted: the run was asked to stop.
        """

        def look() -> bool:
            self.check()
            return condition()

        return wait_until(look, limit, longest_pause=longest_pause)

    def check(self) -> None:
        """Raise Interrupted if the run was asked to stop."""
        if self.stop.is_set():
            raise Interrupted
