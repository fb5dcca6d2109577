"""The node agent, against a small API server in memory: pods start, turn ready and end, whatever that server does."""

import asyncio
import copy
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.clusters.local.node.addresses import AddressPool
from conformance.clusters.local.node.agent import Agent
from conformance.clusters.local.node.api import Server
from conformance.clusters.local.node.pods import ALWAYS, FOLLOWS, NEVER, pod_of
from conformance.clusters.local.node.status import ContainerState, changed, pod_conditions, pod_status
from conformance.errors import HarnessFailure
from conformance.tests.node_world import (
    ADMIN,
    CIDR,
    NODE,
    PORT,
    Cluster,
    api_server,
    container,
    manifest,
    request,
    until,
    with_agent,
)


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
