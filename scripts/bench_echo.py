"""Measure the echo backend against a bare asyncio protocol that answers a constant: the same client, the same run.

The ratio says what parsing and describing a request costs, whatever machine this is; the rates are this machine's.
Server and client share one process and one core, so the rates are low estimates.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable

from conformance.echo import Identity, serve

HOST = "127.0.0.1"
BODY = b'{"ok":true}'
CONSTANT = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
REQUEST = b"GET /path?x=1 HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: bench\r\nAccept: */*\r\nX-Request-Id: 1\r\n\r\n"


class Bare(asyncio.Protocol):
    """Answers a constant for every request, without reading it: the least that asyncio can do."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each end of a head."""
        self.transport.write(CONSTANT * data.count(b"\r\n\r\n"))


class Client(asyncio.Protocol):
    """Sends a request, waits for the whole answer, and sends the next, ``count`` times."""

    def __init__(self, count: int, done: asyncio.Future[None]) -> None:
        self.count, self.done, self.buffer = count, done, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        """Count an answer when its last byte has come."""
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        self.buffer, self.count = b"", self.count - 1
        if self.count:
            self.transport.write(REQUEST)
        else:
            self.transport.close()
            self.done.set_result(None)


async def rate(port: int, connections: int, requests: int) -> float:
    """Return the answers a second that this many connections get together."""
    loop = asyncio.get_running_loop()
    futures: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
    started = time.perf_counter()
    for future in futures:
        await loop.create_connection(lambda done=future: Client(requests, done), HOST, port)  # type: ignore[misc]
    await asyncio.gather(*futures)
    return connections * requests / (time.perf_counter() - started)


async def compare(connections: int, requests: int, rounds: int) -> None:
    """Measure both servers in turn and print the best round of each with their ratio."""
    bare = await asyncio.get_running_loop().create_server(Bare, HOST, 0)
    echo = await serve(Identity("ns", "a", "a-0"), HOST, [0], None)
    measure: Callable[[int], Awaitable[float]] = lambda port: rate(port, connections, requests)  # noqa: E731
    ports = (bare.sockets[0].getsockname()[1], echo.ports[0])
    results = [[await measure(port) for port in ports] for _ in range(rounds)]
    best = [max(column) for column in zip(*results, strict=True)]
    print(f"bare {best[0]:.0f}/s, echo {best[1]:.0f}/s, echo/bare {best[1] / best[0]:.2f}")
    bare.close()
    echo.close()
    await echo.drained(1)


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--requests", type=int, default=500, help="per connection and round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    asyncio.run(compare(options.connections, options.requests, options.rounds))


if __name__ == "__main__":
    main()
