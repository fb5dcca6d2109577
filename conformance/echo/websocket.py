"""The WebSocket protocol (RFC 6455), as much as an echo needs, without a socket."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha1

from conformance.echo.request import Header, Request

QUESTION = b"account "
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MAX_FRAME = 1 << 20
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
NORMAL, GOING_AWAY, PROTOCOL_ERROR, TOO_BIG = 1000, 1001, 1002, 1009


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, unmasked."""

    opcode: int
    payload: bytes = b""
    final: bool = True


class ProtocolViolation(Exception):
    """The peer broke the protocol; ``code`` is the close code to send (RFC 6455, 7.4.1)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"close code {code}")
        self.code = code


def refusal_of(request: Request) -> int:
    """Return 101 for a correct handshake, 426 for another version, 400 for a wrong key (RFC 6455, 4.2.1 and 4.4)."""
    if request.values(b"sec-websocket-version") != [b"13"]:
        return 426
    keys = request.values(b"sec-websocket-key")
    try:
        nonce = base64.b64decode(keys[0], validate=True) if len(keys) == 1 else b""
    except binascii.Error:
        nonce = b""
    return 101 if len(nonce) == 16 else 400


def accept_headers(request: Request) -> list[Header]:
    """Return the headers that accept a correct handshake, with the first subprotocol offered, if any."""
    key = request.values(b"sec-websocket-key")[0]
    accept = base64.b64encode(sha1(key + GUID, usedforsecurity=False).digest())
    headers = [(b"Upgrade", b"websocket"), (b"Connection", b"Upgrade"), (b"Sec-WebSocket-Accept", accept)]
    offered = b",".join(request.values(b"sec-websocket-protocol")).split(b",")[0].strip()
    return [*headers, (b"Sec-WebSocket-Protocol", offered)] if offered else headers


def take_frame(data: bytes, start: int = 0) -> tuple[Frame, int] | None:
    """Return the client's frame at ``start`` and where it ends, or None while it is incomplete.

    Raises ``ProtocolViolation`` on an unmasked frame, reserved bits or opcodes, a wrong control frame or too much.
    """
    at = start + 2
    if len(data) < at:
        return None
    first, second = data[start], data[start + 1]
    opcode, length = first & 0x0F, second & 0x7F
    control = opcode >= CLOSE
    if first & 0x70 or not second & 0x80 or opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
        raise ProtocolViolation(PROTOCOL_ERROR)
    if control and (length > 125 or not first & 0x80):
        raise ProtocolViolation(PROTOCOL_ERROR)
    if length >= 126:
        wide = 2 if length == 126 else 8
        if len(data) < at + wide:
            return None
        length, at = int.from_bytes(data[at : at + wide]), at + wide
    if length > MAX_FRAME:
        raise ProtocolViolation(TOO_BIG)
    end = at + 4 + length
    if len(data) < end:
        return None
    payload = _masked(data[at + 4 : end], data[at : at + 4])
    return Frame(opcode, payload, bool(first & 0x80)), end


def put_frame(frame: Frame) -> bytes:
    """Return a server's frame in bytes; a server does not mask (RFC 6455, 5.1)."""
    size = len(frame.payload)
    first = frame.opcode | (0x80 if frame.final else 0)
    if size < 126:
        return bytes((first, size)) + frame.payload
    if size < 65536:
        return bytes((first, 126)) + size.to_bytes(2) + frame.payload
    return bytes((first, 127)) + size.to_bytes(8) + frame.payload


def close_frame(code: int) -> bytes:
    """Return a close frame with its code in bytes."""
    return put_frame(Frame(CLOSE, code.to_bytes(2)))


def reply_to(frame: Frame, account: Callable[[str], bytes]) -> Frame | None:
    """Return what the echo sends for a frame: data and its fragments as they came, a pong, the close; else None.

    A text that begins with "account " is answered by the account of the handshake, with this text in it.
    """
    if frame.opcode == PONG:
        return None
    if frame.opcode == PING:
        return Frame(PONG, frame.payload)
    if frame.opcode == CLOSE:
        return Frame(CLOSE, frame.payload[:2])
    if frame.opcode == TEXT and frame.final and frame.payload.startswith(QUESTION):
        return Frame(TEXT, account(frame.payload.decode(errors="replace")))
    return frame


def _masked(payload: bytes, key: bytes) -> bytes:
    if not payload:
        return payload
    stream = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload) ^ int.from_bytes(stream)).to_bytes(len(payload))
