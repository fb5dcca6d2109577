"""The reference's talk with an API server, here a scripted one on loopback: list, watch, list again, status."""

import contextlib
import http.server
import json
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.reference import __main__ as command
from conformance.reference.api import Api
from conformance.reference.behaviour import REFERENCE
from conformance.reference.objects import Event, Objects, apply
from conformance.reference.status import Patch, Publisher, patches
from conformance.reference.watch import Scope, scopes, watch
from conformance.tests.reference_world import OWN, Object, ingress, listed, objects, rule

PATIENCE = 10.0


def change(kind: str, item: Object) -> bytes:
    return json.dumps({"type": kind, "object": item}).encode() + b"\n"


def a_list(version: str, *items: Object) -> bytes:
    return json.dumps({"metadata": {"resourceVersion": version}, "items": items}).encode()


class Scripted(http.server.ThreadingHTTPServer):
    """Gives the answers of its script in turn and keeps the requests.

    None breaks the connection, a number is a status, and text is the beginning of a body of which the rest never comes.
    """

    daemon_threads = True

    def __init__(self, script: list[bytes | str | int | None]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = iter(script)
        self.requests: queue.SimpleQueue[tuple[str, str, str, Any]] = queue.SimpleQueue()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Scripted)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = (self.command, self.path, self.headers.get("Authorization", ""), json.loads(body or b"null"))
        self.server.requests.put(asked)
        answer = next(self.server.script, None)
        if answer is not None:
            self.send_response(answer if isinstance(answer, int) else 200)
            if isinstance(answer, str):
                self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            if isinstance(answer, str):
                self.wfile.write(b"%x\r\n%b\r\n8\r\nbro" % (len(answer), answer.encode()))
            elif isinstance(answer, bytes):
                self.wfile.write(answer)

    do_PATCH = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@contextlib.contextmanager
def scripted(*script: bytes | str | int | None) -> Iterator[Scripted]:
    with Scripted(list(script)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def hearing(number: int) -> tuple[list[Event], Callable[[Event], None], threading.Event]:
    """What will have been told, whom to tell it, and the event that ends a watch after so many."""
    told: list[Event] = []
    stop = threading.Event()

    def tell(event: Event) -> None:
        told.append(event)
        if len(told) == number:
            stop.set()

    return told, tell, stop


def test_changes_are_told_and_a_broken_watch_is_taken_up_again(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n")
    one, two = ingress("one"), ingress("two")
    bookmark = {"metadata": {"resourceVersion": "7"}}
    told, tell, stop = hearing(4)
    with scripted(
        None,
        503,
        a_list("5", one),
        change("ADDED", two) + change("DELETED", one) + change("BOOKMARK", bookmark),
        change("ERROR", {"code": 410}),
        a_list("9", two),
        change("MODIFIED", two),
    ) as server:
        watch(Api(server.url, token_file=token), Scope("ingresses", "one"), tell, stop)
        asked = [server.requests.get(timeout=PATIENCE) for _ in range(6)]
    assert told == [
        Event("ingresses", (one,), listed=True, namespace="one"),
        Event("ingresses", (two,), namespace="one"),
        Event("ingresses", (one,), deleted=True, namespace="one"),
        Event("ingresses", (two,), listed=True, namespace="one"),
    ]
    assert {request[1].partition("?")[0] for request in asked} == {
        "/apis/networking.k8s.io/v1/namespaces/one/ingresses"
    }
    assert {request[2] for request in asked} == {"Bearer secret"}
    assert "resourceVersion=5" in asked[3][1]
    assert "resourceVersion=7" in asked[4][1]


def test_a_change_is_told_when_it_is_whole_and_a_torn_one_never() -> None:
    told, tell, stop = hearing(4)
    # The change is longer than what is buffered, and the server breaks off within the next chunk.
    large = ingress("large")
    large["metadata"]["annotations"] = {"note": "x" * 20_000}
    with scripted(a_list("5"), change("ADDED", large).decode(), a_list("6"), change("ADDED", ingress("two"))) as server:
        watch(Api(server.url), Scope("ingresses"), tell, stop)
    assert [[item["metadata"]["name"] for item in event.objects] for event in told] == [[], ["large"], [], ["two"]]
    assert told[1].objects == (large,)


def test_a_list_forgets_what_it_does_not_name_and_leaves_the_old_value_alone() -> None:
    before = objects(ingresses=[ingress("one"), ingress("two")])
    after = apply(before, listed(ingresses=[ingress("two"), ingress("three")]))
    assert sorted(name for _, name in after.ingresses) == ["three", "two"]
    assert sorted(name for _, name in before.ingresses) == ["one", "two"]
    assert after.ingressclasses == before.ingressclasses
    assert apply(after, [Event("ingresses", (ingress("unknown"),), deleted=True)]) == after


def test_a_list_of_one_namespace_forgets_nothing_of_another() -> None:
    before = objects(ingresses=[ingress("one"), {"metadata": {"namespace": "two", "name": "two"}, "spec": {}}])
    after = apply(before, [Event("ingresses", (), listed=True, namespace="one")])
    assert list(after.ingresses) == [("two", "two")]


def test_a_controller_that_looks_at_two_namespaces_asks_for_both_and_once_for_what_has_none() -> None:
    paths = [scope.path for scope in scopes(("one", "two"))]
    assert len(paths) == 9
    assert "/api/v1/namespaces/two/secrets" in paths
    assert "/apis/networking.k8s.io/v1/ingressclasses" in paths
    assert {scope.path for scope in scopes(())} == {
        "/apis/networking.k8s.io/v1/ingresses",
        "/apis/networking.k8s.io/v1/ingressclasses",
        "/api/v1/services",
        "/apis/discovery.k8s.io/v1/endpointslices",
        "/api/v1/secrets",
    }


def test_status_is_wanted_where_it_differs_and_the_ingress_is_ours() -> None:
    done, stale = ingress("done"), ingress("stale")
    done["status"] = {"loadBalancer": {"ingress": [{"ip": "10.0.0.5"}]}}
    stale["status"] = {"loadBalancer": {"ingress": [{"hostname": "old.test"}]}}
    held = objects(ingresses=[done, stale, ingress("new", rule("h.test")), ingress("other", class_name="other")])
    wanted = patches(held, OWN, "10.0.0.5", REFERENCE)
    assert wanted == (Patch(("one", "stale"), "1", "10.0.0.5"), Patch(("one", "new"), "1", "10.0.0.5"))
    assert patches(Objects(), OWN, "10.0.0.5", REFERENCE) == ()


def test_status_is_written_once_for_a_revision() -> None:
    first, second = Patch(("one", "i"), "1", "10.0.0.5"), Patch(("one", "i"), "2", "10.0.0.5")
    with scripted(b"{}", b"{}") as server:
        publisher = Publisher(Api(server.url))
        threading.Thread(target=publisher.run, daemon=True).start()
        for wanted in (first, first, second):
            publisher.publish([wanted])
        for _ in range(2):
            method, path, _, body = server.requests.get(timeout=PATIENCE)
            assert (method, path) == ("PATCH", "/apis/networking.k8s.io/v1/namespaces/one/ingresses/i/status")
            assert body == {"status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.5"}]}}}
    assert server.requests.empty()


def test_what_was_not_written_is_tried_again_with_the_token_of_then(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old\n")
    wanted = [Patch(("one", name), "1", "10.0.0.5") for name in ("first", "second")]
    with scripted(401, b"{}", None, b"{}") as server:
        publisher = Publisher(Api(server.url, token_file=token))
        threading.Thread(target=publisher.run, daemon=True).start()
        publisher.publish(wanted)
        asked = [server.requests.get(timeout=PATIENCE)]
        token.write_text("new\n")
        asked += [server.requests.get(timeout=PATIENCE) for _ in range(3)]
        publisher.publish([Patch(("one", "second"), "2", "10.0.0.5")])
        asked.append(server.requests.get(timeout=PATIENCE))
    names = [path.split("/")[-2] for _, path, _, _ in asked]
    assert names == ["first", "second", "first", "first", "second"]
    assert [token for _, _, token, _ in asked] == ["Bearer old", "Bearer old", *["Bearer new"] * 3]


def test_a_taken_port_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert command.main(["--address", "127.0.0.1", "--http-port", port, "--https-port", "0"]) == 1
    assert "can't listen on 127.0.0.1" in capsys.readouterr().err
