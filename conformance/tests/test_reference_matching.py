"""The reference's algorithm against the inventory's tables, and against what must hold for any rules and request."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.reference.matching import choose, path_matches
from conformance.reference.model import Backend, Path, Table
from conformance.reference.state import served
from conformance.tests.reference_world import (
    OWN,
    Object,
    backend,
    endpoint_slice,
    ingress,
    ingress_class,
    metadata,
    objects,
    rule,
    service,
    snapshot,
)


def to(name: str) -> Backend:
    return Backend("one", name, "80")


def paths(*rules: str) -> tuple[Path, ...]:
    """Return paths from ``Kind /path`` texts, each with a backend named by its own text."""
    return tuple(Path(kind, path, to(text)) for text in rules for kind, path in [text.split(" ", 1)])


def won(table: Table, host: str, target: str) -> str | None:
    chosen = choose(table, host, target)
    return chosen.service if chosen else None


LONG = "/" + "a" * 999
DEEP = "/a/b/c/d" * 8

PATH_TABLE = [
    ("P01", ["Prefix /"], ["/", "/a", "/a/b/", "/a?x=1"], "Prefix /"),
    ("P02", ["Exact /foo"], ["/foo", "/foo?x=1"], "Exact /foo"),
    ("P03", ["Exact /foo"], ["/bar"], None),
    ("P04", ["Exact /foo"], ["/foo/"], None),
    ("P05", ["Exact /foo/"], ["/foo"], None),
    ("P06", ["Prefix /foo"], ["/foo", "/foo/"], "Prefix /foo"),
    ("P07", ["Prefix /foo/"], ["/foo", "/foo/"], "Prefix /foo/"),
    ("P08", ["Prefix /aaa/bb"], ["/aaa/bbb"], None),
    ("P09", ["Prefix /aaa/bbb"], ["/aaa/bbb"], "Prefix /aaa/bbb"),
    ("P10", ["Prefix /aaa/bbb/"], ["/aaa/bbb"], "Prefix /aaa/bbb/"),
    ("P11", ["Prefix /aaa/bbb"], ["/aaa/bbb/"], "Prefix /aaa/bbb"),
    ("P12", ["Prefix /aaa/bbb"], ["/aaa/bbb/ccc"], "Prefix /aaa/bbb"),
    ("P13", ["Prefix /aaa/bbb"], ["/aaa/bbbxyz"], None),
    ("P14", ["Prefix /", "Prefix /aaa"], ["/aaa/ccc"], "Prefix /aaa"),
    ("P15", ["Prefix /", "Prefix /aaa", "Prefix /aaa/bbb"], ["/aaa/bbb"], "Prefix /aaa/bbb"),
    ("P16", ["Prefix /", "Prefix /aaa", "Prefix /aaa/bbb"], ["/ccc"], "Prefix /"),
    ("P17", ["Prefix /aaa"], ["/ccc"], None),
    ("P18 exact", ["Prefix /foo", "Exact /foo"], ["/foo"], "Exact /foo"),
    ("P18 prefix", ["Exact /foo", "Prefix /foo"], ["/foo/", "/foo/x"], "Prefix /foo"),
    ("P19", ["Exact /foo", "Prefix /foo"], ["/FOO", "/Foo/x"], None),
    ("P20", ["Prefix /foo", "Prefix /foo/"], ["/foo", "/foo/"], "Prefix /foo/"),
    ("P21", ["Prefix /a/b", "Prefix /a/b/c", "Prefix /a"], ["/a/b/c/d"], "Prefix /a/b/c"),
    ("P22", ["Exact /foo", "Prefix /foo/bar"], ["/foo/bar"], "Prefix /foo/bar"),
    ("P23 deep", ["Prefix /a"], [DEEP], "Prefix /a"),
    ("P23 long", [f"Prefix {LONG}"], [LONG], f"Prefix {LONG}"),
    ("P24 encoded", ["Prefix /a%20b"], ["/a%20b"], "Prefix /a%20b"),
    ("P24 dot", ["Prefix /a.b"], ["/axb"], None),
    ("P29", ["ImplementationSpecific /foo"], ["/foo", "/foo/", "/foo/x"], "ImplementationSpecific /foo"),
    ("absolute form", ["Prefix /foo"], ["http://h.test/foo?x"], "Prefix /foo"),
    ("asterisk form", ["Prefix /"], ["*"], None),
]


@pytest.mark.parametrize(("rules", "targets", "expected"), [pytest.param(*row[1:], id=row[0]) for row in PATH_TABLE])
def test_path_table(rules: list[str], targets: list[str], expected: str | None) -> None:
    for order in (rules, rules[::-1]):
        table = Table({"h.test": paths(*order)})
        assert [won(table, "h.test", target) for target in targets] == [expected] * len(targets)


HOST_TABLE = [
    ("H01 one label", ["*.foo.com"], "bar.foo.com", "*.foo.com"),
    ("H01 two labels", ["*.foo.com"], "baz.bar.foo.com", None),
    ("H01 apex", ["*.foo.com"], "foo.com", None),
    ("H02", ["foo.com"], "bar.foo.com", None),
    ("H03 precise", ["*.foo.com", "bar.foo.com"], "bar.foo.com", "bar.foo.com"),
    ("H03 others", ["*.foo.com", "bar.foo.com"], "baz.foo.com", "*.foo.com"),
    ("H04", [""], "anything.test", ""),
    ("H04 address", [""], "127.0.0.1", ""),
    ("H05 named", ["", "foo.com"], "foo.com", "foo.com"),
    ("H05 other", ["", "foo.com"], "bar.com", ""),
    ("H06", ["foo.com", "bar.com"], "baz.com", None),
    ("H09", ["foo.com"], "foo.com:8080", "foo.com"),
    ("H10", ["foo.com"], "FOO.Com", "foo.com"),
    ("H12", ["*.foo.com", "*.bar.foo.com", "a.bar.foo.com"], "a.bar.foo.com", "a.bar.foo.com"),
    ("H12 deeper", ["*.foo.com", "*.bar.foo.com", "a.bar.foo.com"], "b.bar.foo.com", "*.bar.foo.com"),
    ("IPv6", [""], "[::1]:80", ""),
]


@pytest.mark.parametrize(("hosts", "asked", "expected"), [pytest.param(*row[1:], id=row[0]) for row in HOST_TABLE])
def test_host_table(hosts: list[str], asked: str, expected: str | None) -> None:
    table = Table({host: (Path("Prefix", "/", to(host)),) for host in hosts})
    assert won(table, asked, "/") == expected


def test_the_host_is_chosen_before_the_path() -> None:
    table = Table({"a.foo.com": paths("Prefix /a"), "*.foo.com": paths("Prefix /w"), "": paths("Prefix /n")})
    assert won(table, "a.foo.com", "/w") is None
    assert won(table, "a.foo.com", "/n") is None
    assert won(table, "b.foo.com", "/n") is None
    with_default = dataclasses.replace(table, defaults={"a.foo.com": to("default")})
    assert won(with_default, "a.foo.com", "/w") == "default"
    assert won(with_default, "b.foo.com", "/x") is None


ELEMENT = st.sampled_from(["a", "b", "ab", "A", "a.b", "%2F", ""])
PATHS = st.lists(ELEMENT, max_size=4).map(lambda elements: "/" + "/".join(elements))
RULES = st.lists(st.tuples(st.sampled_from(["Exact", "Prefix"]), PATHS), unique=True, max_size=6)


@given(RULES, PATHS, st.randoms(use_true_random=False))
def test_the_order_of_the_paths_does_not_matter(rules: list[tuple[str, str]], target: str, random: object) -> None:
    listed = paths(*(" ".join(item) for item in rules))
    shuffled = list(listed)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert won(Table({"h": listed}), "h", target) == won(Table({"h": tuple(shuffled)}), "h", target)


@given(RULES, PATHS)
def test_the_winner_matches_and_nothing_longer_does(rules: list[tuple[str, str]], target: str) -> None:
    listed = paths(*(" ".join(item) for item in rules))
    matching = [path for path in listed if path_matches(path, target)]
    winner = next((path for path in listed if path.backend.service == won(Table({"h": listed}), "h", target)), None)
    assert (winner is None) == (not matching)
    if winner:
        assert winner in matching
        assert len(winner.path) == max(len(path.path) for path in matching)


@given(PATHS, PATHS)
def test_prefix_in_other_words(prefix: str, target: str) -> None:
    bare = prefix.removesuffix("/")
    expected = target == bare or target.startswith(bare + "/")
    assert path_matches(Path("Prefix", prefix, to("a")), target) is expected


@given(PATHS, st.sampled_from(["h.test", "H.TEST", "h.test:80", "h.TEST:8443"]), st.sampled_from(["", "?x=/a", "?"]))
def test_case_and_port_of_the_host_and_the_query_do_not_matter(path: str, host: str, query: str) -> None:
    table = Table({"h.test": paths("Prefix /a", "Exact /b", "Prefix /a/b")})
    assert won(table, host, path + query) == won(table, "h.test", path)


def names(*ingresses: Object, **kinds: list[Object]) -> list[str]:
    return [item["metadata"]["name"] for item in served(objects(ingresses=ingresses, **kinds), OWN)]


def test_classes() -> None:
    annotated = {"kubernetes.io/ingress.class": "reference"}
    assert names(
        ingress("by-field"),
        ingress("of-another", class_name="other", annotations=annotated),
        ingress("of-none", class_name="missing"),
        ingress("by-second-class", class_name="second"),
        ingress("by-annotation", class_name=None, annotations=annotated),
        ingress("by-foreign-annotation", class_name=None, annotations={"kubernetes.io/ingress.class": "other"}),
        ingress("without", class_name=None),
        ingressclasses=[ingress_class(), ingress_class("second"), ingress_class("other", "example.org/other")],
    ) == ["by-annotation", "by-field", "by-second-class"]
    assert names(ingress("before-its-class"), ingressclasses=[]) == []


def test_the_oldest_ingress_wins_and_paths_of_one_host_are_merged() -> None:
    routes = snapshot(
        ingresses=[
            ingress("young", rule("h.test", ("Prefix", "/", "young"), ("Prefix", "/y", "young")), created=2),
            ingress("old", rule("h.test", ("Prefix", "/", "old")), created=1, namespace="two"),
        ]
    )
    assert won(routes.table, "h.test", "/") == "old"
    assert won(routes.table, "h.test", "/y/z") == "young"


def test_default_backends() -> None:
    with_rules = ingress("d", rule("d.test", ("Prefix", "/a", "a")), defaultBackend=backend("fallback"), created=1)
    table = snapshot(
        ingresses=[with_rules, ingress("e", rule("e.test", ("Prefix", "/a", "a")), {"host": "f.test"})]
    ).table
    assert [won(table, "d.test", path) for path in ("/a", "/b")] == ["a", "fallback"]
    assert won(table, "nobody.test", "/a") == "fallback"
    assert [won(table, host, "/b") for host in ("e.test", "f.test")] == [None, None]


def endpoints_of(
    path_backend: Object, *services: Object, slices: list[Object]
) -> tuple[int, tuple[tuple[str, int], ...]]:
    path = {"pathType": "Prefix", "path": "/", "backend": path_backend}
    table = snapshot(ingresses=[ingress("i", rule("h", path))], services=services, endpointslices=slices).table
    chosen = choose(table, "h", "/")
    assert chosen is not None
    return chosen.refusal, chosen.endpoints


def test_endpoints() -> None:
    two_ports = service("s", {"name": "web", "port": 80, "targetPort": 8080}, {"name": "admin", "port": 8080})
    ports = [{"name": "web", "port": 8080}, {"name": "admin", "port": 9090}]
    slices = [
        endpoint_slice("s", "10.0.0.2", "10.0.0.1", ports=ports),
        endpoint_slice("s", "10.0.0.3", ports=ports, ready=False),
        endpoint_slice("s", "10.0.0.4", ports=ports, namespace="two"),
    ]
    web = (503, (("10.0.0.1", 8080), ("10.0.0.2", 8080)))
    assert endpoints_of(backend("s", 80), two_ports, slices=slices) == web
    assert endpoints_of(backend("s", "web"), two_ports, slices=slices) == web
    assert endpoints_of(backend("s", 8080), two_ports, slices=slices)[1][0] == ("10.0.0.1", 9090)
    nothing = (503, ())
    assert endpoints_of(backend("s", 81), two_ports, slices=slices) == nothing
    assert endpoints_of(backend("s", "other"), two_ports, slices=slices) == nothing
    assert endpoints_of(backend("missing"), two_ports, slices=slices) == nothing
    assert endpoints_of(backend("s"), service("s", type="ExternalName"), slices=slices) == nothing
    assert endpoints_of(backend("s"), service("s", namespace="two"), slices=slices) == nothing
    assert endpoints_of({"resource": {"kind": "Bucket", "name": "b"}}, slices=slices) == (404, ())


def test_an_unknown_readiness_counts_as_ready_and_repeated_endpoints_count_once() -> None:
    labels = {"kubernetes.io/service-name": "s"}
    slices: list[Object] = [
        {"metadata": metadata(name, labels=labels), "ports": [{"port": 1}], "endpoints": [{"addresses": ["10.0.0.1"]}]}
        for name in ("x", "y")
    ]
    assert endpoints_of(backend("s"), service("s"), slices=slices) == (503, (("10.0.0.1", 1),))
