"""The exit statuses of runs, and that of several together."""

_USAGE_ERROR = 4
"""pytest's own number: importing pytest for it takes a part of a second at the end of a run, when all else is done."""


def worst(statuses: list[int]) -> int:
    """Return the status of several runs: interrupted, then bad input, 3, 1, 0."""
    rising = (0, 1, 3, 2, 130)
    # A run that the kernel ended, for one, has a status of its own: it could not do its work.
    return max((status if status in rising else 3 for status in map(in_own_words, statuses)), key=rising.index)


def in_own_words(status: int) -> int:
    """Return a status of pytest as one of ``run``: what pytest calls a wrong usage is bad input."""
    return 2 if status == _USAGE_ERROR else status
