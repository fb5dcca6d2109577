"""Reads the body of a response as far as a limit, and tells a body that was cut short from one that makes no sense.

The library's own reading has no bound for a chunk's size line, takes a negative chunk size to mean "everything", and
keeps quiet about a body that ends before its Content-Length.
"""

import http.client
import re
from collections.abc import Iterator

from conformance.probes.answer import Fields
from conformance.probes.trouble import Nonsense

_PIECE = 65536
_LINE = 1024
_TRAILERS = 100
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(;[^\r\n]*)?\r?\n")


def read_body(response: http.client.HTTPResponse, limit: int) -> tuple[bytes, bool, Fields]:
    """Return at most ``limit`` bytes of the body, whether there was more, and the trailers behind it.

    Raises:
        http.client.IncompleteRead: the connection ended before the body did.
        Nonsense: chunks that are none.
        OSError: as it comes.
    """
    if response.length == 0:
        # No body at all: HEAD, 204, 304, or a length of zero.
        return b"", False, ()
    body, trailers = _chunked(response, limit + 1) if response.chunked else (_counted(response, limit + 1), ())
    return body[:limit], len(body) > limit, trailers


def _counted(response: http.client.HTTPResponse, wanted: int) -> bytes:
    """Read up to Content-Length, or to the end of the connection where there is none."""
    body = bytearray()
    while len(body) < wanted:
        piece = response.read(min(_PIECE, wanted - len(body)))
        if not piece:
            break
        body += piece
    if len(body) < wanted and response.length:
        raise http.client.IncompleteRead(bytes(body[:_LINE]), response.length)
    return bytes(body)


def _chunked(response: http.client.HTTPResponse, wanted: int) -> tuple[bytes, Fields]:
    body = bytearray()
    while len(body) < wanted:
        size = _chunk_size(response)
        if size == 0:
            return bytes(body), tuple(_trailers(response))
        kept = min(size, wanted - len(body))
        body += _exactly(response, kept)
        if kept == size and _exactly(response, 2) != b"\r\n":
            raise Nonsense("a chunk is longer than its size")
    return bytes(body), ()


def _trailers(response: http.client.HTTPResponse) -> Iterator[tuple[str, str]]:
    for _ in range(_TRAILERS):
        line = response.fp.readline(_LINE)
        if line in {b"\r\n", b"\n"}:
            return
        if len(line) < _LINE and not line.endswith(b"\n"):
            raise http.client.IncompleteRead(line)
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not line.endswith(b"\n"):
            raise Nonsense(f"no trailer: {line[:40]!r}")
        yield name, value.strip(" \t\r\n")
    raise Nonsense("too many trailers")


def _chunk_size(response: http.client.HTTPResponse) -> int:
    line = response.fp.readline(_LINE)
    size = _SIZE.fullmatch(line)
    if size is not None:
        return int(size[1], 16)
    if len(line) < _LINE and not line.endswith(b"\n"):
        raise http.client.IncompleteRead(line)
    raise Nonsense(f"no chunk size: {line[:40]!r}")


def _exactly(response: http.client.HTTPResponse, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = response.fp.read(min(_PIECE, size - len(data)))
        if not piece:
            raise http.client.IncompleteRead(bytes(data[:_LINE]), size - len(data))
        data += piece
    return bytes(data)
