"""The thin client for HTTP/1.1 that requests cannot say: odd bytes, trailers, 100-continue, kept connections."""

import time
from collections.abc import Iterator, Sequence

from conformance.probes.answer import Answer, WireProbe
from conformance.probes.line import Line
from conformance.probes.request import body_bytes, head_bytes
from conformance.probes.response import Response, ResponseReader

CONTINUE_SECONDS = 1.0
"""How long a body is held back for the interim answer."""


def converse(line: Line, requests: Sequence[tuple[str, WireProbe]]) -> Iterator[Answer]:
    """Send the requests, one after another, and yield the answer to each. ``requests`` holds (number, probe).

    Raises:
        OSError, http.client.HTTPException, h11.RemoteProtocolError, OtherProtocol: as they come.
    """
    began = time.monotonic()
    line.open()
    reader = ResponseReader(line)
    for sent, probe in requests:
        reader.begin(probe.method, upgrade=next((v for n, v in probe.headers if n.lower() == "upgrade"), ""))
        if probe.wait_for_continue:
            line.deliver(head_bytes(probe))
            if reader.wait_for_interim(CONTINUE_SECONDS):
                line.deliver(body_bytes(probe))
        else:
            line.deliver(head_bytes(probe) + body_bytes(probe))
        yield answer_of(reader.read(), probe, sent, time.monotonic() - began)
        began = time.monotonic()


def answer_of(response: Response, probe: WireProbe, sent: str, seconds: float) -> Answer:
    """Return the answer that a response is."""
    return Answer(
        sent=sent,
        seconds=seconds,
        status=response.status,
        http_reason=response.reason,
        headers=response.headers,
        body=response.body,
        truncated=response.truncated,
        interim=response.interim,
        trailers=response.trailers,
        head=probe.method == "HEAD",
    )
