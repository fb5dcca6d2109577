"""From a probe as a file writes it to the probes that it stands for."""

from collections.abc import Iterator

from conformance.case.draft import probe_id
from conformance.case.file_format import FileExpectation, FileProbe
from conformance.case.model import Expectation, Probe


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
            expect=expectation(wanted.expect),
            named=wanted.named,
            sni=wanted.sni,
            tls=wanted.tls,
            alpn=wanted.alpn,
            protocol=wanted.protocol,
            chunked=wanted.chunked,
            trailers=tuple(wanted.trailers.items()),
            times=wanted.times,
            on_one_connection=wanted.on_one_connection,
        )


def expectation(written: FileExpectation) -> Expectation:
    """Return what an entry expects."""
    return Expectation(
        outcome=written.backend,
        received=written.received,
        certificate=written.certificate,
        pods=written.pods,
        alpn=written.alpn,
        continued=written.continued,
    )


def _id(wanted: FileProbe, host: str, target: str, usual_host: str | None) -> str:
    plain = probe_id(wanted.method, wanted.scheme, host, target, usual_host)
    more: list[str] = [] if wanted.protocol == "http/1.1" else [wanted.protocol]
    if wanted.sni is not None:
        more.append(f"SNI {wanted.sni}" if wanted.sni else "no SNI")
    if wanted.tls:
        more.append(f"TLS {wanted.tls}")
    if wanted.times > 1:
        more.append(f"{wanted.times} times")
    if wanted.on_one_connection > 1:
        more.append(f"{wanted.on_one_connection} on one connection")
    return f"{plain} ({', '.join(more)})" if more else plain
