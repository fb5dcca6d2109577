"""Runs on real kind clusters: the verdicts of the embedded cluster, and nothing left, however a run ends.

An engine that answers is used, with the published images. Else, where `scripts/offline-kind/build` has been run, the
engine of `scripts/offline-kind/engine`, its node image, and Traefik and Skipper in images of the embedded cluster's
programs.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.cachedir import cache_root
from conformance.clusters.current.patience import Patience
from conformance.clusters.kind.engine import find_engine
from conformance.clusters.kind.tool import kind_tool
from conformance.clusters.local.programs.pins import KUBERNETES_VERSION
from conformance.errors import HarnessFailure
from conformance.tests.kind_world import JUDGED, MOVE, SKIPPER_ARCHIVE, TEMPLATED
from conformance.tests.live import begin, run

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts" / "offline-kind"
NODE = f"ingress-conformance/kind-node:{KUBERNETES_VERSION}"
LIMIT = 2400

pytestmark = [pytest.mark.e2e, pytest.mark.nightly]

Seen = dict[str, dict[str, Any]]


def offline_engine() -> str:
    """Return why the offline engine cannot be used; nothing if it can."""
    known = cache_root() / "offline-kind" / "docker" / "image" / "overlay2" / "repositories.json"
    if os.geteuid() != 0:
        return "it needs root"
    if not (known.is_file() and NODE in known.read_text()):
        return f"there is no {NODE}: run scripts/offline-kind/build"
    return ""


def unproven(why: str) -> None:
    """Skip what cannot be seen here; where CI has made an engine and a node image, fail."""
    (pytest.fail if os.environ.get("CONFORMANCE_ENGINE") == "required" else pytest.skip)(why)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What all stories saw."""
    folder = tmp_path_factory.mktemp("kind")
    prefix: Sequence[str] = ()
    arguments: list[str] = []
    try:
        find_engine(Patience())
    except HarnessFailure as failure:
        obstacle = offline_engine()
        if obstacle:
            unproven(f"{failure.message}; nor can the offline engine be used: {obstacle}")
        archive = folder / "traefik.tar"
        for name, to in (("traefik", archive), ("skipper", folder / SKIPPER_ARCHIVE)):
            subprocess.run([sys.executable, SCRIPTS / "controller_image.py", name, to], check=True)
        prefix = [str(SCRIPTS / "engine")]
        arguments = ["--node-image", NODE, "--image", f"traefik={archive}"]
    try:
        tool = kind_tool(lambda _line: None)
    except HarnessFailure as failure:
        unproven(failure.message)
    environment = {**os.environ, "PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}"}
    command = [*prefix, sys.executable, "-m", "conformance.tests.kind_world", str(folder / "told"), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told: Seen = json.loads((folder / "told" / "seen.json").read_text())
    return told


@pytest.mark.parametrize(
    ("name", "controller", "expression"), [("judged", "traefik", JUDGED), ("template", "skipper", TEMPLATED)]
)
def test_verdicts_are_those_of_the_embedded_cluster(
    seen: Seen, tmp_path: Path, name: str, controller: str, expression: str
) -> None:
    judged = {case: verdict for case, (verdict, _) in seen[name]["cases"].items()}
    assert judged, seen[name]["errors"]
    local = run(tmp_path, "run", controller, "-k", expression).verdicts()
    assert judged == {case: verdict for case, (verdict, _) in local.items()}


def test_nothing_is_skipped(seen: Seen) -> None:
    assert {"life-cycle/controller-restart", "default-class/served-without-a-class"} <= seen["judged"]["cases"].keys()
    assert "skipped" not in {verdict for verdict, _ in seen["judged"]["cases"].values()}


@pytest.mark.parametrize(
    "name",
    [
        *("judged", "making", "judging", "terminated", "failing", "template", "beside", "kept", "action"),
        *("migration", "moving"),
    ],
)
def test_nothing_is_left(seen: Seen, name: str) -> None:
    assert seen[name]["after"] == seen[name]["before"]
    assert seen[name]["processes"] == []


@pytest.mark.parametrize("name", ["making", "judging", "terminated", "moving"])
def test_an_interrupted_run_says_so(seen: Seen, name: str) -> None:
    assert seen[name]["status"] == 130, seen[name]["errors"]


def test_a_move_changes_what_it_changes_on_the_embedded_cluster(seen: Seen, tmp_path: Path) -> None:
    live = begin(tmp_path, "migrate", *MOVE, "--out", str(tmp_path))
    # One rule there is a pattern of ingress-nginx, which neither serves: so something could not be judged.
    assert live.finish(LIMIT).status == seen["migration"]["status"] == 3, seen["migration"]["errors"]
    local = json.loads((tmp_path / "migration.json").read_text())["ingresses"]
    sorts = {f"{one['namespace']}/{one['name']}": one["sort"] for one in local}
    # Two claim one path, and Traefik leaves it to chance who gets it: seven loads need not show that.
    by_chance = {"platform/status", "platform/status-canary"}
    assert len(sorts) == 8
    assert {name: sort for name, sort in sorts.items() if name not in by_chance} == {
        name: sort for name, sort in seen["migration"]["sorts"].items() if name not in by_chance
    }
    assert seen["moving"]["sorts"] == {}


@pytest.mark.parametrize("name", ["beside", "kept"])
def test_two_runs_come_to_the_same(seen: Seen, name: str) -> None:
    # The reason of a case that Traefik decides by chance may differ, the verdict may not.
    one, other = ({case: verdict for case, (verdict, _) in told.items()} for told in seen[name]["cases"])
    assert one, seen[name]["errors"]
    assert one == other, seen[name]["errors"]


def test_a_kept_cluster_is_used_again_and_deleted_as_the_run_says(seen: Seen) -> None:
    first, second = seen["kept"]["errors"]
    assert "making the kind cluster" in first
    assert "using the kept cluster" in second
    assert any(name.startswith("ingress-conformance-kept") for name in seen["kept"]["containers"])
    assert seen["kept"]["deleted"] == 0, second


def test_a_failure_is_explained_and_leaves_logs(seen: Seen) -> None:
    assert seen["failing"]["status"] == 2
    assert "localhost/nowhere:1" in seen["failing"]["errors"]
    assert any("control-plane" in name for name in seen["failing"]["logs"])
    assert "kind-logs" in seen["failing"]["errors"], "the user is told where"


def test_the_action_judges_on_kind(seen: Seen) -> None:
    assert seen["action"]["green"], seen["action"]["printed"]
