"""A WebSocket: the handshake, one message there, and the one that comes back (RFC 6455)."""

import base64
import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.frame_protocol import CloseReason

from conformance.probes.answer import ACCOUNT_QUESTION, Answer, WireProbe
from conformance.probes.line import Line
from conformance.probes.raw import answer_of
from conformance.probes.request import head_bytes
from conformance.probes.response import ResponseReader
from conformance.probes.trouble import CutShort, Nonsense

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def converse(line: Line, requests: Sequence[tuple[str, WireProbe]]) -> Iterator[Answer]:
    """Upgrade, ask the backend for its account, and yield the answer; a refused upgrade is an answer, too.

    Raises:
        OSError, http.client.HTTPException, h11.RemoteProtocolError, OtherProtocol: as they come.
    """
    for sent, probe in requests:
        began = time.monotonic()
        line.open()
        reader = ResponseReader(line)
        reader.begin("GET", upgrade="websocket")
        key = base64.b64encode(os.urandom(16))
        line.deliver(head_bytes(_handshake(probe, key.decode())))
        response = reader.read()
        answer = answer_of(response, probe, sent, 0.0)
        if response.switched is not None:
            _check(answer, key)
            body = _ask(line, response.switched, ACCOUNT_QUESTION + sent)
            answer = replace(answer, body=body)
        yield replace(answer, seconds=time.monotonic() - began)


def _handshake(probe: WireProbe, key: str) -> WireProbe:
    given = {name.lower() for name, _ in probe.headers}
    needed = (
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", key),
    )
    added = tuple(header for header in needed if header[0].lower() not in given)
    return replace(probe, headers=(*probe.headers, *added))


def _check(answer: Answer, key: bytes) -> None:
    """Refuse a handshake that was not answered by a WebSocket server (RFC 6455, 4.1)."""
    accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest()).decode()
    if (answer.header("Upgrade") or "").lower() != "websocket" or answer.header("Sec-WebSocket-Accept") != accept:
        raise Nonsense("the upgrade was accepted, but not by a WebSocket server: the key's digest is not the right one")


def _ask(line: Line, received: bytes, question: str) -> bytes:
    """Send a text message and return the first message that comes, as far as the limit allows.

    Raises:
        CutShort: the server closed the WebSocket instead.
        Nonsense: it sent frames that are none.
    """
    frames = Connection(ConnectionType.CLIENT, trailing_data=received)
    line.deliver(frames.send(TextMessage(question)))
    message, limit = bytearray(), line.limits.body_bytes
    while True:
        for event in frames.events():
            if isinstance(event, Ping):
                line.deliver(frames.send(event.response()))
            elif isinstance(event, CloseConnection):
                if frames.state is ConnectionState.OPEN:
                    raise Nonsense(f"a broken WebSocket frame: {event.reason}")
                raise CutShort(f"the WebSocket was closed with code {event.code}")
            elif isinstance(event, (TextMessage, BytesMessage)):
                message += event.data.encode() if isinstance(event, TextMessage) else event.data
                if event.message_finished or len(message) > limit:
                    line.deliver(frames.send(CloseConnection(CloseReason.NORMAL_CLOSURE)))
                    return bytes(message[:limit])
        data = line.receive()
        if not data:
            raise CutShort("the connection ended before a WebSocket message came")
        frames.receive_data(data)
