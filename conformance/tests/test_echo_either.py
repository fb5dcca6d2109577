"""The port of the echo backend that takes TLS as well as plain HTTP."""

import socket

import pytest

from conformance.probes.answer import ProbeLimits, WireProbe
from conformance.probes.outcome import Sighting, sighting
from conformance.probes.sender import Sender
from conformance.tests.echoes import PATIENT, Echo, echoing


def seen(echo: Echo, probe: WireProbe, limits: ProbeLimits = PATIENT) -> Sighting:
    return sighting(Sender(echo.either, limits).send(probe), names={"ns": ""})


def test_each_client_is_answered_as_it_begins_and_told_which_it_was() -> None:
    with echoing() as echo:
        plain = seen(echo, WireProbe("GET", "http", "x", "/"))
        secured = seen(echo, WireProbe("GET", "https", "x", "/", sni="foo.test"))
        two = seen(echo, WireProbe("GET", "https", "x", "/", protocol="h2"))
    assert (plain.outcome, secured.outcome, two.outcome) == ("a", "a", "a")
    assert plain.account.get("tls") is None
    assert secured.account["tls"]["sni"] == "foo.test"
    assert two.account["version"] == "HTTP/2"
    assert plain.account["port"] == secured.account["port"]


def test_whoever_says_nothing_or_nonsense_keeps_nobody_waiting() -> None:
    with echoing() as echo:
        address = (echo.either.address, echo.either.http_port)
        with socket.create_connection(address), socket.create_connection(address) as liar:
            liar.sendall(b"\x16no handshake at all, but long enough to be read as one")
            socket.create_connection(address).close()
            assert seen(echo, WireProbe("GET", "http", "x", "/")).outcome == "a"


def test_after_the_end_nobody_is_taken_in_and_the_silent_are_turned_away() -> None:
    with echoing() as echo:
        address = (echo.either.address, echo.either.http_port)
        silent = socket.create_connection(address, 10)
        assert seen(echo, WireProbe("GET", "http", "x", "/")).outcome == "a"
    with silent:
        assert silent.recv(1) == b""
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(address, 10)
