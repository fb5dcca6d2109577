"""Services without backends or addresses: a run says so, and fails no controller for it."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from conformance.clusters.api import Api
from conformance.clusters.local import stage
from conformance.clusters.local.cluster import LocalCluster
from conformance.clusters.local.control_plane import LAST_LINES, ControlPlane
from conformance.clusters.local.credentials import Credentials
from conformance.clusters.local.programs import Programs
from conformance.errors import HarnessFailure
from conformance.processes import start


def test_without_nft_nothing_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    plane = ControlPlane(cast("Programs", None), cast("Credentials", None), tmp_path)
    with pytest.raises(HarnessFailure, match="kube-proxy needs it") as caught:
        plane.start_server()
    assert caught.value.hint == "install the package nftables"
    assert plane.children == []


def test_the_failure_says_how_many_came_and_ends_with_the_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "BACKENDS_LIMIT", 0.05)
    manager = start("kube-controller-manager", ["seq", "9"], tmp_path / "log", {"PATH": "/usr/bin:/bin"})
    manager.process.wait()
    plane = ControlPlane(cast("Programs", None), cast("Credentials", None), tmp_path, [manager])
    monkeypatch.setattr(plane, "check", lambda: None)
    slices = [{"endpoints": [{"conditions": {"ready": ready}}]} for ready in (True, False)]
    api = SimpleNamespace(list_kind=lambda _kind, namespace: [] if namespace.endswith("other") else slices)
    with pytest.raises(HarnessFailure) as caught:
        stage._await_backends(cast("Api", api), "abc123", 2, LocalCluster(tmp_path, plane))
    told = caught.value.message
    assert told.startswith("1 of 2 backends were ready within 0 s; the end of the log of kube-controller-manager:\n")
    assert told.splitlines()[1:] == [str(number) for number in range(10 - LAST_LINES, 10)]
