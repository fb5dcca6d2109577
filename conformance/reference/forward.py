"""One request carried to an endpoint and its answer brought back, byte for byte except for what concerns the hop."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from conformance.reference.behaviour import Behaviour, Bytes, Hangup
from conformance.reference.messages import (
    BadMessage,
    End,
    Messages,
    Parts,
    Request,
    Response,
    chunk,
    end_to_end,
    head,
    last_chunk,
    plain,
    tokens,
    values,
)
from conformance.reference.model import Endpoint

_CONNECT_SECONDS = 5.0


class Exchange:
    """A request with what is still to come of it; ``complete`` once its body is read, ``final`` ends the connection."""

    def __init__(self, request: Request, incoming: Parts) -> None:
        self.request = request
        self.incoming = incoming
        self.trailers = End()
        self.complete = False
        self.final = not request.keep_alive or request.version != "1.1"

    async def body(self) -> Bytes:
        """Yield the request's body; raises BadMessage."""
        while not self.complete:
            part = await self.incoming.next()
            if isinstance(part, bytes):
                yield part
            elif isinstance(part, End):
                self.complete, self.trailers = True, part
            else:
                raise BadMessage("the body breaks off")


def _upgrade(request: Request) -> bytes:
    """Return the protocols that the client asks for; without the Connection option the header means nothing."""
    asked = b"upgrade" in tokens(request.headers, b"connection")
    return b", ".join(values(request.headers, b"upgrade")) if asked else b""


def _request_head(request: Request, *, chunked: bool, upgrade: bytes) -> bytes:
    headers = [*end_to_end(request.headers), (b"X-Forwarded-For", request.client.encode())]
    if chunked:
        headers.append((b"Transfer-Encoding", b"chunked"))
    headers += [(b"Upgrade", upgrade), (b"Connection", b"Upgrade")] if upgrade else [(b"Connection", b"close")]
    return head(b"%b %b HTTP/1.1" % (request.method, request.target), headers)


async def _send(exchange: Exchange, upstream: asyncio.StreamWriter, behaviour: Behaviour) -> None:
    """Send the request with its body, and after an upgrade whatever the client sends until it is done."""
    request = behaviour.forwarded(exchange.request)
    chunked = b"chunked" in tokens(request.headers, b"transfer-encoding")
    upgrade = _upgrade(request)
    upstream.write(_request_head(request, chunked=chunked, upgrade=upgrade))
    async for data in behaviour.forwarded_body(request, exchange.body()):
        upstream.write(chunk(data) if chunked else data)
        await upstream.drain()
    if chunked:
        upstream.write(last_chunk(exchange.trailers.trailers))
    if upgrade:
        while isinstance(raw := await exchange.incoming.next(), bytes):
            upstream.write(raw)
            await upstream.drain()
        upstream.write_eof()


async def _send_or_abort(exchange: Exchange, upstream: asyncio.StreamWriter, behaviour: Behaviour) -> None:
    """Send the request; an endpoint that can't get all of it gets a reset, so that nobody waits for its answer."""
    try:
        await _send(exchange, upstream, behaviour)
    except (OSError, BadMessage):
        upstream.transport.abort()


def _status_line(response: Response) -> bytes:
    return b"HTTP/1.1 %d %b" % (response.status, response.reason)


async def _heads(answers: Messages) -> AsyncGenerator[Response, None]:
    """Yield the interim responses and then the final one; raises BadMessage when there is none."""
    while True:
        part = await answers.next()
        if isinstance(part, Response):
            yield part
            if part.status >= 200 or part.status == 101:
                return
        elif not isinstance(part, End):
            raise BadMessage("no answer")


async def _body(answers: Messages, *, until_close: bool) -> AsyncGenerator[bytes | End, None]:
    """Yield a response's body and its end; raises Hangup where it breaks off, so that the client sees that it did."""
    while True:
        part = await answers.next()
        if isinstance(part, bytes):
            yield part
        elif isinstance(part, End) or (part is None and until_close):
            yield part or End()
            return
        else:
            raise Hangup(reset=True)


async def _relay(exchange: Exchange, answers: Messages) -> Bytes:
    async for response in _heads(answers):
        if response.status == 101:
            relayed = _tunnel(exchange, response, answers)
        elif response.status >= 200:
            relayed = _final(exchange, response, answers)
        else:
            yield head(_status_line(response), end_to_end(response.headers))
    async for data in relayed:
        yield data


async def _tunnel(exchange: Exchange, response: Response, answers: Messages) -> Bytes:
    exchange.final = True
    yield head(_status_line(response), response.headers)
    while isinstance(data := await answers.next(), bytes | End):
        if isinstance(data, bytes):
            yield data


async def _final(exchange: Exchange, response: Response, answers: Messages) -> Bytes:
    """Yield a final response: its body keeps its length where it has one, and is chunked where it has none."""
    request, headers = exchange.request, end_to_end(response.headers)
    bodiless = request.method == b"HEAD" or response.status in {204, 304}
    sized = bool(values(response.headers, b"content-length"))
    chunked = not bodiless and not sized and request.version == "1.1"
    exchange.final |= bool(_upgrade(request)) or not (sized or chunked or bodiless)
    if chunked:
        headers = (*headers, (b"Transfer-Encoding", b"chunked"))
    if exchange.final:
        headers = (*headers, (b"Connection", b"close"))
    yield head(_status_line(response), headers)
    if bodiless:
        return
    until_close = not sized and b"chunked" not in tokens(response.headers, b"transfer-encoding")
    async for data in _body(answers, until_close=until_close):
        if isinstance(data, bytes):
            yield chunk(data) if chunked else data
        elif chunked:
            yield last_chunk(data.trailers)


async def forward(exchange: Exchange, endpoint: Endpoint, behaviour: Behaviour) -> Bytes:
    """Yield the bytes of the endpoint's answer, or those of a 502; raises Hangup when the answer breaks off."""
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(*endpoint), _CONNECT_SECONDS)
    except (OSError, TimeoutError):
        yield plain(502, "Bad Gateway")
        return
    sending = asyncio.create_task(_send_or_abort(exchange, writer, behaviour))
    begun = False
    try:
        async for data in _relay(exchange, Messages(reader, requests=False)):
            begun = True
            yield data
    except (OSError, BadMessage) as error:
        if begun:
            raise Hangup(reset=True) from error
        yield plain(502, "Bad Gateway")
    finally:
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sending
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
