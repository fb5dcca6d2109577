"""Every mutant is wrong in at least one way that can be seen, and (where that can be said) in that way only."""

import argparse
import asyncio
import contextlib
import functools
import ssl
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from conformance.reference import __main__ as command
from conformance.reference import wrong_answers, wrong_lifecycle, wrong_matching, wrong_objects
from conformance.reference.behaviour import REFERENCE, Behaviour
from conformance.reference.certificates import self_signed
from conformance.reference.model import KeyPair, Snapshot
from conformance.reference.mutants import MUTANTS, parse
from conformance.reference.objects import Event, Objects, apply
from conformance.reference.state import build
from conformance.reference.status import patches
from conformance.tests.reference_world import (
    OWN,
    Object,
    backend,
    endpoint_slice,
    fronted,
    ingress,
    ingress_class,
    listed,
    pods,
    rule,
    secret,
    service,
    snapshot,
)
from conformance.tests.test_reference_proxy import ask, client, get, presented, world

DEFAULT_CLASS = {"ingressclass.kubernetes.io/is-default-class": "true"}
WEB = {"name": "web", "port": 80, "targetPort": 8080}
ADMIN = {"name": "admin", "port": 8080, "targetPort": 9090}
POD_PORTS = [{"name": "web", "port": 8080}, {"name": "admin", "port": 9090}]


@functools.cache
def pair(name: str) -> KeyPair:
    return self_signed(name)


def path(kind: str, text: str, port: int | str, name: str = "a") -> Object:
    return {"pathType": kind, "path": text, "backend": backend(name, port)}


PATHS = rule(
    "paths.test",
    ("Prefix", "/aaa", "aaa"),
    ("Prefix", "/aaa/bbb", "bbb"),
    ("Prefix", "/aaa/b", "b"),
    ("Exact", "/foo", "exact"),
    ("Prefix", "/foo", "prefix"),
    ("Exact", "/only", "only"),
    ("Exact", "/end/", "end"),
    ("Prefix", "/slash/", "slash"),
    ("Prefix", "/a.b", "dot"),
    ("Prefix", "/p/q", "pq"),
)
TLS = [
    {"hosts": ["tls.test", "*.tls.test"], "secretName": "cert"},
    {"hosts": ["late.test"], "secretName": "late"},
    {"hosts": ["foreign.test"], "secretName": "foreign"},
]


def first_ingresses() -> list[Object]:
    resource = {"pathType": "Prefix", "path": "/bucket", "backend": {"resource": {"kind": "Bucket", "name": "b"}}}
    hosts = (rule(host, ("Prefix", "/", "a")) for host in ("h.test", "*.w.test", "x.w.test", "sub.tail.test"))
    return [
        ingress("plain", *hosts, rule("tail.test", ("Prefix", "/t", "a")), rule("x.w.test", ("Prefix", "/x", "b"))),
        ingress("inner", rule("in.w.test", ("Prefix", "/in", "b"))),
        ingress("paths", PATHS),
        ingress(
            "ports", rule("ports.test", *(path("Prefix", f"/{port}", port) for port in (80, 8080, "web", "admin")))
        ),
        ingress("hostless", rule(None, ("Prefix", "/hostless", "b"))),
        ingress("default", rule("d.test", ("Prefix", "/d", "a")), defaultBackend=backend("fallback"), created=1),
        ingress("old", rule("twice.test", ("Prefix", "/", "a"), ("Prefix", "/old", "a")), created=1),
        ingress("new", rule("twice.test", ("Prefix", "/", "b"), ("Prefix", "/new", "b")), created=2),
        ingress("bucket", rule("bucket.test", ("Prefix", "/", "a"), resource)),
        ingress("gap", rule("gap.test", ("Prefix", "/", "a"), ("Prefix", "/missing", "missing"))),
        ingress("late", rule("late.test", ("Prefix", "/", "late"))),
        ingress("namesake", rule("namesake.test", ("Prefix", "/", "namesake")), namespace="two"),
        ingress("stranger", rule("stranger.test", ("Prefix", "/", "one-only")), namespace="two"),
        ingress("tls", rule("tls.test", ("Prefix", "/", "a")), rule("bare.test", ("Prefix", "/", "b")), tls=TLS),
        ingress("tls-two", rule("two.test"), namespace="two", tls=[{"hosts": ["two.test"], "secretName": "cert"}]),
        ingress("other", rule("other.test", ("Prefix", "/", "a")), class_name="other"),
        ingress("no-class", rule("none.test", ("Prefix", "/", "a")), class_name=None),
        ingress("second", rule("second.test", ("Prefix", "/", "a")), class_name="second"),
        ingress("default-class", rule("default-class.test", ("Prefix", "/", "a")), class_name="default"),
        ingress("late-class", rule("late-class.test", ("Prefix", "/", "a")), class_name="late"),
        ingress("annotated", rule("note.test", ("Prefix", "/", "a")), class_name=None, annotations=ANNOTATED),
        ingress("moving", rule("moving.test", ("Prefix", "/", "a"))),
        ingress("changing", rule("c1.test", ("Prefix", "/", "a")), rule("c2.test", ("Prefix", "/", "a"))),
        ingress("doomed", rule("doomed.test", ("Prefix", "/", "a"))),
    ]


ANNOTATED = {"kubernetes.io/ingress.class": "reference"}


def stages() -> Iterator[list[Event]]:
    """Yield what the API server tells, stage by stage: the first list, changes, and then odd objects."""
    names = [
        "a",
        "b",
        "aaa",
        "bbb",
        "exact",
        "prefix",
        "only",
        "end",
        "slash",
        "dot",
        "pq",
        "fallback",
        "namesake",
        "one-only",
    ]
    yield listed(
        ingressclasses=[
            ingress_class(),
            ingress_class("default", **DEFAULT_CLASS),
            ingress_class("second"),
            ingress_class("other", "example.org/other"),
        ],
        services=[*(service(name, WEB, ADMIN) for name in names), service("namesake", WEB, namespace="two")],
        endpointslices=[
            *(endpoint_slice(name, f"10.0.0.{number}", ports=POD_PORTS) for number, name in enumerate(names)),
            endpoint_slice("a", "10.9.9.9", ports=POD_PORTS, ready=False),
            endpoint_slice("namesake", "10.2.0.1", ports=POD_PORTS, namespace="two"),
        ],
        secrets=[
            secret("cert", pair("first")),
            secret("cert", pair("second"), namespace="two"),
            secret("foreign", pair("foreign"), namespace="two"),
        ],
        ingresses=first_ingresses(),
    )
    changed = ingress(
        "changing", rule("c1.test", ("Prefix", "/n", "b")), rule("c3.test", ("Prefix", "/", "b")), generation=2
    )
    moved = ingress("moving", rule("moving.test", ("Prefix", "/", "a")), class_name="other", generation=2)
    yield [
        Event("ingresses", (changed, moved)),
        Event("ingresses", (ingress("doomed"),), deleted=True),
        Event("ingressclasses", (ingress_class("late"),)),
        Event("services", (service("late", WEB),)),
        Event("endpointslices", (endpoint_slice("late", "10.3.0.1", ports=POD_PORTS),)),
        Event("endpointslices", (endpoint_slice("a", "10.4.0.1", ports=POD_PORTS),)),
        Event("secrets", (secret("cert", pair("third")), secret("late", pair("late")))),
    ]
    broken = secret("broken", replace(pair("first"), key=pair("second").key))
    yield [
        Event("secrets", (broken,)),
        Event("ingresses", (ingress("broken", tls=[{"hosts": ["broken.test"], "secretName": "broken"}]),)),
    ]
    yield [Event("secrets", (broken,), deleted=True)]
    equal = ingress("equal", rule("equal.test", ("Prefix", "/foo", "a"), ("Prefix", "/foo/", "b")))
    yield [Event("ingresses", (equal,))]
    yield [Event("ingresses", (equal,), deleted=True)]
    yield [Event("ingresses", (ingress("odd", rule("odd.test", ("Prefix", "/a{3}", "a"))),))]


HOSTS = [
    "h.test",
    "a.w.test",
    "a.b.w.test",
    "w.test",
    "x.w.test",
    "in.w.test",
    "tail.test",
    "sub.tail.test",
    "deep.sub.tail.test",
    "h.test:8080",
    "H.Test",
    "d.test",
    "nobody.test",
    "twice.test",
    "bucket.test",
    "gap.test",
    "late.test",
    "namesake.test",
    "stranger.test",
    "tls.test",
    "bare.test",
    "other.test",
    "none.test",
    "second.test",
    "default-class.test",
    "late-class.test",
    "note.test",
    "moving.test",
    "c1.test",
    "c2.test",
    "c3.test",
    "doomed.test",
    "equal.test",
]
HOST_TARGETS = ["/", "/x", "/in", "/t", "/n", "/hostless", "/d", "/old", "/new", "/missing", "/foo/"]
TARGETS = [
    *[
        "/",
        "/aaa",
        "/aaa/",
        "/aaa/x",
        "/aaa/bbb",
        "/aaa/bbbxyz",
        "/aaa/bx",
        "/foo",
        "/foo/",
        "/foo/x",
        "/FOO",
        "/only",
        "/only/",
        "/only/x",
        "/only?x",
        "/foo?x=/",
        "/end",
        "/end/",
        "/slash",
        "/slash/",
        "/slash/x",
        "/axb",
        "/a.b",
        "//aaa",
        "/p%2Fq",
        "/p%2fq",
        "/%61aa",
        "/zzz/../aaa",
        "/hostless",
    ],
    "/aaa" + "/x" * 30,
    "/aaa/" + "x" * 900,
]
NAMES = (None, "tls.test", "a.tls.test", "two.test", "foreign.test", "late.test", "broken.test", "unknown.test")

Seen = dict[str, object]


def observed(snapshot: Snapshot, objects: Objects, behaviour: Behaviour) -> Iterator[tuple[str, object]]:
    requests = [(host, target) for host in HOSTS for target in HOST_TARGETS]
    requests += [("nobody.test", "/aaa/bbb"), ("odd.test", "/a{3}")]
    requests += [("paths.test", target) for target in TARGETS]
    requests += [("ports.test", target) for target in ("/80", "/8080", "/web", "/admin")]
    for host, target in requests:
        chosen = behaviour.choose(snapshot.table, host, target)
        yield f"{host}{target}", chosen and (chosen.namespace, chosen.service, chosen.endpoints, chosen.refusal)
    for name in NAMES:
        presented_pair = behaviour.certificate(snapshot.certificates, name)
        known = ("first", "second", "third", "late", "foreign")
        yield f"certificate of {name}", next((word for word in known if presented_pair == pair(word)), presented_pair)
    yield "status", {(patch.ingress, patch.address) for patch in patches(objects, OWN, "10.0.0.5", behaviour)}


def story(behaviour: Behaviour) -> Seen:
    """Return all that can be seen of a behaviour without a socket, from stage to stage."""
    seen: Seen = {}
    objects, current = Objects(), Snapshot()
    for number, events in enumerate(stages()):
        try:
            objects = apply(objects, events, behaviour.reading.hear)
        except RuntimeError as error:
            return seen | {f"{number} crashed": str(error)}
        current = behaviour.reading.settle(current, build(objects, OWN, behaviour.reading), objects)
        seen |= {f"{number} {what}": value for what, value in observed(current, objects, behaviour)}
    return seen


RIGHT = story(REFERENCE)
ON_THE_WIRE = {mutant.name for mutant in wrong_answers.MUTANTS} | {
    "no-tls-1.2",
    "no-tls-1.3",
    "tls-half-way",
    "hostile-certificate",
    "gigantic-certificate",
}
IN_THE_STORY = sorted(MUTANTS.keys() - ON_THE_WIRE)
# What they do wrong spoils everything, so the plain request is no exception.
SPOILS_ALL = {
    "gap-on-change",
    "existing-ignored",
    "poisoned-by-wildcard",
    "target-port-ignored",
    "target-port-expected",
}


@pytest.mark.parametrize("name", IN_THE_STORY)
def test_a_mutant_is_seen_to_be_wrong_and_otherwise_serves(name: str) -> None:
    told = story(parse(name))
    assert told != RIGHT
    assert (told["0 h.test/"] == RIGHT["0 h.test/"]) is (name not in SPOILS_ALL) or name == "unready-endpoints-served"


SYMPTOMS = [
    ("string-prefix", "0 paths.test/aaa/bbbxyz", "bbb"),
    ("first-listed-wins", "0 paths.test/aaa/bbb", "aaa"),
    ("prefix-before-exact", "0 paths.test/foo", "prefix"),
    ("exact-before-longer", "0 paths.test/foo/x", "exact"),
    ("longest-by-characters", "0 paths.test/aaa/bx", "b"),
    ("trailing-slash-strict", "0 paths.test/slash", None),
    ("exact-ignores-trailing-slash", "0 paths.test/end", "end"),
    ("case-insensitive-paths", "0 paths.test/FOO", "exact"),
    ("regex-paths", "0 paths.test/axb", "dot"),
    ("query-in-path", "0 paths.test/only?x", None),
    ("wildcard-many-labels", "0 a.b.w.test/", "a"),
    ("wildcard-apex", "0 w.test/", "a"),
    ("wildcard-fallthrough", "0 in.w.test/", "a"),
    ("hostless-fallthrough", "0 tail.test/hostless", "b"),
    ("hostless-first", "0 h.test/hostless", "b"),
    ("host-ignored", "0 nobody.test/aaa/bbb", "bbb"),
    ("host-as-suffix", "0 deep.sub.tail.test/", "a"),
    ("host-port-unmatched", "0 h.test:8080/", "fallback"),
    ("host-case-sensitive", "0 H.Test/", "fallback"),
    ("default-backend-ignored", "0 d.test/", None),
    ("default-backend-global", "0 tail.test/", "fallback"),
    ("default-backend-shadows", "0 d.test/d", "fallback"),
    ("default-backend-only-named-hosts", "0 nobody.test/", None),
    ("named-port-dropped", "0 ports.test/web", "a"),
    ("updates-ignored", "1 c1.test/", "a"),
    ("deletes-ignored", "1 doomed.test/", "a"),
    ("half-update", "1 c2.test/", "a"),
    ("class-change-ignored", "1 moving.test/", "a"),
    ("class-ignored", "0 other.test/", "a"),
    ("stale-certificate", "1 certificate of tls.test", "first"),
    ("secret-of-any-namespace", "0 certificate of foreign.test", "foreign"),
    ("service-of-any-namespace", "0 stranger.test/", "one-only"),
    ("freezes-on-equal-prefixes", "6 odd.test/a{3}", "fallback"),
    ("crash-on-odd-path", "6 crashed", "unexpected '{' in path '/a{3}'"),
    ("broken-secret-stops-serving", "2 h.test/", None),
]


@pytest.mark.parametrize(("name", "where", "wrong"), SYMPTOMS)
def test_a_mutant_is_wrong_in_the_way_that_it_is_named_for(name: str, where: str, wrong: str | None) -> None:
    seen = story(parse(name)).get(where)
    assert (seen[1] if isinstance(seen, tuple) else seen) == wrong
    assert seen != RIGHT.get(where)


Ports = tuple[int, int]
Step = Callable[[Ports], Awaitable[object]]
# Only who never answers in time is waited for so shortly: a busy machine must not make the others look slow.
NEVER_IN_TIME = {"hang", "slow-3s", "slow-30s", "slow-drip", "endless-headers", "endless-body", "tls-half-way"}
SHORT, LONG = 0.3, 10.0


def http(request: bytes) -> Step:
    async def step(ports: Ports) -> object:
        return await ask(ports[0], request)

    return step


def https(version: ssl.TLSVersion) -> Step:
    async def step(ports: Ports) -> object:
        return await asyncio.to_thread(presented, ports[1], "h.test", version)

    return step


async def over_tls(ports: Ports) -> object:
    return await ask(ports[1], get(b"/"), client(), "h.test")


async def upgraded(ports: Ports) -> object:
    reader, writer = await asyncio.open_connection("127.0.0.1", ports[0])
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: h.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nping")
        writer.write_eof()
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


STEPS: dict[str, Step] = {
    "plain": http(get(b"/one/two?x=1")),
    "plain again": http(get(b"/one/two?x=1")),
    "slashes": http(get(b"/one//two")),
    "unmatched": http(get(b"/", b"unknown.test")),
    "sized body": http(b"POST / HTTP/1.1\r\nHost: h.test\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"),
    "chunked body": http(
        b"POST / HTTP/1.1\r\nHost: h.test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"4\r\nbody\r\n0\r\n\r\n"
    ),
    "put": http(b"PUT / HTTP/1.1\r\nHost: h.test\r\nConnection: close\r\n\r\n"),
    "two on one connection": http(b"GET / HTTP/1.1\r\nHost: h.test\r\n\r\n" + get(b"/")),
    "upgrade": upgraded,
    "TLS 1.2": https(ssl.TLSVersion.TLSv1_2),
    "TLS 1.3": https(ssl.TLSVersion.TLSv1_3),
    "over TLS": over_tls,
}


@dataclass(frozen=True)
class Wire:
    """What the steps showed, up to the first that showed something else than expected."""

    step: str
    seen: object


def on_the_wire(
    behaviour: Behaviour, expected: dict[str, object], limit: float = LONG
) -> tuple[dict[str, object], Wire | None]:
    """Return what each step shows, and the first that differs from ``expected``, where it stops."""
    shown: dict[str, object] = {}

    async def run() -> Wire | None:
        async with pods() as upstream, fronted(world(upstream.port), behaviour) as (_, plain, secure):
            for name, step in STEPS.items():
                try:
                    shown[name] = await asyncio.wait_for(step((plain, secure)), limit)
                except (OSError, TimeoutError, EOFError) as error:
                    shown[name] = type(error).__name__
                if name in expected and shown[name] != expected[name]:
                    return Wire(name, shown[name])
        return None

    return shown, asyncio.run(run())


@pytest.fixture(scope="module")
def right_on_the_wire() -> dict[str, object]:
    first, _ = on_the_wire(REFERENCE, {})
    assert on_the_wire(REFERENCE, first)[1] is None
    assert not [name for name, value in first.items() if isinstance(value, str)]
    return first


SHORTENED = {"one-in-fifty-wrong": "one-in-fifty-wrong:5", "right-then-wrong": "right-then-wrong:0.0000001"}
FIRST_WRONG = {
    "cached-answers": "plain again",
    "first-endpoint-only": "plain again",
    "slashes-merged-on-the-way": "slashes",
    "unmatched-200": "unmatched",
    "body-truncated": "sized body",
    "chunked-body-dropped": "chunked body",
    "method-rewritten": "put",
    "no-keep-alive": "two on one connection",
    "upgrade-dropped": "upgrade",
    "no-tls-1.2": "TLS 1.2",
    "no-tls-1.3": "TLS 1.3",
    "tls-half-way": "TLS 1.2",
    "hostile-certificate": "TLS 1.2",
    "gigantic-certificate": "TLS 1.2",
    "redirects-to-https": "plain",
    "one-in-fifty-wrong": "sized body",
    "flapping": "plain again",
    "right-then-wrong": "plain again",
}


@pytest.mark.parametrize("name", sorted(ON_THE_WIRE))
def test_a_mutant_is_wrong_on_the_wire(name: str, right_on_the_wire: dict[str, object]) -> None:
    limit = SHORT if name in NEVER_IN_TIME else LONG
    _, wrong = on_the_wire(parse(SHORTENED.get(name, name)), right_on_the_wire, limit)
    assert wrong is not None
    assert wrong.step == FIRST_WRONG.get(name, "plain")


def test_names_are_unique_and_every_mutant_has_a_sentence() -> None:
    families = (wrong_matching, wrong_objects, wrong_lifecycle, wrong_answers)
    assert sum(len(family.MUTANTS) for family in families) == len(MUTANTS) >= 50
    for mutant in MUTANTS.values():
        assert mutant.name.replace("-", "").replace(".", "").isalnum()
        assert mutant.name == mutant.name.lower()
        assert mutant.sentence.endswith(".")


def test_the_command_lists_the_mutants(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list-mutants"]) == 0
    assert "string-prefix\tPrefix compares characters" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["no-such-mutant", "slow-3s:soon"])
def test_an_unknown_mutant_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        parse(text)
    with contextlib.redirect_stderr(None), pytest.raises(SystemExit, match="2"):
        command.main(["--mutant", text])


def test_two_of_one_kind_share_no_memory() -> None:
    routes = snapshot(
        ingresses=[ingress("i", rule("h", ("Prefix", "/", "a"), ("Prefix", "/a", "a"), ("Prefix", "/a/", "b")))]
    )
    one, other = parse("freezes-on-equal-prefixes"), parse("freezes-on-equal-prefixes")
    assert one.reading.settle(Snapshot(), routes, Objects()) == Snapshot()
    assert other.reading.settle(Snapshot(), Snapshot(), Objects()) == Snapshot()
