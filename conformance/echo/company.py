"""What the connections of one backend share, whatever they speak."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from typing import Protocol

from conformance.echo.answer import Respond
from conformance.echo.place import Place
from conformance.echo.request import Request
from conformance.echo.tls import seen_of

Describe = Callable[[Request, Place, str], bytes]
"""The account of a WebSocket's handshake, with the message that asked for it."""


class Member(Protocol):
    """One connection."""

    def leave(self) -> None:
        """End the connection as soon as what is under way has been answered."""

    def abort(self) -> None:
        """End the connection at once."""


@dataclass(slots=True)
class Company:
    """How to answer, who is there, and whether it is time to leave."""

    respond: Respond
    describe: Describe
    left: Callable[[], None]
    members: set[Member] = field(default_factory=set)
    leaving: bool = False

    def join(self, member: Member) -> None:
        """Take one in; whoever was accepted before the end and is here only after it leaves again."""
        self.members.add(member)
        if self.leaving:
            member.leave()


def place_of(transport: asyncio.Transport) -> Place:
    """Return where a connection was taken."""
    peer, local = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
    secured = transport.get_extra_info("ssl_object")
    tls = seen_of(secured) if isinstance(secured, ssl.SSLObject) else None
    return Place(local[1] if local else 0, peer[0] if peer else "", tls)


@lru_cache(maxsize=2)
def date_of(second: int) -> bytes:
    """Return the time as a Date field has it (RFC 9110, 5.6.7)."""
    return formatdate(second, usegmt=True).encode()
