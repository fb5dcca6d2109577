"""What one request brought back, and what was asked: values only."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

PROBE_HEADER = "X-Conformance-Probe"
"""Each request carries a number of its own here; a backend's answer counts only if it shows that very number."""

BACKEND_HEADER = "X-Conformance-Backend"
METHOD_HEADER = "X-Conformance-Method"

GRPC_TARGET = "/conformance.Echo/Say"
"""The one method of the echo backend's gRPC service (``:path`` of the request)."""

ACCOUNT_QUESTION = "account "
"""A backend answers a WebSocket's text message that begins so by its account; the number of the probe follows."""

BODY_KEPT = 2048
CHAIN_KEPT = 1 << 16

Fields = tuple[tuple[str, str], ...]
Protocol = Literal["http/1.1", "h2", "h2c", "websocket", "grpc"]
TlsVersion = Literal["1.0", "1.1", "1.2", "1.3"]


@dataclass(frozen=True)
class WireProbe:
    """One request as it goes over the wire.

    ``host`` is the Host header (``:authority`` in HTTP/2) exactly as sent, ``sni`` the name in the TLS handshake
    (``None`` sends none), ``target`` the request target exactly as sent.

    ``protocol``: ``h2`` is HTTP/2 over TLS, ``h2c`` without TLS and without asking first (RFC 9113, 3.3), ``websocket``
    an upgrade and one message there and back (RFC 6455), ``grpc`` a unary call, over TLS or not as ``scheme`` says.
    ``tls_min`` and ``tls_max`` bound the versions of TLS that are offered; ``alpn`` is what is offered by ALPN:
    ``None`` what the protocol needs, ``()`` nothing. ``client_certificate`` is a chain and its key, both PEM;
    ``source`` the local address to send from.

    ``chunked`` sends the body in chunks, ``trailers`` follow it (in HTTP/1.1 they make it chunked).
    ``wait_for_continue`` sends ``Expect: 100-continue`` and holds the body back until the interim answer, or for a
    second. ``requests_on_connection``: that many requests, one after another on one connection, each with a number of
    its own. ``raw`` is sent in place of all that, as it is, but for the number.
    """

    method: str
    scheme: str
    host: str
    target: str
    headers: Fields = ()
    body: bytes | None = None
    sni: str | None = None
    tls_min: TlsVersion | None = None
    tls_max: TlsVersion | None = None
    alpn: tuple[str, ...] | None = None
    protocol: Protocol = "http/1.1"
    client_certificate: tuple[bytes, bytes] | None = None
    source: str | None = None
    chunked: bool = False
    trailers: Fields = ()
    wait_for_continue: bool = False
    requests_on_connection: int = 1
    raw: bytes | None = None

    @property
    def offered(self) -> tuple[str, ...]:
        """What ALPN offers (RFC 7301): as the probe says, else the one protocol that will be spoken."""
        if self.alpn is not None:
            return self.alpn
        return ("h2",) if self.over_http2 else ("http/1.1",)

    @property
    def over_http2(self) -> bool:
        """Whether HTTP/2 is spoken."""
        return self.protocol in {"h2", "h2c", "grpc"}


@dataclass(frozen=True)
class Endpoint:
    """Where a controller instance listens."""

    address: str
    http_port: int = 80
    https_port: int = 443

    def port(self, scheme: str) -> int:
        """Return the port for ``http`` or ``https``."""
        return self.https_port if scheme == "https" else self.http_port


@dataclass(frozen=True)
class ProbeLimits:
    """Bounds of a single request: seconds in all, bytes of body kept, bytes of header fields or trailers taken."""

    seconds: float = 5.0
    body_bytes: int = 1 << 20
    field_bytes: int = 1 << 15


@dataclass(frozen=True)
class Answer:
    """A response, or what came instead of one.

    ``trouble`` is empty for a complete response, else one of ``refused``, ``reset``, ``timeout``, ``malformed``,
    ``tls-alert:NAME``, ``alpn:NAME`` (TLS agreed on another protocol than the one to be spoken; ``alpn:none`` on none);
    ``detail`` says it in the library's words. ``sent`` is the number in the probe header, ``head`` says that HEAD was
    asked, whose answer has no body, ``protocol`` what the probe was to speak.

    ``certificate`` is the leaf that was presented (DER), ``chain`` all that was sent, leaf first; both are there even
    if the handshake failed later on. ``tls_version`` (``TLSv1.3``) and ``alpn`` (``h2``, or empty) are what TLS agreed
    on. ``interim`` says that a 100 came first (and in time, where the body waited for it), ``trailers`` what came after
    the body.

    A WebSocket's answer has status 101 and the message that came back as its body; a gRPC call's answer has the
    message (without its prefix) as its body and ``grpc-status`` among the trailers. ``earlier`` are the answers to the
    earlier requests of the same connection.
    """

    sent: str
    seconds: float
    trouble: str = ""
    detail: str = ""
    status: int = 0
    http_reason: str = ""
    headers: Fields = ()
    body: bytes = b""
    truncated: bool = False
    certificate: bytes | None = None
    tls_version: str = ""
    head: bool = False
    chain: tuple[bytes, ...] = ()
    alpn: str = ""
    interim: bool = False
    trailers: Fields = ()
    protocol: Protocol = "http/1.1"
    earlier: tuple["Answer", ...] = ()

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in any letter case."""
        return _first(self.headers, name)

    def trailer(self, name: str) -> str | None:
        """Return the first trailer of that name, in any letter case."""
        return _first(self.trailers, name)

    def brief(self) -> "Answer":
        """Return the answer with as much of body and chain as a report can show, and all of its headers.

        A run keeps every answer; a controller that sends a MiB each time must not fill the memory. Headers are judged,
        and bounded when they come.
        """
        if len(self.body) <= BODY_KEPT and not self.chain and not self.certificate and not self.earlier:
            # Most answers; to make a copy costs more than to look.
            return self
        chain = self.chain if sum(map(len, self.chain)) <= CHAIN_KEPT else self.chain[:1]
        return replace(
            self,
            body=self.body[:BODY_KEPT],
            certificate=_shared(self.certificate) if self.certificate else self.certificate,
            chain=tuple(map(_shared, chain)),
            earlier=tuple(answer.brief() for answer in self.earlier),
        )


def _first(fields: Fields, name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in fields if key.lower() == wanted), None)


@lru_cache(maxsize=256)
def _shared(der: bytes) -> bytes:
    """Return the one object that stands for equal certificates: thousands of answers show the same few."""
    return der
