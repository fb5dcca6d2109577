"""The curl line that sends the same request by hand."""

import re
import shlex

from conformance.probes.answer import Endpoint, WireProbe

_PLAIN_TARGET = re.compile(r"/[A-Za-z0-9_.~/?=&-]*")


def curl_line(probe: WireProbe, endpoint: Endpoint, seconds: float = 5.0) -> str:
    """Return a shell command that sends ``probe`` to ``endpoint``; safe to paste, whatever the probe holds.

    The target goes as it is (``--request-target``) where a URL would not carry it unchanged.
    """
    port = endpoint.port(probe.scheme)
    words = ["curl", "-sS", "-i", "--max-time", f"{seconds:g}"]
    if probe.method == "HEAD":
        words.append("--head")
    elif probe.method != "GET":
        words += ["-X", probe.method]
    plain = _PLAIN_TARGET.fullmatch(probe.target) and "/." not in probe.target and "//" not in probe.target
    target = probe.target if plain else "/"
    if not plain:
        words += ["--request-target", probe.target]
    if probe.scheme == "https":
        # The certificate is evidence, not a condition: it is compared, never waved through unseen.
        words.append("--insecure")
        name = probe.sni or endpoint.address
        if probe.sni:
            words += ["--resolve", f"{name}:{port}:{endpoint.address}"]
        url = f"https://{name}:{port}{target}"
    else:
        url = f"http://{endpoint.address}:{port}{target}"
    words += ["-H", f"Host: {probe.host}"]
    for name, value in probe.headers:
        words += ["-H", f"{name}: {value}" if value else f"{name};"]
    if probe.body is not None:
        words += ["--data-binary", probe.body.decode(errors="replace")]
        if not any(name.lower() == "content-type" for name, _ in probe.headers):
            words += ["-H", "Content-Type:"]
    return shlex.join([*words, url])
