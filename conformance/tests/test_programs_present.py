"""Programs that are there already: in KUBEBUILDER_ASSETS, on PATH or in the cache, and which of them are used."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from conformance.cachedir import cache_path, cache_root
from conformance.clusters.local.programs import ensure
from conformance.clusters.local.programs.inventory import Finding, probe
from conformance.tests.programs_world import (  # noqa: F401 - fixtures
    KUBE,
    bare_machine,
    go_that_only_seems_to_build,
    lines_said,
    program,
)


def test_assets_are_taken_whatever_their_version(
    said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_go: Path
) -> None:
    assets = tmp_path / "assets"
    program(assets, "etcd", "etcd Version: 3.6.1")
    server = program(assets, "kube-apiserver", "Kubernetes v1.36.4")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    programs = ensure(said.append)
    assert (programs.etcd, programs.kube_apiserver) == (assets / "etcd", server)
    assert programs.version == "v1.36.4"
    assert programs.kube_proxy.parent.parent == cache_path("programs")
    assert f"using kube-apiserver v1.36.4 from KUBEBUILDER_ASSETS ({assets})" in said
    assert "kube-proxy is v1.37.2 and kube-apiserver v1.36.4: Kubernetes wants these to be of one minor version" in said


def test_assets_without_the_programs_are_said_to_be_so(
    said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_go: Path
) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    ensure(said.append)
    assert f"KUBEBUILDER_ASSETS ({tmp_path}) has no etcd that runs; looking elsewhere" in said


def test_path_counts_only_in_the_pinned_version(said: list[str], tmp_path: Path, fake_go: Path) -> None:
    folder = tmp_path / "bin"
    etcd = program(folder, "etcd", "etcd Version: 3.7.0")
    server = program(folder, "kube-apiserver", "Kubernetes v1.37.1")
    proxy = program(folder, "kube-proxy", "Kubernetes v1.37.2")
    programs = ensure(said.append)
    assert (programs.etcd, programs.kube_proxy) == (etcd, proxy)
    assert programs.kube_apiserver != server
    assert f"{server} is not v1.37.2 (v1.37.1); not used" in said


def test_warm_cache_imports_nothing_heavy(said: list[str], fake_go: Path) -> None:
    ensure(said.append)
    asks = """
        import sys, time
        from conformance.clusters.local.programs import ensure
        started = time.perf_counter()
        ensure(print)
        took = time.perf_counter() - started
        assert not {"requests", "subprocess", "pydantic", "kubernetes"} & set(sys.modules), sorted(sys.modules)
        print(took)
    """
    answer = subprocess.run([sys.executable, "-c", textwrap.dedent(asks)], capture_output=True, text=True, check=True)
    assert float(answer.stdout) < 0.2  # 3 ms on an idle machine; this one may be busy


def test_probe_touches_nothing(tmp_path: Path, fake_go: Path) -> None:
    program(tmp_path / "bin", "kube-proxy", "Kubernetes v1.37.2")
    found = {finding.name: finding for finding in probe()}
    assert list(found) == ["etcd", *KUBE, "go", "nft", "unshare", "ip"]
    assert found["kube-proxy"].there
    assert found["etcd"] == Finding(
        "etcd",
        there=False,
        detail="would be had by a build of v3.7.0 from source, which takes minutes",
        hint="or set KUBEBUILDER_ASSETS",
    )
    assert found["go"].detail == f"go1.26.1: {fake_go}"
    assert not cache_root().exists()
