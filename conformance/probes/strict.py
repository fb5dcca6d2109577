"""The library's reading of a response's head, without what it forgives or takes for an answer."""

import http.client
from email.errors import MissingHeaderBodySeparatorDefect
from io import BufferedReader
from typing import IO, cast

from conformance.probes.trouble import Nonsense


class StrictResponse(http.client.HTTPResponse):
    """A response whose head is whole, whose length is one, and which is final.

    The library takes the end of the connection for the end of the head, and a line that is no header field for the end
    of the fields, though more may follow; it believes the first of several lengths (RFC 9112, section 6.3), and passes
    over no interim answer but a 100 (RFC 9110, section 15.2). ``interim`` says that a 100 was among them.
    """

    interim = False

    def begin(self) -> None:
        """Read the head.

        Raises:
            http.client.IncompleteRead: the connection ended within it.
            Nonsense: it names several lengths, or holds a line that is no header field.
        """
        inner = self.fp
        self.fp = cast("BufferedReader", _Lines(inner))
        try:
            super().begin()
        finally:
            self.fp = inner
        if any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in self.headers.defects):
            raise Nonsense("a header line that is none")
        if len(set(self.headers.get_all("Content-Length", []))) > 1:
            raise Nonsense("several lengths")

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc] # no part of the library's stubs
        self.interim = self.interim or status == 100
        return version, 100 if 100 < status < 200 and status != 101 else status, reason


class _Lines:
    """Reads lines that end."""

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner, self._begun = inner, False

    def readline(self, limit: int) -> bytes:
        """Return the next line, at most ``limit`` bytes of it."""
        line = self._inner.readline(limit)
        if self._begun and not line.endswith(b"\n") and len(line) < limit:
            raise http.client.IncompleteRead(line)
        self._begun = True
        return line

    def close(self) -> None:
        """Close what is read from."""
        self._inner.close()
