"""A real echo backend on 127.0.0.1 for tests that block: it runs in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from conformance.echo import Backend, Identity, OtherPorts, TlsSettings, serve
from conformance.probes.answer import Answer, Endpoint, ProbeLimits, WireProbe
from conformance.probes.outcome import Sighting, sighting
from conformance.probes.sender import Sender

HOST = "127.0.0.1"
WHO = Identity("ns", "a", "a-0")
PATIENT = ProbeLimits(seconds=10)


@dataclass
class Echo:
    """A running backend; ``plain`` is where HTTP/1.1 and TLS are spoken, ``http2`` where HTTP/2 is without TLS."""

    backend: Backend

    @property
    def plain(self) -> Endpoint:
        return Endpoint(HOST, self.backend.ports[0], self.backend.tls_ports[0])

    @property
    def http2(self) -> Endpoint:
        return Endpoint(HOST, self.backend.grpc_ports[0], self.backend.tls_ports[0])

    @property
    def either(self) -> Endpoint:
        return Endpoint(HOST, self.backend.either_ports[0], self.backend.either_ports[0])

    def endpoint(self, probe: WireProbe) -> Endpoint:
        """Where a probe of this protocol finds its port."""
        return self.http2 if probe.over_http2 else self.plain

    def answer(self, probe: WireProbe, limits: ProbeLimits = PATIENT) -> Answer:
        return Sender(self.endpoint(probe), limits).send(probe)

    def sight(self, probe: WireProbe, limits: ProbeLimits = PATIENT) -> Sighting:
        return sighting(self.answer(probe, limits), names={"ns": ""})


@contextmanager
def echoing(settings: TlsSettings | None = None) -> Iterator[Echo]:
    """Run a backend with a port of each kind."""
    started = threading.Event()
    found: list[tuple[Backend, asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def run() -> None:
        others = OtherPorts((0,), (0,), settings or TlsSettings(), (0,))
        backend = await serve(WHO, HOST, [0], 0, others=others)
        stop = asyncio.Event()
        found.append((backend, asyncio.get_running_loop(), stop))
        started.set()
        await stop.wait()
        backend.abort()
        await backend.drained(1)

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert started.wait(10)
    backend, loop, stop = found[0]
    try:
        yield Echo(backend)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
