"""What the h2 library leaves open about frames: their length before they are whole, and what follows a GOAWAY."""

from h2.connection import ConnectionInputs, ConnectionState, H2Connection
from h2.exceptions import FrameTooLargeError, ProtocolError

PREFACE = 24
"""Bytes that a client sends before its first frame (RFC 9113, section 3.4)."""

_HEAD = 9
_LONGEST = 1 << 14
_SETTINGS = 4
_OPEN = (ConnectionState.CLIENT_OPEN, ConnectionState.SERVER_OPEN)


class FrameHeads:
    """Looks at the head of each frame that comes; h2 would first gather up to 16 MiB of one that is too long."""

    def __init__(self, skip: int = 0) -> None:
        self._skip, self._head, self._first = skip, b"", True

    def feed(self, data: bytes) -> None:
        """Look at what has come.

        Raises:
            h2.exceptions.ProtocolError: the first frame is not SETTINGS, so the peer speaks something else.
            h2.exceptions.FrameTooLargeError: a frame is longer than was ever agreed.
        """
        at = 0
        while at < len(data):
            if self._skip:
                passed = min(self._skip, len(data) - at)
                self._skip, at = self._skip - passed, at + passed
                continue
            part = data[at : at + _HEAD - len(self._head)]
            self._head, at = self._head + part, at + len(part)
            if self._first and len(self._head) > 3 and self._head[3] != _SETTINGS:
                raise ProtocolError(f"not HTTP/2: it begins with {self._head!r}")
            if len(self._head) == _HEAD:
                self._skip = int.from_bytes(self._head[:3])
                if self._skip > _LONGEST:
                    raise FrameTooLargeError(f"a frame of {self._skip} bytes")
                self._head, self._first = b"", False


def outlive_goaway(connection: H2Connection) -> None:
    """Let streams go on after the peer's GOAWAY (RFC 9113, section 6.8); for h2 every frame after one is an error."""
    machine = connection.state_machine
    kept = {(state, ConnectionInputs.RECV_GOAWAY): (None, state) for state in _OPEN}
    machine._transitions = {**machine._transitions, **kept}  # noqa: SLF001 - there is no other way in
