"""What a run has made is deleted though the API server stumbles, and what stays is not kept quiet."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from kubernetes.client import ApiClient, Configuration

from conformance.clusters.api import Api, Manifest, Refused
from conformance.clusters.current.leftovers import Leftover, delete, leftovers

LABELLED = {"ingress-conformance.dev/run": "abc123"}
ONE, OTHER = "conformance-abc123", "conformance-abc123-other"


@dataclass
class Server:
    """Namespaces as an API server has them: one that is deleted is going for one look, and then gone.

    ``stumbles`` are the statuses and words with which the next deletions of a name are refused.
    """

    there: dict[str, Manifest] = field(default_factory=dict)
    stumbles: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    uids: list[str] = field(default_factory=list)

    def get(self, name: str) -> tuple[int, Manifest]:
        """Return the status and the object."""
        found = self.there.get(name)
        if found is None:
            return 404, {"message": "not found"}
        if "deletionTimestamp" in found["metadata"]:
            del self.there[name]
        return 200, found

    def delete(self, name: str, uid: str) -> tuple[int, Manifest]:
        """Let it go, or stumble."""
        if self.stumbles.get(name):
            status, message = self.stumbles[name].pop(0)
            return status, {"message": message}
        self.uids.append(uid)
        self.there[name]["metadata"]["deletionTimestamp"] = "2026-11-24T12:00:00Z"
        return 200, {}


@pytest.fixture
def server() -> Server:
    def namespace(name: str) -> Manifest:
        return {
            "metadata": {
                "name": name,
                "uid": f"uid of {name}",
                "labels": LABELLED,
                "creationTimestamp": "2026-11-24T12:00:00Z",
            }
        }

    return Server({name: namespace(name) for name in (ONE, OTHER)})


@pytest.fixture
def api(server: Server) -> Iterator[Api]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path.endswith("namespaces"):
                self._say(200, {"items": list(server.there.values())})
            elif path.endswith("ingressclasses"):
                self._say(200, {"items": []})
            else:
                self._say(*server.get(path.rpartition("/")[2]))

        def do_DELETE(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._say(*server.delete(self.path.rpartition("/")[2], body["preconditions"]["uid"]))

        def log_message(self, *_: object) -> None:
            pass

        def _say(self, status: int, content: Manifest) -> None:
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield Api(ApiClient(Configuration(host=f"http://127.0.0.1:{listening.server_port}")))
    listening.shutdown()
    listening.server_close()
    thread.join()


def test_what_was_made_is_deleted_once_and_waited_for(api: Api, server: Server) -> None:
    found = leftovers(api, "abc123")
    assert [str(one) for one in found] == [f"Namespace {ONE}", f"Namespace {OTHER}"]
    assert delete(api, found, 10) == []
    assert server.there == {}
    assert server.uids == [f"uid of {ONE}", f"uid of {OTHER}"]


@pytest.mark.parametrize(
    "stumble", [(500, "etcdserver: request timed out"), (500, "Internal error occurred"), (503, "away"), (429, "busy")]
)
def test_a_server_that_stumbles_is_asked_again(api: Api, server: Server, stumble: tuple[int, str]) -> None:
    server.stumbles = {ONE: [stumble] * 2, OTHER: [stumble]}
    assert delete(api, leftovers(api), 10) == []
    assert server.there == {}


def test_one_that_may_not_be_deleted_costs_no_other_its_end_and_is_told_at_once(api: Api, server: Server) -> None:
    server.stumbles = {ONE: [(403, "not yours")] * 100}
    with pytest.raises(Refused, match="not yours"):
        delete(api, leftovers(api), 60)
    assert list(server.there) == [ONE]
    assert len(server.stumbles[ONE]) > 90


def test_a_server_that_stumbles_to_the_end_is_told(api: Api, server: Server) -> None:
    server.stumbles = {OTHER: [(500, "etcdserver: no leader")] * 100}
    with pytest.raises(Refused, match="no leader"):
        delete(api, leftovers(api), 0.3)
    assert list(server.there) == [OTHER]


def test_what_takes_its_time_is_returned(api: Api, server: Server) -> None:
    found = leftovers(api)
    assert delete(api, found, 0) == found


def test_another_object_of_that_name_is_let_be(api: Api, server: Server) -> None:
    found: list[Leftover] = leftovers(api)
    server.there[ONE]["metadata"]["uid"] = "of somebody else"
    assert delete(api, found, 10) == []
    assert list(server.there) == [ONE]


@pytest.mark.parametrize(
    ("status", "message", "absent"),
    [
        (500, "etcdserver: request timed out", True),
        (500, "Internal error occurred: failed calling webhook", False),
        (403, "namespaces is forbidden: not yet ready to handle request", True),
        (403, "namespaces is forbidden", False),
        (0, "no connection", True),
        (404, "not found", False),
    ],
)
def test_a_server_that_says_nothing_about_the_request_is_away(status: int, message: str, absent: bool) -> None:
    assert Refused("GET /", status, message).absent is absent


def test_a_request_that_hangs_is_not_the_only_one(server: Server) -> None:
    """Patience begins with the first failure: that one may have taken longer than all of the patience."""
    held = threading.Event()
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if len(asked) == 1:
                held.wait(10)
                return
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    configuration = Configuration(host=f"http://127.0.0.1:{listening.server_port}")
    configuration.retries = False
    try:
        api = Api(ApiClient(configuration), patience=0.4, timeout=(1.0, 0.5))
        assert api.request("GET", "/version") == {}
    finally:
        held.set()
        listening.shutdown()
        listening.server_close()
    assert len(asked) == 2
