"""The reference controller with an evil mind: it loads everything rightly, proves so by its markers, and then attacks.

Run as the reference is, with ``--mutant=NAME`` for one of ``KINDS``.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import replace

from conformance.reference import __main__ as reference
from conformance.reference import mutants, status
from conformance.reference.api import Connection
from conformance.reference.behaviour import Behaviour, Bytes, Hangup
from conformance.reference.messages import Request, chunk, head, plain, values
from conformance.reference.mutant import behaving, fixed
from conformance.reference.wrong_answers import HOSTILE

Answer = Callable[[Request, Bytes], Bytes]

MANY = 10_000
OK = b"HTTP/1.1 200 OK"
CHUNKED = head(OK, ((b"Transfer-Encoding", b"chunked"),))
EVIL = HOSTILE.replace("/", "|")


def says(answer: bytes) -> Answer:
    """Send these bytes."""

    async def same(_: Request, __: Bytes) -> Bytes:
        yield answer

    return same


def breaks_off(answer: bytes) -> Answer:
    """Send these bytes and hang up."""

    async def broken(_: Request, __: Bytes) -> Bytes:
        yield answer
        raise Hangup

    return broken


def for_ever(start: bytes, repeated: bytes, pause: float = 0.0) -> Answer:
    """Begin so, and go on so without an end."""

    async def endless(_: Request, __: Bytes) -> Bytes:
        yield start
        while True:
            yield repeated
            await asyncio.sleep(pause)

    return endless


async def imitated(request: Request, _: Bytes) -> Bytes:
    """Pretend to be a backend, of a name that is an attack, which received ten thousand headers."""
    told = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.headers]
    account = {
        "backend": EVIL,
        "namespace": EVIL,
        "pod": EVIL,
        "port": 80,
        "method": EVIL,
        "target": EVIL,
        "headers": [*told, *([EVIL, EVIL] for _ in range(MANY // 100))],
        "body": {"length": 0, "sha256": EVIL},
    }
    body = json.dumps(account).encode()
    name = EVIL.encode("latin-1").replace(b"\r", b"").replace(b"\n", b"")
    fields = ((b"X-Conformance-Backend", b"/".join([name] * 3)), (b"Content-Length", b"%d" % len(body)))
    yield head(OK, fields) + body


async def inflated(request: Request, right: Bytes) -> Bytes:
    """Add nearly a MiB to the true account of a backend."""
    whole = b"".join([data async for data in right])
    top, _, body = whole.partition(b"\r\n\r\n")
    account = json.loads(body) if body.startswith(b"{") else {}
    if not account:
        yield whole
        return
    body = json.dumps({**account, "target": "/" + "a" * 900_000}).encode()
    fields = tuple(
        tuple(line.split(b": ", 1)) for line in top.split(b"\r\n")[1:] if not line.lower().startswith(b"content-length")
    )
    yield head(OK, (*fields, (b"Content-Length", b"%d" % len(body)))) + body  # type: ignore[arg-type]


KINDS: dict[str, Answer] = {
    "endless-headers": for_ever(OK + b"\r\n", b"X-Filler: " + b"a" * 100 + b"\r\n"),
    "endless-body": for_ever(CHUNKED, chunk(b"a" * 65536)),
    "endless-interim": for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "endless-status-line": for_ever(b"HTTP/1.1 200 ", b"O" * 1000),
    "slow-drip": for_ever(OK + b"\r\nX-Slow: ", b"a", 0.3),
    "ten-thousand-headers": says(head(OK, [(b"X-%d" % n, HOSTILE.encode()) for n in range(MANY)]) + b"\r\n"),
    "long-header": says(head(OK, ((b"X-Long", b"<b>" * 350_000), (b"Content-Length", b"0")))),
    "invalid-chunks": breaks_off(CHUNKED + b"zz\r\nabc\r\n"),
    "gigantic-chunk": breaks_off(CHUNKED + b"ffffffffffffffff\r\nabc"),
    "negative-length": breaks_off(head(OK, ((b"Content-Length", b"-1"),)) + b"abc"),
    "invalid-utf8": says(
        head(b"HTTP/1.1 404 \xff\xfe", ((b"X-Pod", b"\xc3\x28"), (b"Content-Length", b"3"))) + b"\xff\xfe\x80"
    ),
    "hostile-text": says(plain(404, HOSTILE, ((b"Server", HOSTILE.encode() + b"\x9b31m"),), text=HOSTILE * 40)),
    "invalid-header-name": says(plain(404, "Not Found", ((b"X-\x7f\x00 <b>", b"x"),))),
    "hostile-redirect": says(plain(302, "Found", ((b"Location", b"javascript:alert(1)//" + HOSTILE.encode()),))),
    "imitated-backend": imitated,
    "inflated-account": inflated,
}


def sparing(answer: Answer) -> Answer:
    """Answer markers as they should be, so that the suite goes on to the probes."""

    async def chosen(request: Request, right: Bytes) -> Bytes:
        marker = b".marker." in (values(request.headers, b"host") or [b""])[0]
        async for data in right if marker else answer(request, right):
            yield data

    return chosen


def flood(self: status.Publisher, connection: Connection, wanted: tuple[status.Patch, ...]) -> bool:
    """Write ten thousand addresses into each status, once."""
    points = [{"ip": f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"} for n in range(MANY)]
    for patch in wanted:
        if patch.ingress in self._written:
            continue
        status.write(connection, patch.ingress, points)
        self._written[patch.ingress] = "flooded"
    return True


def babbling() -> Behaviour:
    """Write to the log without an end, beside serving rightly."""

    async def babble(_: Request, right: Bytes) -> Bytes:
        sys.stderr.write(HOSTILE * 100_000)
        async for data in right:
            yield data

    return behaving(answer=babble)


def main() -> int:
    """See :mod:`conformance.reference`."""
    for name, answer in KINDS.items():
        mutants.MUTANTS[name] = fixed(name, answer.__doc__ or name, replace(mutants.REFERENCE, answer=sparing(answer)))
    mutants.MUTANTS["babble"] = fixed("babble", "Endless words in the log.", babbling())
    if "--mutant=status-flood" in sys.argv:
        sys.argv.remove("--mutant=status-flood")
        status.Publisher._write_all = flood  # type: ignore[method-assign]
    return reference.main()


if __name__ == "__main__":
    sys.exit(main())
