"""Sends a probe and turns whatever happens into an Answer; nothing a controller does makes it raise."""

import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from functools import lru_cache

from conformance.probes import grpc, http2, raw, websocket
from conformance.probes.answer import Answer, Endpoint, ProbeLimits, WireProbe
from conformance.probes.line import Line
from conformance.probes.pinned import PinnedAdapter, ProbeRequest, ProbeResponse
from conformance.probes.request import check, numbered, plain
from conformance.probes.trouble import ANSWERED_BADLY, DeadlinePassed, Nonsense, classify

_RUN = os.urandom(4).hex()
_NUMBERS = itertools.count(1)

Converse = Callable[[Line, Sequence[tuple[str, WireProbe]]], Iterator[Answer]]
_OTHERS: dict[str, Converse] = {
    "h2": http2.converse,
    "h2c": http2.converse,
    "grpc": grpc.converse,
    "websocket": websocket.converse,
}


class Sender:
    """Sends probes to one endpoint; may be used by several threads at once."""

    def __init__(self, endpoint: Endpoint, limits: ProbeLimits) -> None:
        self.endpoint, self.limits = endpoint, limits
        self._adapter = PinnedAdapter(max_retries=0)

    def send(self, probe: WireProbe) -> Answer:
        """Return what came of the probe, within the limits of time and size.

        Of several requests on one connection the last answer is returned, with the earlier ones in it; if one of them
        fails, the rest are not sent.

        Raises:
            CannotSend: this machine cannot send the probe as it is meant; that is no fault of a controller.
            UnicodeEncodeError: the probe holds a character that no byte stands for; neither is that.
        """
        check(probe)
        numbers = [f"{_RUN}-{next(_NUMBERS)}" for _ in range(probe.requests_on_connection)]
        with Line(probe, self.endpoint, self.limits) as line:
            *earlier, last = self._answers(line, [(sent, numbered(probe, sent)) for sent in numbers])
            return _with_facts(last, line, tuple(_with_facts(answer, line) for answer in earlier))

    def _answers(self, line: Line, requests: Sequence[tuple[str, WireProbe]]) -> list[Answer]:
        began = time.monotonic()
        answers: list[Answer] = []
        converse = self._plainly if plain(line.probe) else _OTHERS.get(line.probe.protocol, raw.converse)
        try:
            for answer in converse(line, requests):
                _check_size(answer, self.limits.field_bytes)
                answers.append(answer)
                began = time.monotonic()
            if line.late:
                raise DeadlinePassed
        except ANSWERED_BADLY as error:
            # What the shut-down socket made of it, a reset or half an answer, was our own doing.
            found = DeadlinePassed(f"not done within {self.limits.seconds:g} s") if line.late else error
            trouble, detail = classify(found), f"{type(found).__name__}: {found}"[:300]
            sent = requests[min(len(answers), len(requests) - 1)][0]
            answers = answers[: len(requests) - 1]
            answers.append(Answer(sent, time.monotonic() - began, trouble=trouble, detail=detail))
        return answers

    def _plainly(self, line: Line, requests: Sequence[tuple[str, WireProbe]]) -> Iterator[Answer]:
        for sent, probe in requests:
            began = time.monotonic()
            response = self._adapter.send(_request(probe, line))
            assert isinstance(response, ProbeResponse)
            yield Answer(
                sent=sent,
                seconds=time.monotonic() - began,
                status=response.status_code,
                http_reason=response.reason,
                headers=response.wire_headers,
                body=response.content,
                truncated=response.truncated,
                interim=response.interim,
                trailers=response.trailers,
                head=probe.method == "HEAD",
            )


def _check_size(answer: Answer, limit: int) -> None:
    """Raise Nonsense for more header fields, or trailers, than anybody could want: all that is taken is kept."""
    for fields in (answer.headers, answer.trailers):
        if sum(len(name) + len(value) for name, value in fields) > limit:
            raise Nonsense(f"more than {limit} bytes of header fields")


def _with_facts(answer: Answer, line: Line, earlier: tuple[Answer, ...] = ()) -> Answer:
    facts = line.facts
    return replace(
        answer,
        protocol=line.probe.protocol,
        certificate=facts.chain[0] if facts.chain else None,
        chain=facts.chain,
        tls_version=facts.version,
        alpn=facts.alpn,
        earlier=earlier,
    )


def _request(probe: WireProbe, line: Line) -> ProbeRequest:
    request = copy(_prepared(probe.method, probe.scheme))
    request.probe, request.line = probe, line
    return request


@lru_cache(maxsize=64)
def _prepared(method: str, scheme: str) -> ProbeRequest:
    """Return what the library prepares for all requests alike: of a probe it has only the method and the scheme."""
    request = ProbeRequest()
    request.prepare(method=method, url=f"{scheme}://probe.invalid/")
    return request
