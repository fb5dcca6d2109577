"""One connection to an endpoint, plain or TLS, that ends when its time is up."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from conformance.probes.answer import Endpoint, ProbeLimits, WireProbe
from conformance.probes.deadline import Deadline, arm
from conformance.probes.tls import TlsFacts, context_for, facts_of, offer_of
from conformance.probes.trouble import CannotSend, DeadlinePassed, OtherProtocol

PIECE = 1 << 16
GONE = (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError)
"""What a write raises when the other side has ended the connection."""


class Line:
    """A connection for one probe. ``facts`` is what TLS has shown so far, also where the handshake failed."""

    def __init__(self, probe: WireProbe, endpoint: Endpoint, limits: ProbeLimits) -> None:
        self.probe, self.limits = probe, limits
        self.facts = TlsFacts()
        self._address = (endpoint.address, endpoint.port(probe.scheme))
        self._moment = time.monotonic() + limits.seconds
        # Before there is any connection: what cannot be offered is no trouble of the other side.
        self._context = context_for(offer_of(probe)) if probe.scheme == "https" else None
        if self._context is not None and probe.sni is not None:
            _check_name(self._context, probe.sni)
        if probe.source is not None:
            _check_source(probe.source)
        self._guard: Deadline | None = None
        self._stream: socket.socket | None = None

    @property
    def late(self) -> bool:
        """Whether the connection was ended because its time was up."""
        return self._guard is not None and self._guard.passed

    def open(self) -> socket.socket:
        """Connect, shake hands, and return the stream.

        Raises:
            OSError, ssl.SSLError: as they come.
            OtherProtocol: TLS agreed on a protocol that the probe does not speak.
        """
        source = None if self.probe.source is None else (self.probe.source, 0)
        plain = socket.create_connection(self._address, timeout=self.limits.seconds, source_address=source)
        self._stream = plain
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._guard = arm(plain, self._moment)
        if self._context is None:
            return plain
        self._stream = stream = self._context.wrap_socket(
            plain, server_hostname=self.probe.sni, do_handshake_on_connect=False
        )
        try:
            stream.do_handshake()
        finally:
            self.facts = facts_of(stream)
        self._check_protocol()
        return stream

    def receive(self) -> bytes:
        """Return what has come, or nothing at the end.

        Raises:
            DeadlinePassed: the time is up. What the other side sent before could still be read for long.
        """
        if self.late:
            raise DeadlinePassed
        assert self._stream is not None
        return self._stream.recv(PIECE)

    def deliver(self, data: bytes) -> None:
        """Send data; if the other side has ended the connection, let the next read tell why.

        It may have left an alert (in TLS 1.3 a client certificate is refused only now) or an answer.
        """
        assert self._stream is not None
        with suppress(*GONE):
            self._stream.sendall(data)

    @contextmanager
    def patience(self, seconds: float) -> Iterator[None]:
        """Let a single read take no longer than this; ``TimeoutError`` if it does."""
        assert self._stream is not None
        self._stream.settimeout(seconds)
        try:
            yield
        finally:
            self._stream.settimeout(self.limits.seconds)

    def close(self) -> None:
        """End the connection."""
        if self._stream is not None:
            self._stream.close()
        if self._guard is not None:
            self._guard.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_protocol(self) -> None:
        chosen = self.facts.alpn
        spoken = chosen == "h2" if self.probe.over_http2 else chosen in {"", "http/1.1"}
        if not spoken:
            raise OtherProtocol(chosen or "none")


def _check_name(context: ssl.SSLContext, name: str) -> None:
    try:
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=name)
    except ValueError as error:
        raise CannotSend(f"the name {name!r} cannot be said in a TLS handshake: {error}") from error


def _check_source(source: str) -> None:
    """Try the address: a failure while connecting could be anything."""
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    try:
        with socket.socket(family) as trial:
            trial.bind((source, 0))
    except (OSError, UnicodeError) as error:
        raise CannotSend(f"a probe shall come from {source}, which is no address of this machine: {error}") from error
