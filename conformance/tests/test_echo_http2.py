"""The echo backend over HTTP/2: streams side by side, windows, knobs, gRPC, and clients that break the protocol."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from hashlib import sha256

import h2.events
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection

from conformance.echo import Backend, OtherPorts, serve
from conformance.grpcframes import text_message, text_of
from conformance.tests.talk import HOST, WHO

Fields = list[tuple[str, str]]


class Client:
    """An HTTP/2 client as the library makes it, with all events kept by stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.h2 = H2Connection(H2Configuration(header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.events: list[h2.events.Event] = []

    def ask(self, target: str, *, body: bytes = b"", method: str = "GET", headers: Fields | None = None) -> int:
        stream = self.h2.get_next_available_stream_id()
        pseudo = [(":method", method), (":scheme", "http"), (":authority", "foo.test"), (":path", target)]
        self.h2.send_headers(stream, [*pseudo, *(headers or [])], end_stream=not body)
        if body:
            self.h2.send_data(stream, body, end_stream=True)
        return stream

    async def until(self, wanted: type[h2.events.Event], stream: int | None = None) -> h2.events.Event:
        while True:
            self.writer.write(self.h2.data_to_send())
            for event in self.events:
                if isinstance(event, wanted) and stream in (None, getattr(event, "stream_id", None)):
                    return event
            data = await self.reader.read(65536)
            assert data, f"the connection ended before {wanted.__name__}: {self.events}"
            for event in self.h2.receive_data(data):
                self.events.append(event)
                if isinstance(event, h2.events.DataReceived):
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id or 0)

    async def answer(self, stream: int) -> tuple[dict[str, str], bytes]:
        await self.until(h2.events.StreamEnded, stream)
        mine = [event for event in self.events if getattr(event, "stream_id", None) == stream]
        head = next(event for event in mine if isinstance(event, h2.events.ResponseReceived))
        body = b"".join(event.data for event in mine if isinstance(event, h2.events.DataReceived))
        trailers = [event.headers for event in mine if isinstance(event, h2.events.TrailersReceived)]
        return {str(n): str(v) for fields in (head.headers, *trailers) for n, v in fields}, body


def with_client(scenario: Callable[[Client, Backend], Awaitable[None]]) -> None:
    troubles: list[dict[str, object]] = []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, trouble: troubles.append(trouble))
        backend = await serve(WHO, HOST, [0], 0, others=OtherPorts(grpc=(0,)))
        reader, writer = await asyncio.open_connection(HOST, backend.grpc_ports[0])
        try:
            async with asyncio.timeout(20):
                await scenario(Client(reader, writer), backend)
        finally:
            writer.close()
            backend.abort()
            await backend.drained(1)

    asyncio.run(run())
    assert not troubles


def test_says_who_answered_and_what_was_received() -> None:
    async def scenario(client: Client, _: Backend) -> None:
        body = b"abc" * 5000
        headers, said = await client.answer(client.ask("/a?x=1", body=body, method="PUT", headers=[("x-a", "1")]))
        account = json.loads(said)
        assert (headers[":status"], headers["x-conformance-backend"]) == ("200", "ns/a/a-0")
        assert int(headers["content-length"]) == len(said)
        assert (account["method"], account["target"], account["version"]) == ("PUT", "/a?x=1", "HTTP/2")
        assert account["headers"] == [["Host", "foo.test"], ["x-a", "1"]]
        assert [":authority", "foo.test"] in account["pseudo"]
        assert account["body"] == {"length": 15000, "sha256": sha256(body).hexdigest()}

    with_client(scenario)


def test_streams_do_not_wait_for_each_other() -> None:
    async def scenario(client: Client, backend: Backend) -> None:
        slow, quick = client.ask("/slow?delay=0.2"), client.ask("/quick")
        await client.answer(quick)
        assert not any(getattr(event, "stream_id", None) == slow for event in client.events)
        assert json.loads((await client.answer(slow))[1])["target"] == "/slow?delay=0.2"
        assert backend.served == 2

    with_client(scenario)


def test_bodies_larger_than_every_window_come_whole() -> None:
    async def scenario(client: Client, _: Backend) -> None:
        streams = [client.ask(f"/{n}?size=400000") for n in range(3)]
        for stream in streams:
            assert len((await client.answer(stream))[1]) == 400000

    with_client(scenario)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("status=404", {":status": "404"}),
        ("set-cookie=a%3Db", {"set-cookie": "a=b"}),
        ("trailer=X-T:5", {":status": "200", "x-t": "5"}),
        ("drip=0.05", {":status": "200"}),
    ],
)
def test_knobs_work_as_in_http1(query: str, shown: dict[str, str]) -> None:
    async def scenario(client: Client, _: Backend) -> None:
        headers, body = await client.answer(client.ask(f"/?{query}"))
        assert headers.items() >= shown.items()
        assert json.loads(body)["target"] == f"/?{query}"

    with_client(scenario)


@pytest.mark.parametrize("query", ["abort=1", "abort=body"])
def test_an_abort_ends_one_stream_and_no_other(query: str) -> None:
    async def scenario(client: Client, _: Backend) -> None:
        await client.until(h2.events.StreamReset, client.ask(f"/?{query}"))
        assert (await client.answer(client.ask("/")))[0][":status"] == "200"

    with_client(scenario)


def test_the_answers_to_head_and_no_content_have_no_body() -> None:
    async def scenario(client: Client, _: Backend) -> None:
        for stream in (client.ask("/", method="HEAD"), client.ask("/?status=204")):
            assert (await client.answer(stream))[1] == b""

    with_client(scenario)


def test_an_expectation_is_answered_before_the_body_comes() -> None:
    async def scenario(client: Client, _: Backend) -> None:
        stream = client.h2.get_next_available_stream_id()
        pseudo = [(":method", "POST"), (":scheme", "http"), (":authority", "x"), (":path", "/")]
        client.h2.send_headers(stream, [*pseudo, ("expect", "100-continue")])
        await client.until(h2.events.InformationalResponseReceived, stream)
        client.h2.send_data(stream, b"hi", end_stream=True)
        assert json.loads((await client.answer(stream))[1])["body"]["length"] == 2

    with_client(scenario)


@pytest.mark.parametrize(("query", "code"), [("", "0"), ("?grpc-status=5", "5")])
def test_a_call_is_answered_by_a_message_and_a_status(query: str, code: str) -> None:
    async def scenario(client: Client, _: Backend) -> None:
        headers = [("content-type", "application/grpc"), ("te", "trailers")]
        target = "/conformance.Echo/Say" + query
        stream = client.ask(target, method="POST", body=text_message(b"7"), headers=headers)
        shown, body = await client.answer(stream)
        assert (shown[":status"], shown["grpc-status"]) == ("200", code)
        assert shown["content-type"].startswith("application/grpc")
        assert "content-length" not in shown
        account = json.loads(text_of(body) or b"")
        assert (account["pod"], account["target"]) == ("a-0", target)
        assert account["body"]["sha256"] == sha256(text_message(b"7")).hexdigest()

    with_client(scenario)


def test_a_client_that_winds_down_is_still_answered() -> None:
    async def scenario(client: Client, _: Backend) -> None:
        stream = client.ask("/?delay=0.05")
        client.writer.write(client.h2.data_to_send() + b"\0\0\x08\x07\0\0\0\0\0" + bytes(8))  # GOAWAY, no error
        assert (await client.answer(stream))[0][":status"] == "200"

    with_client(scenario)


def test_close_finishes_streams_and_turns_new_ones_away() -> None:
    async def scenario(client: Client, backend: Backend) -> None:
        busy = client.ask("/?delay=0.1")
        client.writer.write(client.h2.data_to_send())
        while not backend.served:
            await asyncio.sleep(0)
        backend.close()
        late = client.ask("/late")
        reset = await client.until(h2.events.StreamReset, late)
        assert isinstance(reset, h2.events.StreamReset)
        assert reset.error_code == 7  # REFUSED_STREAM: safe to send again
        assert (await client.answer(busy))[0][":status"] == "200"
        await client.until(h2.events.ConnectionTerminated)
        await backend.drained(5)

    with_client(scenario)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff\xff\xff\x04" + bytes(100),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\x01\x04\0\0\0\0\0\0",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x01\x05\0\0\0\0",
    ],
    ids=["HTTP/1.1", "a frame too long", "half a setting", "headers on stream 0"],
)
def test_what_is_no_http2_ends_the_connection_and_nothing_else(sent: bytes) -> None:
    async def scenario(client: Client, backend: Backend) -> None:
        reader, writer = await asyncio.open_connection(HOST, backend.grpc_ports[0])
        writer.write(sent)
        await reader.read()
        writer.close()
        assert (await client.answer(client.ask("/")))[0][":status"] == "200"

    with_client(scenario)


def test_random_bytes_never_bring_it_down() -> None:
    dice = random.Random(7)
    sample = H2Connection()
    sample.initiate_connection()
    fields = [(":method", "POST"), (":scheme", "http"), (":authority", "x"), (":path", "/?size=70000")]
    sample.send_headers(1, fields)
    sample.send_data(1, b"x" * 100, end_stream=True)
    good = sample.data_to_send()

    async def scenario(client: Client, backend: Backend) -> None:
        for _ in range(150):
            data = bytearray(good)
            for _ in range(dice.randrange(1, 4)):
                data[dice.randrange(24, len(data))] = dice.randrange(256)
            reader, writer = await asyncio.open_connection(HOST, backend.grpc_ports[0])
            writer.write(data)
            writer.write_eof()
            await reader.read(100)
            writer.close()
        assert (await client.answer(client.ask("/")))[0][":status"] == "200"

    with_client(scenario)
