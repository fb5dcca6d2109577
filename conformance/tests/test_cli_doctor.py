"""``doctor``: what it says of this machine, and its exit status."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from conformance.cli import checks
from conformance.cli.checks import Check, State, all_checks, embedded_cluster_runs
from conformance.cli.doctor import as_json, as_table, doctor
from conformance.cli.kind_checks import KindFinding
from conformance.clusters.local import namespace
from conformance.clusters.local.programs.inventory import Finding
from conformance.controllers.catalogue import catalogue, names

THERE = [Finding(name, True, f"/bin/{name}") for name in ("etcd", "go", "nft", "unshare", "ip")]
NO_GO = Finding("go", False, "none, and neither pip nor uv to install it", hint="see https://go.dev/dl/")
GO_ON_DEMAND = Finding("go", False, "would be installed with the PyPI wheel")
BUILT = Finding("etcd", False, "would be had by a build from source", hint="or set KUBEBUILDER_ASSETS")
FETCHED = Finding("etcd", False, "would be had from https://example.com if that can be reached, else by a build")


@pytest.fixture(autouse=True)
def _machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has everything, whatever the one below has; each test takes something away."""
    monkeypatch.setenv("INGRESS_CONFORMANCE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(namespace, "obstacle", lambda: "")
    monkeypatch.setattr(checks, "_mount_refusal", lambda: "")
    monkeypatch.setattr(checks, "probe", lambda: THERE)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")


def found(name: str) -> Check:
    return next(check for check in all_checks() if check.name == name)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(doctor, arguments, standalone_mode=False)


def test_all_there(tmp_path: Path) -> None:
    result = run()
    assert result.return_value == 0
    assert "\x1b" not in result.output
    assert "The embedded cluster runs here" in result.output
    for name in (*names(), "namespaces", "etcd", "container engine", "kind", "curl", "kubectl"):
        assert f"  {name} " in result.output
    assert not (tmp_path / "cache").exists(), "doctor changes nothing"


def test_json() -> None:
    result = run("--format", "json")
    content = json.loads(result.output)
    assert content["embeddedClusterRuns"] is True
    etcd = {"group": "embedded cluster", "name": "etcd", "state": "ready", "detail": "/bin/etcd", "hint": None}
    assert etcd in content["checks"]


@pytest.mark.parametrize("reason", ["not found: ip (package iproute2)", "this user may not make the namespaces: no"])
def test_no_namespaces(reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespace, "obstacle", lambda: reason)
    result = run()
    assert result.return_value == 3
    assert reason in result.output
    assert "does not run here" in result.output


def test_no_mounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_mount_refusal", lambda: "permission denied")
    assert run().return_value == 3
    assert "permission denied" in found("namespaces").detail


@pytest.mark.parametrize(
    ("program", "go", "state"),
    [
        (FETCHED, THERE[1], State.ON_DEMAND),
        (FETCHED, NO_GO, State.ON_DEMAND),
        (BUILT, THERE[1], State.ON_DEMAND),
        (BUILT, GO_ON_DEMAND, State.ON_DEMAND),
        (BUILT, NO_GO, State.MISSING),
    ],
)
def test_programs_that_would_have_to_be_got(
    program: Finding, go: Finding, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "probe", lambda: [program, go, *THERE[2:]])
    assert found("etcd").state is state
    assert embedded_cluster_runs(all_checks()) is (state is not State.MISSING)


def test_without_nft_the_embedded_cluster_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Finding("nft", there=False, detail="not found", hint="install the package nftables")
    monkeypatch.setattr(checks, "probe", lambda: [one if one.name != "nft" else gone for one in THERE])
    assert found("nft").state is State.MISSING
    assert not embedded_cluster_runs(all_checks())


def test_nft_beside_the_path_is_not_found_by_kube_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert found("nft").state is State.ABSENT
    assert "add /bin to PATH" in found("nft").hint
    assert found("curl").hint
    assert embedded_cluster_runs(all_checks())


def test_little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=2 << 30)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert found("cache").state is State.READY
    assert embedded_cluster_runs(all_checks())


@pytest.mark.parametrize(
    ("program", "free", "state"),
    [
        (BUILT, 2 << 30, State.MISSING),
        (BUILT, 1 << 20, State.MISSING),
        (FETCHED, 2 << 30, State.ABSENT),
        (FETCHED, 1 << 20, State.MISSING),
        (THERE[0], 1 << 20, State.ABSENT),
    ],
)
def test_what_finds_no_room_cannot_be_had(
    program: Finding, free: int, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    monkeypatch.setattr(checks, "probe", lambda: [program, *THERE[1:]])
    assert found("cache").state is state
    assert ("for a build" in found("cache").detail) is (program is not THERE[0])
    assert embedded_cluster_runs(all_checks()) is (state is not State.MISSING)


def test_a_controller_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.controllers.programs.can_install", lambda: False)
    traefik = found("traefik")
    assert traefik.state is State.ABSENT
    assert "--set traefik=PATH" in traefik.hint
    assert embedded_cluster_runs(all_checks()), "other controllers still can"


@pytest.mark.parametrize(("engine", "state"), [(False, State.ABSENT), (True, State.ON_DEMAND)])
def test_what_only_runs_in_pods_is_not_ready(engine: bool, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "kind_findings", lambda: [KindFinding("container engine", engine, "docker")])
    in_pods = [entry for entry in catalogue() if entry.process is None]
    assert in_pods
    for entry in in_pods:
        check = found(entry.name)
        assert (check.state, check.detail) == (state, f"{entry.version}, only in pods: --cluster kind")
        assert ("container engine" in check.hint) is not engine


def test_colours_and_hints() -> None:
    rows = [Check("g", "a", State.MISSING, "why", "how")]
    assert "\x1b[31m" in as_table(rows, runs=False)
    assert "hint: how" in as_table(rows, runs=False)
    assert json.loads(as_json(rows, runs=False))["checks"][0]["hint"] == "how"


def test_a_terminal_gets_lines_that_fit() -> None:
    rows = [Check("g", "a", State.MISSING, "why " * 40, "how " * 40), Check("g", "b", State.READY, f"/{'x' * 90}")]
    for width in (40, 80):
        shown = click.unstyle(as_table(rows, runs=False, width=width)).splitlines()
        assert max(len(line) for line in shown if "xxx" not in line and not line.startswith("The ")) <= width
        assert sum(line.count("why") + line.count("how") for line in shown) == 80
        assert any("x" * 90 in line for line in shown), "a path can be copied"
    assert len(as_table(rows, runs=False).splitlines()) == 6


def test_on_this_very_machine() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "doctor"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in {0, 3}
    assert done.stderr == ""
    assert ("runs here" in done.stdout) is (done.returncode == 0)
