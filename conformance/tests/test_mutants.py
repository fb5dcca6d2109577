"""Every mutant is wrong in at least one way that can be seen, and (where that can be said) in that way only."""

import argparse
import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from conformance.reference import __main__ as command
from conformance.reference import wrong_answers, wrong_lifecycle, wrong_matching, wrong_objects
from conformance.reference.behaviour import REFERENCE, Behaviour
from conformance.reference.model import Snapshot
from conformance.reference.mutants import MUTANTS, parse
from conformance.reference.objects import Objects
from conformance.tests.reference_story import story
from conformance.tests.reference_world import fronted, ingress, pods, rule, snapshot
from conformance.tests.test_reference_proxy import ask, client, get, presented, world

RIGHT = story(REFERENCE)
ON_THE_WIRE = {mutant.name for mutant in wrong_answers.MUTANTS} | {
    "no-tls-1-2",
    "no-tls-1-3",
    "tls-half-way",
    "hostile-certificate",
    "gigantic-certificate",
}
IN_THE_STORY = sorted(MUTANTS.keys() - ON_THE_WIRE)
# What they do wrong spoils everything, so the plain request is no exception.
SPOILS_ALL = {
    "gap-on-change",
    "existing-ignored",
    "class-field-ignored",
    "routes-lag",
    "poisoned-by-resource",
    "poisoned-by-missing-backend",
    "poisoned-by-wildcard",
    "target-port-ignored",
    "target-port-expected",
}


@pytest.mark.parametrize("name", IN_THE_STORY)
def test_a_mutant_is_seen_to_be_wrong_and_otherwise_serves(name: str) -> None:
    told = story(parse("worn-out:1" if name == "worn-out" else name))
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
    ("host-as-beginning", "0 h.test.org/", "a"),
    ("hostless-before-wildcard", "0 a.w.test/hostless", "b"),
    ("default-backend-without-wildcards", "0 x.d.test/", None),
    ("certificates-with-ingresses", "7 certificate of tls.test", "third"),
    ("classes-with-ingresses", "8 unannounced.test/", "fallback"),
    ("host-as-suffix", "0 deep.sub.tail.test/", "a"),
    ("host-port-unmatched", "0 h.test:8080/", "fallback"),
    ("host-case-sensitive", "0 H.Test/", "fallback"),
    ("default-backend-ignored", "0 d.test/", None),
    ("default-backend-global", "0 tail.test/", "fallback"),
    ("default-backend-shadows", "0 d.test/d", "fallback"),
    ("default-backend-only-named-hosts", "0 nobody.test/", None),
    ("default-backend-of-one-host", "0 e.test/", None),
    ("named-port-dropped", "0 ports.test/web", "a"),
    ("updates-ignored", "1 c1.test/", "a"),
    ("deletes-ignored", "1 doomed.test/", "a"),
    ("half-update", "1 c2.test/", "a"),
    ("third-load-mixed-up", "1 paths.test/aaa", "bbb"),
    ("class-change-ignored", "1 moving.test/", "a"),
    ("class-ignored", "0 other.test/", "a"),
    ("stale-certificate", "1 certificate of tls.test", "first"),
    ("secret-of-any-namespace", "0 certificate of foreign.test", "foreign"),
    ("service-of-any-namespace", "0 stranger.test/", "one-only"),
    ("freezes-on-equal-prefixes", "6 odd.test/a(b", "fallback"),
    ("crash-on-odd-path", "6 crashed", "unexpected '(' in path '/a(b'"),
    ("broken-secret-stops-serving", "2 h.test/", None),
    ("high-ports-not-mapped", "0 ports.test/admin", "a"),
    ("first-element-only", "0 paths.test/aaa/bbb", "aaa"),
    ("unmatched-to-first-path", "0 paths.test/zzz/../aaa", "aaa"),
    ("hostless-ignored", "0 nobody.test/hostless", "fallback"),
    ("plain-paths-only", "0 paths.test/a.b", None),
    ("one-namespace-only", "0 namesake.test/", "fallback"),
    ("class-field-ignored", "0 h.test/", None),
    ("missing-secret-spoils-others", "0 certificate of tls.test", None),
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
    "head": http(b"HEAD / HTTP/1.1\r\nHost: h.test\r\nConnection: close\r\n\r\n"),
    "put": http(b"PUT / HTTP/1.1\r\nHost: h.test\r\nConnection: close\r\n\r\n"),
    "two on one connection": http(b"GET / HTTP/1.1\r\nHost: h.test\r\n\r\n" + get(b"/")),
    "encoded": http(get(b"/%6Fne?x=1;2&y=3")),
    "expect": http(
        b"POST / HTTP/1.1\r\nHost: h.test\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody"
    ),
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


SHORTENED = {"one-in-fifty-wrong": "one-in-fifty-wrong:5", "right-then-wrong": "right-then-wrong:1"}
FIRST_WRONG = {
    "cached-answers": "plain again",
    "first-endpoint-only": "plain again",
    "endpoints-two-by-two": "plain again",
    "slashes-merged-on-the-way": "slashes",
    "unmatched-200": "unmatched",
    "body-truncated": "sized body",
    "chunked-body-dropped": "chunked body",
    "head-as-get": "head",
    "method-rewritten": "put",
    "path-decoded-on-the-way": "encoded",
    "semicolons-dropped": "encoded",
    "expectation-refused": "expect",
    "no-keep-alive": "two on one connection",
    "upgrade-dropped": "upgrade",
    "no-tls-1-2": "TLS 1.2",
    "no-tls-1-3": "TLS 1.3",
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
