"""Which Ingresses are judged together, and which are alike."""

import copy
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
            ingress("a", host="A.example", namespace="one"),
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
    if one.startswith(two) or two.startswith(one):
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
    assert shape(ingress(auth_secret="a")) == shape(ingress(auth_secret="shop/b"))


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
