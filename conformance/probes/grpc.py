"""A unary gRPC call over HTTP/2 (the PROTOCOL-HTTP2 document of gRPC)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.grpcframes import text_message, text_of
from conformance.probes import http2
from conformance.probes.answer import Answer, WireProbe
from conformance.probes.line import Line

HEADERS = (("Content-Type", "application/grpc"), ("TE", "trailers"))


def as_call(probe: WireProbe, sent: str) -> WireProbe:
    """Return the request of a call whose message is the probe's number."""
    given = {name.lower() for name, _ in probe.headers}
    added = tuple(header for header in HEADERS if header[0].lower() not in given)
    return replace(probe, headers=(*probe.headers, *added), body=text_message(sent.encode()))


def converse(line: Line, requests: Sequence[tuple[str, WireProbe]]) -> Iterator[Answer]:
    """Make the calls, one after another, and yield the answer to each; raises what ``http2.converse`` raises."""
    for answer in http2.converse(line, [(sent, as_call(probe, sent)) for sent, probe in requests]):
        if not (answer.trailers or answer.body) and answer.header("grpc-status") is not None:
            # "Trailers-Only": an answer without a message has its trailers where the headers are.
            answer = replace(answer, trailers=answer.headers)  # noqa: PLW2901
        message = text_of(answer.body)
        yield answer if message is None else replace(answer, body=message)
