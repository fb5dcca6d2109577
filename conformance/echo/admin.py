"""The admin port: readiness, as kubelet's probes and a case's knobs see it, and the counts of requests served.

It can be reached from outside the cluster, through the API server:
``POST /api/v1/namespaces/NS/pods/POD:8079/proxy/ready?value=false``.
"""

from urllib.parse import unquote_to_bytes

from conformance.echo.answer import TEXT, Answer
from conformance.echo.counts import Counts, Forgotten
from conformance.echo.request import Header, Request

VALUES = {b"true": True, b"false": False}
READS, WRITES = (b"GET", b"HEAD"), (b"POST", b"PUT")


def administer(request: Request, *, ready: bool, counts: Counts) -> tuple[Answer, bool]:
    """Return the answer to a request on the admin port, and the readiness from now on.

    ``GET /ready``: 200 or 503. ``POST`` or ``PUT /ready?value=true|false`` sets it. ``GET /count``: the number of
    requests served; ``/count?path=PATH`` those with this path (query apart), ``/count?probe=NUMBER`` those with this
    number in X-Conformance-Probe; 410 if that is not known any more. Anything else: 404, 405 with Allow, or 400.
    """
    path, _, query = request.target.partition(b"?")
    name, _, value = query.partition(b"=")
    if path == b"/ready" and request.method in READS:
        return _text(200 if ready else 503, "ready" if ready else "not ready"), ready
    if path == b"/ready" and request.method in WRITES:
        wanted = VALUES.get(value) if name == b"value" else None
        if wanted is None:
            return _text(400, "value must be true or false"), ready
        return _text(200, "ready" if wanted else "not ready"), wanted
    if path == b"/count" and request.method in READS:
        return _count(name, unquote_to_bytes(value), counts), ready
    if path in (b"/ready", b"/count"):
        allowed = b", ".join((*READS, *WRITES) if path == b"/ready" else READS)
        return _text(405, "not this method", (b"Allow", allowed)), ready
    return _text(404, "here are /ready and /count"), ready


def _count(name: bytes, value: bytes, counts: Counts) -> Answer:
    find = {b"path": counts.of_path, b"probe": counts.of_probe}.get(name)
    if find is None:
        return _text(400, "count what? path= or probe=, or all of them") if name else _text(200, str(counts.total))
    try:
        return _text(200, str(find(value)))
    except Forgotten:
        return _text(410, "not known any more: too many requests came after it")


def _text(status: int, text: str, *headers: Header) -> Answer:
    return Answer(status, (TEXT, *headers), text.encode() + b"\n")
