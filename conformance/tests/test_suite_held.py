"""What of the time before a run may go on is the run's own: what the cluster needs, and not what others need."""

import os
import threading
import time
from concurrent.futures import Future
from typing import Any

import pytest

from conformance.clusters.local.namespace import GO_ON
from conformance.suite.plugin import _held_back


def held_back(monkeypatch: pytest.MonkeyPatch, cluster: "Future[Any]", seconds: float) -> float:
    reader, writer = os.pipe()
    monkeypatch.setenv(GO_ON, str(reader))
    threading.Timer(seconds, os.write, (writer, b".")).start()
    try:
        return _held_back(cluster)
    finally:
        os.close(writer)
        assert GO_ON not in os.environ


def test_a_cluster_that_is_not_there_yet_is_what_the_run_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert held_back(monkeypatch, Future(), 0.3) == 0.0


def test_a_cluster_that_stands_waits_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster: Future[Any] = Future()
    threading.Timer(0.3, cluster.set_result, (None,)).start()
    began = time.monotonic()
    waited = held_back(monkeypatch, cluster, 1.3)
    assert 0.5 < waited < time.monotonic() - began


def test_nobody_holds_back_what_is_started_as_usual() -> None:
    cluster: Future[Any] = Future()
    cluster.set_result(None)
    assert _held_back(cluster) < 0.1
