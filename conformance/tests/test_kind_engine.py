"""What a container engine is asked for, by way of stand-ins for it and for kind."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.clusters.current.patience import Patience
from conformance.clusters.kind.cluster import KindCluster
from conformance.clusters.kind.commands import Commands
from conformance.clusters.kind.engine import Engine
from conformance.clusters.kind.images import put_on_nodes
from conformance.errors import BadInput, HarnessFailure

ENGINE = """import io, json, sys, tarfile
assert sys.argv[1:3] == ["save", "-o"], sys.argv
if sys.argv[4] == "missing:1":
    sys.exit("no such image")
names = {"mine:1": ["localhost/mine:1"], "sha": None}[sys.argv[4]]
text = json.dumps([{"RepoTags": names}]).encode()
with tarfile.open(sys.argv[3], "w") as archive:
    entry = tarfile.TarInfo("manifest.json")
    entry.size = len(text)
    archive.addfile(entry, io.BytesIO(text))
"""
KIND = """import json, os, pathlib, sys
words = sys.argv[1:]
there = words[:2] == ["load", "image-archive"] and os.path.getsize(words[2]) > 0
with pathlib.Path(__file__).with_name("asked").open("a") as asked:
    print(json.dumps([words, there]), file=asked)
if pathlib.Path(__file__).with_name("full").exists():
    sys.exit("no space left on device")
"""


@pytest.fixture
def podman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KindCluster]:
    """A cluster in an engine that is not Docker, on a machine where nothing else is on PATH."""
    for name, text in (("podman", ENGINE), ("kind", KIND)):
        program = tmp_path / name
        program.write_text(f"#!{sys.executable}\n{text}")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    engine = Engine("podman", str(tmp_path / "podman"), cgroup_v1=False, commands=Commands())
    folder = tmp_path / "private"
    folder.mkdir()
    yield KindCluster("c", tmp_path / "kind", engine, keep=False, folder=folder)
    assert list(folder.iterdir()) == [], "an archive was left"


def asked(cluster: KindCluster) -> list[tuple[list[str], bool]]:
    return [tuple(json.loads(line)) for line in cluster.tool.with_name("asked").read_text().splitlines()]


def test_the_engine_itself_is_asked_for_an_image_whatever_it_is(podman: KindCluster) -> None:
    # Podman's name for it is another one, and it is the one that the nodes get.
    assert put_on_nodes(podman, {"docker.io/library/traefik": "mine:1"}, Patience()) == {
        "docker.io/library/traefik": "localhost/mine:1"
    }
    ((words, there),) = asked(podman)
    assert words[:2] == ["load", "image-archive"]
    assert words[3:] == ["--name", "c"]
    assert there, "kind was given an archive that is there"


@pytest.mark.parametrize(("image", "why"), [("missing:1", "no such image"), ("sha", "0 names")])
def test_an_image_that_cannot_be_had_of_the_engine_is_the_users_to_change(
    podman: KindCluster, image: str, why: str
) -> None:
    with pytest.raises(BadInput, match=why) as told:
        put_on_nodes(podman, {"docker.io/library/traefik": image}, Patience())
    assert told.value.where == "--image"
    assert image in told.value.message


def test_nodes_that_take_no_image_are_not_the_users_mistake(podman: KindCluster) -> None:
    podman.tool.with_name("full").touch()
    with pytest.raises(HarnessFailure, match="no space left"):
        put_on_nodes(podman, {"docker.io/library/traefik": "mine:1"}, Patience())
