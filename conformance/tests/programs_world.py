"""A bare machine, a mirror of the release pages and a Go that only seems to build: where programs are had in tests.

A test module is on the bare machine by importing ``bare_machine``. Other fixtures are imported by the names of their
functions and asked for by the names they are given.
"""

import hashlib
import io
import tarfile
import textwrap
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conformance.clusters.local.programs.pins import ETCD, KUBERNETES, platform

KUBE = ("kube-apiserver", "kube-controller-manager", "kube-proxy")

Answer = Callable[[BaseHTTPRequestHandler], None]

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


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with an empty cache, nothing on PATH and nothing to reach."""
    monkeypatch.setenv("INGRESS_CONFORMANCE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("INGRESS_CONFORMANCE_OFFLINE", "1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)


@pytest.fixture(name="mirror")
def running_mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
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


@pytest.fixture(name="fake_go")
def go_that_only_seems_to_build(tmp_path: Path) -> Path:
    path = tmp_path / "bin" / "go"
    path.parent.mkdir()
    path.write_text(textwrap.dedent(FAKE_GO).lstrip())
    path.chmod(0o755)
    return path


@pytest.fixture(name="said")
def lines_said() -> list[str]:
    return []
