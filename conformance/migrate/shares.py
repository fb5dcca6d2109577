"""Whether requests are shared out alike: what chance alone may bring about is no difference, and no proof. Pure.

Some controllers throw dice for each request, others count. So the numbers of two controllers are held against each
other by Fisher's exact test: how likely is it that two equal shares come out at least as far apart?
"""

from collections.abc import Iterator, Mapping, Sequence
from math import comb

DIFFERENT = 1e-5
"""Shares that chance parts so far only once in 100,000 times are told as different."""

ALIKE = 1e-2
"""Shares that chance parts so far at least once in 100 times are told as the same; of those between nothing is told."""

Shares = Mapping[str, int]
"""How many requests went to each Service."""


def differ(one: Shares, other: Shares) -> bool:
    """Tell whether any Service gets another share."""
    return any(likelihood < DIFFERENT for likelihood in _likelihoods(one, other))


def alike(one: Shares, other: Shares) -> bool:
    """Tell whether all Services surely get nearly the same share: one of none at all is not proved by few requests."""
    if set(one) != set(other):
        return False
    return all(likelihood >= ALIKE for likelihood in _likelihoods(one, other))


def steady(tallies: Sequence[Shares]) -> bool:
    """Tell whether the shares stay the same from one look to the next: some choose anew whenever they load."""
    return not any(differ(tally, total([*tallies[:n], *tallies[n + 1 :]])) for n, tally in enumerate(tallies))


def total(tallies: Sequence[Shares]) -> Shares:
    """Return the numbers of several looks in one."""
    names = sorted({name for tally in tallies for name in tally})
    return {name: sum(tally.get(name, 0) for tally in tallies) for name in names}


def _likelihoods(one: Shares, other: Shares) -> Iterator[float]:
    all_one, all_other = sum(one.values()), sum(other.values())
    for name in {*one, *other} if all_one and all_other else ():
        yield _by_chance(one.get(name, 0), all_one, other.get(name, 0), all_other)


def _by_chance(hits: int, of: int, other_hits: int, of_others: int) -> float:
    """Return how likely two equal shares come out so, or even less likely: the sum over all ways to deal the hits."""
    dealt = hits + other_hits
    seen = comb(of, hits) * comb(of_others, other_hits)
    ways = (comb(of, n) * comb(of_others, dealt - n) for n in range(max(0, dealt - of_others), min(of, dealt) + 1))
    return sum(way for way in ways if way <= seen) / comb(of + of_others, dealt)
