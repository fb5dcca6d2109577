"""The one way to wait: for a condition, with a limit, looking again soon at first and less often later."""

import time
from collections.abc import Callable

FIRST_PAUSE = 0.01
LONGEST_PAUSE = 0.25


def wait_until(
    condition: Callable[[], bool],
    limit: float,
    *,
    first_pause: float = FIRST_PAUSE,
    longest_pause: float = LONGEST_PAUSE,
) -> bool:
    """Return whether ``condition`` came true within ``limit`` seconds; it is looked at at least once."""
    deadline = time.monotonic() + limit
    pause = first_pause
    while not condition():
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, longest_pause)
    return True
