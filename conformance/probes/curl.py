"""The curl line that sends the same request by hand."""

import re
import shlex

from conformance.probes.answer import Endpoint, WireProbe
from conformance.probes.request import WITH_BODY

_PLAIN_TARGET = re.compile(r"/[A-Za-z0-9_.~/?=&-]*")
_UNNOTICED_BODY = 1024
"""From here on curl asks for a 100 Continue first."""


def curl_line(probe: WireProbe, endpoint: Endpoint, seconds: float = 5.0) -> str:
    """Return a shell command that sends ``probe`` to ``endpoint``; safe to paste, whatever the probe holds.

    The target goes as it is (``--request-target``) where a URL would not carry it unchanged.
    """
    words = ["curl", "-sS", "-i", "--max-time", f"{seconds:g}", *_method(probe)]
    plain = _PLAIN_TARGET.fullmatch(probe.target) and "/." not in probe.target and "//" not in probe.target
    if not plain:
        words += ["--request-target", _word(probe.target)]
    *options, url = _place(probe, endpoint, probe.target if plain else "/")
    words += options
    for name, value in (("Host", probe.host), *probe.headers):
        words += ["-H", _word(f"{name}: {value}" if value else f"{name};")]
    body, before = _body(probe)
    return " ".join([*before, *words, *body, url])


def _method(probe: WireProbe) -> list[str]:
    if probe.method == "HEAD" and probe.body is None:
        return ["--head"]
    # With a body curl would send POST.
    return ["-X", shlex.quote(probe.method)] if probe.method != "GET" or probe.body is not None else []


def _place(probe: WireProbe, endpoint: Endpoint, target: str) -> list[str]:
    """Return the words that lead curl to the endpoint; the URL is the last of them."""
    port, address = endpoint.port(probe.scheme), endpoint.address
    shown = f"[{address}]" if ":" in address else address
    if probe.scheme == "http":
        return [shlex.quote(f"http://{shown}:{port}{target}")]
    # The certificate is evidence, not a condition: it is compared, never waved through unseen.
    words = ["--insecure", "--globoff"]
    if probe.sni:
        words += ["--resolve", shlex.quote(f"{probe.sni}:{port}:{shown}")]
    return [*words, shlex.quote(f"https://{probe.sni or shown}:{port}{target}")]


def _body(probe: WireProbe) -> tuple[list[str], list[str]]:
    """Return the words that give the body, and what must stand before ``curl`` for it."""
    data = probe.body
    if data is None and probe.method not in WITH_BODY:
        return [], []
    data = data or b""
    words, before = ["--data-raw", shlex.quote(data.decode(errors="replace"))], []
    if not _typable(data):
        # No argument holds such bytes; they come by a pipe.
        words, before = ["--data-binary", "@-"], [f"printf {shlex.quote(_octal(data))} |"]
    given = {name.lower() for name, _ in probe.headers}
    words += [w for w in ("-H 'Content-Type:'",) if "content-type" not in given]
    words += [w for w in ("-H 'Expect:'",) if len(data) > _UNNOTICED_BODY and "expect" not in given]
    return words, before


def _typable(data: bytes) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character == "\n" for character in text)


def _word(text: str) -> str:
    """Quote a part of the request's head, a byte a character as it is sent; what cannot be typed comes by printf."""
    if text.isascii() and text.isprintable():
        return shlex.quote(text)
    return f'"$(printf {shlex.quote(_octal(text.encode("latin-1", "replace")))})"'


def _octal(data: bytes) -> str:
    kept = {byte: chr(byte) for byte in range(32, 127)} | {ord("\\"): "\\\\", ord("%"): "%%"}
    return "".join(kept.get(byte) or f"\\{byte:03o}" for byte in data)
