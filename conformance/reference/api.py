"""The API server, as one thread of the controller reaches it.

Of the standard library alone: a run starts dozens of instances, a proof thousands, and each imports what it uses.
"""

import contextlib
import functools
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

_CONNECT_SECONDS = 5.0


@functools.cache
def _trust(ca: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca)


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection that opens with its first request; the body of a response must be read before the next one."""

    http: HTTPConnection
    headers: dict[str, str]

    def ask(self, method: str, target: str, patience: float, body: bytes | None = None, kind: str = "") -> HTTPResponse:
        """Send a request and return its response, of any status; ``patience``: seconds for each read of it.

        Raises:
            OSError, HTTPException: there is no answer, or none that is HTTP.
        """
        if self.http.sock is None:
            self.http.connect()
        self.http.sock.settimeout(patience)
        self.http.request(method, target, body, self.headers | ({"Content-Type": kind} if kind else {}))
        return self.http.getresponse()


@dataclass(frozen=True, slots=True)
class Api:
    """How to reach the API server."""

    server: str
    ca: Path | None = None
    token_file: Path | None = None

    @contextlib.contextmanager
    def connection(self) -> Iterator[Connection]:
        """Yield a connection for one thread, with the token as the file holds it now; raises OSError without a file."""
        url, headers = urlsplit(self.server), {}
        if self.token_file:
            headers["Authorization"] = "Bearer " + self.token_file.read_text(encoding="utf-8").strip()
        if url.scheme == "https":
            http: HTTPConnection = HTTPSConnection(url.netloc, timeout=_CONNECT_SECONDS, context=_trust(self.ca))
        else:
            http = HTTPConnection(url.netloc, timeout=_CONNECT_SECONDS)
        with contextlib.closing(http):
            yield Connection(http, headers)
