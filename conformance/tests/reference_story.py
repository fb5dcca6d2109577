"""The story of an API server's objects, told stage by stage, and all that a behaviour shows of it without a socket."""

import functools
from collections.abc import Iterator
from dataclasses import replace

from conformance.reference.behaviour import Behaviour
from conformance.reference.certificates import self_signed
from conformance.reference.model import KeyPair, Snapshot
from conformance.reference.objects import Event, Objects, apply
from conformance.reference.state import build
from conformance.reference.status import patches
from conformance.tests.reference_world import (
    OWN,
    Object,
    backend,
    endpoint_slice,
    ingress,
    ingress_class,
    listed,
    rule,
    secret,
    service,
)

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
        ingress(
            "default",
            rule("d.test", ("Prefix", "/d", "a")),
            rule("e.test", ("Prefix", "/e", "a")),
            rule("*.d.test", ("Prefix", "/d", "a")),
            defaultBackend=backend("fallback"),
            created=1,
        ),
        ingress("old", rule("twice.test", ("Prefix", "/", "a"), ("Prefix", "/old", "a")), created=1),
        ingress("new", rule("twice.test", ("Prefix", "/", "b"), ("Prefix", "/new", "b")), created=2),
        ingress("bucket", rule("bucket.test", ("Prefix", "/", "a"), resource)),
        ingress("gap", rule("gap.test", ("Prefix", "/", "a"), ("Prefix", "/missing", "missing"))),
        ingress("late", rule("late.test", ("Prefix", "/", "late"))),
        ingress("slow", rule("slow.test", ("Prefix", "/", "slow"))),
        ingress("namesake", rule("namesake.test", ("Prefix", "/", "namesake")), namespace="two"),
        ingress("stranger", rule("stranger.test", ("Prefix", "/", "one-only")), namespace="two"),
        ingress("tls", rule("tls.test", ("Prefix", "/", "a")), rule("bare.test", ("Prefix", "/", "b")), tls=TLS),
        ingress("tls-two", rule("two.test"), namespace="two", tls=[{"hosts": ["two.test"], "secretName": "cert"}]),
        ingress("other", rule("other.test", ("Prefix", "/", "a")), class_name="other"),
        ingress("no-class", rule("none.test", ("Prefix", "/", "a")), class_name=None),
        ingress("second", rule("second.test", ("Prefix", "/", "a")), class_name="second"),
        ingress("default-class", rule("default-class.test", ("Prefix", "/", "a")), class_name="default"),
        ingress("late-class", rule("late-class.test", ("Prefix", "/", "a")), class_name="late"),
        ingress("unannounced-class", rule("unannounced.test", ("Prefix", "/", "a")), class_name="unannounced"),
        ingress("annotated", rule("note.test", ("Prefix", "/", "a")), class_name=None, annotations=ANNOTATED),
        ingress("moving", rule("moving.test", ("Prefix", "/", "a"))),
        ingress("changing", rule("c1.test", ("Prefix", "/", "a")), rule("c2.test", ("Prefix", "/", "a"))),
        ingress("doomed", rule("doomed.test", ("Prefix", "/", "a"))),
    ]


ANNOTATED = {"kubernetes.io/ingress.class": "reference"}


SERVICES = "a b aaa bbb exact prefix only end slash dot pq fallback namesake one-only"


def stages() -> Iterator[list[Event]]:
    """Yield what the API server tells, stage by stage: the first list, changes, and then odd objects."""
    names = SERVICES.split()
    yield listed(
        ingressclasses=[
            ingress_class(),
            ingress_class("default", **DEFAULT_CLASS),
            ingress_class("second"),
            ingress_class("other", "example.org/other"),
        ],
        services=[
            *(service(name, WEB, ADMIN) for name in names),
            service("slow", WEB),
            service("namesake", WEB, namespace="two"),
        ],
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
        Event("ingresses", (changed, moved, ingress("paths", PATHS, generation=3))),
        Event("ingresses", (ingress("doomed"),), deleted=True),
        Event("ingressclasses", (ingress_class("late"),)),
        Event("services", (service("late", WEB),)),
        Event("endpointslices", (endpoint_slice("late", "10.3.0.1", ports=POD_PORTS),)),
        Event("endpointslices", (endpoint_slice("slow", "10.3.0.2", ports=POD_PORTS),)),
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
    yield [Event("ingresses", (ingress("odd", rule("odd.test", ("Prefix", "/a(b", "a"))),))]
    # No Ingress is among these.
    yield [
        Event("endpointslices", (endpoint_slice("b", "10.5.0.1", ports=POD_PORTS),)),
        Event("secrets", (secret("cert", pair("fourth")),)),
    ]
    yield [Event("ingressclasses", (ingress_class("unannounced"),))]


_HOSTS = """
h.test a.w.test a.b.w.test w.test x.w.test in.w.test tail.test sub.tail.test deep.sub.tail.test
slow.test h.test:8080 H.Test d.test e.test nobody.test twice.test bucket.test gap.test late.test namesake.test
h.test.org x.w.test.org x.d.test unannounced.test
stranger.test tls.test bare.test other.test none.test second.test default-class.test late-class.test
note.test moving.test c1.test c2.test c3.test doomed.test equal.test
"""
HOSTS = _HOSTS.split()
HOST_TARGETS = ["/", "/x", "/in", "/t", "/n", "/hostless", "/d", "/old", "/new", "/missing", "/foo/"]
_TARGETS = """
/ /aaa /aaa/ /aaa/x /aaa/bbb /aaa/bbbxyz /aaa/bx /foo /foo/ /foo/x /FOO /only /only/ /only/x /only?x
/foo?x=/ /end /end/ /slash /slash/ /slash/x /axb /a.b //aaa /p%2Fq /p%2fq /%61aa /zzz/../aaa
/hostless
"""
TARGETS = [*_TARGETS.split(), "/aaa" + "/x" * 30, "/aaa/" + "x" * 900]
NAMES = (None, "tls.test", "a.tls.test", "two.test", "foreign.test", "late.test", "broken.test", "unknown.test")

Seen = dict[str, object]


def observed(snapshot: Snapshot, objects: Objects, behaviour: Behaviour) -> Iterator[tuple[str, object]]:
    requests = [(host, target) for host in HOSTS for target in HOST_TARGETS]
    requests += [("nobody.test", "/aaa/bbb"), ("odd.test", "/a(b")]
    requests += [("paths.test", target) for target in TARGETS]
    requests += [("ports.test", target) for target in ("/80", "/8080", "/web", "/admin")]
    for host, target in requests:
        chosen = behaviour.choose(snapshot.table, host, target)
        yield f"{host}{target}", chosen and (chosen.namespace, chosen.service, chosen.endpoints, chosen.refusal)
    for name in NAMES:
        presented_pair = behaviour.certificate(snapshot.certificates, name)
        known = ("first", "second", "third", "fourth", "late", "foreign")
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
