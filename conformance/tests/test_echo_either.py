"""The port of the echo backend that takes TLS as well as plain HTTP."""

import asyncio
import errno
import socket
import time

import pytest

from conformance.echo.listener import PAUSE, Listener
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


def test_where_there_is_no_room_it_is_not_asked_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    async def story() -> bytes:
        class Greeting(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                transport.write(b"hello")  # type: ignore[attr-defined]

        door = Listener("127.0.0.1", 0, Greeting)

        class Full:
            """The listening socket for as long as the process may open no other."""

            def __getattr__(self, name: str) -> object:
                return getattr(listening, name)

            def accept(self) -> tuple[socket.socket, object]:
                asked.append(time.monotonic())
                if len(asked) <= 3:
                    raise OSError(errno.EMFILE, "Too many open files")
                return listening.accept()

        listening = door._listening
        monkeypatch.setattr(door, "_listening", Full())
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(b"G")
        words = await reader.readexactly(5)
        writer.close()
        door.close()
        return words

    assert asyncio.run(story()) == b"hello"
    assert asked[3] - asked[0] > 2 * PAUSE
