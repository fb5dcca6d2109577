"""Talking to an echo backend in bytes, within one event loop."""

import asyncio
from collections.abc import Awaitable, Callable

from conformance.echo import Backend, Identity, serve

HOST = "127.0.0.1"
WHO = Identity("ns", "a", "a-0")
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def with_backend(scenario: Callable[[Backend], Awaitable[None]], **options: object) -> None:
    async def run() -> None:
        backend = await serve(WHO, HOST, [0], 0, **options)  # type: ignore[arg-type]
        try:
            async with asyncio.timeout(20):
                await scenario(backend)
        finally:
            backend.abort()
            await backend.drained(1)

    asyncio.run(run())


async def talk(port: int, data: bytes) -> bytes:
    """Send bytes, say that no more will come, and return all that comes back."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(data)
        writer.write_eof()
        return await reader.read()
    finally:
        writer.close()


def get(target: str, *headers: str, version: str = "1.1", method: str = "GET") -> bytes:
    lines = [f"{method} {target} HTTP/{version}", "Host: x", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def split(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return int(first.split(" ")[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}, body


def exchange(data: bytes) -> bytes:
    found: list[bytes] = []

    async def scenario(backend: Backend) -> None:
        found.append(await talk(backend.ports[0], data))

    with_backend(scenario)
    return found[0]
