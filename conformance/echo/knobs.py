"""What a request's query asks of its own answer."""

import math
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from conformance.echo.request import Header

MAX_DELAY = 60.0
MAX_SIZE = 64 << 20
MAX_HEADER_SIZE = 1 << 20
NAMES = re.compile(
    rb"(?:^|&)(?:status|delay|hdr|set-cookie|ct|size|hsize|chunk|close|abort|drip|trailer|grpc-status|nows|anon)="
)
TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
UNSAFE_IN_VALUE = re.compile(rb"[\x00\r\n]")
# The server frames its answers itself; a header that lies about it would only make the connection unreadable.
NOT_SETTABLE = frozenset({b"content-length", b"transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Knobs:
    """How an answer shall differ from the plain one."""

    status: int | None = None
    delay: float = 0.0
    headers: tuple[Header, ...] = ()
    size: int = 0
    header_size: int = 0
    chunked: bool = False
    close: bool = False
    abort: bool = False
    cut: bool = False
    drip: float = 0.0
    trailers: tuple[Header, ...] = ()
    grpc_status: int = 0
    websocket: bool = True
    anonymous: bool = False


PLAIN = Knobs()


def knobs_of(target: bytes) -> Knobs:
    """Return the knobs in a target's query; whatever is none, or makes no sense, is left alone. Never raises.

    ``status=404`` ``delay=SECONDS`` ``hdr=Name:value`` (repeatable) ``set-cookie=name%3Dvalue`` (repeatable)
    ``ct=TYPE`` ``size=BYTES`` ``hsize=BYTES`` ``chunk=1`` ``close=1`` ``abort=1`` (end the connection, or the HTTP/2
    stream, without an answer) ``abort=body`` (in the middle of the body) ``drip=SECONDS`` (spread the body over them)
    ``trailer=Name:value`` (repeatable; chunked) ``grpc-status=5`` ``nows=1`` (refuse a WebSocket) ``anon=1`` (say not
    who answers, as a service does that is no backend). Values are percent-decoded.
    """
    query = target.partition(b"#")[0].partition(b"?")[2]
    if NAMES.search(query) is None:
        return PLAIN
    found: dict[bytes, bytes] = {}
    headers: list[Header] = []
    trailers: list[Header] = []
    for part in query.split(b"&"):
        name, _, text = part.partition(b"=")
        value = unquote_to_bytes(text)
        if name == b"hdr":
            headers += _header(value)
        elif name == b"ct":
            headers += _header(b"Content-Type:" + value)
        elif name == b"set-cookie":
            headers += _header(b"Set-Cookie:" + value)
        elif name == b"trailer":
            trailers += _header(value)
        else:
            found[name] = value
    status = _number(found.get(b"status"), 999)
    return Knobs(
        status=status if status >= 200 else None,  # 1xx would be no final answer
        delay=_seconds(found.get(b"delay")),
        drip=_seconds(found.get(b"drip")),
        headers=tuple(headers),
        size=_number(found.get(b"size"), MAX_SIZE),
        header_size=_number(found.get(b"hsize"), MAX_HEADER_SIZE),
        chunked=found.get(b"chunk") == b"1" or bool(trailers),
        close=found.get(b"close") == b"1",
        abort=found.get(b"abort") == b"1",
        cut=found.get(b"abort") == b"body",
        trailers=tuple(trailers),
        grpc_status=_number(found.get(b"grpc-status"), 99),
        websocket=found.get(b"nows") != b"1",
        anonymous=found.get(b"anon") == b"1",
    )


def _header(text: bytes) -> list[Header]:
    name, _, value = text.partition(b":")
    value = value.strip(b" \t")
    if not TOKEN.fullmatch(name) or UNSAFE_IN_VALUE.search(value) or name.lower() in NOT_SETTABLE:
        return []
    return [(name, value)]


def _number(text: bytes | None, limit: int) -> int:
    return min(int(text), limit) if text and text.isdigit() and len(text) < 20 else 0


def _seconds(text: bytes | None) -> float:
    try:
        seconds = float(text or b"0")
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), MAX_DELAY) if math.isfinite(seconds) else 0.0
