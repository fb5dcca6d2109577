"""A kind cluster whose making was interrupted: nothing that the engine makes late is left."""

from pathlib import Path

import pytest

from conformance.clusters.current.patience import Patience
from conformance.clusters.kind import cluster as kind_cluster
from conformance.clusters.kind.cluster import KindCluster
from conformance.clusters.kind.commands import Commands
from conformance.clusters.kind.engine import Engine
from conformance.clusters.kind.settings import KindSettings
from conformance.errors import HarnessFailure

# Each look takes one line from `late`: only what that says is there. `create` fails as one does that is interrupted.
TOOL = """#!/bin/sh
cd "$(dirname "$0")"
case "$1" in
get) head -n 1 late; sed -i 1d late ;;
create) exit 1 ;;
delete) echo deleted >> done ;;
esac
"""


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    """A program that answers as kind does."""
    path = tmp_path / "kind"
    path.write_text(TOOL)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("looks", "deletions"), [([], 1), (["x"], 2), (["", "", "x"], 2), (["", "x", "", "x"], 3), (["x"] * 4, 5)]
)
def test_what_an_interrupted_engine_makes_late_is_deleted(
    tool: Path, looks: list[str], deletions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind_cluster, "_LATE", 1.0)
    (tool.parent / "late").write_text("".join(f"{look}\n" for look in ["", *looks]))
    made = KindCluster("x", tool, Engine("docker", "true", cgroup_v1=False, commands=Commands()), keep=False)
    with pytest.raises(HarnessFailure):
        made.bring_up(KindSettings(), lambda _line: None, Patience())
    made.end()
    assert (tool.parent / "done").read_text().split() == ["deleted"] * deletions
    assert not made.folder.exists()


def test_a_node_that_cannot_be_deleted_is_said(tool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind_cluster, "_LATE_LIMIT", 0.2)
    (tool.parent / "late").write_text("\n" + "x\n" * 200)
    made = KindCluster("x", tool, Engine("docker", "true", cgroup_v1=False, commands=Commands()), keep=False)
    with pytest.raises(HarnessFailure):
        made.bring_up(KindSettings(), lambda _line: None, Patience())
    with pytest.raises(HarnessFailure, match="the cluster is left: a node of it is still there"):
        made.end()
    assert not made.folder.exists()


@pytest.mark.parametrize(
    ("config", "waits"), [("kind: Cluster", "300s"), ("networking: {disableDefaultCNI: true}", "0s")]
)
def test_nodes_without_a_network_are_not_waited_for(tool: Path, config: str, waits: str) -> None:
    tool.write_text('#!/bin/sh\ncase "$1" in create) echo "$@" > "$(dirname "$0")/asked" ;; esac\n')
    (tool.parent / "kind.yaml").write_text(config)
    made = KindCluster("x", tool, Engine("docker", "true", cgroup_v1=False, commands=Commands()), keep=False)
    made.bring_up(KindSettings(config=tool.parent / "kind.yaml"), lambda _line: None, Patience())
    made.end()
    asked = (tool.parent / "asked").read_text().split()
    assert asked[asked.index("--wait") + 1] == waits
