"""Requests sent one after another without a pause while a step goes on."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from conformance.errors import HarnessFailure
from conformance.judge.probes import Attempt, as_expected
from conformance.plan.units import PlannedProbe

PAUSE = 0.005
KEPT = 20


@dataclass
class Flow:
    """What became of the requests: how many, how many failed and how, and the first ones that did."""

    planned: PlannedProbe
    count: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    failing: list[Attempt] = field(default_factory=list)
    first: Attempt | None = None
    last: Attempt | None = None

    @property
    def failed(self) -> int:
        """How many requests failed."""
        return self.failures.total()

    def add(self, attempt: Attempt) -> None:
        """Count one request."""
        self.count += 1
        self.first, self.last = self.first or attempt, attempt
        if not as_expected(self.planned.probe, attempt, self.planned.ending, self.planned.facts):
            self.failures[attempt.seen.outcome] += 1
            if len(self.failing) < KEPT:
                self.failing.append(attempt)


@contextmanager
def flowing(planned: PlannedProbe, observe: Callable[[PlannedProbe], Attempt]) -> Iterator[Flow]:
    """Send the probe over and over while the block runs; it has been sent once before the block begins.

    Raises:
        HarnessFailure: something kept the requests from going on until the block ended.
    """
    flow, ended, begun = Flow(planned), threading.Event(), threading.Event()
    troubles: list[Exception] = []

    def send() -> None:
        try:
            while True:
                flow.add(observe(planned))
                begun.set()
                if ended.wait(PAUSE):
                    return
        except Exception as trouble:  # noqa: BLE001 (a thread tells nobody; the block's end does)
            troubles.append(trouble)
        finally:
            begun.set()

    thread = threading.Thread(target=send, name="traffic")
    thread.start()
    try:
        begun.wait()
        yield flow
    finally:
        ended.set()
        thread.join()
    for trouble in troubles:
        raise HarnessFailure(f"after {flow.count} requests no more could be sent: {trouble}") from trouble
