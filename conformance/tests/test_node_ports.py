"""The ports of a pod beyond plain HTTP, as the node agent reads and serves them."""

import asyncio
from typing import Any

from conformance.clusters.local.node.pods import ALWAYS, pod_of
from conformance.echo import OtherPorts, TlsSettings
from conformance.plan.ground import backend_manifests
from conformance.probes.answer import Endpoint, ProbeLimits, WireProbe
from conformance.probes.outcome import sighting
from conformance.probes.sender import Sender
from conformance.tests.node_world import ADMIN, PORT, Cluster, container, manifest, request, until, with_agent

TLS, GRPC = 18443, 18051


def environment(*extra: tuple[str, str]) -> list[dict[str, Any]]:
    return [*container()["env"], *({"name": name, "value": value} for name, value in extra)]


def with_ports(*extra: tuple[str, str]) -> dict[str, Any]:
    env = environment(("TLS_PORTS", str(TLS)), ("GRPC_PORTS", str(GRPC)), *extra)
    declared = [*container()["ports"], {"containerPort": TLS, "name": "https"}, {"containerPort": GRPC, "name": "grpc"}]
    return manifest(spec={"containers": [container(env=env, ports=declared)]})


def test_a_pod_speaks_tls_and_http2_where_it_says_so() -> None:
    async def scenario(cluster: Cluster, _: int) -> None:
        await until(lambda: cluster.ready("p"))
        sender = Sender(Endpoint(cluster.address("p"), GRPC, TLS), ProbeLimits())
        for probe in (
            WireProbe("GET", "https", "x", "/", protocol="h2"),
            WireProbe("GET", "https", "x", "/"),
            WireProbe("GET", "http", "x", "/", protocol="h2c"),
        ):
            seen = sighting(await asyncio.to_thread(sender.send, probe), names={"ns": ""})
            assert (seen.outcome, seen.pod) == ("a", "p")
            assert seen.account["port"] == (TLS if probe.scheme == "https" else GRPC)

    with_agent(scenario, with_ports())


def test_declared_ports_of_another_kind_are_not_served_as_plain_ones() -> None:
    (read,) = pod_of(with_ports(("TLS_PAIR", "pem"), ("TLS_CLIENT_CA", "ca"))).containers
    assert read.others == OtherPorts((TLS,), (GRPC,), TlsSettings("pem", "ca"))
    assert not {TLS, GRPC} & set(read.ports)
    probe = {"tcpSocket": {"port": GRPC}}
    env = environment(("GRPC_PORTS", str(GRPC)))
    pod = pod_of(manifest(spec={"containers": [container(env=env, readinessProbe=probe)]}))
    assert pod.containers[0].probe == ALWAYS


def test_a_certificate_that_makes_no_sense_leaves_the_pod_unready_with_the_reason() -> None:
    async def scenario(cluster: Cluster, _: int) -> None:
        await until(lambda: cluster.ready("p") is False)
        (state,) = cluster.pods["p"]["status"]["containerStatuses"]
        assert "TLS settings" in state["state"]["waiting"]["message"]

    with_agent(scenario, with_ports(("TLS_PAIR", "no pem")))


def test_the_backends_of_a_run_listen_where_they_declare_it() -> None:
    deployment = next(iter(backend_manifests("7")))
    spec = deployment["spec"]["template"]["spec"]
    (read,) = pod_of({"metadata": {"uid": "u", "namespace": "n", "name": "p"}, "spec": spec}).containers
    declared = {port["name"]: port["containerPort"] for port in spec["containers"][0]["ports"]}
    assert read.ports == (declared["http"], declared["alt"]) == (8080, 9090)
    assert (read.others.tls, read.others.grpc) == ((declared["https"],), (declared["grpc"],)) == ((8443,), (50051,))
    assert read.others.either == (declared["either"],) == (8444,)
    assert read.admin_port == 8079


def test_each_pod_has_a_readiness_and_counts_of_its_own() -> None:
    async def scenario(cluster: Cluster, _: int) -> None:
        await until(lambda: cluster.ready("p") and cluster.ready("q"))
        await asyncio.to_thread(request, cluster.address("p"), PORT, "GET", "/")
        await asyncio.to_thread(request, cluster.address("p"), ADMIN, "PUT", "/ready?value=false")
        await until(lambda: cluster.ready("p") is False)
        assert cluster.ready("q")
        counts = [await asyncio.to_thread(request, cluster.address(pod), ADMIN, "GET", "/count?path=/") for pod in "pq"]
        assert counts == [(200, "1\n"), (200, "0\n")]

    with_agent(scenario, manifest("p"), manifest("q"))
