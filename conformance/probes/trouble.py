"""What went wrong with a request: the word for it, and whether it was the other side's doing at all."""

import errno
import http.client
import re
import ssl

import h2.exceptions
import h11
import urllib3.exceptions
import wsproto.utilities

from conformance.errors import HarnessFailure


class CannotSend(HarnessFailure):
    """This machine cannot send the probe as it is meant; that says nothing about the controller."""


class DeadlinePassed(Exception):
    """The request took longer than its limit."""


class CutShort(ConnectionResetError):
    """The other side ended the connection, or this request's part of it, before the answer was complete."""


class Nonsense(http.client.HTTPException):
    """The answer is not framed as its protocol wants it."""


class OtherProtocol(Exception):
    """TLS agreed on another protocol than the one to be spoken; ``chosen`` is its name, or ``none``."""

    def __init__(self, chosen: str) -> None:
        super().__init__(f"TLS agreed on {chosen}")
        self.chosen = chosen


ANSWERED_BADLY = (
    DeadlinePassed,
    OtherProtocol,
    OSError,
    ValueError,
    http.client.HTTPException,
    urllib3.exceptions.HTTPError,
    h11.RemoteProtocolError,
    h2.exceptions.ProtocolError,
    wsproto.utilities.RemoteProtocolError,
)
"""What the other side can make the clients raise; anything else is a fault of the suite."""

_OUR_OWN = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRNOTAVAIL})
_UNREACHABLE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH})
_RESETS = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError, http.client.RemoteDisconnected)
_CUT_SHORT = (http.client.IncompleteRead, ssl.SSLEOFError, ssl.SSLZeroReturnError)
_ALERT = re.compile(r"(SSLV3|TLSV1|TLSV13)_")
"""OpenSSL's reasons for alerts of the other side; some lack the word, as TLSV1_UNRECOGNIZED_NAME does."""
_TIMEOUTS = (TimeoutError, urllib3.exceptions.TimeoutError)


def classify(error: BaseException) -> str:
    """Return the word for what went wrong (see ``Answer.trouble``).

    Raises:
        CannotSend: this machine was the cause: it has no file descriptors, no memory or no local ports left.
    """
    if isinstance(error, DeadlinePassed):
        return "timeout"
    if isinstance(error, OtherProtocol):
        return f"alpn:{error.chosen}"
    # The innermost words come last; urllib3 calls a refused connection a kind of timeout.
    for link in reversed(_chain(error)):
        if isinstance(link, OSError) and link.errno in _OUR_OWN and not isinstance(link, ssl.SSLError):
            raise CannotSend(f"no probe could be sent: {link}", hint="raise the limits of this machine") from error
        if isinstance(link, ConnectionRefusedError) or (isinstance(link, OSError) and link.errno in _UNREACHABLE):
            return "refused"
        if isinstance(link, ssl.SSLError) and _ALERT.match(link.reason or ""):
            return f"tls-alert:{_alert_name(link.reason)}"
        if isinstance(link, _TIMEOUTS):
            return "timeout"
        if isinstance(link, (*_RESETS, *_CUT_SHORT)):
            return "reset"
    return "malformed"


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 10:
        chain.append(current)
        # urllib3 and http.client wrap the socket's own words in an argument as often as in a cause.
        inner = next((a for a in getattr(current, "args", ()) if isinstance(a, BaseException)), None)
        current = inner or current.__cause__ or current.__context__
    return chain


def _alert_name(reason: str) -> str:
    words = reason.lower().split("_")
    kept = [word for word in words if word not in {"alert", "sslv3", "tlsv1", "tlsv13"}]
    return "-".join(kept) or "unknown"
