"""Plain objects, as the API server would tell them, and pods on loopback addresses for the reference's tests."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

from conformance.reference.behaviour import REFERENCE, Behaviour
from conformance.reference.front import Front
from conformance.reference.model import KeyPair, Snapshot
from conformance.reference.objects import Event, Objects, apply
from conformance.reference.state import Own, build

Object = dict[str, Any]
OWN = Own("ingress-conformance.dev/reference", "reference")


def metadata(name: str, namespace: str = "one", **more: Any) -> Object:
    return {"name": name, "namespace": namespace, "uid": f"{namespace}/{name}", "resourceVersion": "1", **more}


def ingress_class(name: str = "reference", controller: str = OWN.controller, **annotations: str) -> Object:
    return {"metadata": {"name": name, "annotations": annotations}, "spec": {"controller": controller}}


def backend(service: str, port: int | str = 80) -> Object:
    return {"service": {"name": service, "port": {"name" if isinstance(port, str) else "number": port}}}


def rule(host: str | None, *paths: tuple[str, str, str] | Object) -> Object:
    """Return a rule of (pathType, path, service) triples, or of paths as the API has them."""
    written = [
        {"pathType": path[0], "path": path[1], "backend": backend(path[2])} if isinstance(path, tuple) else path
        for path in paths
    ]
    return ({"host": host} if host else {}) | {"http": {"paths": written}}


def ingress(
    name: str,
    *rules: Object,
    namespace: str = "one",
    created: int = 0,
    generation: int = 1,
    annotations: dict[str, str] | None = None,
    class_name: str | None = "reference",
    **spec: Any,
) -> Object:
    about = metadata(name, namespace, generation=generation, annotations=annotations or {})
    about["creationTimestamp"] = f"2026-01-01T00:00:{created:02}Z"
    named = {"ingressClassName": class_name} if class_name else {}
    return {"metadata": about, "spec": {"rules": list(rules), **named, **spec}}


def service(name: str, *ports: Object, namespace: str = "one", **spec: Any) -> Object:
    return {
        "metadata": metadata(name, namespace),
        "spec": {"ports": list(ports) or [{"port": 80, "targetPort": 8080}], **spec},
    }


def endpoint_slice(
    name: str, *addresses: str, namespace: str = "one", ports: Iterable[Object] = ({"port": 8080},), ready: bool = True
) -> Object:
    about = metadata(f"{name}-{'ready' if ready else 'unready'}", namespace)
    about["labels"] = {"kubernetes.io/service-name": name}
    endpoints = [{"addresses": [address], "conditions": {"ready": ready}} for address in addresses]
    return {"metadata": about, "addressType": "IPv4", "ports": list(ports), "endpoints": endpoints}


def secret(name: str, pair: KeyPair, namespace: str = "one") -> Object:
    data = {"tls.crt": pair.certificate, "tls.key": pair.key}
    return {
        "metadata": metadata(name, namespace),
        "type": "kubernetes.io/tls",
        "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
    }


def listed(**kinds: Iterable[Object]) -> list[Event]:
    return [Event(kind, tuple(items), listed=True) for kind, items in kinds.items()]


def objects(**kinds: Iterable[Object]) -> Objects:
    return apply(Objects(), listed(**{"ingressclasses": [ingress_class()], **kinds}))


def snapshot(**kinds: Iterable[Object]) -> Snapshot:
    return build(objects(**kinds), OWN)


class Pods:
    """Every loopback address as a pod: it answers with its address and the request as it came, and echoes upgrades."""

    def __init__(self) -> None:
        self.port = 0
        self.close_early = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await self._serve(reader, writer)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received = await reader.readuntil(b"\r\n\r\n")
        if self.close_early:
            return
        lower = received.lower()
        if b"expect: 100-continue" in lower:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if b"upgrade: websocket" in lower:
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            while data := await reader.read(1024):
                writer.write(data.upper())
                await writer.drain()
            return
        if b"transfer-encoding: chunked" in lower:
            received += await reader.readuntil(b"0\r\n")
            while (line := await reader.readline()) != b"\r\n":
                received += line
        elif b"content-length: " in lower:
            length = int(lower.split(b"content-length: ")[1].split(b"\r\n")[0])
            received += await reader.readexactly(length)
        address = writer.get_extra_info("sockname")[0]
        body = json.dumps({"pod": address, "received": received.decode("latin-1")}).encode()
        if b"/stream" in received.split(b"\r\n")[0]:
            writer.write(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-End: yes\r\n\r\n"
            )
        elif b"/until-close" in received.split(b"\r\n")[0]:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\nabcde")
        else:
            shown = b"" if received.startswith(b"HEAD") else body
            writer.write(b"HTTP/1.1 200 OK\r\nX-Pod: here\r\nContent-Length: %d\r\n\r\n%b" % (len(body), shown))
        await writer.drain()


@contextlib.asynccontextmanager
async def pods() -> AsyncIterator[Pods]:
    made = Pods()
    server = await asyncio.start_server(made.serve, "0.0.0.0", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@contextlib.asynccontextmanager
async def fronted(routes: Snapshot, behaviour: Behaviour = REFERENCE) -> AsyncIterator[tuple[Front, int, int]]:
    """Yield the front that serves the snapshot, and its http and https ports."""
    front = Front(behaviour)
    front.current = routes
    http, https = await front.listen("127.0.0.1", http_port=0, https_port=0)
    async with http, https:
        yield front, http.sockets[0].getsockname()[1], https.sockets[0].getsockname()[1]
