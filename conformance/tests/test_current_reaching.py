"""An address counts only if plain Ingresses are seen served there; else nothing is judged."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from kubernetes.client import ApiClient

from conformance.clusters.api import Api, Manifest
from conformance.clusters.current.patience import Patience
from conformance.clusters.current.reaching import Reaching
from conformance.clusters.current.settings import Settings
from conformance.engine.crew import Interrupted
from conformance.errors import HarnessFailure

CLASS: Manifest = {"metadata": {"name": "public"}}
HOME = "conformance-abc123"


class Stored(Api):
    """An API server that takes everything."""

    def apply(self, manifest: Manifest) -> Manifest:
        return manifest


@contextmanager
def controller(*hosts: str, port: int = 0, other: int = 404) -> Iterator[int]:
    """A server that passes requests for these hosts on to a marker backend, so to say; ``other`` is for the rest."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["Host"].startswith(hosts) if hosts else False
            body = json.dumps(_account(self)).encode() if known else b"no"
            self.send_response(200 if known else other)
            self.send_header("Location", f"https://{self.headers['Host']}/")
            if known:
                self.send_header("X-Conformance-Backend", f"{HOME}/marker/pod")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def _account(request: BaseHTTPRequestHandler) -> dict[str, Any]:
    who = {"backend": "marker", "namespace": HOME, "pod": "pod", "port": 8080}
    body = {"length": 0, "sha256": hashlib.sha256().hexdigest()}
    return who | {"method": "GET", "target": request.path, "headers": list(request.headers.items()), "body": body}


def reaching(port: int) -> Reaching:
    settings = Settings(host="127.0.0.1", http_port=port)
    return Reaching(Stored(ApiClient()), settings, "mine", CLASS, {"": HOME}, "abc123.test", served_limit=0.5)


def failure(port: int) -> str:
    with pytest.raises(HarnessFailure) as failed:
        reaching(port).find(lambda _: None, Patience())
    assert failed.value.hint
    return str(failed.value)


def test_an_address_that_serves_both_is_the_one() -> None:
    said: list[str] = []
    with controller("r1.reached") as port:
        endpoint = reaching(port).find(said.append, Patience())
    assert (endpoint.address, endpoint.http_port) == ("127.0.0.1", port)
    assert said == [f"sending to 127.0.0.1 (http {port}, https 443), as --address says"]


def test_somebody_else_at_the_address_is_no_failing_controller() -> None:
    with controller() as port:
        assert "status:404 came in place of its backend" in failure(port)


def test_a_controller_that_serves_no_http_is_told_from_one_that_does_not_know_the_ingress() -> None:
    with controller(other=308) as port:
        assert "it sends every client to https" in failure(port)


def test_a_class_that_gives_each_ingress_an_address_is_refused() -> None:
    with controller("r1.reached.") as port:
        assert "of two plain Ingresses of class public only one is served" in failure(port)


def test_nobody_at_the_address() -> None:
    with controller() as port:
        pass
    assert "Connection refused (as --address says)" in failure(port)


def test_a_port_that_opens_with_the_first_ingress_is_waited_for() -> None:
    with controller("r1.reached") as port:
        pass
    opened: list[Any] = []

    def open_it() -> None:
        opened.append(stack.enter_context(controller("r1.reached", port=port)))

    class Opening(Stored):
        """Somebody who begins to listen a moment after an Ingress was written."""

        def apply(self, manifest: Manifest) -> Manifest:
            if not opened:
                opened.append(None)
                threading.Timer(0.3, open_it).start()
            return manifest

    with ExitStack() as stack:
        settings = Settings(host="127.0.0.1", http_port=port)
        late = Reaching(Opening(ApiClient()), settings, "mine", CLASS, {"": HOME}, "abc123.test", served_limit=5.0)
        assert late.find(lambda _: None, Patience()).http_port == port
    assert opened == [None, port]


def test_a_name_without_an_address() -> None:
    settings = Settings(host="nowhere.invalid")
    unknown = Reaching(Stored(ApiClient()), settings, "mine", CLASS, {"": HOME}, "abc123.test", served_limit=0.5)
    with pytest.raises(HarnessFailure, match=r"nowhere\.invalid: this name has no address here"):
        unknown.find(lambda _: None, Patience())


def test_an_interrupted_run_waits_no_longer() -> None:
    stop = threading.Event()
    stop.set()
    with controller() as port, pytest.raises(Interrupted):
        reaching(port).find(lambda _: None, Patience(stop))
