"""What is asked because of an Ingress, and what stands in for the rest of the owner's cluster."""

import base64
from typing import Any

import pytest

from conformance.case.model import SHARED_BACKENDS, Case, Level
from conformance.migrate import derivation
from conformance.migrate.annotations import known_annotations
from conformance.migrate.asking import PATHS
from conformance.migrate.derivation import CREDENTIALS
from conformance.migrate.migration import omissions
from conformance.migrate.plan import Plan
from conformance.migrate.question import Question
from conformance.migrate.scene import unknown_annotations
from conformance.plan.single import unit_of
from conformance.tests.migrations import NGINX, found, ingress, plan
from conformance.tests.plans import NAMESPACES, ground


def questions(made: Plan) -> list[Question]:
    return [q for asked in made.asked for scene in asked.scenes for q in scene.questions.values()]


def kinds(made: Plan) -> dict[str, str]:
    return {q.kind: q.target for q in questions(made)}


def case_of(made: Plan, ending: str = "") -> Case:
    (case,) = [case for case in made.cases if case.id.endswith(ending) and (ending or "-" not in case.name)]
    return case


def applied(made: Plan, ending: str = "") -> dict[str, Any]:
    (one,) = [m for m in case_of(made, ending).objects if m["kind"] == "Ingress"]
    return one


def test_a_path_is_asked_with_its_boundaries() -> None:
    assert kinds(plan(ingress(path="/cart"))) == {
        "path": "/cart",
        "claimed-address": "/cart",
        "sub-path": "/cart/x",
        "slash": "/cart/",
        "one-letter-more": "/cartz",
        "longer-sibling": "/cart-other/x",
        "double-slash": "//cart",
        "dot-segments": "/elsewhere/../cart",
        "other-case": "/CART",
        "percent-encoded": "/%63art",
        "unknown-path": "/nobody/names/this",
        "tls-unasked": "/cart",
        "sub-domain": "/cart",
        "host-with-port": "/cart",
        "host-in-capitals": "/cart",
    }


def test_a_path_with_a_slash_is_asked_without_one_and_the_root_has_no_siblings() -> None:
    assert kinds(plan(ingress(path="/cart/")))["slash"] == "/cart"
    assert "one-letter-more" not in kinds(plan(ingress(path="/")))


def test_tls_is_asked_over_tls_and_without() -> None:
    asked = questions(plan(ingress(tls=True)))
    assert {q.scheme for q in asked if q.kind == "path"} == {"https"}
    assert [q.guards for q in asked if q.kind == "without-tls"] == [True]


def test_wildcards_are_asked_under_a_name_and_beside_it() -> None:
    hosts = {q.kind: q.host for q in questions(plan(ingress(host="*.example.com")))}
    assert hosts["path"] == "one.example.com"
    assert hosts["sub-domain"] == "two.one.example.com"
    assert hosts["bare-domain"] == "example.com"


def test_patterns_are_asked_by_their_plain_beginning() -> None:
    made = plan(ingress(path="/v1(/|$)(.*)", path_type="ImplementationSpecific", rewrite_target="/$2"))
    assert kinds(made)["path"] == "/v1"
    assert kinds(made)["rewritten"] == "/v1/a/b?x=1"


def test_every_request_can_be_sent_and_no_two_are_the_same() -> None:
    paths = ["/", "/%", "/ü", "/a b", "/x?y#z", "/a(b|c)", "/\t", "//", "/.well-known"]
    for path in paths:
        # Only so does an API server take two slashes.
        kind = "ImplementationSpecific" if "//" in path else "Prefix"
        one = ingress(path=path, path_type=kind, enable_cors="true", canary="true", canary_weight="10")
        for case in plan(one).cases:
            sent = [(p.method, p.scheme, p.host, p.target, p.headers, p.body) for p in case.probes]
            assert len(sent) == len(set(sent))
            assert all(probe.target.isascii() and probe.target.isprintable() for probe in case.probes)
            assert all(probe.target.startswith("/") and " " not in probe.target for probe in case.probes)


def test_only_some_paths_of_a_kind_are_asked_in_full_and_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    many = ingress()
    rule = many["spec"]["rules"][0]["http"]["paths"]
    rule += [{**rule[0], "path": f"/p{number}"} for number in range(9)]
    made = plan(many)
    assert sum(q.kind == "path" for q in questions(made)) == 10
    assert sum(q.kind == "other-case" for q in questions(made)) == derivation.IN_FULL
    assert {left.kind: left.count for left in made.left_out}["boundaries"] > 0
    monkeypatch.setattr(derivation, "MOST_QUESTIONS", 5)
    bounded = plan(many)
    assert len(questions(bounded)) == 5
    assert any(left.kind == "questions" for left in bounded.left_out)


def test_annotations_are_asked_about_on_some_paths_and_the_others_are_told() -> None:
    def with_paths(number: int, **annotations: Any) -> Plan:
        many = ingress(**annotations)
        rule = many["spec"]["rules"][0]["http"]["paths"]
        many["spec"]["rules"][0]["http"]["paths"] = [{**rule[0], "path": f"/p{n}"} for n in range(number)]
        return plan(many)

    five = with_paths(PATHS + 2, limit_rps="5", proxy_body_size="1m")
    assert [q.target for q in questions(five) if q.family == "rate"] == ["/p0", "/p1", "/p2"]
    (left,) = [left for left in five.left_out if left.kind == "paths"]
    assert (left.count, left.ingress) == (2, "shop/one")
    assert f"first {PATHS} paths of each kind" in left.why
    for all_asked in (
        with_paths(PATHS, limit_rps="5"),
        with_paths(PATHS + 2),
        with_paths(PATHS + 2, enable_cors=""),
        with_paths(PATHS + 2, ssl_ciphers="x"),
    ):
        assert not any(left.kind == "paths" for left in all_asked.left_out)


def test_annotations_are_asked_about_on_the_path_as_it_is_written() -> None:
    made = plan(ingress(path="/cart/", path_type="Exact", limit_rps="5", backend_protocol="HTTP", rewrite_target="/x"))
    assert kinds(made)["thirty-requests-at-once"] == "/cart/"
    assert kinds(made)["rewritten"] == "/cart/a/b?x=1"
    (path,) = [q for q in questions(made) if q.kind == "path"]
    assert "upstream" in [one.family for one in path.also]


def test_only_some_hosts_of_a_kind_are_asked_in_full() -> None:
    many = ingress()
    many["spec"]["rules"] += [ingress(host=f"h{n}.example.com")["spec"]["rules"][0] for n in range(5)]
    made = plan(many)
    assert sum(q.kind == "host-in-capitals" for q in questions(made)) == derivation.IN_FULL
    assert len({q.host for q in questions(made) if q.kind == "path"}) == 6
    assert sum("other hosts" in left.why for left in made.left_out) == 4


def test_one_group_speaks_for_those_that_are_alike() -> None:
    made = plan(ingress("one", host="a.test"), ingress("two", host="b.test"), ingress("c", host="c.test", tls=True))
    assert [len(asked.alike) for asked in made.asked] == [0, 1]
    assert any(left.kind == "alike" and left.count == 1 for left in made.left_out)


def test_a_source_range_is_open_for_everything_else_and_closed_for_its_own_question() -> None:
    made = plan(ingress(whitelist_source_range="10.0.0.0/8"))
    name = f"{NGINX}whitelist-source-range"
    assert applied(made)["metadata"]["annotations"] == {name: "0.0.0.0/0"}
    assert applied(made, "-source-range")["metadata"]["annotations"] == {name: "192.0.2.0/24"}
    guards = [q for q in questions(made) if q.variant == "source-range"]
    assert guards
    assert all(q.guards for q in guards)


def test_with_a_password_all_is_asked_with_it_but_for_the_guard_itself() -> None:
    made = plan(ingress(auth_type="basic", auth_secret="users", whitelist_source_range="10.0.0.0/8"))
    asked = questions(made)
    without = [q for q in asked if CREDENTIALS not in q.headers and q.host.lower().startswith("shop.")]
    assert {q.family for q in without} == {"basic-auth"}
    assert {q.kind for q in without if not q.keeps} == {"without-credentials", "with-wrong-credentials"}
    assert all(CREDENTIALS in q.headers for q in asked if q.variant == "source-range")
    annotations = applied(made)["metadata"]["annotations"]
    (secret,) = [m for m in case_of(made).objects if m["kind"] == "Secret"]
    held = unit_of(case_of(made), ground())
    real = next(m for m in held.objects if m and m["kind"] == "Secret")
    assert annotations[f"{NGINX}auth-secret"] == real["metadata"]["name"]
    assert "suite:{SHA}" in secret["stringData"]["auth"]


def test_a_name_that_is_written_with_its_namespace_keeps_one() -> None:
    both = [
        ingress("one", auth_type="basic", auth_secret="shop/users"),
        ingress("two", namespace="team", path="/team", auth_type="basic", auth_secret="team/users"),
        ingress("three", path="/bare", auth_type="basic", auth_secret="users"),
        ingress("four", path="/away", auth_type="basic", auth_secret="elsewhere/users"),
    ]
    unit = unit_of(case_of(plan(*both)), ground())
    secrets = {(m["metadata"]["namespace"], m["metadata"]["name"]) for m in unit.objects if m and m["kind"] == "Secret"}
    named = [
        (m["metadata"]["namespace"], annotations[f"{NGINX}auth-secret"])
        for m in unit.objects
        if m and m["kind"] == "Ingress" and (annotations := m["metadata"].get("annotations"))
    ]
    values = [value for _, value in named]
    assert "elsewhere/users" in values
    assert sum("/" in value for value in values) == 3
    own = [(space, value) for space, value in named if value != "elsewhere/users"]
    assert {tuple(value.split("/")) if "/" in value else (space, value) for space, value in own} == secrets


def test_a_service_of_the_suites_own_is_asked_for_its_leave() -> None:
    made = plan(ingress(auth_url="http://auth.default.svc/check", auth_signin="https://login.test"))
    open_ = applied(made)["metadata"]["annotations"]
    closed = applied(made, "-external-auth")["metadata"]["annotations"]
    assert open_[f"{NGINX}auth-url"] == "http://@address(e)/?anon=1&hdr=X-Vouched-For:the-service"
    assert closed[f"{NGINX}auth-url"] == "http://@address(e)/?anon=1&status=401"
    assert closed[f"{NGINX}auth-signin"] == "https://login.test"


def test_stand_ins_have_the_names_and_ports_of_the_services_and_the_certificate_those_of_the_hosts() -> None:
    made = ingress(tls=True)
    made["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"] = {"name": "https"}
    case = case_of(plan(made))
    (service,) = [m for m in case.objects if m["kind"] == "Service"]
    assert service["metadata"]["name"] == "web"
    assert service["spec"]["ports"] == [{"name": "https", "port": 20000, "targetPort": 8444}]
    (secret,) = [m for m in case.objects if m["kind"] == "Secret"]
    assert secret["metadata"]["name"] == "cert"
    assert secret["certificate"] == {"names": ["shop.example.com"]}
    (asked,) = plan(made).asked
    assert asked.scenes[0].stands_for == {"a": "shop/web"}


def test_the_ports_of_a_stand_in_differ_in_names_and_numbers_whatever_those_of_the_service_are() -> None:
    made = ingress()
    paths = made["spec"]["rules"][0]["http"]["paths"]
    wanted = ({"number": 80}, {"name": "p80"}, {"number": 20000}, {"name": "web"}, {"name": "pp80"})
    paths[:] = [
        {"path": f"/{n}", "pathType": "Exact", "backend": {"service": {"name": "web", "port": port}}}
        for n, port in enumerate(wanted)
    ]
    (service,) = [m for m in case_of(plan(made)).objects if m["kind"] == "Service"]
    ports = {port["name"]: port["port"] for port in service["spec"]["ports"]}
    assert len(ports) == len(set(ports.values())) == 5
    assert {80, 20000} < set(ports.values())
    assert {"p80", "web", "pp80"} < set(ports)


def target(port: dict[str, Any], **annotations: str) -> int:
    made = ingress(**annotations)  # type: ignore[arg-type]
    made["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"] = port
    (service,) = [m for m in case_of(plan(made)).objects if m["kind"] == "Service"]
    return int(service["spec"]["ports"][0]["targetPort"])


def test_only_an_annotation_makes_a_stand_in_speak_nothing_but_tls() -> None:
    assert (
        target({"number": 8443}, backend_protocol="HTTPS") == target({"number": 80}, backend_protocol="HTTPS") == 8443
    )
    assert {target(port) for port in ({"number": 443}, {"number": 8443}, {"name": "https-web"})} == {8444}
    assert target({"number": 8080}) == 8080


def test_each_service_of_a_group_has_a_stand_in_of_its_own() -> None:
    many = ingress()
    rule = many["spec"]["rules"][0]["http"]["paths"]
    rule += [
        {"path": f"/p{n}", "pathType": "Exact", "backend": {"service": {"name": f"s{n}", "port": {"number": 80}}}}
        for n in range(8)
    ]
    (asked,) = plan(many).asked
    assert len(asked.scenes[0].stands_for) == 9
    assert len(asked.scenes[0].case.backends) == 4


def of_two_teams(number: int) -> Plan:
    """So many Services of a second team, on one host with one of the first."""
    return plan(
        ingress("front", namespace="aa", path="/front"),
        *(ingress(f"i{n}", namespace="bb", path=f"/p/{n}", service=f"svc{n}") for n in range(number)),
    )


def test_each_service_of_a_second_namespace_has_a_stand_in_of_its_own_too() -> None:
    made = of_two_teams(8)
    (asked,) = made.asked
    scene = asked.scenes[0]
    assert len(scene.stands_for) == 9
    assert not any(" or " in service for service in scene.stands_for.values())
    assert not any(left.kind == "services" for left in made.left_out)
    applied = [m for m in unit_of(scene.case, ground()).objects if m]
    there = {m["spec"]["template"]["metadata"]["labels"]["backend"] for m in applied if m["kind"] == "Deployment"}
    other = [m for m in applied if m["kind"] == "Service" and m["metadata"]["namespace"] == NAMESPACES["other"]]
    assert {m["spec"]["selector"]["backend"] for m in other} == {*SHARED_BACKENDS, *there}
    assert {f"other/{name}" for name in there} <= set(scene.stands_for)
    assert all(m["metadata"]["namespace"] == NAMESPACES["other"] for m in applied if m["kind"] == "Deployment")


def test_services_that_share_a_stand_in_are_told_in_whichever_namespace_they_are() -> None:
    assert not any(left.kind == "services" for left in of_two_teams(45).left_out)
    (left,) = [left for left in of_two_teams(46).left_out if left.kind == "services"]
    assert left.why.startswith("46 Services, of which some share a stand-in")


def test_namespaces_are_mapped_and_a_third_one_is_told() -> None:
    made = plan(*(ingress(space, namespace=space, path=f"/{space}") for space in ("a", "b", "c")))
    spaces = [m["metadata"].get("namespace", "") for m in case_of(made).objects if m["kind"] == "Ingress"]
    assert spaces == ["", "other", "other"]
    assert any(left.kind == "namespaces" for left in made.left_out)
    names = [(m["kind"], m["metadata"].get("namespace"), m["metadata"]["name"]) for m in case_of(made).objects]
    assert len(names) == len(set(names))


def test_the_objects_of_every_case_can_be_planned_and_expect_nothing() -> None:
    every = {
        f"{annotation}": "true" for family in known_annotations().families.values() for annotation in family.annotations
    }
    made = plan(ingress(tls=True, **{key.replace("-", "_"): value for key, value in every.items()}))
    for case in made.cases:
        unit = unit_of(case, ground())
        assert case.level is Level.OBSERVED
        assert not any(probe.expect.demanding for probe in case.probes)
        assert unit.beside == 0
        assert len(unit.probes) == len(case.probes)


def test_annotations_of_others_are_neither_applied_nor_unknown_and_strange_ones_are_counted() -> None:
    one = ingress()
    one["metadata"]["annotations"] = {
        "cert-manager.io/cluster-issuer": "x",
        "kubernetes.io/ingress.class": "nginx",
        "example.com/own": "1",
        f"{NGINX}no-such-thing": "1",
    }
    assert set(applied(plan(one))["metadata"]["annotations"]) == {"example.com/own", f"{NGINX}no-such-thing"}
    assert set(unknown_annotations(found(one))) == {"example.com/own", f"{NGINX}no-such-thing"}


def test_annotations_of_others_are_told_and_counted_by_who_reads_them() -> None:
    one, two = ingress("one", host="a.test"), ingress("two", host="b.test")
    one["metadata"]["annotations"] = {
        "description": "x",
        "cert-manager.io/issuer": "x",
        "cert-manager.io/duration": "1h",
        "kubernetes.io/ingress.class": "nginx",
        "example.com/own": "1",
    }
    two["metadata"]["annotations"] = {"kubernetes.io/tls-acme": "true", "example.com/own": "1"}
    made = plan(one, two)
    assert len(made.asked) == 1
    told = {one.why: (one.count, one.examples) for one in omissions(made.left_out) if one.kind == "for-others"}
    assert told == {
        "not asked about, and not applied: cert-manager.io/…": (2, ("shop/one",)),
        "not asked about, and not applied: description": (1, ("shop/one",)),
        "not asked about, and not applied: kubernetes.io/tls-acme": (1, ("shop/two",)),
    }


def test_a_host_without_room_is_told_and_not_asked() -> None:
    made = plan(ingress(host=".".join(["x" * 60] * 4)))
    assert not made.cases
    assert "no room" in made.troubles[0].message


def test_the_password_is_what_the_secret_holds() -> None:
    assert base64.b64decode(CREDENTIALS[1].removeprefix("Basic ")) == b"suite:suite"
