"""Controller instances of their own for cases that must not share one; a few are started before they are needed."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from conformance.engine.stage import RunningController, Stage
from conformance.errors import ConformanceError

SPARES = 4
"""Instances that are started, and have loaded something, before they are needed."""


@dataclass
class Instances:
    """Lends instances; without lanes it is always the main one.

    A controller takes a second or more to start, and some load nothing more for seconds after what they loaded first.
    So a few are always ahead, as long as more are expected; ``warm_up`` gives each its first object.
    """

    stage: Stage
    warm_up: Callable[[RunningController], None]
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "spare"))
    _spare: list[Future[RunningController]] = field(default_factory=list)
    _expected: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expect(self, number: int) -> None:
        """Say that so many more instances will be asked for, or fewer than was said."""
        with self._lock:
            self._expected = max(0, self._expected + number)
            self._refill()

    def _refill(self) -> None:
        if self.stage.lanes:
            missing = min(SPARES, self._expected) - len(self._spare)
            self._spare += [self._pool.submit(self._warm) for _ in range(missing)]

    def _warm(self) -> RunningController:
        controller = self.stage.fresh()
        with suppress(ConformanceError):  # Whoever uses it will see.
            self.warm_up(controller)
        return controller

    @contextmanager
    def lend(self) -> Iterator[RunningController]:
        """Give an instance to the block, and end it afterwards."""
        if not self.stage.lanes:
            yield self.stage.main
            return
        with self._lock:
            spare = next((one for one in self._spare if one.running() or one.done()), None)
            if spare is not None:
                self._spare.remove(spare)
            self._expected = max(0, self._expected - 1)
            self._refill()
        controller = self.stage.fresh() if spare is None else spare.result()
        try:
            yield controller
        finally:
            controller.stop(grace=0)

    def close(self) -> None:
        """End what was started and never lent."""
        with self._lock:
            left, self._spare, self._expected = self._spare, [], 0
        for one in left:
            if not one.cancel() and one.exception() is None:
                one.result().stop(grace=0)
        self._pool.shutdown()
