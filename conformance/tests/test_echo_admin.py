"""The admin port of the echo backend: readiness and counts."""

import pytest

from conformance.echo import Backend
from conformance.echo.counts import Counts, Forgotten
from conformance.echo.request import Request
from conformance.tests.talk import get, split, talk, with_backend


def test_admin_port_reports_and_sets_readiness_and_counts() -> None:
    heard: list[bool] = []

    async def scenario(backend: Backend) -> None:
        async def admin(request: bytes) -> tuple[int, bytes]:
            status, _, body = split(await talk(backend.admin_port or 0, request))
            return status, body.strip()

        assert await admin(get("/ready")) == (200, b"ready")
        assert (await admin(get("/ready?value=false", "Content-Length: 0", method="POST")))[0] == 200
        assert (await admin(get("/ready")))[0] == 503
        assert (await admin(get("/ready?value=maybe", method="POST")))[0] == 400
        assert (await admin(get("/ready?value=true", method="POST")))[0] == 200
        assert heard == [False, True]
        assert await admin(get("/count")) == (200, b"0")
        await talk(backend.ports[0], get("/") * 3)
        assert await admin(get("/count")) == (200, b"3")
        assert (await admin(get("/count", method="DELETE")))[0] == 405
        assert (await admin(get("/")))[0] == 404

    with_backend(scenario, on_readiness=heard.append)


async def admin(backend: Backend, target: str, *headers: str, method: str = "GET") -> tuple[int, str]:
    status, _, body = split(await talk(backend.admin_port or 0, get(target, *headers, method=method)))
    return status, body.decode().strip()


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_readiness_is_set_as_the_api_server_forwards_it(method: str) -> None:
    async def scenario(backend: Backend) -> None:
        forwarded = ("Accept-Encoding: gzip", "X-Forwarded-Uri: /api/v1/namespaces/ns/pods/p:8079/proxy/ready")
        assert await admin(backend, "/ready?value=false", *forwarded, "Content-Length: 0", method=method) == (
            200,
            "not ready",
        )
        assert (await admin(backend, "/ready"))[0] == 503

    with_backend(scenario)


def test_requests_are_counted_by_path_and_by_probe() -> None:
    async def scenario(backend: Backend) -> None:
        port = backend.ports[0]
        await talk(port, get("/a?x=1", "X-Conformance-Probe: r-1") * 2 + get("/a%20b", "x-conformance-probe: r-2"))
        assert await admin(backend, "/count") == (200, "3")
        assert await admin(backend, "/count?path=/a") == (200, "2")
        assert await admin(backend, "/count?path=/a%2520b") == (200, "1")
        assert await admin(backend, "/count?path=/smuggled") == (200, "0")
        assert await admin(backend, "/count?probe=r-1") == (200, "2")
        assert await admin(backend, "/count?probe=r-9") == (200, "0")
        assert (await admin(backend, "/count?host=x"))[0] == 400

    with_backend(scenario)


def test_a_count_that_was_forgotten_is_not_taken_for_none() -> None:
    counts = Counts(limit=2)
    for number in range(3):
        counts.note(Request(b"GET", b"/%d" % number, headers=((b"X-Conformance-Probe", b"r-%d" % number),)))
    assert (counts.total, counts.of_path(b"/2"), counts.of_probe(b"r-2")) == (3, 1, 1)
    for find, key in ((counts.of_path, b"/0"), (counts.of_probe, b"r-0"), (counts.of_probe, b"never")):
        with pytest.raises(Forgotten):
            find(key)
