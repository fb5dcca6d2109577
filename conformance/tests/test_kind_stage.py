"""The end of a run on a kind cluster: what is kept of it, by way of a stand-in for kind."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from conformance.clusters.kind.cluster import KindCluster
from conformance.clusters.kind.commands import Commands
from conformance.clusters.kind.controller import KindController, Workload
from conformance.clusters.kind.engine import Engine
from conformance.clusters.kind.stage import KindStage
from conformance.engine.crew import Interrupted
from conformance.errors import HarnessFailure

KIND = """import pathlib, sys
if sys.argv[1:3] == ["export", "logs"]:
    pathlib.Path(sys.argv[3], "pods").mkdir(parents=True)
"""


class Pods:
    """An API server that knows one workload with one pod, a container of which was started anew so often."""

    def __init__(self, restarts: int) -> None:
        self.restarts = restarts

    def request(self, *_: object) -> dict[str, Any]:
        return {"spec": {"selector": {"matchLabels": {"app": "d"}}}}

    def list_kind(self, *_: object) -> list[dict[str, Any]]:
        return [{"metadata": {"name": "d-1"}, "status": {"containerStatuses": [{"restartCount": self.restarts}]}}]


@pytest.fixture
def begun(tmp_path: Path) -> Callable[[int, list[str]], KindStage]:
    """Makes stages whose controller ended by itself so often, and that warn into a list."""

    def begin(restarts: int, said: list[str]) -> KindStage:
        tool = tmp_path / "kind"
        tool.write_text(f"#!{sys.executable}\n{KIND}")
        tool.chmod(0o755)
        engine = Engine("docker", "/nowhere/docker", cgroup_v1=False, commands=Commands())
        cluster = KindCluster("c", tool, engine, keep=False, folder=tmp_path / "private")
        nothing = cast("Any", None)
        main = KindController(
            cast("Any", Pods(restarts)), nothing, "c", "x/y", Workload("deployment", "d", "n"), nothing
        )
        return KindStage(cluster, nothing, nothing, main, 0, tmp_path / "logs", said.append)

    return begin


@pytest.mark.parametrize(
    ("restarts", "failure", "kept"),
    [
        (0, None, False),
        (2, None, True),
        (0, HarnessFailure("the API server is gone"), True),
        # Somebody waits for it to end.
        (2, Interrupted(), False),
        (2, KeyboardInterrupt(), False),
    ],
)
def test_logs_are_kept_of_what_failed_and_of_a_controller_that_ended_by_itself(
    begun: Callable[[int, list[str]], KindStage],
    tmp_path: Path,
    restarts: int,
    failure: BaseException | None,
    kept: bool,
) -> None:
    said: list[str] = []
    stage = begun(restarts, said)
    try:
        if failure is not None:
            raise failure
    except (HarnessFailure, Interrupted, KeyboardInterrupt):
        stage.end()
    else:
        stage.end()
    assert (tmp_path / "logs" / "pods").is_dir() is kept
    assert any(str(tmp_path / "logs") in line for line in said) is kept, "the user is told where"
    assert any("ended by itself and was started anew, 2 times" in line for line in said) is bool(restarts)
