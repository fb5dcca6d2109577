"""Servers on 127.0.0.1 that do with a connection whatever a test wants, and keep the bytes they were sent."""

import datetime as dt
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conformance.probes.answer import Endpoint

Conversation = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


@dataclass
class Server:
    """A listening server; ``requests`` are the raw requests of all connections, in order."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def endpoint(self) -> Endpoint:
        """Both ports are the same: a test says which scheme it means."""
        return Endpoint("127.0.0.1", self.port, self.port)


@contextmanager
def serving(answer: Conversation | bytes, tls: ssl.SSLContext | None = None, *, read: bool = True) -> Iterator[Server]:
    """Serve each connection in a thread: read one request, then send ``answer`` or hold the conversation."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener.getsockname()[1])
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(1.2)
            stream = tls.wrap_socket(connection, server_side=True) if tls else connection
            with stream:
                if read:
                    server.requests.append(whole_request(stream))
                if callable(answer):
                    answer(stream)
                else:
                    stream.sendall(answer)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                server.connections += 1
                threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
                threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        acceptor.join(5)
        listener.close()
        for thread in threads:
            thread.join(6)


def whole_request(stream: socket.socket) -> bytes:
    """Read a head and the body that its Content-Length announces."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = stream.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0]) and (piece := stream.recv(65536)):
        body += piece
    return head + b"\r\n\r\n" + body


def reset(stream: socket.socket) -> None:
    """End the connection with a TCP reset."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.close()


def hold(stream: socket.socket) -> None:
    """Say nothing until the other side goes away."""
    while stream.recv(65536):
        pass


@dataclass(frozen=True)
class Identity:
    """A key pair with a self-signed certificate; ``der`` is what a client is shown."""

    file: Path
    der: bytes

    def context(self) -> ssl.SSLContext:
        """The server's side of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context


def make_identity(folder: Path, name: str = "foo.test") -> Identity:
    """Make a certificate for ``name`` that nobody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / f"{name}.pem"
    file.write_bytes(pem)
    return Identity(file, certificate.public_bytes(serialization.Encoding.DER))
