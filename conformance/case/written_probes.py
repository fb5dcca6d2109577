"""From a probe as a file writes it to the probes that it stands for."""

import math
from collections.abc import Iterator

from conformance.case.draft import probe_id
from conformance.case.file_format import FileExpectation, FileProbe
from conformance.case.model import TALLY, Expectation, Probe

SIGMAS = 4


def probes_of(wanted: FileProbe, usual_host: str | None) -> Iterator[Probe]:
    """Yield a probe for each request of an entry; ``usual_host`` is asked where the entry names none."""
    if wanted.status is not None:
        made = wanted.id or f"status of {wanted.status}"
        yield Probe(id=made, host="", expect=expectation(wanted.expect), status_of=wanted.status)
        return
    host = wanted.host or usual_host or ""
    for target in wanted.request or ():
        yield Probe(
            id=wanted.id or _id(wanted, host, target, usual_host),
            method=wanted.method,
            scheme=wanted.scheme,
            host=host,
            target=target,
            headers=tuple((name, value) for name, values in wanted.headers.items() for value in values),
            body=wanted.body,
            expect=expectation(wanted.expect, wanted.times),
            named=wanted.named,
            sni=wanted.sni,
            tls=wanted.tls,
            alpn=wanted.alpn,
            protocol=wanted.protocol,
            chunked=wanted.chunked,
            trailers=tuple(wanted.trailers.items()),
            times=wanted.times,
            filler=wanted.filler,
            long_headers=wanted.long_headers,
            long_target=wanted.long_target,
            client=wanted.client or "",
            source=wanted.source or "",
            keeps_cookies=wanted.keeps_cookies,
            together=wanted.together,
            rest=wanted.rest,
            raw=wanted.raw or "",
            recorded=wanted.recorded or "",
            on_one_connection=wanted.on_one_connection,
        )


def expectation(written: FileExpectation, times: int = 1) -> Expectation:
    """Return what an entry expects of so many requests."""
    return Expectation(
        outcome=_outcome(written),
        by=(written.backend or "") if written.status is not None else "",
        headers=written.headers,
        tally={**written.counts, **{who: bounds(times, percent) for who, percent in written.shares.items()}},
        received=written.received,
        arrived=written.arrived,
        certificate=written.certificate,
        pods=written.pods,
        alpn=written.alpn,
        continued=written.continued,
    )


def bounds(times: int, percent: float) -> tuple[int, int]:
    """Return how many of so many requests may go one way, if chance sends this percentage of them there.

    Four standard deviations of the binomial distribution to each side: a fair controller is outside once in 16,000.
    """
    share = percent / 100
    middle, spread = times * share, SIGMAS * math.sqrt(times * share * (1 - share))
    return max(0, math.ceil(middle - spread)), min(times, math.floor(middle + spread))


def _outcome(written: FileExpectation) -> str:
    if written.counts or written.shares:
        return TALLY
    if written.redirect is not None:
        return f"redirect:{written.status}:{written.redirect}"
    return written.backend or "" if written.status is None else f"status:{written.status}"


def _id(wanted: FileProbe, host: str, target: str, usual_host: str | None) -> str:
    plain = probe_id(wanted.method, wanted.scheme, host, target, usual_host)
    more: list[str] = [] if wanted.protocol == "http/1.1" else [wanted.protocol]
    if wanted.sni is not None:
        more.append(f"SNI {wanted.sni}" if wanted.sni else "no SNI")
    if wanted.tls:
        more.append(f"TLS {wanted.tls}")
    if wanted.times > 1:
        more.append(f"{wanted.times} times")
    if wanted.filler:
        more.append(f"{wanted.filler} bytes")
    if wanted.client:
        more.append(f"client {wanted.client}")
    if wanted.on_one_connection > 1:
        more.append(f"{wanted.on_one_connection} on one connection")
    return f"{plain} ({', '.join(more)})" if more else plain
