"""Mutants that route rightly and then answer, or forward, wrongly."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, unquote_to_bytes

from conformance.reference.behaviour import Behaviour, Bytes, Hangup
from conformance.reference.messages import Headers, Request, chunk, head, plain, tokens, values
from conformance.reference.mutant import Mutant, behaving, fixed

Answer = Callable[[Request, Bytes], Bytes]

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>"
_WRONG = plain(404, "Not Found")


def _says(answer: bytes) -> Answer:
    async def same(_: Request, __: Bytes) -> Bytes:
        yield answer

    return same


def _says_and_hangs_up(answer: bytes, *, reset: bool = False) -> Answer:
    async def broken(_: Request, __: Bytes) -> Bytes:
        yield answer
        raise Hangup(reset=reset)

    return broken


def _for_ever(start: bytes, repeated: bytes) -> Answer:
    async def endless(_: Request, __: Bytes) -> Bytes:
        yield start
        while True:
            yield repeated

    return endless


async def _hang(_: Request, __: Bytes) -> Bytes:
    await asyncio.Event().wait()
    yield b""


async def _to_https(request: Request, right: Bytes) -> Bytes:
    if request.scheme == "http":
        yield _redirect(308, b"https://" + _host(request) + request.target)
        return
    async for data in right:
        yield data


async def _to_slash(request: Request, right: Bytes) -> Bytes:
    path, question, query = request.target.partition(b"?")
    last = path.rsplit(b"/", 1)[-1]
    if last and b"." not in last:
        yield _redirect(301, path + b"/" + question + query)
        return
    async for data in right:
        yield data


def _redirect(status: int, location: bytes) -> bytes:
    return plain(status, "Moved", ((b"Location", location),))


async def _soft_404(_: Request, right: Bytes) -> Bytes:
    async for data in right:
        yield plain(200, "OK", text="nothing here") if data == _WRONG else data


async def _cut(_: Request, right: Bytes) -> Bytes:
    whole = b"".join([data async for data in right])
    yield whole[: len(whole) - (len(whole) - whole.index(b"\r\n\r\n") - 4) // 2 - 1]
    raise Hangup


async def _bare(request: Request, right: Bytes) -> Bytes:
    """Pass a whole answer to GET on in one chunk, with nothing in its head that HTTP does not ask for."""
    if request.method != b"GET" or values(request.headers, b"upgrade"):
        async for data in right:
            yield data
        return
    whole = b"".join([data async for data in right])
    top, _, body = whole.partition(b"\r\n\r\n")
    first, *lines = top.split(b"\r\n")
    if any(line.lower().startswith(b"transfer-encoding:") for line in lines):
        yield whole
        return
    spare = (b"content-length:", b"server:", b"date:", b"content-type:")
    kept = [line for line in lines if not line.lower().startswith(spare)]
    yield b"\r\n".join([first, *kept, b"Transfer-Encoding: chunked", b"", b""]) + chunk(body) + b"0\r\n\r\n"


def _dripping(seconds: float) -> Behaviour:
    async def drip(_: Request, right: Bytes) -> Bytes:
        async for data in right:
            for byte in data:
                yield bytes([byte])
                await asyncio.sleep(seconds)

    return behaving(answer=drip)


def _slow(seconds: float) -> Behaviour:
    async def later(_: Request, right: Bytes) -> Bytes:
        await asyncio.sleep(seconds)
        async for data in right:
            yield data

    return behaving(answer=later)


def _sometimes(wrong: bytes, when: Callable[[Request], bool]) -> Behaviour:
    async def perhaps(request: Request, right: Bytes) -> Bytes:
        if when(request):
            yield wrong
            return
        async for data in right:
            yield data

    return behaving(answer=perhaps)


def _host(request: Request) -> bytes:
    return (values(request.headers, b"host") or [b""])[0]


def _late(seconds: float) -> Behaviour:
    born: dict[bytes, float] = {}

    def young(request: Request) -> bool:
        now = time.monotonic()
        return now - born.setdefault(_host(request), now) < seconds

    return _sometimes(plain(503, "Service Unavailable"), young)


def _wearing_out(times: float) -> Behaviour:
    asked: Counter[tuple[bytes, bytes]] = Counter()

    def worn(request: Request) -> bool:
        path = request.target.partition(b"?")[0]
        asked[_host(request), path] += 1
        return path != b"/" and asked[_host(request), path] > times

    return _sometimes(_WRONG, worn)


def _every(period: float) -> Behaviour:
    turns = itertools.count(1)
    return _sometimes(_WRONG, lambda _: next(turns) % int(period) == 0)


def _caching(_: float) -> Behaviour:
    kept: dict[tuple[bytes, ...], bytes] = {}

    async def cached(request: Request, right: Bytes) -> Bytes:
        key = (request.method, request.target, *values(request.headers, b"host"))
        if request.method != b"GET" or values(request.headers, b"upgrade"):
            async for data in right:
                yield data
            return
        if key not in kept:
            kept[key] = b"".join([data async for data in right])
        yield kept[key]

    return behaving(answer=cached)


def _set(headers: Headers, name: bytes, value: bytes) -> Headers:
    return tuple((header, value if header.lower() == name else old) for header, old in headers)


def _without(headers: Headers, name: bytes) -> Headers:
    return tuple(header for header in headers if header[0].lower() != name)


def _path_stripped(request: Request) -> Request:
    path, question, query = request.target.partition(b"?")
    return replace(request, target=b"/" + path[1:].partition(b"/")[2] + question + query)


def _query_dropped(request: Request) -> Request:
    return replace(request, target=request.target.partition(b"?")[0])


def _path_decoded(request: Request) -> Request:
    path, question, query = request.target.partition(b"?")
    return replace(request, target=quote(unquote_to_bytes(path), safe="/:@!$&'()*+,;=~").encode() + question + query)


def _semicolons_dropped(request: Request) -> Request:
    path, question, query = request.target.partition(b"?")
    return replace(request, target=path + question + b"&".join(p for p in query.split(b"&") if b";" not in p))


def _slashes_merged(request: Request) -> Request:
    path, question, query = request.target.partition(b"?")
    while b"//" in path:
        path = path.replace(b"//", b"/")
    return replace(request, target=path + question + query)


def _host_rewritten(request: Request) -> Request:
    return replace(request, headers=_set(request.headers, b"host", b"backend.internal"))


def _head_as_get(request: Request) -> Request:
    return replace(request, method=b"GET" if request.method == b"HEAD" else request.method)


def _method_rewritten(request: Request) -> Request:
    return replace(request, method=b"GET" if request.method == b"PUT" else request.method)


def _upgrade_dropped(request: Request) -> Request:
    return replace(request, headers=_without(request.headers, b"upgrade"))


def _length_halved(request: Request) -> Request:
    length = values(request.headers, b"content-length")
    half = b"%d" % (int(length[0]) // 2) if length else b""
    return replace(request, headers=_set(request.headers, b"content-length", half))


async def _body_halved(request: Request, body: Bytes) -> Bytes:
    left = int((values(request.headers, b"content-length") or [b"1"])[0])
    async for data in body:
        if data[:left]:
            yield data[:left]
        left = max(0, left - len(data))


async def _chunked_dropped(request: Request, body: Bytes) -> Bytes:
    async for data in body:
        if b"chunked" not in tokens(request.headers, b"transfer-encoding"):
            yield data


_CHUNKED = head(b"HTTP/1.1 200 OK", ((b"Transfer-Encoding", b"chunked"),))
_HOSTILE_ANSWER = plain(
    200,
    HOSTILE,
    ((b"X-Pod", HOSTILE.encode()), (b"Server", HOSTILE.encode())),
    text='{"pod": "' + HOSTILE + '"}',
)

_ANSWERS: dict[str, tuple[str, Answer]] = {
    "always-200": ("Every request is answered 200 by the controller itself.", _says(plain(200, "OK"))),
    "always-404": ("Every request is answered 404.", _says(_WRONG)),
    "always-503": ("Every request is answered 503.", _says(plain(503, "Service Unavailable"))),
    "unmatched-200": ("What nothing matches is answered 200.", _soft_404),
    "garbage": ("Answers are bytes that are no HTTP.", _says_and_hangs_up(bytes(range(256)) * 4)),
    "reset": ("Every connection is reset at its first request.", _says_and_hangs_up(b"", reset=True)),
    "closes-without-answer": ("Every connection is closed at its first request.", _says_and_hangs_up(b"")),
    "hang": ("Requests are taken and never answered.", _hang),
    "endless-headers": (
        "The answer's headers never end.",
        _for_ever(b"HTTP/1.1 200 OK\r\n", b"X-Filler: " + b"a" * 100 + b"\r\n"),
    ),
    "endless-body": ("The answer's body never ends.", _for_ever(_CHUNKED, chunk(b"a" * 4096))),
    "invalid-chunks": (
        "Answers have a chunked body whose sizes are no numbers.",
        _says_and_hangs_up(_CHUNKED + b"zz\r\nabc\r\n"),
    ),
    "answer-cut": ("Answers end in the middle of their body.", _cut),
    "hostile-text": ("Answers carry terminal escape sequences and HTML in headers and body.", _says(_HOSTILE_ANSWER)),
    "invalid-utf8": (
        "Answers carry bytes that are no UTF-8 in headers and body.",
        _says(head(b"HTTP/1.1 200 \xff\xfe", ((b"X-Pod", b"\xc3\x28\xff"), (b"Content-Length", b"4"))) + b'{"\xff\xfe'),
    ),
    "bare-answers": ("Answers come chunked, without Server, Date, Content-Type and Content-Length.", _bare),
    "redirects-to-https": ("Every http request is redirected to https.", _to_https),
    "trailing-slash-redirected": ("A path without trailing slash is redirected to the one with it.", _to_slash),
}
_FORWARDED: dict[str, tuple[str, Behaviour]] = {
    "path-rewritten": ("The path's first element is removed on the way.", behaving(forwarded=_path_stripped)),
    "query-dropped": ("The query is lost on the way.", behaving(forwarded=_query_dropped)),
    "slashes-merged-on-the-way": ("Repeated slashes arrive as one.", behaving(forwarded=_slashes_merged)),
    "path-decoded-on-the-way": (
        "Encoded characters of the path arrive decoded where they may.",
        behaving(forwarded=_path_decoded),
    ),
    "semicolons-dropped": ("Parameters with a semicolon are lost on the way.", behaving(forwarded=_semicolons_dropped)),
    "host-rewritten": ("The backend gets another Host header.", behaving(forwarded=_host_rewritten)),
    "head-as-get": ("HEAD arrives as GET.", behaving(forwarded=_head_as_get)),
    "method-rewritten": ("PUT arrives as GET.", behaving(forwarded=_method_rewritten)),
    "upgrade-dropped": ("WebSocket upgrades are not passed on.", behaving(forwarded=_upgrade_dropped)),
    "body-truncated": (
        "Only half of a request's body arrives.",
        behaving(forwarded=_length_halved, forwarded_body=_body_halved),
    ),
    "chunked-body-dropped": ("Chunked request bodies arrive empty.", behaving(forwarded_body=_chunked_dropped)),
    "expectation-refused": (
        "A request that expects 100-continue is answered 417.",
        _sometimes(plain(417, "Expectation Failed"), lambda request: bool(values(request.headers, b"expect"))),
    ),
    "no-keep-alive": ("Connections are closed after every answer.", behaving(keeps_alive=False)),
    "endpoints-two-by-two": (
        "Each endpoint gets two requests in a row.",
        behaving(pick_endpoint=lambda backend, turn: backend.endpoints[turn // 2 % len(backend.endpoints)]),
    ),
    "first-endpoint-only": (
        "Of a Service's endpoints only the first gets traffic.",
        behaving(pick_endpoint=lambda backend, _: backend.endpoints[0]),
    ),
}

MUTANTS = (
    *(fixed(name, sentence, behaving(answer=answer)) for name, (sentence, answer) in _ANSWERS.items()),
    *(fixed(name, sentence, behaviour) for name, (sentence, behaviour) in _FORWARDED.items()),
    Mutant("slow-drip", "Answers come a byte in ARG seconds.", _dripping, 1.0),
    Mutant("slow-3s", "Answers come ARG (3) seconds late.", _slow, 3.0),
    Mutant("slow-30s", "Answers come ARG (30) seconds late.", _slow, 30.0),
    Mutant("late", "A host is answered 503 for ARG seconds since it was first asked for, then rightly.", _late, 3.0),
    Mutant(
        "right-then-wrong",
        "A path other than / is answered rightly the first ARG (3) times on a host, then 404.",
        _wearing_out,
        3.0,
    ),
    Mutant("flapping", "Every second answer is 404.", _every, 2.0),
    Mutant("one-in-fifty-wrong", "Every ARG-th (50th) answer is 404.", _every, 50.0),
    Mutant("cached-answers", "The first answer for a URL is replayed for all later ones.", _caching),
)
