"""Probes that prove nothing, or ask for what cannot be: each is said before a run."""

from typing import Any

import pytest

from conformance.case.lint import lint
from conformance.case.model import (
    Action,
    Backend,
    Case,
    Certificate,
    Expectation,
    Manifest,
    Named,
    Probe,
    Step,
    Traffic,
)
from conformance.case.scenes import scenes
from conformance.tests.plans import case, ingress, probe


def secret(name: str = "tls", namespace: str | None = None, **certificate: Any) -> Manifest:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"kind": "Secret", "metadata": metadata, "certificate": {"names": ["foo.com"], **certificate}}


def flaws(*objects: Manifest, probes: tuple[Probe, ...] = (), steps: tuple[Step, ...] = (), **more: Any) -> list[str]:
    placement = more.pop("placement", "own")
    made: Case = case("section/name", *objects, probes=probes, placement=placement)
    return [flaw.message for flaw in lint(made.model_copy(update={"steps": steps, **more}))]


def expecting(outcome: str = "a", **more: Any) -> Expectation:
    return Expectation(outcome=outcome, **more)


def of(name: str) -> Certificate:
    return Certificate(secret=name)


SECURE = {"scheme": "https"}
SERVED = probe(id="served")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (probe(tls="1.2"), "tls says something about TLS, but the scheme is http"),
        (probe(sni=""), "sni says something about TLS, but the scheme is http"),
        (probe(alpn=("h2",)), "alpn says something about TLS, but the scheme is http"),
        (probe(protocol="h2"), "h2 is HTTP/2 over TLS, but the scheme is http"),
        (probe(**SECURE, sni="*.foo.com"), "the name '*.foo.com' cannot be sent"),
        (probe(**SECURE, protocol="grpc"), "a gRPC call is a POST"),
        (probe(protocol="websocket", body="x"), "a websocket probe has a message of its own, and no body"),
        (probe(protocol="websocket", on_one_connection=2), "nothing can follow a WebSocket on its connection"),
        (probe(method="POST", chunked=True), "without a body nothing can be sent in chunks, or be continued with"),
        (probe(expect=expecting(continued=True)), "without a body nothing can be sent in chunks, or be continued with"),
        (probe(**SECURE, protocol="h2", body="x", method="POST", chunked=True), "HTTP/2 has no chunks"),
        (probe(method="POST", body="x", trailers=(("a b", "1"),)), "'a b' is no header name"),
        (probe(expect=expecting("tls refused")), "tls refused is expected, but the scheme is http"),
        (probe(**SECURE, expect=expecting("tls refused")), "tls refused is expected, but nothing positive in the same"),
        (probe(expect=expecting("address")), "address is said of a status, not of a request"),
        (probe(expect=expecting(certificate=of("tls"))), "a certificate is expected, but the scheme is http"),
        (
            probe(**SECURE, expect=expecting(certificate=of("tsl"))),
            "the case has no Secret tsl with a sound certificate",
        ),
        (
            probe(**SECURE, expect=expecting(certificate=of("other/tls"))),
            "the case has no Secret other/tls with a sound",
        ),
        (
            probe(**SECURE, expect=expecting(certificate=of("broken"))),
            "the case has no Secret broken with a sound cert",
        ),
        (
            probe(**SECURE, expect=expecting(certificate=Certificate())),
            "a certificate is either that of a secret or fo",
        ),
        (probe(expect=expecting("record", continued=True), body="x"), "continued says what a backend got, but record"),
        (probe(expect=expecting(arrived={"mine": 1})), "arrived counts at the shared backends, and mine is none"),
        (probe(expect=expecting(arrived={"a": 1}), times=2), "arrived is about one plain request"),
        (probe(expect=expecting(pods=2)), "pods are counted, but a is no backend of the case's own"),
        (probe(expect=expecting(alpn="h2")), "alpn says something about TLS, but the scheme is http"),
        (probe(status_of="nobody", expect=expecting("address")), "the case has no Ingress nobody"),
        (probe(status_of="web", expect=expecting("a")), "a status cannot be 'a'"),
        (probe(status_of="web", expect=expecting("address", pods=1)), "a status is no answer: nothing else can be exp"),
    ],
)
def test_what_a_probe_cannot_ask_or_expect(asked: Probe, message: str) -> None:
    objects = (secret(), secret("broken", flaw="garbage"), ingress("foo.com"))
    assert any(found.startswith(message) for found in flaws(*objects, probes=(asked,), placement="odd"))


@pytest.mark.parametrize(
    "asked",
    [
        probe(
            **SECURE, tls="1.3", sni="", alpn=("http/1.1",), expect=expecting(certificate=of("tls"), alpn="http/1.1")
        ),
        probe(**SECURE, protocol="h2", alpn=("h2",), expect=expecting(certificate=of("tls"))),
        probe(**SECURE, protocol="grpc", method="POST", on_one_connection=2),
        probe(**SECURE, host="bar.com", named=False, expect=expecting("record", certificate=Certificate(foreign=True))),
        probe(method="POST", body="x", chunked=True, expect=expecting(continued=True)),
        probe(id="status", status_of="web", host="", expect=expecting("no address")),
    ],
)
def test_what_a_probe_may_ask(asked: Probe) -> None:
    assert flaws(secret(), ingress("foo.com"), probes=(SERVED, asked)) == []


def test_backends_of_the_cases_own_are_backends() -> None:
    counted = probe(expect=expecting("mine", pods=3), times=20)
    own = ingress("foo.com", backend="mine")
    told = flaws(own, probes=(counted,), backends=(Backend(name="mine", replicas=3),))
    assert not [message for message in told if "mine" in message and "rule" in message]
    assert "nothing defines the backend 'mine'" in flaws(own, probes=(counted,))
    too_few = counted.model_copy(update={"times": 2})
    assert "2 requests cannot reach 3 pods" in flaws(own, probes=(too_few,), backends=(Backend(name="mine"),))


def test_the_probes_of_a_step_are_held_against_the_objects_of_that_time() -> None:
    negative = probe(expect=expecting("no match"))
    gone = Step(title="gone", actions=(Action(delete=Named(kind="Ingress", name="web")),), probes=(SERVED,))
    came = Step(title="came", actions=(Action(apply=ingress("bar.com", name="new", backend="b")),))
    at_bar = came.model_copy(update={"probes": (probe("bar.com", expect=expecting("b")),)})
    assert "no rule of the case serves the host foo.com" in flaws(ingress("foo.com"), steps=(gone,))
    assert flaws(ingress("foo.com"), steps=(gone.model_copy(update={"probes": (negative,)}),)) == []
    assert flaws(ingress("foo.com"), steps=(at_bar,)) == []
    assert "no rule names the host bar.com" in flaws(
        ingress("foo.com"), steps=(at_bar.model_copy(update={"actions": ()}),)
    )


def test_a_secret_must_be_sound_by_the_time_its_certificate_is_expected() -> None:
    presented = probe(**SECURE, expect=expecting(certificate=of("tls")))
    mend = Step(title="mend", actions=(Action(apply=secret()),), probes=(presented,))
    broken = secret(flaw="empty")
    assert flaws(broken, ingress("foo.com"), probes=(SERVED,), steps=(mend,), placement="odd") == []
    assert flaws(broken, ingress("foo.com"), probes=(presented,), placement="odd")
    (told,) = flaws(broken, ingress("foo.com"), probes=(SERVED,), placement="own")
    assert told == "placement own is looser than the objects allow (odd)"


def test_traffic_is_a_probe_like_any_other() -> None:
    step = Step(title="step", traffic=Traffic(probe=probe("bar.com")))
    assert "no rule names the host bar.com" in flaws(ingress("foo.com"), steps=(step,))
    made = case("section/name", ingress("foo.com")).model_copy(update={"steps": (step,)})
    assert [scene.place(0) for scene in scenes(made)] == [
        ("probes", 0),
        ("steps", 0, "traffic"),
        ("steps", 0, "probes", 0),
    ]


def test_a_refusal_in_a_step_may_rest_on_a_probe_before_it() -> None:
    negative = probe(expect=expecting("no match"))
    step = Step(title="step", actions=(Action(delete=Named(kind="Ingress", name="web")),), probes=(negative,))
    assert flaws(ingress("foo.com"), probes=(SERVED,), steps=(step,)) == []
    assert "no match is expected, but nothing positive in the same case" in flaws(
        ingress("foo.com"), probes=(negative,), steps=(step,)
    )
