"""From a probe of a case to the request that carries it out. Pure."""

from conformance.case.model import ADDRESS, Probe
from conformance.plan.hosts import unique
from conformance.plan.instance import Ground
from conformance.probes.answer import WireProbe


def wire(probe: Probe, ending: str, ground: Ground) -> WireProbe:
    """Return the request; ``ending`` is what makes the hosts of its case unique."""
    host = ground.address if probe.host == ADDRESS else unique(probe.host, ending)
    body = b"x" * probe.filler if probe.filler else None
    return WireProbe(
        method=probe.method,
        scheme=probe.scheme,
        host=host,
        target=probe.target.ljust(probe.long_target, "u"),
        headers=(*probe.headers, *((name, "a" * size) for name, size in probe.long_headers.items())),
        body=body if probe.body is None else probe.body.encode(),
        client_certificate=ground.mint.client(probe.client) if probe.client else None,
        source=probe.source or None,
        sni=_server_name(probe, host, ending),
        # Both bounds are the same: a server that offers another version cannot slip out of the question.
        tls_min=probe.tls,
        tls_max=probe.tls,
        alpn=probe.alpn or None,
        protocol=probe.protocol,
        chunked=probe.chunked,
        trailers=probe.trailers,
        wait_for_continue=probe.expect.continued or _asks_to_continue(probe),
        requests_on_connection=probe.on_one_connection,
        raw=probe.raw.replace(probe.host, host).encode() if probe.raw else None,
    )


def _server_name(probe: Probe, host: str, ending: str) -> str | None:
    """Return the name for the TLS handshake: no port, no dot at its end, never an address (RFC 6066, section 3)."""
    if probe.sni is not None:
        return unique(probe.sni, ending) if probe.sni else None
    return None if probe.host == ADDRESS else host.partition(":")[0].removesuffix(".").lower()


def _asks_to_continue(probe: Probe) -> bool:
    return any(name.lower() == "expect" and value.lower() == "100-continue" for name, value in probe.headers)
