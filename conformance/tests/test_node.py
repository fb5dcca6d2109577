"""The node agent, against a small API server in memory: pods start, turn ready and end, whatever that server does."""

import asyncio
import contextlib
import copy
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from conformance.clusters.local.node.addresses import AddressPool
from conformance.clusters.local.node.agent import Agent
from conformance.clusters.local.node.api import Server
from conformance.clusters.local.node.pods import ALWAYS, FOLLOWS, NEVER, pod_of
from conformance.clusters.local.node.status import ContainerState, changed, pod_conditions, pod_status
from conformance.clusters.local.node.worker import Node
from conformance.errors import HarnessFailure

# All of 127/8 is local on Linux, so pods can have addresses of their own here too; each test process takes its share.
CIDR = f"127.{1 + os.getpid() % 250}.0.0/16"
PORT, ADMIN = 18180, 18179
NODE = Node("local", "127.0.0.1")


def container(**changes: Any) -> dict[str, Any]:
    env = [
        {"name": "BACKEND", "value": "a"},
        {"name": "ADMIN_PORT", "value": str(ADMIN)},
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
    ]
    ports = [{"containerPort": PORT, "name": "web"}, {"containerPort": ADMIN, "name": "admin"}]
    probe = {"httpGet": {"path": "/ready", "port": "admin"}}
    return {"name": "echo", "image": "echo", "env": env, "ports": ports, "readinessProbe": probe, **changes}


def manifest(name: str = "p", **changes: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": "ns", "uid": f"uid-{name}"}
    return {"metadata": meta, "spec": {"containers": [container()]}, "status": {"phase": "Pending"}, **changes}


class Cluster:
    """What an API server keeps: nodes, pods, and every change since the beginning."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.version = 1
        self.history: list[tuple[int, str, dict[str, Any]]] = []
        self.pods: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str]] = []
        self.node: dict[str, Any] = {}
        self.answers: list[int] = []
        self.expired = False
        self.lists = 0
        self.epoch = 0

    def record(self, kind: str, pod: dict[str, Any]) -> None:
        with self.changed:
            self.version += 1
            pod["metadata"]["resourceVersion"] = str(self.version)
            if kind == "DELETED":
                self.pods.pop(pod["metadata"]["name"], None)
            else:
                self.pods[pod["metadata"]["name"]] = pod
            self.history.append((self.version, kind, copy.deepcopy(pod)))
            self.changed.notify_all()

    def delete(self, name: str, *, force: bool = False) -> None:
        with self.changed:
            pod = copy.deepcopy(self.pods[name])
            if not force:
                pod["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": 5}
            self.record("DELETED" if force else "MODIFIED", pod)

    def drop_watches(self) -> None:
        with self.changed:
            self.epoch += 1
            self.changed.notify_all()

    def ready(self, name: str) -> bool | None:
        conditions = self.pods.get(name, {}).get("status", {}).get("conditions", [])
        return next((c["status"] == "True" for c in conditions if c["type"] == "Ready"), None)

    def address(self, name: str) -> str:
        return str(self.pods[name]["status"]["podIP"])

    def handle(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        """Answer everything but a watch."""
        self.calls.append((method, path))
        if self.answers and method != "GET":
            return self.answers.pop(0), {"message": "as the test wants it"}
        if path.startswith("/api/v1/nodes"):
            self.node = body if method == "POST" else self.node
            return 201, self.node
        if path == "/api/v1/pods":
            self.lists += 1
            items = copy.deepcopy(list(self.pods.values()))
            return 200, {"metadata": {"resourceVersion": str(self.version)}, "items": items}
        pod = copy.deepcopy(self.pods.get(path.split("/")[6], {}))
        if not pod:
            return 404, {"message": "not found"}
        if path.endswith("/binding"):
            pod["spec"]["nodeName"] = body["target"]["name"]
        elif path.endswith("/status"):
            assert body["metadata"]["uid"] == pod["metadata"]["uid"]
            pod["status"] |= body["status"]
        elif method == "DELETE":
            assert body["gracePeriodSeconds"] == 0
            self.record("DELETED", pod)
            return 200, pod
        self.record("MODIFIED", pod)
        return 200, pod


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster: Cluster

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""

    def handle_one_request(self) -> None:
        with contextlib.suppress(OSError):
            super().handle_one_request()
            return
        self.close_connection = True

    def do_any(self) -> None:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        if "watch=true" in query:
            self.watch(int(query.rpartition("resourceVersion=")[2]))
            return
        assert self.headers["Authorization"] == "Bearer secret"
        with self.cluster.changed:
            status, answer = self.cluster.handle(self.command, path, body)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = do_any  # noqa: N815 - the names are http.server's

    def watch(self, since: int) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        cluster, epoch = self.cluster, self.cluster.epoch
        if cluster.expired:
            cluster.expired = False
            self.event("ERROR", {"code": 410, "message": "too old"})
            return
        while True:
            with cluster.changed:
                while cluster.version <= since and cluster.epoch == epoch:
                    cluster.changed.wait()
                if cluster.epoch != epoch:
                    return
                news = [entry for entry in cluster.history if entry[0] > since]
                since = cluster.version
            for _, kind, pod in news:
                self.event(kind, pod)

    def event(self, kind: str, item: dict[str, Any]) -> None:
        self.wfile.write(json.dumps({"type": kind, "object": item}).encode() + b"\n")


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


@contextlib.contextmanager
def api_server(cluster: Cluster, port: int = 0) -> Iterator[int]:
    class Bound(Handler):
        pass

    Bound.cluster = cluster
    with Listener(("127.0.0.1", port), Bound) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            cluster.drop_watches()
            server.shutdown()
            thread.join()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


def with_agent(scenario: Callable[[Cluster, int], Awaitable[None]], *pods: dict[str, Any]) -> Cluster:
    cluster = Cluster()
    for pod in pods:
        cluster.record("ADDED", pod)

    async def run(port: int) -> None:
        stop, ready = asyncio.Event(), asyncio.Event()
        agent = Agent(Server.at(f"http://127.0.0.1:{port}", ca=None, token="secret"), NODE, CIDR)
        task = asyncio.create_task(agent.run(stop, ready.set))
        async with asyncio.timeout(20):
            await ready.wait()
            try:
                await scenario(cluster, port)
            finally:
                stop.set()
                await task

    with api_server(cluster) as port:
        asyncio.run(run(port))
    return cluster


def request(address: str, port: int, method: str, target: str) -> tuple[int, dict[str, Any] | str]:
    connection = HTTPConnection(address, port, timeout=5)
    try:
        connection.request(method, target)
        response = connection.getresponse()
        text = response.read().decode()
        return response.status, json.loads(text) if text.startswith("{") else text
    finally:
        connection.close()


def refuses(address: str, port: int = PORT) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) != 0


def test_a_pod_is_bound_started_and_ready_and_answers_as_itself() -> None:
    async def scenario(cluster: Cluster, _: int) -> None:
        cluster.record("ADDED", manifest())
        await until(lambda: cluster.ready("p"))
        _, said = await asyncio.to_thread(request, cluster.address("p"), PORT, "GET", "/x")
        assert isinstance(said, dict)
        assert (said["namespace"], said["backend"], said["pod"], said["port"]) == ("ns", "a", "p", PORT)

    cluster = with_agent(scenario)
    assert cluster.pods["p"]["spec"]["nodeName"] == "local"
    assert cluster.pods["p"]["status"]["phase"] == "Running"
    assert cluster.node["metadata"]["name"] == "local"
    assert {"type": "InternalIP", "address": "127.0.0.1"} in cluster.node["status"]["addresses"]


def test_pods_that_were_there_before_are_started_and_foreign_or_finished_ones_are_not() -> None:
    foreign = manifest("foreign", spec={"nodeName": "elsewhere", "containers": [container()]})
    done = manifest("done", status={"phase": "Succeeded"})

    async def scenario(cluster: Cluster, _: int) -> None:
        await until(lambda: all(cluster.ready(f"p{n}") for n in range(20)))

    cluster = with_agent(scenario, foreign, done, *(manifest(f"p{n}") for n in range(20)))
    assert len({cluster.address(f"p{n}") for n in range(20)}) == 20
    assert cluster.ready("foreign") is cluster.ready("done") is None


def test_readiness_follows_the_admin_port() -> None:
    async def scenario(cluster: Cluster, _: int) -> None:
        await until(lambda: cluster.ready("p"))
        for value in ("false", "true"):
            target = f"/ready?value={value}"
            await asyncio.to_thread(request, cluster.address("p"), ADMIN, "POST", target)
            await until(lambda value=value: cluster.ready("p") == (value == "true"))  # type: ignore[misc]

    with_agent(scenario, manifest())


def test_a_deleted_pod_refuses_at_once_finishes_its_answers_and_goes() -> None:
    async def scenario(cluster: Cluster, _: int) -> None:
        await until(lambda: cluster.ready("p"))
        address = cluster.address("p")
        reader, writer = await asyncio.open_connection(address, PORT)
        writer.write(b"GET /?delay=0.2 HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.to_thread(_wait_for_count, address)
        cluster.delete("p")
        await until(lambda: refuses(address))
        await until(lambda: cluster.ready("p") is False)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()
        await until(lambda: "p" not in cluster.pods)
        later = manifest("p")
        later["metadata"]["uid"] = "another"
        cluster.record("ADDED", later)
        await until(lambda: cluster.ready("p"))
        assert cluster.address("p") != address
        assert refuses(address)

    with_agent(scenario, manifest())


def test_a_pod_that_sleeps_before_its_stop_serves_meanwhile_though_it_is_unready() -> None:
    async def scenario(cluster: Cluster, _: int) -> None:
        await until(lambda: cluster.ready("p"))
        address = cluster.address("p")
        cluster.delete("p")
        await until(lambda: cluster.ready("p") is False)
        assert (await asyncio.to_thread(request, address, PORT, "GET", "/"))[0] == 200
        await until(lambda: refuses(address))
        await until(lambda: "p" not in cluster.pods)

    with_agent(scenario, manifest(spec={"containers": [container(lifecycle={"preStop": {"sleep": {"seconds": 1}}})]}))


def _wait_for_count(address: str) -> None:
    while request(address, ADMIN, "GET", "/count")[1] != "1\n":
        pass


def test_a_pod_deleted_by_force_is_gone_at_once() -> None:
    async def scenario(cluster: Cluster, _: int) -> None:
        await until(lambda: cluster.ready("p"))
        address = cluster.address("p")
        cluster.delete("p", force=True)
        await until(lambda: refuses(address))

    cluster = with_agent(scenario, manifest())
    assert not [path for method, path in cluster.calls if method == "DELETE"]


def test_a_broken_or_expired_watch_is_taken_up_again() -> None:
    async def scenario(cluster: Cluster, _: int) -> None:
        await until(lambda: cluster.ready("p"))
        cluster.drop_watches()
        cluster.record("ADDED", manifest("q"))
        await until(lambda: cluster.ready("q"))
        address, lists = cluster.address("p"), cluster.lists
        with cluster.changed:
            cluster.expired = True
            del cluster.pods["p"]  # a deletion that no event tells of: only the next list does
        cluster.drop_watches()
        await until(lambda: cluster.lists > lists)
        await until(lambda: refuses(address))
        assert not refuses(cluster.address("q"))

    with_agent(scenario, manifest())


def test_an_api_server_that_is_away_is_waited_for() -> None:
    cluster = Cluster()

    async def run() -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        stop, ready = asyncio.Event(), asyncio.Event()
        agent = Agent(Server.at(f"http://127.0.0.1:{port}", ca=None, token="secret"), NODE, CIDR)
        task = asyncio.create_task(agent.run(stop, ready.set))
        await asyncio.sleep(0)
        assert not ready.is_set()
        with api_server(cluster, port):
            await ready.wait()
        cluster.record("ADDED", manifest())
        with api_server(cluster, port):
            await until(lambda: cluster.ready("p"))
            stop.set()
            await task

    asyncio.run(run())


@pytest.mark.parametrize("answers", [[409], [409, 409], [503, 500, 429], [200, 409]])
def test_conflicts_and_trouble_do_not_stop_a_pod(answers: list[int]) -> None:
    async def scenario(cluster: Cluster, _: int) -> None:
        cluster.answers = list(answers)
        cluster.record("ADDED", manifest())
        await until(lambda: not cluster.answers)
        cluster.record("MODIFIED", copy.deepcopy(cluster.pods["p"]))  # a conflict means that such an event comes
        await until(lambda: cluster.ready("p"))

    with_agent(scenario)


def test_a_refused_node_is_a_failure_of_the_harness() -> None:
    cluster = Cluster()
    cluster.answers = [403]
    with api_server(cluster) as port:
        agent = Agent(Server.at(f"http://127.0.0.1:{port}", ca=None, token="secret"), NODE, CIDR)
        with pytest.raises(HarnessFailure, match="refuses the node"):
            asyncio.run(agent.run(asyncio.Event(), lambda: None))


def test_a_port_that_cannot_be_bound_leaves_the_pod_unready_with_the_reason() -> None:
    double = manifest(spec={"containers": [container(), container(name="again")]})

    async def scenario(cluster: Cluster, _: int) -> None:
        await until(lambda: cluster.ready("p") is False)

    cluster = with_agent(scenario, double)
    first, second = cluster.pods["p"]["status"]["containerStatuses"]
    assert first["ready"]
    assert "in use" in second["state"]["waiting"]["message"]


def test_the_process_says_ready_and_ends_on_sigterm(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n")
    with api_server(Cluster()) as port:
        command = [sys.executable, "-m", "conformance.clusters.local.node", "--server", f"http://127.0.0.1:{port}"]
        command += ["--token-file", str(token), "--pod-cidr", CIDR, "--node-name", "local"]
        command += ["--node-address", "127.0.0.1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0


def test_addresses_are_given_once_and_never_again() -> None:
    pool = AddressPool("10.0.0.0/29")
    pool.adopt("old", "10.0.0.3")
    assert [pool.give(uid) for uid in ("a", "b", "a", "old")] == ["10.0.0.2", "10.0.0.4", "10.0.0.2", "10.0.0.3"]
    pool.forget("a")
    assert [pool.give("c"), pool.give("a")] == ["10.0.0.5", "10.0.0.6"]
    with pytest.raises(HarnessFailure, match="no pod address is left"):
        pool.give("d")


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        (None, ALWAYS),
        ({"exec": {"command": ["true"]}}, ALWAYS),
        ({"httpGet": {"path": "/ready", "port": ADMIN}}, FOLLOWS),
        ({"httpGet": {"path": "/ready", "port": "admin"}}, FOLLOWS),
        ({"httpGet": {"path": "/", "port": "web"}}, ALWAYS),
        ({"tcpSocket": {"port": ADMIN}}, ALWAYS),
        ({"tcpSocket": {"port": 9}}, NEVER),
        ({"httpGet": {"path": "/", "port": "nowhere"}}, NEVER),
    ],
)
def test_probes_are_settled_by_what_listens(probe: dict[str, Any] | None, expected: str) -> None:
    pod = pod_of(manifest(spec={"containers": [container(readinessProbe=probe)]}))
    assert pod.containers[0].probe == expected


def test_what_the_image_would_listen_on_counts_not_what_is_declared() -> None:
    env = [{"name": "PORTS", "value": "80,81"}, {"name": "READY", "value": "false"}]
    (one,) = pod_of(manifest(spec={"containers": [container(env=env)]})).containers
    assert (one.ports, one.admin_port, one.begins_ready, one.identity.backend) == ((80, 81), None, False, "p")


def test_conditions_keep_the_time_of_their_last_change() -> None:
    pod = pod_of(manifest())
    ready = pod_conditions([ContainerState(pod.containers[0], ready=True)])
    unready = pod_conditions([ContainerState(pod.containers[0], ready=False)])
    first = changed({}, {}, ready, now="1")
    second = changed(first, ready, unready, now="2")
    assert second == {"PodScheduled": "1", "Initialized": "1", "ContainersReady": "2", "Ready": "2"}
    status = pod_status(pod, [], address="1.2.3.4", host="h", started="1", since=second)
    assert status["podIPs"] == [{"ip": "1.2.3.4"}]
