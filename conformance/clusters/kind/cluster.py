"""One kind cluster: made for a run, or kept and used again; with a network of its own, and deleted with it."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from conformance.cachedir import cache_path
from conformance.clusters.current.patience import Patience
from conformance.clusters.kind.commands import Commands
from conformance.clusters.kind.configuration import configuration, environment, without_network
from conformance.clusters.kind.engine import Engine
from conformance.clusters.kind.settings import KindSettings
from conformance.errors import HarnessFailure
from conformance.locked_cache import Say
from conformance.waiting import wait_until

PREFIX = "ingress-conformance"
KEPT = f"{PREFIX}-kept"

_CREATE_LIMIT = 900.0
_READY = "300s"
_LIMIT = 300.0
_LATE, _LATE_LIMIT = 2.0, 60.0
"""Seconds for which no node must be seen of a cluster that was given up half made, and for which that is tried."""


@dataclass
class KindCluster:
    """A cluster by its name; ``folder`` holds its kubeconfig, for this user only."""

    name: str
    tool: Path
    engine: Engine
    keep: bool
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="ingress-conformance-")))
    _lock: int | None = None
    _network: str = ""
    _half_made: bool = False

    @property
    def context(self) -> str:
        """The context's name in the kubeconfig."""
        return f"kind-{self.name}"

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig with the rights of an administrator."""
        return self.folder / "kubeconfig"

    @property
    def node(self) -> str:
        """The container of the first control-plane node."""
        return f"{self.name}-control-plane"

    @property
    def by_hand(self) -> str:
        """The commands that delete it: kind itself leaves the network."""
        network = environment(self.engine.name, self.name, os.environ)
        more = f" && {self.engine.program} network rm {self.name}" if network else ""
        return f"kind delete cluster --name {self.name}{more}"

    @property
    def commands(self) -> Commands:
        """How kind is called."""
        network = environment(self.engine.name, self.name, os.environ)
        return Commands({**self.engine.commands.additions, **network})

    def bring_up(self, settings: KindSettings, say: Say, patience: Patience) -> None:
        """Make the cluster, or use the kept one; returns when its nodes are ready, if they have a network.

        Raises:
            HarnessFailure: it cannot be made, or another run uses it.
            Interrupted: the run was asked to stop.
        """
        if self.keep:
            self._lock = _locked(self.name)
        elif environment(self.engine.name, self.name, os.environ):
            self._network = self.name
        if self.name in self._names(patience):
            say(f"using the kept cluster {self.name}")
            self._kind(["export", "kubeconfig", "--kubeconfig", self.kubeconfig], patience)
            return
        say(f"making the kind cluster {self.name}")
        config = self.folder / "kind.yaml"
        own = settings.config.read_text(encoding="utf-8") if settings.config else ""
        config.write_text(configuration(own, cgroup_v1=self.engine.cgroup_v1), encoding="utf-8")
        image: list[str | Path] = ["--image", settings.node_image] if settings.node_image else []
        # Retained, so that a failure leaves logs to look at; what is left is deleted here.
        how: list[str | Path] = [
            "--config",
            config,
            "--kubeconfig",
            self.kubeconfig,
            "--wait",
            # Without a network no node becomes ready.
            "0s" if without_network(own) else _READY,
            "--retain",
            *image,
        ]
        self._half_made = True
        self._kind(["create", "cluster", *how], patience, _CREATE_LIMIT)
        self._half_made = False

    def load_archive(self, path: Path, patience: Patience) -> None:
        """Put an image's archive on all nodes."""
        self._kind(["load", "image-archive", path], patience)

    @contextmanager
    def saved(self, image: str, patience: Patience) -> Iterator[Path]:
        """Save an image of the engine as an archive, which is there as long as it is used: it may be large.

        Raises:
            HarnessFailure: the engine cannot save it.
        """
        archive = self.folder / "image.tar"
        try:
            # kind itself would ask `docker` for it, whatever the engine is.
            self.engine.save(image, archive, patience)
            yield archive
        finally:
            archive.unlink(missing_ok=True)

    def export_logs(self, folder: Path) -> bool:
        """Write the logs of all nodes and pods to a folder; tell whether there were any to be had."""
        # A node without one of the programs that kind asks makes it fail, and leaves what the others said.
        with suppress(HarnessFailure, OSError):
            shutil.rmtree(folder, ignore_errors=True)
            self._kind(["export", "logs", folder], Patience())
        return folder.is_dir() and any(folder.iterdir())

    def end(self) -> None:
        """Delete the cluster with its network, unless it is to be kept; safe to call at any time.

        Raises:
            HarnessFailure: it cannot be deleted.
        """
        try:
            if self._half_made or not self.keep:
                self._delete()
                if self._half_made:
                    self._delete_what_comes_late()
                if self._network and self.engine.network_exists(self._network):
                    self.engine.remove_network(self._network)
        except HarnessFailure as failure:
            hint = f"delete it by hand: {self.by_hand}"
            raise HarnessFailure(f"the cluster is left: {failure.message}", where=self.name, hint=hint) from failure
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _delete(self) -> None:
        self._kind(["delete", "cluster", "--kubeconfig", self.kubeconfig], Patience())

    def _delete_what_comes_late(self) -> None:
        """An engine that was told to make a node lists it at once, makes it after all, and deletes it only then."""
        seen_last = time.monotonic()

        def gone_for_good() -> bool:
            nonlocal seen_last
            if self.name not in self._names(Patience()):
                return time.monotonic() - seen_last >= _LATE
            self._delete()
            seen_last = time.monotonic()
            return False

        if not wait_until(gone_for_good, _LATE_LIMIT):
            raise HarnessFailure(f"a node of it is still there after {_LATE_LIMIT:.0f} s")

    def _names(self, patience: Patience) -> list[str]:
        return self.commands.run([self.tool, "get", "clusters", "--quiet"], patience, _LIMIT).split()

    def _kind(self, words: list[str | Path], patience: Patience, limit: float = _LIMIT) -> None:
        self.commands.run([self.tool, *words, "--name", self.name], patience, limit)


def _locked(name: str) -> int:
    handle = os.open(cache_path("runs") / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        hint = "wait for it, or leave out --keep: a run of its own cluster is in nobody's way"
        raise HarnessFailure("another run uses the kept cluster", where=name, hint=hint) from None
    return handle
