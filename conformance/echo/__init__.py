"""The echo backend: the server behind every Service of the suite; it says who answered and what it received."""

from conformance.echo.identity import Identity, OtherPorts, TlsSettings
from conformance.echo.server import Backend, serve

__all__ = ["Backend", "Identity", "OtherPorts", "TlsSettings", "serve"]
