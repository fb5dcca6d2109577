"""The embedded cluster's first objects: a server that has just started is asked again."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from conformance.clusters.api import Api, Refused
from conformance.clusters.local import stage
from conformance.clusters.local.stage import apply_when_awake

FULL = Refused("POST /services", 500, 'failed to allocate a serviceIP for Service "a": range is full')


class Waking:
    """Refuses every second object until it has been asked so many times."""

    def __init__(self, awake_after: float) -> None:
        self.awake_after = awake_after
        self.asked: list[list[Any]] = []

    def apply_all(self, manifests: Sequence[Any]) -> list[Refused | None]:
        self.asked.append(list(manifests))
        asleep = len(self.asked) <= self.awake_after
        return [FULL if asleep and manifest["odd"] else None for manifest in manifests]


def test_what_was_refused_is_applied_again_and_nothing_else() -> None:
    api = Waking(awake_after=2)
    odd, even = {"odd": True}, {"odd": False}
    apply_when_awake(cast("Api", api), iter([even, odd]))
    assert api.asked == [[even, odd], [odd], [odd]]


def test_a_server_that_never_wakes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "ADMISSION_LIMIT", 0.1)
    with pytest.raises(Refused, match="range is full"):
        apply_when_awake(cast("Api", Waking(awake_after=float("inf"))), [{"odd": True}])
