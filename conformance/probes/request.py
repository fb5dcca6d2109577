"""What a probe looks like on the wire: pure."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from conformance.probes.answer import PROBE_HEADER, Fields, WireProbe
from conformance.probes.trouble import CannotSend

WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
"""Methods that say the length of their body even where there is none (RFC 9110, section 8.6)."""

_SAYABLE = re.compile(r"[!-~]+")
_OWN_FRAMING = frozenset({"content-length", "transfer-encoding"})
_OF_ONE_CONNECTION = frozenset({"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})
"""Fields that HTTP/2 has no place for (RFC 9113, section 8.2.2)."""


def numbered(probe: WireProbe, sent: str) -> WireProbe:
    """Return the probe with the number of one request, and with the headers that every client sends."""
    return with_usual_headers(probe, (PROBE_HEADER, sent))


def with_usual_headers(probe: WireProbe, *others: tuple[str, str]) -> WireProbe:
    """Return the probe with the headers that every client sends, unless it has its own, and with these others."""
    usual = (("User-Agent", "ingress-conformance"), ("Accept", "*/*"))
    added = (header for header in usual if header[0].lower() not in _names(probe))
    return replace(probe, headers=(*added, *others, *probe.headers))


@lru_cache(maxsize=1024)
def check(probe: WireProbe) -> None:
    """Refuse a probe that contradicts itself, rather than send something else than it says.

    Raises:
        CannotSend: the probe asks for what its protocol does not have.
        UnicodeEncodeError: it holds a character that no byte stands for.
    """
    request_bytes(probe)
    secure = {"h2": True, "h2c": False}.get(probe.protocol)
    shaped = probe.chunked or bool(probe.trailers) or probe.wait_for_continue
    if secure is not None and secure != (probe.scheme == "https"):
        raise CannotSend(f"{probe.protocol} is not spoken over {probe.scheme}")
    if probe.protocol == "websocket" and (shaped or probe.body is not None or probe.requests_on_connection != 1):
        raise CannotSend("a WebSocket handshake has no body, and nothing can follow it on its connection")
    if probe.protocol == "grpc" and (shaped or probe.body is not None or probe.method != "POST"):
        raise CannotSend("a gRPC call is a POST with a body of its own")
    if probe.wait_for_continue and probe.body is None:
        raise CannotSend("without a body there is nothing to continue with")
    if probe.over_http2 and (probe.chunked or _OF_ONE_CONNECTION & _names(probe)):
        raise CannotSend("HTTP/2 has no chunks, and no fields about a connection")
    if probe.requests_on_connection < 1:
        raise CannotSend("a probe sends one request at least")


def plain(probe: WireProbe) -> bool:
    """Tell whether the requests library can send this probe; it refuses odd targets and headers, and has no shapes."""
    return (
        probe.protocol == "http/1.1"
        and probe.raw is None
        and not (probe.chunked or probe.trailers or probe.wait_for_continue)
        and probe.requests_on_connection == 1
        and _SAYABLE.fullmatch(probe.target) is not None
        and not any("\n" in value or "\r" in value for _, value in probe.headers)
    )


def wire_headers(probe: WireProbe) -> Fields:
    """Return all headers of an HTTP/1.1 request in their order: Host first, the framing of the body last.

    Nothing is added that a case does not say, or its shape needs; above all no Accept-Encoding, so that a curl line
    sends the same.
    """
    return (("Host", probe.host), *probe.headers, *shape_headers(probe), *_framing(probe))


def http2_headers(probe: WireProbe) -> list[tuple[bytes, bytes]]:
    """Return the header list of an HTTP/2 request (RFC 9113, section 8.3): names in lower case, values as given."""
    pseudo = ((":method", probe.method), (":scheme", probe.scheme), (":authority", probe.host), (":path", probe.target))
    shape = [*shape_headers(probe), *(field for field in _framing(probe) if field[0] == "Content-Length")]
    fields = (*pseudo, *((name.lower(), value) for name, value in (*probe.headers, *shape)))
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]


def head_bytes(probe: WireProbe) -> bytes:
    """Return the head of an HTTP/1.1 request, one byte a character of target and headers (Latin-1)."""
    if probe.raw is not None:
        return _with_number(probe.raw, probe)
    lines = [f"{probe.method} {probe.target} HTTP/1.1", *(f"{n}: {v}" for n, v in wire_headers(probe))]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def body_bytes(probe: WireProbe) -> bytes:
    """Return the body of an HTTP/1.1 request with its framing; a chunked one has two chunks where it can."""
    if probe.raw is not None:
        return b""
    body = probe.body or b""
    if not is_chunked(probe):
        return body
    middle = (len(body) + 1) // 2
    chunks = (b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:middle], body[middle:]) if part)
    trailers = "".join(f"{name}: {value}\r\n" for name, value in probe.trailers).encode("latin-1")
    return b"".join(chunks) + b"0\r\n" + trailers + b"\r\n"


def _with_number(raw: bytes, probe: WireProbe) -> bytes:
    """Return bytes that are no proper request, with the number behind their first line where fields follow it."""
    number = next((value for name, value in probe.headers if name == PROBE_HEADER), None)
    first, end, rest = raw.partition(b"\r\n" if b"\r\n" in raw else b"\n")
    if number is None or not rest.strip():
        return raw
    return first + end + f"{PROBE_HEADER}: {number}".encode() + end + rest


def request_bytes(probe: WireProbe) -> bytes:
    """Return the whole HTTP/1.1 request."""
    return head_bytes(probe) + body_bytes(probe)


def is_chunked(probe: WireProbe) -> bool:
    """Tell whether the body goes in chunks: trailers need them (RFC 9112, section 7.1.2)."""
    return probe.chunked or bool(probe.trailers)


def shape_headers(probe: WireProbe) -> Iterator[tuple[str, str]]:
    """Yield the headers that the shape of a request needs, apart from the framing of its body."""
    given = _names(probe)
    if probe.trailers and "trailer" not in given:
        # A recipient may drop what was not announced (RFC 9110, section 6.6.2).
        yield "Trailer", ", ".join(dict.fromkeys(name for name, _ in probe.trailers))
    if probe.wait_for_continue and "expect" not in given:
        yield "Expect", "100-continue"


def _names(probe: WireProbe) -> set[str]:
    return {name.lower() for name, _ in probe.headers}


def _framing(probe: WireProbe) -> Iterator[tuple[str, str]]:
    if _OWN_FRAMING & _names(probe):
        return
    if is_chunked(probe):
        yield "Transfer-Encoding", "chunked"
    elif probe.body is not None or probe.method in WITH_BODY:
        yield "Content-Length", str(len(probe.body or b""))
