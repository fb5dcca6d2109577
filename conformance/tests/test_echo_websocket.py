"""WebSockets at the echo backend: handshakes right and wrong, and frames of every kind."""

import json

import pytest

from conformance.echo.websocket import Frame, put_frame, take_frame
from conformance.tests.talk import HANDSHAKE, exchange, get, split


def masked(frame: Frame) -> bytes:
    plain = put_frame(Frame(frame.opcode, b"", frame.final))
    size = len(frame.payload)
    wide = b"" if size < 126 else size.to_bytes(2) if size < 65536 else size.to_bytes(8)
    second = size if size < 126 else 126 if size < 65536 else 127
    key = b"\x01\x02\x03\x04"
    return plain[:1] + bytes([second | 0x80]) + wide + key + bytes(b ^ key[i % 4] for i, b in enumerate(frame.payload))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
def test_frames_of_every_length_are_read_back(size: int) -> None:
    frame = Frame(2, bytes(i % 251 for i in range(size)))
    data = masked(frame)
    assert take_frame(data) == (frame, len(data))
    assert take_frame(data[:-1]) is None


def test_websocket_echoes_pings_and_closes() -> None:
    frames = [Frame(1, b"hello"), Frame(9, b"p"), Frame(2, b"a", final=False), Frame(0, b"b"), Frame(8, b"\x03\xe8bye")]
    status, headers, rest = split(exchange(HANDSHAKE + b"".join(map(masked, frames)) + masked(Frame(1, b"late"))))
    assert (status, headers["sec-websocket-accept"]) == (101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    assert headers["x-conformance-backend"] == "ns/a/a-0"
    expected = [Frame(1, b"hello"), Frame(10, b"p"), Frame(2, b"a", final=False), Frame(0, b"b"), Frame(8, b"\x03\xe8")]
    assert rest == b"".join(map(put_frame, expected))


def test_websocket_is_refused_when_it_is_wrong_or_not_wanted() -> None:
    assert split(exchange(HANDSHAKE.replace(b"dGhl", b"!!!!")))[0] == 400
    assert split(exchange(HANDSHAKE.replace(b"Version: 13", b"Version: 8")))[1]["sec-websocket-version"] == "13"
    answer = exchange(HANDSHAKE.replace(b"/ws", b"/ws?nows=1") + get("/next"))
    assert answer.count(b"HTTP/1.1 200") == 2
    assert exchange(HANDSHAKE + b"\x81\x00").endswith(b"\x88\x02\x03\xea")  # unmasked: 1002


def test_a_websocket_waits_for_its_turn() -> None:
    answer = exchange(get("/?delay=0.05") + HANDSHAKE + masked(Frame(1, b"x")) + masked(Frame(8)))
    assert answer.index(b"HTTP/1.1 200") < answer.index(b"HTTP/1.1 101")
    assert answer.endswith(put_frame(Frame(1, b"x")) + put_frame(Frame(8)))


def test_a_text_that_asks_for_the_account_is_answered_by_it() -> None:
    handshake = HANDSHAKE.replace(b"/ws", b"/ws?x=1")
    _, _, rest = split(exchange(handshake + masked(Frame(1, b"account 7-1")) + masked(Frame(8))))
    wide = int.from_bytes(rest[2:4])
    said = json.loads(rest[4 : 4 + wide])
    assert (said["message"], said["target"], said["pod"]) == ("account 7-1", "/ws?x=1", "a-0")
    assert ["Upgrade", "websocket"] in said["headers"]
