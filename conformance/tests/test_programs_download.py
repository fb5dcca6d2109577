"""Programs from their releases: verified, kept, and given up for the next way where the server is of no use."""

from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from conformance.cachedir import cache_path
from conformance.clusters.local.programs import ensure
from conformance.clusters.local.programs.fetching import ORDINARY_PATIENCE, Unavailable, checksum_for, fetch_file
from conformance.clusters.local.programs.pins import KUBERNETES
from conformance.clusters.local.programs.present import stated_version
from conformance.clusters.local.programs.release import fill_from_release
from conformance.errors import HarnessFailure
from conformance.locked_cache import ready_entry
from conformance.tests.programs_world import (  # noqa: F401 - fixtures
    KUBE,
    Mirror,
    bare_machine,
    go_that_only_seems_to_build,
    lines_said,
    running_mirror,
    script,
    sha256,
)


def test_download_is_verified_cached_and_not_repeated(mirror: Mirror, said: list[str]) -> None:
    mirror.publish_kubernetes()
    mirror.publish_etcd()
    programs = ensure(said.append)
    assert programs.version == "v1.37.2"
    assert stated_version(programs.etcd) == "v3.7.0"
    assert stated_version(programs.kube_proxy) == "v1.37.2"
    assert f"release from {mirror.url}/kube, checksum verified" in programs.origin
    assert "downloading kube-apiserver v1.37.2" in said
    asked = len(mirror.asked)
    assert ensure(said.append) == programs
    assert len(mirror.asked) == asked
    assert sorted(path.name for path in programs.etcd.parent.iterdir()) == ["ORIGIN", "etcd"]


def test_wrong_checksum_is_an_error_and_nothing_is_kept(mirror: Mirror, said: list[str]) -> None:
    base = mirror.publish_kubernetes()
    mirror.publish_etcd()
    mirror.pages[f"{base}/kube-proxy"] = script("Kubernetes v1.37.2") + b"# changed on the way\n"
    with pytest.raises(HarnessFailure, match=r"kube-proxy: wrong checksum") as failure:
        ensure(said.append)
    assert "INGRESS_CONFORMANCE_OFFLINE=1" in failure.value.hint
    assert not [path for path in cache_path("programs").iterdir() if "kubernetes" in path.name and path.is_dir()]


def test_released_program_of_another_version_is_an_error(mirror: Mirror, said: list[str]) -> None:
    mirror.publish_kubernetes("v1.37.1")
    mirror.publish_etcd()
    with pytest.raises(HarnessFailure, match=r"states version v1\.37\.1 instead of v1\.37\.2"):
        ensure(said.append)
    assert ready_entry(KUBERNETES.release_key, KUBE) is None


def test_missing_release_leads_to_the_next_way(mirror: Mirror, said: list[str], tmp_path: Path, fake_go: Path) -> None:
    mirror.publish_etcd()
    programs = ensure(said.append)
    assert any("HTTP status 404; building from source" in line for line in said)
    assert "kube-apiserver, kube-controller-manager, kube-proxy: v1.37.2, built from source" in programs.origin
    assert "etcd: v3.7.0, release from" in programs.origin


def test_silent_server_is_given_up_soon(mirror: Mirror, said: list[str], tmp_path: Path) -> None:
    def keep_silent(request: BaseHTTPRequestHandler) -> None:
        mirror.released.wait()

    base = mirror.publish_kubernetes()
    mirror.pages[f"{base}/kube-apiserver.sha256"] = keep_silent
    patience = replace(ORDINARY_PATIENCE, answer=0.2)
    with pytest.raises(Unavailable, match=r"no answer within 0\.2 s"):
        fill_from_release(KUBERNETES, tmp_path, said.append, patience)


def test_trickling_server_is_given_up(mirror: Mirror, tmp_path: Path) -> None:
    def trickle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while not mirror.released.wait(0.01):
            try:
                request.wfile.write(b"x" * 16384)
            except OSError:
                return

    mirror.pages["/big"] = trickle
    patience = replace(ORDINARY_PATIENCE, grace=0.1, floor=1e12)
    with pytest.raises(Unavailable, match="too slow"):
        fetch_file(f"{mirror.url}/big", "0" * 64, tmp_path / "big", patience, print)


def test_broken_download_is_not_taken_for_a_file(mirror: Mirror, tmp_path: Path) -> None:
    def half(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.write(b"x" * 500)

    mirror.pages["/half"] = half
    with pytest.raises(Unavailable, match="connection broke"):
        fetch_file(f"{mirror.url}/half", sha256(b"x" * 500), tmp_path / "half", ORDINARY_PATIENCE, print)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/kube", "nonsense", "http://"])
def test_unreachable_mirror_leads_to_the_next_way(
    address: str, said: list[str], monkeypatch: pytest.MonkeyPatch, fake_go: Path
) -> None:
    monkeypatch.delenv("INGRESS_CONFORMANCE_OFFLINE")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("INGRESS_CONFORMANCE_KUBERNETES_MIRROR", address)
    monkeypatch.setenv("INGRESS_CONFORMANCE_ETCD_MIRROR", address)
    assert "built from source" in ensure(said.append).origin
    assert any(f"no download from {address.rstrip('/')}: " in line for line in said)


def test_checksum_texts() -> None:
    digest = "AB" * 32
    assert checksum_for("x", digest) == digest.lower()
    assert checksum_for("x", f"{'0' * 64}  y\n{digest} *x\n") == digest.lower()
    for text in ("", "<html>sign in</html>", f"{digest}  y"):
        with pytest.raises(Unavailable, match="no checksum of x"):
            checksum_for("x", text)
