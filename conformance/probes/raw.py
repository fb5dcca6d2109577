"""The thin client for requests that requests cannot say: odd bytes in a target, malformed headers."""

import contextlib
import http.client
import re
import socket
import time

from conformance.probes.answer import Answer, Endpoint, ProbeLimits, WireProbe
from conformance.probes.body import read_body
from conformance.probes.deadline import arm
from conformance.probes.pinned import DeadlinePassed, tls_context, tls_facts, wire_headers

_SAYABLE = re.compile(r"[!-~]+")
_TLS = tls_context()


def needs_raw(probe: WireProbe) -> bool:
    """Tell whether only the raw client can send this probe: http.client refuses such targets and headers."""
    return not _SAYABLE.fullmatch(probe.target) or any("\n" in value or "\r" in value for _, value in probe.headers)


def request_bytes(probe: WireProbe) -> bytes:
    """Return the request as bytes, one character of target and headers each (Latin-1)."""
    lines = [f"{probe.method} {probe.target} HTTP/1.1", *(f"{n}: {v}" for n, v in wire_headers(probe))]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (probe.body or b"")


def send_raw(probe: WireProbe, sent: str, endpoint: Endpoint, limits: ProbeLimits) -> Answer:
    """Send the probe byte for byte and return the answer.

    Raises:
        DeadlinePassed, OSError, http.client.HTTPException: as with the requests client.
    """
    began = time.monotonic()
    address = (endpoint.address, endpoint.port(probe.scheme))
    with socket.create_connection(address, timeout=limits.seconds) as plain:
        guard = arm(plain, began + limits.seconds)
        try:
            stream = _TLS.wrap_socket(plain, server_hostname=probe.sni) if probe.scheme == "https" else plain
            with stream:
                stream.sendall(request_bytes(probe))
                certificate, version = tls_facts(stream)
                with contextlib.closing(http.client.HTTPResponse(stream, method=probe.method)) as response:
                    response.begin()
                    body, truncated = read_body(response, limits.body_bytes)
            if guard.passed:
                raise DeadlinePassed
        except Exception as error:
            if guard.passed:
                raise DeadlinePassed from error
            raise
        finally:
            guard.end()
    return Answer(
        sent=sent,
        seconds=time.monotonic() - began,
        status=response.status,
        http_reason=response.reason,
        headers=tuple(response.getheaders()),
        body=body,
        truncated=truncated,
        certificate=certificate,
        tls_version=version,
        head=probe.method == "HEAD",
    )
