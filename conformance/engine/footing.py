"""Whether what a run stands on held: the API server, the run's own objects on it, and the machine's time for the suite.

A wrong answer that was seen while it did not hold says nothing about the controller.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from conformance.errors import ConformanceError
from conformance.waiting import wait_until

LOOK_EVERY = 0.5
PULSE = 0.1
LATE = 2.0
"""Seconds by which the suite's own threads must be late for its observations to be in doubt."""

RECOVERY = 15.0
"""How long a controller may need to get over a trouble: clients of the API server try again ever less often."""

LOOK_LIMIT = 20.0


@dataclass(frozen=True)
class Trouble:
    """Something that did not hold, from when to when on the monotonic clock."""

    began: float
    ended: float
    what: str


@dataclass
class Footing:
    """Looks again and again while its block runs. ``look`` returns what is wrong at the moment, empty if nothing is."""

    look: Callable[[], str]
    clock: Callable[[], float] = time.monotonic
    _past: list[Trouble] = field(default_factory=list)
    _present: Trouble | None = None
    _held_until: float = 0.0
    _looked_at: float = 0.0
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._held_until = self.clock()
        for work, name in ((self._go_on_looking, "footing"), (self._feel_pulse, "pulse")):
            threading.Thread(target=work, name=name, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._ended.set()

    def shaken(self, began: float, ended: float) -> str:
        """Return what did not hold at some time between two moments; empty if everything did.

        Waits for a look that began after the later one: what happened just before may not have been noticed yet.
        """
        with self._changed:
            looked = self._changed.wait_for(lambda: self._looked_at >= ended or self._ended.is_set(), LOOK_LIMIT)
            if not looked:
                return "the API server could not be looked at"
            troubles = [*self._past, *([self._present] if self._present else [])]
        return next((one.what for one in troubles if one.began <= ended and began <= one.ended), "")

    def await_peace(self, limit: float, patient: Callable[[], bool] = lambda: True) -> bool:
        """Wait until everything holds and has held long enough; tell whether it does.

        ``patient`` tells whether it makes sense to go on waiting.
        """
        found = False

        def look() -> bool:
            nonlocal found
            now = self.clock()
            with self._changed:
                found = self._present is None and all(one.ended < now for one in self._past)
            return found or not patient()

        wait_until(look, limit)
        return found

    def note_look(self, began: float, what: str) -> None:
        """Take note of one look, which began at that moment and found that (empty: nothing)."""
        now = self.clock()
        with self._changed:
            if what and (self._present is None or self._present.what != what):
                since = self._held_until if self._present is None else self._present.began
                self._present = Trouble(since, float("inf"), what)
            elif not what:
                if self._present is not None:
                    self._past.append(Trouble(self._present.began, now + RECOVERY, self._present.what))
                    self._present = None
                self._held_until = began
            self._looked_at = began
            self._changed.notify_all()

    def note_lateness(self, began: float, ended: float) -> None:
        """Take note that a thread of the suite, which wanted to go on in a moment, got no time between two moments."""
        if ended - began - PULSE > LATE:
            what = f"the suite itself stood still for {ended - began:.1f} s: the machine is too busy, or was asleep"
            with self._changed:
                self._past.append(Trouble(began, ended, what))

    def _go_on_looking(self) -> None:
        while not self._ended.is_set():
            began = self.clock()
            try:
                what = self.look()
            except ConformanceError as error:
                what = error.message
            self.note_look(began, what)
            self._ended.wait(LOOK_EVERY)

    def _feel_pulse(self) -> None:
        while not self._ended.is_set():
            began = self.clock()
            time.sleep(PULSE)
            self.note_lateness(began, self.clock())
