"""A requests transport that keeps address, Host header, TLS name and request target apart.

Every request gets a connection of its own, as one call of curl would: what a kept connection still shows of an older
configuration must not decide a verdict. Redirects, proxies, cookies and retries are none of its business.
"""

import contextlib
import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from conformance.probes.answer import Endpoint, ProbeLimits, WireProbe
from conformance.probes.body import read_body
from conformance.probes.deadline import Deadline, arm


def tls_context() -> ssl.SSLContext:
    """Accept any certificate: it is recorded and compared afterwards, never trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


_TLS = tls_context()
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
"""Methods that say the length of their body even where there is none (RFC 9110, section 8.6)."""


class _Guarded:
    """Arms the deadline as soon as there is a socket, before any TLS handshake."""

    moment: float
    guard: Deadline | None = None

    def _new_conn(self) -> socket.socket:
        plain: socket.socket = super()._new_conn()  # type: ignore[misc]
        self.guard = arm(plain, self.moment)
        return plain


class _Http(_Guarded, HTTPConnection):
    pass


class _Https(_Guarded, HTTPSConnection):
    pass


class ProbeRequest(PreparedRequest):
    """A prepared request that carries the probe as it must go over the wire."""

    probe: WireProbe


class ProbeResponse(Response):
    """A response read to its end or to the limit."""

    wire_headers: tuple[tuple[str, str], ...] = ()
    truncated: bool = False
    certificate: bytes | None = None
    tls_version: str = ""


class DeadlinePassed(Exception):
    """The request took longer than its limit."""


class PinnedAdapter(HTTPAdapter):
    """Sends :class:`ProbeRequest` values to one endpoint, bounded in time and size."""

    def __init__(self, endpoint: Endpoint, limits: ProbeLimits) -> None:
        super().__init__(max_retries=0)
        self._endpoint, self._limits = endpoint, limits

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - the interface of requests
        timeout: Any = None,  # noqa: ARG002
        verify: Any = True,  # noqa: ARG002
        cert: Any = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> Response:
        """Send the probe and return the response with its body read as far as the limit allows.

        Raises:
            DeadlinePassed: the time was up.
            OSError, http.client.HTTPException, urllib3.exceptions.HTTPError: as they come, so that the sender can
                tell a reset from nonsense.
        """
        assert isinstance(request, ProbeRequest)
        connection = self._connection(request.probe)
        try:
            return self._exchange(connection, request)
        except Exception as error:
            if connection.guard is not None and connection.guard.passed:
                raise DeadlinePassed from error
            raise
        finally:
            connection.close()
            if connection.guard is not None:
                connection.guard.end()

    def _connection(self, probe: WireProbe) -> "_Http | _Https":
        address, port, seconds = self._endpoint.address, self._endpoint.port(probe.scheme), self._limits.seconds
        connection: _Http | _Https
        if probe.scheme == "https":
            # Without a name urllib3 offers the address, and TLS never sends an address as SNI (RFC 6066, section 3).
            connection = _Https(address, port, timeout=seconds, server_hostname=probe.sni, ssl_context=_TLS)
            connection.assert_hostname = False
        else:
            connection = _Http(address, port, timeout=seconds)
        connection.moment = time.monotonic() + seconds
        return connection

    def _exchange(self, connection: "_Http | _Https", request: ProbeRequest) -> ProbeResponse:
        probe = request.probe
        connection.connect()
        certificate, version = tls_facts(connection.sock)
        # Headers one by one: a mapping would put equal names together and lose their order.
        connection.putrequest(probe.method, probe.target, skip_host=True, skip_accept_encoding=True)
        for name, value in wire_headers(probe):
            connection.putheader(name, value)
        connection.endheaders(probe.body)
        with contextlib.closing(http.client.HTTPConnection.getresponse(connection)) as raw:
            body, truncated = read_body(raw, self._limits.body_bytes)
        if connection.guard is not None and connection.guard.passed:
            raise DeadlinePassed
        response = ProbeResponse()
        response.status_code, response.reason = raw.status, raw.reason or ""
        response.request, response.url = request, request.url or ""
        response.wire_headers = tuple(raw.getheaders())
        response._content = body  # noqa: SLF001 - the place requests itself reads from
        response.truncated, response.certificate, response.tls_version = truncated, certificate, version
        return response


def wire_headers(probe: WireProbe) -> tuple[tuple[str, str], ...]:
    """Return all headers of a request in their order: Host first, the length of the body last.

    Nothing is added that a case does not say; above all no Accept-Encoding, so that a curl line sends the same.
    """
    headers = (("Host", probe.host), *probe.headers)
    given = {name.lower() for name, _ in headers}
    if given & {"content-length", "transfer-encoding"} or (probe.body is None and probe.method not in WITH_BODY):
        return headers
    return (*headers, ("Content-Length", str(len(probe.body or b""))))


def tls_facts(sock: object) -> tuple[bytes | None, str]:
    """Return the certificate that was presented (DER) and the version of TLS, as far as there are any."""
    if isinstance(sock, ssl.SSLSocket):
        return sock.getpeercert(binary_form=True), sock.version() or ""
    return None, ""
