"""How often Python looks for garbage: nearly all that a command makes lives until its end."""

import gc

FEW_COLLECTIONS = 100_000
"""Objects that are made before the collector looks at the youngest; Python's own number is 700."""


def collect_rarely() -> None:
    """Look for garbage seldom: to look again and again takes a fifth of the time of ``cases lint``."""
    gc.set_threshold(FEW_COLLECTIONS)
