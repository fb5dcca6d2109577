"""Where the controller is: what Ingresses and Services say."""

from typing import Any

from conformance.clusters.current.places import (
    Place,
    balanced,
    places_of,
    port_forward_advice,
    product_selector,
)


def balancer(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"status": {"loadBalancer": {"ingress": list(entries)}}}


def service(name: str, kind: str, *ports: int) -> dict[str, Any]:
    spec = {"type": kind, "ports": [{"port": port} for port in ports]}
    return {"metadata": {"namespace": "ingress", "name": name}, "spec": spec}


def test_addresses_and_names_are_read_each_once() -> None:
    told = balancer({"ip": "192.0.2.7"}, {"hostname": "lb.example.org"}, {"ip": "192.0.2.7"}, {"ports": []})
    assert places_of(told, "it") == [Place("192.0.2.7", "it"), Place("lb.example.org", "it")]


def test_an_empty_status_says_nothing() -> None:
    holders: list[dict[str, Any]] = [{}, {"status": None}, {"status": {"loadBalancer": {}}}, balancer()]
    for holder in holders:
        assert places_of(holder, "it") == []


def test_only_a_class_that_names_its_installation_leads_to_a_service() -> None:
    labels = {"app.kubernetes.io/name": "traefik", "app.kubernetes.io/instance": "t-1"}
    whole = "app.kubernetes.io/name=traefik,app.kubernetes.io/instance=t-1"
    assert product_selector({"metadata": {"labels": labels}}) == whole
    assert product_selector({"metadata": {"labels": {"app.kubernetes.io/name": "traefik"}}}) == ""
    assert product_selector({"metadata": {}}) == ""


def test_services_of_other_types_have_no_balancer() -> None:
    services = [service("web", "LoadBalancer", 80), service("metrics", "ClusterIP", 9100)]
    assert balanced(services) == services[:1]


def test_the_advice_names_the_service_where_there_is_one() -> None:
    known = port_forward_advice("mine", [service("web", "ClusterIP", 80, 443), service("metrics", "ClusterIP", 9100)])
    assert "kubectl --context mine -n ingress port-forward service/web 8080:80 8443:443" in known
    assert "--address 127.0.0.1:8080 --https-port 8443" in known
    assert "service/SERVICE" in port_forward_advice("mine", [])
    assert "service/SERVICE" in port_forward_advice(
        "mine", [service("a", "ClusterIP", 80), service("b", "ClusterIP", 80)]
    )
