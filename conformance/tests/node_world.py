"""A small API server in memory, pods for it, and the node agent at work on both: what the node's tests stand on."""

import asyncio
import contextlib
import copy
import json
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from conformance.clusters.local.node.agent import Agent
from conformance.clusters.local.node.api import Server
from conformance.clusters.local.node.worker import Node

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
