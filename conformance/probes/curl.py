"""The shell line that sends the same request by hand: curl, or openssl where curl cannot say it."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace

from conformance.probes.answer import Endpoint, WireProbe
from conformance.probes.grpc import as_call
from conformance.probes.request import WITH_BODY, is_chunked, request_bytes, shape_headers, with_usual_headers
from conformance.probes.shellwords import piped, typable, word

CLIENT_CHAIN, CLIENT_KEY = "client.crt", "client.key"
"""The files that a line with a client certificate expects beside it; a key belongs in no report."""

_PLAIN_TARGET = re.compile(r"/[A-Za-z0-9_.~/?=&-]*")
_UNNOTICED_BODY = 1024
"""From here on curl asks for a 100 Continue first."""
_FILLER = 256
"""A longer body that is but one letter again and again is made by the shell."""

_SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # of RFC 6455
_HANDSHAKE = (
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", _SAMPLE_KEY),
)


def curl_line(probe: WireProbe, endpoint: Endpoint, seconds: float = 5.0) -> str:
    """Return a shell command that sends ``probe`` to ``endpoint``; safe to paste, whatever the probe holds.

    The target goes as it is (``--request-target``) where a URL would not carry it unchanged. Not quite the same: a
    WebSocket ends with the handshake, trailers of HTTP/2 are left out, and ALPN offers what curl knows how to.
    """
    if probe.raw is not None or (probe.trailers and not probe.over_http2):
        return _raw_line(probe, endpoint, seconds)
    if probe.protocol == "grpc":
        probe = as_call(probe, "by hand")
    elif probe.protocol == "websocket":
        given = {name.lower() for name, _ in probe.headers}
        probe = replace(probe, headers=(*probe.headers, *(h for h in _HANDSHAKE if h[0].lower() not in given)))
    words = ["curl", "-sS", "-i", "--max-time", f"{seconds:g}", *_protocol(probe), *_method(probe)]
    plain = _PLAIN_TARGET.fullmatch(probe.target) and "/." not in probe.target and "//" not in probe.target
    if not plain:
        words += ["--request-target", word(probe.target)]
    *options, url = _place(probe, endpoint, probe.target if plain else "/")
    words += options
    for name, value in (("Host", probe.host), *probe.headers, *_shape(probe)):
        words += ["-H", word(f"{name}: {value}" if value else f"{name};")]
    body, before = _body(probe)
    return " ".join([*before, *words, *body, *[url] * probe.requests_on_connection])


def _protocol(probe: WireProbe) -> Iterator[str]:
    if probe.over_http2:
        yield "--http2" if probe.scheme == "https" else "--http2-prior-knowledge"
    elif probe.scheme == "https" or probe.protocol == "websocket":
        # By itself curl would speak HTTP/2 where TLS allows it.
        yield "--http1.1"
    if probe.protocol == "grpc":
        yield from ("--output", "-")  # the message begins with a zero byte, which curl keeps from a terminal
    elif probe.protocol == "websocket":
        yield "--no-buffer"
    if probe.source is not None:
        yield from ("--interface", shlex.quote(probe.source))


def _method(probe: WireProbe) -> list[str]:
    if probe.method == "HEAD" and probe.body is None:
        return ["--head"]
    # With a body curl would send POST.
    return ["-X", shlex.quote(probe.method)] if probe.method != "GET" or probe.body is not None else []


def _place(probe: WireProbe, endpoint: Endpoint, target: str) -> list[str]:
    """Return the words that lead curl to the endpoint; the URL is the last of them."""
    port, shown = endpoint.port(probe.scheme), _shown(endpoint.address)
    if probe.scheme == "http":
        return [shlex.quote(f"http://{shown}:{port}{target}")]
    # The certificate is evidence, not a condition: it is compared, never waved through unseen.
    words = ["--insecure", "--globoff", *_tls(probe)]
    if probe.sni:
        words += ["--resolve", shlex.quote(f"{probe.sni}:{port}:{shown}")]
    return [*words, shlex.quote(f"https://{probe.sni or shown}:{port}{target}")]


def _tls(probe: WireProbe) -> Iterator[str]:
    old = (probe.tls_min or probe.tls_max or "1.3") < "1.2"
    lowest = probe.tls_min or ("1.0" if old else None)
    if lowest is not None:
        yield f"--tlsv{lowest}"
    if probe.tls_max is not None:
        yield from ("--tls-max", probe.tls_max)
    if old:
        yield from ("--ciphers", "DEFAULT:@SECLEVEL=0")
    if not probe.offered:
        yield "--no-alpn"
    if probe.client_certificate is not None:
        yield from ("--cert", CLIENT_CHAIN, "--key", CLIENT_KEY)


def _shape(probe: WireProbe) -> Iterator[tuple[str, str]]:
    yield from shape_headers(replace(probe, trailers=()))
    if is_chunked(probe) and not probe.over_http2:
        yield "Transfer-Encoding", "chunked"


def _body(probe: WireProbe) -> tuple[list[str], list[str]]:
    """Return the words that give the body, and what must stand before ``curl`` for it."""
    data = probe.body
    if data is None and probe.method not in WITH_BODY:
        return [], []
    data = data or b""
    words, before = ["--data-raw", shlex.quote(data.decode(errors="replace"))], []
    if not typable(data):
        # No argument holds such bytes; they come by a pipe.
        words, before = ["--data-binary", "@-"], [piped(data)]
    elif len(data) > _FILLER and data == b"x" * len(data):
        words, before = ["--data-binary", "@-"], [f"head -c {len(data)} /dev/zero | tr '\\0' x |"]
    given = {name.lower() for name, _ in probe.headers}
    words += [w for w in ("-H 'Content-Type:'",) if "content-type" not in given]
    expects = "expect" in given or probe.wait_for_continue
    words += [w for w in ("-H 'Expect:'",) if len(data) > _UNNOTICED_BODY and not expects]
    return words, before


def _raw_line(probe: WireProbe, endpoint: Endpoint, seconds: float) -> str:
    """Return a line that sends the bytes as they are; it ends when its time is up or the server ends the connection."""
    port, shown = endpoint.port(probe.scheme), _shown(endpoint.address)
    bytes_first = piped(request_bytes(with_usual_headers(probe)) * probe.requests_on_connection)
    if probe.scheme == "http":
        source = [] if probe.source is None else ["--interface", shlex.quote(probe.source)]
        return " ".join([bytes_first, "curl", "-sS", "--max-time", f"{seconds:g}", *source, f"telnet://{shown}:{port}"])
    name = ["-servername", shlex.quote(probe.sni)] if probe.sni else ["-noservername"]
    alpn = ["-alpn", shlex.quote(",".join(probe.offered))] if probe.offered else []
    words = ["timeout", f"{seconds:g}", "openssl", "s_client", "-quiet", "-connect", f"{shown}:{port}", *name, *alpn]
    if probe.client_certificate is not None:
        words += ["-cert", CLIENT_CHAIN, "-key", CLIENT_KEY]
    return " ".join([bytes_first, *words])


def _shown(address: str) -> str:
    return f"[{address}]" if ":" in address else address
