"""Checks of the requests of probes: each must be one that can be sent as it is written."""

import re
from collections.abc import Iterator

from conformance.case.flaw import Flaw
from conformance.case.model import Probe

_LABELS = r"[A-Za-z0-9_]([A-Za-z0-9_-]*)(\.[A-Za-z0-9_][A-Za-z0-9_-]*)*"
HOST = re.compile(rf"{_LABELS}(\|\.?{_LABELS})?\.?(:[0-9]{{1,5}})?")
"""A host to ask for; a bar is where its unique ending comes, if not at the end."""

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def request_flaws(probe: Probe) -> Iterator[Flaw]:
    """Yield what cannot be sent, or contradicts itself."""
    if not (probe.target.startswith("/") or probe.target == "*"):
        yield Flaw(("request",), f"the request {probe.target!r} does not begin with /", "write its path and query")
    if any(ord(character) <= 32 or ord(character) > 126 for character in probe.target):
        hint = "percent-encode it: a target is sent exactly as it is written"
        yield Flaw(("request",), f"the request {probe.target!r} has a character that a request line cannot hold", hint)
    yield from _fields("headers", probe.headers)
    yield from _fields("trailers", probe.trailers)
    yield from _transport(probe)
    yield from _framing(probe)


def _fields(part: str, fields: tuple[tuple[str, str], ...]) -> Iterator[Flaw]:
    for name, value in fields:
        if not _HEADER.fullmatch(name):
            yield Flaw((part,), f"{name!r} is no header name")
        if name.lower() == "host":
            yield Flaw((part,), "the Host header is given as a header", "use host: NAME")
        if any(character in "\r\n\0" for character in value) or any(ord(character) > 255 for character in value):
            yield Flaw((part,), f"the value of the header {name} cannot be sent", "printable characters only")


def _transport(probe: Probe) -> Iterator[Flaw]:
    for part, given in (("sni", probe.sni is not None), ("tls", probe.tls), ("alpn", probe.alpn)):
        if given and probe.scheme == "http":
            yield Flaw((part,), f"{part} says something about TLS, but the scheme is http", "write scheme: https")
    if probe.sni and (not HOST.fullmatch(probe.sni) or ":" in probe.sni):
        yield Flaw(("sni",), f"the name {probe.sni!r} cannot be sent", "a host name without a port")
    if probe.protocol == "h2" and probe.scheme == "http":
        yield Flaw(("protocol",), "h2 is HTTP/2 over TLS, but the scheme is http", "write scheme: https")


def _framing(probe: Probe) -> Iterator[Flaw]:
    """What a protocol has no room for; the sender refuses it as well, but only in a run."""
    waits = probe.expect.continued
    shaped = probe.chunked or bool(probe.trailers) or waits
    if (probe.chunked or waits) and probe.body is None and not probe.filler:
        yield Flaw(("body",), "without a body nothing can be sent in chunks, or be continued with", "write body: TEXT")
    if probe.protocol == "grpc" and probe.method != "POST":
        yield Flaw(("method",), "a gRPC call is a POST", "write method: POST")
    if probe.protocol in {"grpc", "websocket"} and (shaped or probe.body is not None):
        yield Flaw(("protocol",), f"a {probe.protocol} probe has a message of its own, and no body", "take body out")
    if probe.protocol == "websocket" and probe.on_one_connection > 1:
        yield Flaw(("on_one_connection",), "nothing can follow a WebSocket on its connection", "take it out")
    if probe.protocol == "h2" and probe.chunked:
        yield Flaw(("chunked",), "HTTP/2 has no chunks", "take chunked out")
