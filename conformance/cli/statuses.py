"""The exit statuses of runs, and that of several together."""


def worst(statuses: list[int]) -> int:
    """Return the status of several runs: interrupted, then bad input, 3, 1, 0."""
    rising = (0, 1, 3, 2, 130)
    # A run that the kernel ended, for one, has a status of its own: it could not do its work.
    return max((status if status in rising else 3 for status in map(in_own_words, statuses)), key=rising.index)


def in_own_words(status: int) -> int:
    """Return a status of pytest as one of ``run``: what pytest calls a wrong usage is bad input."""
    import pytest  # noqa: PLC0415 (it takes time, and the help must come at once)

    return 2 if status == int(pytest.ExitCode.USAGE_ERROR) else status
