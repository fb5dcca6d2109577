"""A requests transport that keeps address, Host header, TLS name and request target apart.

Every request gets a connection of its own, as one call of curl would: what a kept connection still shows of an older
configuration must not decide a verdict. Redirects, proxies, cookies and retries are none of its business.
"""

import contextlib
import http.client
import socket
from collections.abc import Mapping
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

from conformance.probes.answer import Fields, WireProbe
from conformance.probes.body import read_body
from conformance.probes.line import GONE, Line
from conformance.probes.request import wire_headers
from conformance.probes.strict import StrictResponse


class ProbeRequest(PreparedRequest):
    """A prepared request that carries the probe as it must go over the wire, and the line it goes over."""

    probe: WireProbe
    line: Line


class ProbeResponse(Response):
    """A response read to its end or to the limit."""

    wire_headers: tuple[tuple[str, str], ...] = ()
    trailers: Fields = ()
    truncated: bool = False
    interim: bool = False


class _Connection(HTTPConnection):
    """Takes its stream, with TLS or without, from a line."""

    line: Line
    response_class = StrictResponse

    def _new_conn(self) -> socket.socket:
        return self.line.open()


class PinnedAdapter(HTTPAdapter):
    """Sends :class:`ProbeRequest` values, bounded in time and size by their line."""

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
            OSError, http.client.HTTPException, urllib3.exceptions.HTTPError: as they come, so that the sender can
                tell a reset from nonsense.
        """
        assert isinstance(request, ProbeRequest)
        connection = _Connection("probe.invalid")
        connection.line = request.line
        with contextlib.closing(connection):
            return _exchange(connection, request)


def _ask(connection: _Connection, probe: WireProbe) -> None:
    # Headers one by one: a mapping would put equal names together and lose their order.
    connection.putrequest(probe.method, probe.target, skip_host=True, skip_accept_encoding=True)
    for name, value in wire_headers(probe):
        connection.putheader(name, value)
    with contextlib.suppress(*GONE):
        # As in ``Line.deliver``: an alert or an early answer may wait to be read.
        connection.endheaders(probe.body)


def _exchange(connection: _Connection, request: ProbeRequest) -> ProbeResponse:
    probe = request.probe
    connection.connect()
    _ask(connection, probe)
    with contextlib.closing(http.client.HTTPConnection.getresponse(connection)) as raw:
        body, truncated, trailers = read_body(raw, request.line.limits.body_bytes)
    response = ProbeResponse()
    response.status_code, response.reason = raw.status, raw.reason or ""
    response.request, response.url = request, request.url or ""
    response.wire_headers = tuple(raw.getheaders())
    response._content = body  # noqa: SLF001 - the place requests itself reads from
    response.trailers = trailers
    response.truncated, response.interim = truncated, isinstance(raw, StrictResponse) and raw.interim
    return response
