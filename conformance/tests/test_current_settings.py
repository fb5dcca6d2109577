"""What a user says about a cluster of their own: what is meant, and what is refused."""

from typing import Any

import pytest

from conformance.clusters.current.settings import Settings, parsed_address, settings_of
from conformance.clusters.current.subject import subject_of
from conformance.errors import BadInput
from conformance.suite.own_cluster import settings_on

NOTHING: dict[str, Any] = dict.fromkeys(
    ("kubeconfig", "context", "ingress_class", "address", "http_port", "https_port", "echo_image"), ""
) | {"controller_version": "", "exclusive": False, "programs": ()}


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("192.0.2.7", "192.0.2.7", None),
        ("192.0.2.7:8080", "192.0.2.7", 8080),
        ("lb.example.org:81", "lb.example.org", 81),
        ("localhost", "localhost", None),
        ("2001:db8::7", "2001:db8::7", None),
        ("[2001:db8::7]:8080", "2001:db8::7", 8080),
        ("[::1]", "::1", None),
    ],
)
def test_an_address_is_read(text: str, host: str, port: int | None) -> None:
    assert parsed_address(text) == (host, port)


@pytest.mark.parametrize(
    "text",
    ["http://x", "x/y", ":80", "x:", "x:y", "x:0", "x:65536", "[x]:80", "[::1", "a b", "-x", "x:٣", "\x1b[1m", "1:2:3"],
)
def test_what_is_no_address_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        parsed_address(text)
    assert refused.value.where == "--address"
    assert refused.value.hint


@pytest.mark.parametrize(
    ("given", "http", "https"),
    [
        ({}, 80, 443),
        ({"address": "192.0.2.7"}, 80, 443),
        ({"address": "192.0.2.7:80"}, 80, 443),
        ({"address": "192.0.2.7:8080", "https_port": "8443"}, 8080, 8443),
        # On an unusual host-port 443 may well be somebody else's.
        ({"address": "127.0.0.1:8080"}, 8080, None),
        ({"http_port": "30080"}, 30080, None),
        ({"http_port": "30080", "address": "192.0.2.7:30080"}, 30080, None),
    ],
)
def test_the_port_for_https_is_known_only_where_it_is_said_or_usual(
    given: dict[str, Any], http: int, https: int | None
) -> None:
    settings = settings_of(**given)
    assert (settings.http_port, settings.https_port) == (http, https)


@pytest.mark.parametrize(
    "given",
    [
        {"address": "192.0.2.7:8080", "http_port": "80"},
        {"http_port": "http"},
        {"https_port": "0"},
        {"http_port": "123456"},
    ],
)
def test_ports_that_are_none_or_contradict_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        settings_of(**given)


def test_options_of_an_own_cluster_mean_nothing_elsewhere() -> None:
    assert settings_on("local", NOTHING) == Settings()
    with pytest.raises(BadInput, match="cluster of your own") as refused:
        settings_on("local", NOTHING | {"context": "mine", "exclusive": True})
    assert refused.value.where == "--context, --exclusive"


def test_a_program_cannot_be_given_for_a_controller_that_runs_already() -> None:
    with pytest.raises(BadInput, match="no program"):
        settings_on("current", NOTHING | {"programs": ("traefik=./traefik",)})


def test_what_is_given_arrives() -> None:
    given = NOTHING | {"context": "mine", "address": "192.0.2.7", "exclusive": True, "echo_image": "x/echo:1"}
    expected = Settings(context="mine", host="192.0.2.7", exclusive=True, echo_image="x/echo:1")
    assert settings_on("current", given | {"controller_version": "1"}) == expected


def test_a_controller_of_the_catalogue_brings_its_class_and_claims_but_not_its_version() -> None:
    profile, settings = subject_of("traefik", Settings())
    assert (profile.title, profile.version, settings.ingress_class) == ("Traefik", "unknown", "traefik")
    profile, settings = subject_of("traefik", Settings(ingress_class="public"), "3.5.0")
    assert (profile.version, settings.ingress_class) == ("3.5.0", "public")


def test_any_other_name_needs_a_class() -> None:
    profile, settings = subject_of("my-own", Settings(ingress_class="mine"))
    assert (profile.name, profile.unsupported, settings.ingress_class) == ("my-own", {}, "mine")
    with pytest.raises(BadInput, match="there is no controller") as refused:
        subject_of("traefick", Settings())
    assert "did you mean traefik" in refused.value.hint
    assert "--ingress-class" in refused.value.hint


@pytest.mark.parametrize("name", ["../x", "", "X", "a b", "x" * 80, "a\n"])
def test_a_name_that_could_lead_out_of_the_folder_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        subject_of(name, Settings(ingress_class="mine"))
