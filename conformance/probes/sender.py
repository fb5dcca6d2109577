"""Sends a probe and turns whatever happens into an Answer; nothing a controller does makes it raise."""

import http.client
import itertools
import os
import re
import ssl
import threading
import time

import requests
import urllib3.exceptions

from conformance.probes.answer import PROBE_HEADER, Answer, Endpoint, ProbeLimits, WireProbe
from conformance.probes.pinned import DeadlinePassed, PinnedAdapter, ProbeRequest, ProbeResponse
from conformance.probes.raw import needs_raw, request_bytes, send_raw

_RUN = os.urandom(4).hex()
_NUMBERS = itertools.count(1)
_RESETS = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError, http.client.RemoteDisconnected)
_CUT_SHORT = (http.client.IncompleteRead, ssl.SSLEOFError, ssl.SSLZeroReturnError)
_ALERT = re.compile(r"(SSLV3|TLSV1|TLSV13)_")
"""OpenSSL's reasons for alerts of the other side; some lack the word, as TLSV1_UNRECOGNIZED_NAME does."""
_TIMEOUTS = (TimeoutError, urllib3.exceptions.TimeoutError)


class Sender:
    """Sends probes to one endpoint; may be used by several threads at once."""

    def __init__(self, endpoint: Endpoint, limits: ProbeLimits) -> None:
        self.endpoint, self.limits = endpoint, limits
        self._local = threading.local()

    def send(self, probe: WireProbe) -> Answer:
        """Return what came of the probe, within the limits of time and size.

        Raises:
            UnicodeEncodeError: the probe holds a character that no byte stands for; that is no fault of a controller.
        """
        sent = f"{_RUN}-{next(_NUMBERS)}"
        probe = WireProbe(
            **{**vars(probe), "headers": (*_default_headers(probe), (PROBE_HEADER, sent), *probe.headers)}
        )
        request_bytes(probe)
        began = time.monotonic()
        try:
            if needs_raw(probe):
                return send_raw(probe, sent, self.endpoint, self.limits)
            response = self._session().send(_request(probe), allow_redirects=False)
        except (DeadlinePassed, OSError, ValueError, http.client.HTTPException, urllib3.exceptions.HTTPError) as error:
            trouble = classify(error)
            return Answer(
                sent, time.monotonic() - began, trouble=trouble, detail=f"{type(error).__name__}: {error}"[:300]
            )
        assert isinstance(response, ProbeResponse)
        return Answer(
            sent=sent,
            seconds=time.monotonic() - began,
            status=response.status_code,
            http_reason=response.reason,
            headers=response.wire_headers,
            body=response.content,
            truncated=response.truncated,
            certificate=response.certificate,
            tls_version=response.tls_version,
            head=probe.method == "HEAD",
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            adapter = PinnedAdapter(self.endpoint, self.limits)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            self._local.session = session
        return session


def classify(error: BaseException) -> str:
    """Return the word for what went wrong: ``timeout``, ``refused``, ``reset``, ``tls-alert:NAME`` or ``malformed``."""
    if isinstance(error, DeadlinePassed):
        # What the shut-down socket made of it, a reset or half an answer, was our own doing.
        return "timeout"
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 10:
        chain.append(current)
        # urllib3 and http.client wrap the socket's own words in an argument as often as in a cause.
        inner = next((a for a in getattr(current, "args", ()) if isinstance(a, BaseException)), None)
        current = inner or current.__cause__ or current.__context__
    # The innermost words come last; urllib3 calls a refused connection a kind of timeout.
    for link in reversed(chain):
        if isinstance(link, ConnectionRefusedError):
            return "refused"
        if isinstance(link, ssl.SSLError) and _ALERT.match(link.reason or ""):
            return f"tls-alert:{_alert_name(link.reason)}"
        if isinstance(link, _TIMEOUTS):
            return "timeout"
        if isinstance(link, (*_RESETS, *_CUT_SHORT)):
            return "reset"
    return "malformed"


def _alert_name(reason: str) -> str:
    words = reason.lower().split("_")
    kept = [word for word in words if word not in {"alert", "sslv3", "tlsv1", "tlsv13"}]
    return "-".join(kept) or "unknown"


def _default_headers(probe: WireProbe) -> tuple[tuple[str, str], ...]:
    given = {name.lower() for name, _ in probe.headers}
    return tuple(h for h in (("User-Agent", "ingress-conformance"), ("Accept", "*/*")) if h[0].lower() not in given)


def _request(probe: WireProbe) -> ProbeRequest:
    request = ProbeRequest()
    request.prepare(method=probe.method, url=f"{probe.scheme}://probe.invalid/")
    request.probe = probe
    return request
