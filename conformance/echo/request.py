"""What a connection can bring: a request, a wish to continue, or something that is no request."""

from dataclasses import dataclass
from hashlib import sha256

Header = tuple[bytes, bytes]
NO_BODY = sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Request:
    """One complete request, exactly as it was received: nothing decoded, joined, sorted or lower-cased.

    ``pseudo`` are the pseudo-header fields of HTTP/2; its ``headers`` are as HTTP/1.1 would have them, with a Host made
    of ``:authority`` (RFC 9113, 8.3.1).
    """

    method: bytes
    target: bytes
    version: str = "1.1"
    headers: tuple[Header, ...] = ()
    trailers: tuple[Header, ...] = ()
    body_length: int = 0
    body_sha256: str = NO_BODY
    keep_alive: bool = True
    websocket: bool = False
    pseudo: tuple[Header, ...] = ()

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of a header field, in order; ``name`` is in lower case."""
        return [value for key, value in self.headers if key.lower() == name]


@dataclass(frozen=True, slots=True)
class Continue:
    """The client waits for a 100 before it sends the body (RFC 9110, 10.1.1)."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """The bytes are no request that this server reads; the connection cannot be understood any further."""

    status: int
    why: str


Event = Request | Continue | Malformed


def asks_for_websocket(method: bytes, version: str, headers: list[Header]) -> bool:
    """Tell whether these are the head of a WebSocket handshake (RFC 6455, 4.2.1), be its key right or wrong."""
    if method != b"GET" or version != "1.1":
        return False
    upgrades = False
    for name, value in headers:
        key = name.lower()
        if key == b"upgrade":
            upgrades = upgrades or b"websocket" in [word.strip() for word in value.lower().split(b",")]
        elif key == b"transfer-encoding" or (key == b"content-length" and value != b"0"):
            return False  # a handshake has no body
    return upgrades
