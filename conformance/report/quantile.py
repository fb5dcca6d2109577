"""Quantiles of measured times, counted in one way everywhere."""

from collections.abc import Sequence


def quantile(ordered: Sequence[float], part: float) -> float:
    """Return the value below which this part of the ordered values lies (nearest rank)."""
    return ordered[min(len(ordered) - 1, max(0, -(-int(part * 1000) * len(ordered) // 1000) - 1))]
