"""What the embedded cluster is made of: the pinned versions, and the names under which the cache keeps them."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ORIGIN_FILE = "ORIGIN"

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Component:
    """Programs of one project and version, which are had together.

    ``packages`` maps each program to its Go import path; ``module`` holds the go.mod and go.sum to build them from.
    """

    name: str
    version: str
    packages: Mapping[str, str]
    module: Path
    ldflags: str

    @property
    def entry_names(self) -> tuple[str, ...]:
        """The files of a complete cache entry."""
        return (*self.packages, ORIGIN_FILE)

    @property
    def release_key(self) -> str:
        """The cache key of the released programs."""
        return f"programs/{self.name}-{self.version}-{platform()}-release"

    @property
    def build_key(self) -> str:
        """The cache key of the programs as built here; it changes with anything that goes into the build."""
        recipe = hashlib.sha256(repr((sorted(self.packages.items()), self.ldflags)).encode())
        for name in ("go.mod", "go.sum"):
            recipe.update((self.module / name).read_bytes())
        return f"programs/{self.name}-{self.version}-{platform()}-build-{recipe.hexdigest()[:12]}"


def platform() -> str:
    """Return operating system and architecture as Go and the release pages spell them, such as ``linux-amd64``."""
    here = os.uname()
    return f"{here.sysname.lower()}-{_ARCHITECTURES.get(here.machine, here.machine)}"


def _kubernetes_ldflags(version: str) -> str:
    # Unstamped programs call themselves v0.0.0-master, on which some controllers refuse to start.
    major, minor, _ = version.removeprefix("v").split(".")
    stamp = {
        "gitVersion": version,
        "gitMajor": major,
        "gitMinor": minor,
        "gitCommit": "0" * 40,
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
    }
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return " ".join(["-s -w", *(f"-X {package}.{key}={value}" for package in packages for key, value in stamp.items())])


KUBERNETES_VERSION = "v1.37.2"
ETCD_VERSION = "v3.7.0"

KUBERNETES = Component(
    name="kubernetes",
    version=KUBERNETES_VERSION,
    packages={
        name: f"k8s.io/kubernetes/cmd/{name}" for name in ("kube-apiserver", "kube-controller-manager", "kube-proxy")
    },
    module=_HERE / "kubernetes",
    ldflags=_kubernetes_ldflags(KUBERNETES_VERSION),
)
ETCD = Component(
    name="etcd",
    version=ETCD_VERSION,
    packages={"etcd": "go.etcd.io/etcd/server/v3"},
    module=_HERE / "etcd",
    ldflags="-s -w",
)
COMPONENTS = (ETCD, KUBERNETES)
