"""HTTP/2 requests, one after another on one connection (RFC 9113)."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.settings import SettingCodes, Settings

from conformance.http2frames import FrameHeads, outlive_goaway
from conformance.probes.answer import Answer, Fields, WireProbe
from conformance.probes.line import Line
from conformance.probes.raw import CONTINUE_SECONDS
from conformance.probes.request import http2_headers
from conformance.probes.trouble import CutShort, Nonsense

_HEADERS = 1 << 16


def converse(line: Line, requests: Sequence[tuple[str, WireProbe]]) -> Iterator[Answer]:
    """Send the requests, one after another, and yield the answer to each. ``requests`` holds (number, probe).

    Raises:
        CutShort: the stream or the connection was ended before the answer was complete.
        Nonsense, h2.exceptions.ProtocolError: the answer is no HTTP/2.
        OSError, OtherProtocol: as they come.
    """
    began = time.monotonic()
    line.open()
    session = _Session(line)
    for sent, probe in requests:
        found = session.exchange(probe, line.limits.body_bytes)
        status = dict(found.headers).get(":status", "")
        if not (status.isascii() and status.isdigit() and len(status) == 3):
            raise Nonsense(f"a response with status {status[:20]!r}")
        yield Answer(
            sent=sent,
            seconds=time.monotonic() - began,
            status=int(status),
            headers=tuple(header for header in found.headers if not header[0].startswith(":")),
            body=bytes(found.body[: line.limits.body_bytes]),
            truncated=found.full,
            interim=found.interim,
            trailers=found.trailers,
            head=probe.method == "HEAD",
        )
        began = time.monotonic()


@dataclass
class _Exchange:
    """What has come of one stream so far."""

    stream_id: int
    limit: int
    headers: Fields = ()
    body: bytearray = field(default_factory=bytearray)
    trailers: Fields = ()
    interim: bool = False
    too_late: bool = False
    ended: bool = False

    @property
    def full(self) -> bool:
        return len(self.body) > self.limit


class _Session:
    """One connection."""

    def __init__(self, line: Line) -> None:
        self._line = line
        # What a probe says goes out as it is, right or wrong; what comes in is checked.
        config = H2Configuration(
            client_side=True,
            header_encoding=None,
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
            split_outbound_cookies=False,
        )
        self._connection = H2Connection(config)
        wanted = {SettingCodes.ENABLE_PUSH: 0, SettingCodes.MAX_HEADER_LIST_SIZE: _HEADERS}
        self._connection.local_settings = Settings(client=True, initial_values=wanted)
        outlive_goaway(self._connection)
        self._heads = FrameHeads()
        self._connection.initiate_connection()

    def exchange(self, probe: WireProbe, limit: int) -> _Exchange:
        """Send one request and return its answer, with at least one byte more than ``limit`` if there is more."""
        stream_id = self._connection.get_next_available_stream_id()
        exchange = _Exchange(stream_id, limit)
        body = probe.body or b""
        self._connection.send_headers(stream_id, http2_headers(probe), end_stream=not body and not probe.trailers)
        self._flush()
        if body and probe.wait_for_continue:
            self._wait_for_interim(exchange)
        if body or probe.trailers:
            self._upload(exchange, body, probe.trailers)
        while not exchange.ended and not exchange.full:
            self._receive(exchange)
        return exchange

    def _wait_for_interim(self, exchange: _Exchange) -> None:
        """Wait for a 100, or for a final response in its place; a 100 that comes after this is none."""
        until = time.monotonic() + CONTINUE_SECONDS
        with suppress(TimeoutError):  # RFC 9110, 10.1.1: a client does not wait for ever
            while not exchange.interim and not exchange.headers and (left := until - time.monotonic()) > 0:
                with self._line.patience(left):
                    self._receive(exchange)
        exchange.too_late = True

    def _upload(self, exchange: _Exchange, body: bytes, trailers: Fields) -> None:
        """Send the body as fast as the server's windows allow, unless it has answered without waiting for it."""
        connection, at = self._connection, 0
        while at < len(body) and not exchange.ended:
            room = min(connection.local_flow_control_window(exchange.stream_id), connection.max_outbound_frame_size)
            if room <= 0:
                self._receive(exchange)
                continue
            last = at + room >= len(body) and not trailers
            connection.send_data(exchange.stream_id, body[at : at + room], end_stream=last)
            self._flush()
            at += room
        if trailers and not exchange.ended:
            fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in trailers]
            connection.send_headers(exchange.stream_id, fields, end_stream=True)
            self._flush()

    def _receive(self, exchange: _Exchange) -> None:
        data = self._line.receive()
        if not data:
            raise CutShort("the connection ended before the response did")
        self._heads.feed(data)
        for event in self._connection.receive_data(data):
            self._take(event, exchange)
        self._flush()

    def _take(self, event: Event, exchange: _Exchange) -> None:
        if isinstance(event, ConnectionTerminated):
            _check_goaway(event, exchange)
        if getattr(event, "stream_id", None) != exchange.stream_id:
            return
        if isinstance(event, ResponseReceived):
            exchange.headers = _text(event.headers)
        elif isinstance(event, InformationalResponseReceived):
            exchange.interim |= (b":status", b"100") in list(event.headers) and not exchange.too_late
        elif isinstance(event, DataReceived):
            if not exchange.full:
                exchange.body += event.data
            self._connection.acknowledge_received_data(event.flow_controlled_length, exchange.stream_id)
        elif isinstance(event, TrailersReceived):
            exchange.trailers = _text(event.headers)
        elif isinstance(event, StreamReset) and not exchange.ended:
            raise CutShort(f"RST_STREAM {_name_of(event.error_code)}")
        elif isinstance(event, StreamEnded):
            exchange.ended = True

    def _flush(self) -> None:
        data = self._connection.data_to_send()
        if data:
            self._line.deliver(data)


def _check_goaway(event: ConnectionTerminated, exchange: _Exchange) -> None:
    """A connection that winds down still answers the streams it names (RFC 9113, section 6.8)."""
    answered = event.last_stream_id is not None and event.last_stream_id >= exchange.stream_id
    if not exchange.ended and not (answered and event.error_code == ErrorCodes.NO_ERROR):
        raise CutShort(f"GOAWAY {_name_of(event.error_code)}")


def _text(headers: Sequence[tuple[bytes, bytes]]) -> Fields:
    return tuple((bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in headers)


def _name_of(code: ErrorCodes | int | None) -> str:
    return code.name if isinstance(code, ErrorCodes) else str(code)
