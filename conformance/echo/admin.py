"""The admin port: readiness, as kubelet's probes and a case's knobs see it, and the count of requests served."""

from conformance.echo.answer import TEXT, Answer
from conformance.echo.request import Header, Request

VALUES = {b"value=true": True, b"value=false": False}


def administer(request: Request, *, ready: bool, served: int) -> tuple[Answer, bool]:
    """Return the answer to a request on the admin port, and the readiness from now on.

    ``GET /ready``: 200 or 503. ``POST /ready?value=true|false`` sets it. ``GET /count``: the number of requests served.
    Anything else: 404, 405 with Allow, or 400 for another value.
    """
    path, _, query = request.target.partition(b"?")
    reads = request.method in (b"GET", b"HEAD")
    if path == b"/ready" and reads:
        return _text(200 if ready else 503, "ready" if ready else "not ready"), ready
    if path == b"/ready" and request.method == b"POST":
        value = VALUES.get(query)
        if value is None:
            return _text(400, "value must be true or false"), ready
        return _text(200, "ready" if value else "not ready"), value
    if path == b"/count" and reads:
        return _text(200, str(served)), ready
    if path in (b"/ready", b"/count"):
        return _text(
            405, "not this method", (b"Allow", b"GET, HEAD, POST" if path == b"/ready" else b"GET, HEAD")
        ), ready
    return _text(404, "here are /ready and /count"), ready


def _text(status: int, text: str, *headers: Header) -> Answer:
    return Answer(status, (TEXT, *headers), text.encode() + b"\n")
