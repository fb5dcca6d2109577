"""Requests are counted where they arrive, and a case can say how many must."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest

from conformance.clusters.api import Api
from conformance.engine.arrivals import TOO_MANY, arrivals_at
from conformance.judge.exact import reason_against_arrivals
from conformance.judge.words import Reason

NAMESPACES = {"": "home", "other": "away"}


class Pods:
    """Two pods of backend a, one of b in the other namespace; a copy arrives only when it is asked for again."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def list_kind(self, kind: str, namespace: str, selector: str) -> Sequence[dict[str, Any]]:
        assert kind == "Pod"
        names = {("home", "backend=a"): ("a-0", "a-1"), ("away", "backend=b"): ("b-0",)}.get((namespace, selector), ())
        return [{"metadata": {"name": name}} for name in names]

    def text(self, path: str) -> str:
        self.asked.append(path)
        if "/b-0:" in path:
            return f"{int(sum('/b-0:' in one for one in self.asked) > 2)}\n"
        return "1\n"


def arrived(wanted: Mapping[str, int], pods: Pods) -> Mapping[str, int]:
    return arrivals_at(cast("Api", pods), NAMESPACES)(wanted, "run-7")


def test_all_pods_of_a_backend_are_asked_for_this_very_request() -> None:
    pods = Pods()
    assert arrived({"a": 1}, pods) == {"a": 2}
    assert pods.asked == [f"/api/v1/namespaces/home/pods/a-{n}:8079/proxy/count?probe=run-7" for n in (0, 1)]


def test_what_is_still_on_its_way_is_waited_for() -> None:
    assert arrived({"other/b": 1}, Pods()) == {"other/b": 1}


def test_one_more_than_wanted_may_come_behind_those_that_are() -> None:
    """It does here when it is asked for the third time."""
    pods = Pods()
    assert arrived({"other/b": 0}, pods) == {"other/b": 1}
    assert len(pods.asked) == 3


def test_whoever_gets_what_is_wanted_is_asked_for_no_long_time() -> None:
    began = time.monotonic()
    assert arrived({"a": 2}, Pods()) == {"a": 2}
    assert time.monotonic() - began < 4 * TOO_MANY


def test_a_backend_without_pods_has_not_been_asked() -> None:
    assert arrived({"a": 1, "gone": 0}, Pods()) == {"a": 2}


@pytest.mark.parametrize(
    ("wanted", "seen", "reason"),
    [
        ({"a": 1, "b": 0}, {"a": 1, "b": 0}, None),
        ({"a": 1}, {"a": 2}, Reason.WRONG_BACKEND),
        ({"a": 1}, {"a": 0}, Reason.WRONG_BACKEND),
        ({"a": 0}, {"a": 1}, Reason.UNEXPECTED_MATCH),
        ({"a": 1}, {}, Reason.HARNESS),
        ({}, {}, None),
    ],
)
def test_numbers_are_judged(wanted: dict[str, int], seen: dict[str, int], reason: Reason | None) -> None:
    found = reason_against_arrivals(wanted, seen)
    assert (found and found[0]) == reason
