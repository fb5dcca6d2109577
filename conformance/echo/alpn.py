"""The way in over TLS: what is spoken behind it is what ALPN agreed on (RFC 7301)."""

import asyncio
import ssl
from collections.abc import Callable
from typing import cast


class Doorway(asyncio.Protocol):
    """Hands a client that has shaken hands over to the protocol it asked for."""

    def __init__(self, http1: Callable[[], asyncio.Protocol], http2: Callable[[], asyncio.Protocol]) -> None:
        self._http1, self._http2 = http1, http2

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Choose, and step aside."""
        secured = transport.get_extra_info("ssl_object")
        chosen = secured.selected_alpn_protocol() if isinstance(secured, ssl.SSLObject) else None
        protocol = self._http2() if chosen == "h2" else self._http1()
        cast("asyncio.Transport", transport).set_protocol(protocol)
        protocol.connection_made(transport)
