"""Where a request was received, and over what."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TlsSeen:
    """What the backend saw of TLS; ``client`` has subject and sha256 of a client certificate, if one was presented."""

    version: str
    alpn: str | None
    sni: str | None
    client: tuple[str, str] | None = None

    def account(self) -> dict[str, Any]:
        """Return what the body of an answer says about it."""
        client = None if self.client is None else {"subject": self.client[0], "sha256": self.client[1]}
        return {"version": self.version, "alpn": self.alpn, "sni": self.sni, "client": client}


@dataclass(frozen=True, slots=True)
class Place:
    """The local port, the client's address, and what TLS said."""

    port: int
    peer: str
    tls: TlsSeen | None = None
