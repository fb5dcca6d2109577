"""How fast the controller has shown itself to be, and how long what is new is waited for in view of that."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field

from conformance.engine.limits import Limits
from conformance.engine.rounds import Watch
from conformance.engine.stage import RunningController

SHOWN = 3
"""Loads after which it is known how long an instance takes that runs already."""
RECENT = 20
"""Loads that are remembered: a machine that was busy for a while must not make a run slow for good."""
FACTOR = 5
"""How much longer than the slowest so far others may take."""


@dataclass
class Pace:
    """What the whole run knows of it; times are in seconds."""

    limits: Limits
    hopeless: threading.Event = field(default_factory=threading.Event)
    slowest_live: float = 0.0
    """The longest that any marker took, with the start of its instance where that came first."""
    first_served: float | None = None
    """When (monotonic clock) it was first seen that the controller serves anything at all."""
    _loads: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    _serving: set[str] = field(default_factory=set)

    @property
    def served_once(self) -> bool:
        """Whether the controller was seen to serve anything."""
        return self.first_served is not None

    def marker_limit(self, *, running: bool = False) -> float:
        """Return how long new markers may take: less, once this run has shown how fast the controller is.

        ``running``: what is new comes to an instance that has served before, so that no start is waited for.
        """
        if self.hopeless.is_set():
            return self.limits.hopeless
        if not self.served_once:
            return self.limits.marker
        loads = tuple(self._loads)
        slowest = max(loads) if running and len(loads) >= SHOWN else self.slowest_live
        return min(self.limits.marker, max(self.limits.least, FACTOR * slowest))

    def start_limit(self) -> float:
        """Return how long an instance may take that has only just been started, whatever others have shown."""
        return self.limits.hopeless if self.hopeless.is_set() else self.limits.marker

    def lived(self, watch: Watch, controller: RunningController) -> None:
        """Take note of how long the markers of a unit took at that instance."""
        if self.first_served is None:
            self.first_served = time.monotonic()
        self.hopeless.clear()
        self._serving.add(controller.ingress_class)
        self.slowest_live = max(self.slowest_live, watch.live_after or 0.0)

    def loaded(self, seconds: float) -> None:
        """Take note of how long an instance that had served before took for all that it was given at once."""
        self._loads.append(seconds)

    def has_served(self, controller: RunningController) -> bool:
        """Whether the instance has served anything since its last start."""
        return controller.ingress_class in self._serving

    def starts(self, controller: RunningController) -> None:
        """Take note that the instance is about to be started anew."""
        self._serving.discard(controller.ingress_class)
