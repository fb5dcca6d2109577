"""Controller instances of their own for cases that must not share one; a few are started before they are needed."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from conformance.engine.stage import RunningController, Stage


@dataclass
class Instances:
    """Lends instances; without lanes it is always the main one.

    A controller takes a second or more to start. While the first one loads the shared objects there is time for that.
    """

    stage: Stage
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "spare"))
    _spare: list[Future[RunningController]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def prepare(self, number: int) -> None:
        """Start so many instances ahead of time, one after another."""
        if self.stage.lanes:
            self._spare += [self._pool.submit(self.stage.fresh) for _ in range(number)]

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
        controller = self.stage.fresh() if spare is None else spare.result()
        try:
            yield controller
        finally:
            controller.stop(grace=0)

    def close(self) -> None:
        """End what was started and never lent."""
        with self._lock:
            left, self._spare = self._spare, []
        for one in left:
            if not one.cancel() and one.exception() is None:
                one.result().stop(grace=0)
        self._pool.shutdown()
