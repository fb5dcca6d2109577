"""Every decision of the controller, as values: the reference holds the right ones, a mutant replaces some."""

import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass

from conformance.reference.matching import choose
from conformance.reference.messages import Request
from conformance.reference.model import Backend, Endpoint, KeyPair, Table
from conformance.reference.objects import Object
from conformance.reference.state import RIGHT, Reading

Bytes = AsyncGenerator[bytes, None]


class Hangup(Exception):
    """The connection is to be closed now, in order or (``reset``) with a TCP reset."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__()
        self.reset = reset


def answer(request: Request, right: Bytes) -> Bytes:  # noqa: ARG001
    """Return the bytes to send back: the right ones."""
    return right


def forwarded(request: Request) -> Request:
    """Return the request as the backend is to get it: as it came."""
    return request


def forwarded_body(request: Request, body: Bytes) -> Bytes:  # noqa: ARG001
    """Return the body as the backend is to get it: as it comes."""
    return body


def pick_endpoint(backend: Backend, turn: int) -> Endpoint:
    """Return the endpoint whose turn it is."""
    return backend.endpoints[turn % len(backend.endpoints)]


def certificate(pairs: Mapping[str, KeyPair], name: str | None) -> KeyPair | None:
    """Return the pair for the name a TLS client asks for: its own, else the wildcard's; None means the default one."""
    host = (name or "").lower()
    return pairs.get(host) or pairs.get("*." + host.partition(".")[2])


def wants_status(ours: bool, ingress: Object) -> bool:  # noqa: ARG001
    """Tell whether an Ingress is to get our address as its status."""
    return ours


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The seams of the whole controller; the defaults are the reference."""

    reading: Reading = RIGHT
    choose: Callable[[Table, str, str], Backend | None] = choose
    answer: Callable[[Request, Bytes], Bytes] = answer
    forwarded: Callable[[Request], Request] = forwarded
    forwarded_body: Callable[[Request, Bytes], Bytes] = forwarded_body
    pick_endpoint: Callable[[Backend, int], Endpoint] = pick_endpoint
    certificate: Callable[[Mapping[str, KeyPair], str | None], KeyPair | None] = certificate
    default_certificate_name: str = "reference default certificate"
    default_certificate_hosts: tuple[str, ...] = ()
    tls_versions: tuple[ssl.TLSVersion, ssl.TLSVersion] = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    completes_handshakes: bool = True
    keeps_alive: bool = True
    wants_status: Callable[[bool, Object], bool] = wants_status
    status_address: str | None = None
    status_period: float = 0.0


REFERENCE = Behaviour()
