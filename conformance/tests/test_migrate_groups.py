"""Which Ingresses are judged together, and which are alike."""

import copy
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.migrate.grouping import Group, groups
from conformance.migrate.shape import shape_of
from conformance.tests.migrations import found, ingress

WORDS = st.from_regex(r"[a-z][a-z0-9]{2,7}", fullmatch=True)


def shape(*manifests: dict[str, Any]) -> str:
    (group,) = groups(found(*manifests))
    return shape_of(group)


def test_those_that_share_a_host_are_together_across_namespaces_and_by_way_of_others() -> None:
    both = ingress("both", host="b.example")
    both["spec"]["rules"] += ingress(host="a.example")["spec"]["rules"]
    made = groups(
        found(
            ingress("a", host="a.example", namespace="one"),
            both,
            ingress("b", host="b.example", namespace="two"),
            ingress("c", host="c.example"),
        )
    )
    assert sorted(sorted(one.name for one in group.ingresses) for group in made) == [["a", "b", "both"], ["c"]]


def test_a_wildcard_is_together_with_what_it_covers_and_an_alias_with_its_host() -> None:
    wide = ingress("wide", host="*.example.com")
    assert len(groups(found(wide, ingress("in", host="a.example.com")))) == 1
    assert len(groups(found(wide, ingress("out", host="a.b.example.com")))) == 2
    alias = ingress("alias", host="x.test", server_alias="a.example.com, b.test")
    assert len(groups(found(alias, ingress("named", host="b.test")))) == 1


@pytest.mark.parametrize(("one", "other"), [("b.test", "www.b.test"), ("www.b.test", "b.test"), ("b.test", "*.b.test")])
def test_a_redirect_to_or_from_www_is_together_with_who_has_the_other_name(one: str, other: str) -> None:
    named = ingress("named", host=other, namespace="two")
    assert len(groups(found(ingress("moved", host=one, from_to_www_redirect="true"), named))) == 1
    assert len(groups(found(ingress("moved", host=one, from_to_www_redirect="false"), named))) == 2
    assert len(groups(found(ingress("moved", host=one), named))) == 2


def test_whatever_has_no_host_catches_all() -> None:
    bare = ingress("bare")
    del bare["spec"]["rules"][0]["host"]
    fallback = ingress("fallback", host="a.test")
    fallback["spec"]["defaultBackend"] = {"service": {"name": "x", "port": {"number": 80}}}
    (group,) = groups(found(bare, fallback))
    assert group.catches_all
    assert not Group(found(ingress())).catches_all


@given(st.lists(WORDS, min_size=6, max_size=6, unique=True))
def test_names_make_no_difference(words: list[str]) -> None:
    host, space, service, name, one, two = words
    if one.startswith(two) or two.startswith(one) or host == "www":
        return
    same_length = {len("cart"): one[:4].ljust(4, "x")}[4]
    assert shape(ingress(path="/cart", tls=True)) == shape(
        ingress(name, host=f"{host}.org", namespace=space, service=service, path=f"/{same_length}", tls=True)
    )


@pytest.mark.parametrize(
    "change",
    [
        {"path_type": "Exact"},
        {"path": "/cart/"},
        {"path": "/cart/x"},
        {"path": "/Cart"},
        {"path": "/c.rt"},
        {"tls": True},
        {"host": "*.example.com"},
        {"ssl_redirect": "false"},
    ],
)
def test_everything_else_makes_a_difference(change: dict[str, Any]) -> None:
    assert shape(ingress()) != shape(ingress(**change))


def test_annotations_with_other_values_are_other_shapes_but_names_of_secrets_are_names() -> None:
    assert shape(ingress(proxy_body_size="1m")) != shape(ingress(proxy_body_size="2m"))
    assert shape(ingress(auth_secret="a")) == shape(ingress(auth_secret="b"))
    assert shape(ingress(auth_secret="shop/a")) == shape(ingress(auth_secret="shop/b"))
    # ingress-nginx takes the name of a Secret of certificates with its namespace only.
    assert shape(ingress(auth_tls_secret="a")) != shape(ingress(auth_tls_secret="shop/a"))


def test_a_path_that_begins_another_is_not_just_two_paths() -> None:
    def pair(one: str, two: str) -> dict[str, Any]:
        both = copy.deepcopy(ingress(path=one))
        both["spec"]["rules"] += ingress(path=two)["spec"]["rules"]
        return both

    assert shape(pair("/foo", "/foobar")) != shape(pair("/abc", "/defghi"))
    assert shape(pair("/foo", "/foobar")) == shape(pair("/abc", "/abcdef"))
    assert shape(pair("/foo", "/barbaz")) != shape(pair("/foobar", "/baz"))


def test_a_service_port_that_controllers_take_for_tls_is_another_shape() -> None:
    plain, tls = ingress(), ingress()
    tls["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"] = {"number": 443}
    assert shape(plain) != shape(tls)


def together(*manifests: dict[str, Any]) -> dict[str, Any]:
    """Return one Ingress with the rules of all, so that they are one group."""
    whole = copy.deepcopy(manifests[0])
    whole["spec"]["rules"] = [rule for manifest in manifests for rule in manifest["spec"]["rules"]]
    return whole


def on_port(port: dict[str, Any]) -> dict[str, Any]:
    made = ingress()
    made["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"] = port
    return made


def paths(*written: str, **annotations: Any) -> dict[str, Any]:
    return together(*(ingress(path=path, **annotations) for path in written))


def hosts(*named: str, **annotations: Any) -> dict[str, Any]:
    return together(*(ingress(host=host, **annotations) for host in named))


def over_tls(host: str, named: str) -> dict[str, Any]:
    made = ingress(host=host, tls=True)
    made["spec"]["tls"][0]["hosts"] = [named]
    return made


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (hosts("a.com", from_to_www_redirect="true"), hosts("www.b.com", from_to_www_redirect="true")),
        (hosts("b.com", "www.b.com"), hosts("a.com", "www.z.org")),
        (hosts("b.com", "shop.b.com"), hosts("a.com", "shop.z.org")),
        (hosts("b.com", "two.b.com"), hosts("b.com", "six.b.com")),
        (over_tls("a.b.com", "*.b.com"), over_tls("a.b.com", "*.c.com")),
    ],
    ids=["www", "www-of-another", "below-another", "asked-label", "certificate-for-another"],
)
def test_hosts_of_which_one_says_something_of_another_are_not_just_hosts(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert shape(one) != shape(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (paths("/v1", "/v1.1"), paths("/xx", "/v1.1")),
        (paths("/Foo", "/foo"), paths("/Foo", "/bar")),
        (paths("/fo%6f", "/foo"), paths("/fo%6f", "/bar")),
        (paths("/123"), paths("/abc")),
        (paths("/foo", app_root="/foo"), paths("/bar", app_root="/foo")),
        (paths("/foo", app_root="/foobar"), paths("/bar", app_root="/foobar")),
        (paths("/foo", configuration_snippet="deny /foo;"), paths("/bar", configuration_snippet="deny /foo;")),
    ],
    ids=["begins-odd", "other-case", "percent-encoded", "no-letters", "in-a-value", "begins-a-value", "in-a-snippet"],
)
def test_paths_of_which_one_says_something_of_another_are_not_just_paths(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert shape(one) != shape(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"number": 8443}, {"number": 8080}),
        ({"number": 8443}, {"number": 443}),
        ({"name": "grpc"}, {"name": "http"}),
        ({"name": "https"}, {"name": "https-alt"}),
    ],
)
def test_ports_by_which_controllers_choose_what_they_speak_are_other_shapes(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert shape(on_port(one)) != shape(on_port(other))
    assert shape(on_port({"number": 8080})) == shape(on_port({"number": 3000}))


def test_a_path_in_a_value_is_only_a_name_where_it_is_the_path_of_a_rule() -> None:
    assert shape(paths("/foo", app_root="/foo")) == shape(paths("/bar", app_root="/bar"))
    assert shape(paths("/foo", app_root="/baz")) != shape(paths("/foo", app_root="/qux"))
    assert shape(paths("/24", limit_whitelist="10.0.0.0/24")) != shape(paths("/16", limit_whitelist="10.0.0.0/16"))


def test_an_object_of_another_namespace_and_a_secret_with_two_uses_are_other_shapes() -> None:
    assert shape(ingress(auth_secret="users")) != shape(ingress(auth_secret="elsewhere/users"))
    assert shape(ingress(tls=True, auth_tls_secret="cert")) != shape(ingress(tls=True, auth_tls_secret="authority"))


def test_many_that_are_plainly_alike_are_still_one_shape() -> None:
    many = [
        ingress(f"i{n}", host=f"h{n}.team{n}.example.com", path=f"/app{n:03}/cart", tls=True, ssl_redirect="true")
        for n in range(500)
    ]
    assert len({shape_of(group) for group in groups(found(*many))}) == 1


def test_the_shape_of_thousands_of_paths_on_one_host_is_found_in_no_time() -> None:
    one = ingress()
    path = one["spec"]["rules"][0]["http"]["paths"][0]
    one["spec"]["rules"][0]["http"]["paths"] = [{**path, "path": f"/team-{n}/{n}.html"} for n in range(5000)]
    began = time.perf_counter()
    shape(one)
    assert time.perf_counter() - began < 5
