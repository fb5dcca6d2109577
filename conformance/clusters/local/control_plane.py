"""etcd, kube-apiserver, kube-controller-manager, kube-proxy and the node agent as processes of this run."""

import json
import os
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from conformance.clusters.local import addresses as net
from conformance.clusters.local.credentials import Credentials, write_private
from conformance.clusters.local.programs import Programs
from conformance.errors import HarnessFailure
from conformance.processes import Child, start
from conformance.waiting import wait_until

SERVER = f"https://{net.API_ADDRESS}:{net.API_PORT}"
START_LIMIT = 60.0
MOST_REVIVALS = 12
LAST_LINES = 5
NEEDS_A_KUBELET = ("node-lifecycle-controller", "pod-garbage-collector-controller", "taint-eviction-controller")


@dataclass
class ControlPlane:
    """The running programs of one embedded cluster."""

    programs: Programs
    credentials: Credentials
    folder: Path
    children: list[Child] = field(default_factory=list)
    _revived: int = 0
    _ending: bool = False
    _unstarted: HarnessFailure | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start_server(self) -> None:
        """Start etcd and the API server; waits for neither.

        Raises:
            HarnessFailure: there is no nft, or a program cannot be started.
        """
        if shutil.which("nft") is None:
            # Controllers that send requests to the addresses of Services would fail everything, for no fault of theirs.
            raise HarnessFailure(
                "nft is not on PATH, and kube-proxy needs it: no Service would have an address that works",
                hint="install the package nftables",
            )
        self._start("etcd", self._etcd())
        self._start("kube-apiserver", self._api_server())

    def start_others(self) -> None:
        """Wait until the API server serves objects, and start what watches it.

        Raises:
            HarnessFailure: a program ended, or the API server did not serve within a minute.
        """
        kubeconfig = self.kubeconfig("admin.kubeconfig", self.credentials.admin_token)
        # Its /readyz waits for a second more, for start-up hooks that nothing here depends on.
        self._wait_for("an API server that serves objects", self._answers("/api/v1/namespaces/default"))
        threading.Thread(target=self._start_manager, args=(kubeconfig,), name="manager", daemon=True).start()
        self._start("node", self._node_agent())
        self._start("kube-proxy", self._kube_proxy(kubeconfig))

    def kubeconfig(self, name: str, token: str) -> Path:
        """Write a kubeconfig (mode 0600) for ``token`` and return its path."""
        cluster = {"server": SERVER, "certificate-authority": str(self.credentials.ca)}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "local", "cluster": cluster}],
            "users": [{"name": "user", "user": {"token": token}}],
            "contexts": [{"name": "local", "context": {"cluster": "local", "user": "user"}}],
            "current-context": "local",
        }
        return write_private(self.folder / name, json.dumps(content))

    def end(self) -> None:
        """End every program; data is thrown away with the run, so nobody needs to be asked politely."""
        with self._lock:
            self._ending = True
        for child in reversed(self.children):
            child.kill()

    def check(self) -> None:
        """Raise HarnessFailure if one of the programs has ended on its own, or could not be started."""
        if self._unstarted:
            raise self._unstarted
        for child in self.children:
            if not child.alive:
                status = child.process.returncode
                raise HarnessFailure(
                    f"{child.name} ended with status {status}; the end of its log:\n{child.log_tail()}",
                    hint="another program may hold its port, or memory is short; `doctor` checks this machine",
                )

    def last_words(self) -> str:
        """Return the last lines that the programs logged, each under its name."""
        logs = {child.name: child.log_tail().splitlines()[-LAST_LINES:] for child in list(self.children)}
        return "\n".join(f"the end of the log of {name}:\n" + "\n".join(lines) for name, lines in logs.items())

    def revive(self) -> str:
        """Start every program again that has ended on its own; returns which ones did, in a few words.

        Raises:
            HarnessFailure: one that ends again and again.
        """
        ended = [] if self._ending else [child for child in self.children if not child.alive]
        self._revived += len(ended)
        if self._revived > MOST_REVIVALS:
            self.check()
        for child in ended:
            self.children[self.children.index(child)] = start(child.name, child.command, child.log, _environment())
        return "; ".join(f"{child.name} ended with status {child.process.returncode}" for child in ended)

    def _start_manager(self, kubeconfig: Path) -> None:
        """Start the controller manager once the API server calls itself healthy.

        It asks for that itself, but only once a second: started earlier it often begins a second later.
        """
        with suppress(HarnessFailure):  # Whoever waits for the backends says what has ended.
            wait_until(self._answers("/healthz"), START_LIMIT, longest_pause=0.02)
        with self._lock:
            if self._ending:
                return
            try:
                self._start("kube-controller-manager", self._controller_manager(kubeconfig))
            except HarnessFailure as failure:
                self._unstarted = failure

    def _start(self, name: str, command: list[str]) -> None:
        try:
            self.children.append(start(name, command, self.folder / f"{name}.log", _environment()))
        except OSError as error:
            raise HarnessFailure(f"{name} cannot be started: {error}") from error

    def _answers(self, path: str) -> Callable[[], bool]:
        # Imported while the API server starts, and not before.
        import requests  # noqa: PLC0415

        session = requests.Session()
        session.trust_env = False
        session.verify = str(self.credentials.ca)
        session.headers["Authorization"] = f"Bearer {self.credentials.admin_token}"

        def look() -> bool:
            self.check()
            try:
                return bool(session.get(SERVER + path, timeout=2).ok)
            except requests.RequestException:
                return False

        return look

    def _wait_for(self, what: str, condition: Callable[[], bool]) -> None:
        if not wait_until(condition, START_LIMIT, longest_pause=0.05):
            tail = self.children[-1].log_tail()
            raise HarnessFailure(f"{what} did not come within {START_LIMIT:.0f} s; the end of the log:\n{tail}")

    def _etcd(self) -> list[str]:
        client, peer = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
        return [
            str(self.programs.etcd),
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ]

    def _api_server(self) -> list[str]:
        keys = self.credentials
        return [
            str(self.programs.kube_apiserver),
            "--etcd-servers=http://127.0.0.1:2379",
            f"--bind-address={net.API_ADDRESS}",
            f"--advertise-address={net.API_ADDRESS}",
            f"--secure-port={net.API_PORT}",
            f"--service-cluster-ip-range={net.SERVICE_CIDR}",
            f"--tls-cert-file={keys.server_certificate}",
            f"--tls-private-key-file={keys.server_key}",
            f"--token-auth-file={keys.token_file}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={keys.service_account_key}",
            f"--service-account-signing-key-file={keys.service_account_key}",
            f"--cert-dir={self.folder}",
            "--allow-privileged",
            # Nobody here crowds out others, and starting it takes the server's time when there is least of it.
            "--enable-priority-and-fairness=false",
            "--disable-admission-plugins=ServiceAccount",
            "--endpoint-reconciler-type=none",
        ]

    def _controller_manager(self, kubeconfig: Path) -> list[str]:
        off = ",".join(f"-{name}" for name in NEEDS_A_KUBELET)
        return [
            str(self.programs.kube_controller_manager),
            f"--kubeconfig={kubeconfig}",
            f"--controllers=*,{off}",
            "--leader-elect=false",
            f"--service-account-private-key-file={self.credentials.service_account_key}",
            f"--root-ca-file={self.credentials.ca}",
            "--bind-address=127.0.0.1",
            "--use-service-account-credentials=false",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
            "--concurrent-deployment-syncs=10",
        ]

    def _node_agent(self) -> list[str]:
        token = write_private(self.folder / "admin.token", self.credentials.admin_token)
        return [
            *(sys.executable, "-m", "conformance.clusters.local.node"),
            *("--server", SERVER, "--ca", str(self.credentials.ca), "--token-file", str(token)),
            *("--pod-cidr", net.POD_CIDR, "--node-name", net.NODE_NAME, "--node-address", net.API_ADDRESS),
        ]

    def _kube_proxy(self, kubeconfig: Path) -> list[str]:
        return [
            str(self.programs.kube_proxy),
            f"--kubeconfig={kubeconfig}",
            "--proxy-mode=nftables",
            f"--hostname-override={net.NODE_NAME}",
            f"--cluster-cidr={net.POD_CIDR}",
            "--conntrack-max-per-core=0",
            "--healthz-bind-address=127.0.0.1:10256",
            "--metrics-bind-address=127.0.0.1:10249",
        ]


def _environment() -> dict[str, str]:
    # The programs live for a minute: looking for garbage less often costs memory that is there, and saves time.
    return {"GOGC": "400", **os.environ}
