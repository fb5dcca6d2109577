"""A hard end for every request: sockets are shut down when their time is up, whatever they were waiting for.

The timeouts of a socket start anew with each byte; an answer that drips could last for ever. One thread looks after
all sockets of the process.
"""

import heapq
import itertools
import socket
import threading
import time
from contextlib import suppress


class Deadline:
    """The moment when a socket is shut down; ``passed`` tells afterwards whether it was."""

    def __init__(self, connection: socket.socket) -> None:
        # A duplicate stays valid when TLS takes the descriptor over.
        self._connection = connection.dup()
        self._lock = threading.Lock()
        self.passed = False
        self.over = False

    def strike(self) -> None:
        """Shut the socket down, if its request is still going on."""
        with self._lock:
            if not self.over:
                self.passed = True
                with suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Let the socket go: its request is over."""
        with self._lock:
            self.over = True
            self._connection.close()


class _Reaper:
    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Deadline]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, moment: float, deadline: Deadline) -> None:
        with self._changed:
            heapq.heappush(self._waiting, (moment, next(self._order), deadline))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="probe-deadlines", daemon=True)
                self._thread.start()
            if self._waiting[0][2] is deadline:
                self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                while self._waiting and self._waiting[0][2].over:
                    heapq.heappop(self._waiting)
                left = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if left is None or left > 0:
                    self._changed.wait(left)
                    continue
                deadline = heapq.heappop(self._waiting)[2]
            deadline.strike()


_REAPER = _Reaper()


def arm(connection: socket.socket, moment: float) -> Deadline:
    """Guard ``connection`` until ``moment`` (time.monotonic seconds); call ``end`` on the result when done."""
    guard = Deadline(connection)
    _REAPER.add(moment, guard)
    return guard
