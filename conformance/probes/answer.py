"""What one request brought back: values only."""

from dataclasses import dataclass, replace

PROBE_HEADER = "X-Conformance-Probe"
"""Each request carries a number of its own here; a backend's answer counts only if it shows that very number."""

BACKEND_HEADER = "X-Conformance-Backend"

BODY_KEPT = 2048
HEADERS_KEPT = 100
VALUE_KEPT = 1024


@dataclass(frozen=True)
class WireProbe:
    """One request as it goes over the wire.

    ``host`` is the Host header exactly as sent, ``sni`` the name in the TLS handshake (``None`` sends none),
    ``target`` the request target exactly as sent.
    """

    method: str
    scheme: str
    host: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    sni: str | None = None


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
    """Bounds of a single request: seconds in all, bytes of body kept."""

    seconds: float = 5.0
    body_bytes: int = 1 << 20


@dataclass(frozen=True)
class Answer:
    """A response, or what came instead of one.

    ``trouble`` is empty for a complete response, else one of ``refused``, ``reset``, ``timeout``, ``malformed``,
    ``tls-alert:NAME``; ``detail`` says it in the library's words. ``sent`` is the number in the probe header,
    ``certificate`` the leaf that was presented (DER), ``head`` says that HEAD was asked, whose answer has no body.
    """

    sent: str
    seconds: float
    trouble: str = ""
    detail: str = ""
    status: int = 0
    http_reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    truncated: bool = False
    certificate: bytes | None = None
    tls_version: str = ""
    head: bool = False

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in any letter case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def brief(self) -> "Answer":
        """Return the answer with as much of headers and body as a report can show.

        A run keeps every answer; a controller that sends a MiB each time must not fill the memory.
        """
        headers = tuple((name[:VALUE_KEPT], value[:VALUE_KEPT]) for name, value in self.headers[:HEADERS_KEPT])
        return replace(self, headers=headers, body=self.body[:BODY_KEPT])
