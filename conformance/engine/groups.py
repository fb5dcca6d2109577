"""Which cases share an instance of their own, and how much a group of them has to do. Pure."""

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import chain

from conformance.case.model import Case, Step
from conformance.case.placement import catches_all

GROUP = 12
"""Cases with objects of their own share an instance in small groups: a fresh one loads that many objects at once."""


def told_apart(cases: Sequence[Case], unsupported: Container[str]) -> tuple[Sequence[Case], Sequence[Case]]:
    """Return the cases that are expected to work, and those of which the controller's entry says that they do not."""
    declared = [case for case in cases if any(name in unsupported for name in case.claimed_as)]
    names = {case.id for case in declared}
    return [case for case in cases if case.id not in names], declared


def groups(cases: Sequence[Case]) -> Iterator[Sequence[Case]]:
    """Yield the cases in their order, as many at a time as share an instance.

    Where something must be noticed that no Ingress tells of, the Ingresses of neighbours would tell: such a case is a
    group by itself.
    """
    others = [case for case in cases if not _unannounced(case)]
    for start in range(0, len(others), GROUP):
        yield others[start : start + GROUP]
    yield from ([case] for case in cases if _unannounced(case))


def odd_groups(cases: Sequence[Case]) -> Iterator[Sequence[Case]]:
    """Yield the groups; what takes every host would answer for its neighbours, and is a group by itself."""
    greedy = [case for case in cases if catches_all(case.objects, case.steps)]
    yield from groups([case for case in cases if case not in greedy])
    yield from ([case] for case in greedy)


def _unannounced(case: Case) -> bool:
    return any(step.unannounced for step in case.steps)


def longest_first(*several: Iterable[Sequence[Case]]) -> list[Sequence[Case]]:
    """Return all groups. Steps take time, one after another: whoever has most to do begins first."""
    return sorted(chain.from_iterable(several), key=work, reverse=True)


def work(cases: Sequence[Case]) -> int:
    """Return how much there is to do in all steps: what is done many times counts as often."""
    return sum(_changes(step) for case in cases for step in case.steps)


def _changes(step: Step) -> int:
    repeated = sum(action.unrelated_updates or 0 for action in step.actions)
    return 1 + repeated + (step.latency.samples if step.latency else 0)
