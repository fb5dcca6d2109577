"""Checks of a case's probes: each must be sendable, and able to fail for the right reason only."""

import re
from collections.abc import Iterator

from conformance.case.draft import is_address
from conformance.case.flaw import Flaw
from conformance.case.manifests import OTHER_NAMESPACE
from conformance.case.matching import has_default_backend, names, rule_hosts, served_backends
from conformance.case.model import NO_MATCH, RECORD, SHARED_BACKENDS, Case, Probe
from conformance.case.problems import did_you_mean, either

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*)(\.[A-Za-z0-9_][A-Za-z0-9_-]*)*\.?(:[0-9]{1,5})?")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OUTCOMES = (
    *SHARED_BACKENDS,
    *(f"{OTHER_NAMESPACE}/{name}" for name in SHARED_BACKENDS),
    NO_MATCH,
    RECORD,
)


def probe_flaws(case: Case) -> Iterator[Flaw]:
    """Yield what is wrong with the probes of a case."""
    if not (case.probes or case.submissions or any(step.probes for step in case.steps)):
        yield Flaw((), "the case has no probes", "a case without a probe proves nothing")
        return
    yield from _unique(case)
    outcomes = {probe.expect.outcome for probe in case.probes}
    if NO_MATCH in outcomes and not outcomes & set(_OUTCOMES[:-2]):
        number = next(n for n, probe in enumerate(case.probes) if probe.expect.outcome == NO_MATCH)
        hint = "add a probe that one of its rules must serve; without it a controller that loads nothing passes"
        yield Flaw(("probes", number, "expect"), "no match is expected, but nothing positive in the same case", hint)
    for number, probe in enumerate(case.probes):
        for flaw in (*_request(probe), *_host(case, probe), *_expectation(case, probe)):
            yield Flaw(("probes", number, *flaw.pointer), flaw.message, flaw.hint)


def _unique(case: Case) -> Iterator[Flaw]:
    seen: set[str] = set()
    for number, probe in enumerate(case.probes):
        if probe.id in seen:
            yield Flaw(("probes", number), f"two probes have the id {probe.id!r}", "give one of them an id: of its own")
        seen.add(probe.id)


def _request(probe: Probe) -> Iterator[Flaw]:
    if not (probe.target.startswith("/") or probe.target == "*"):
        yield Flaw(("request",), f"the request {probe.target!r} does not begin with /", "write its path and query")
    if any(ord(character) <= 32 or ord(character) > 126 for character in probe.target):
        hint = "percent-encode it: a target is sent exactly as it is written"
        yield Flaw(("request",), f"the request {probe.target!r} has a character that a request line cannot hold", hint)
    for name, value in probe.headers:
        if not _HEADER.fullmatch(name):
            yield Flaw(("headers",), f"{name!r} is no header name")
        if name.lower() == "host":
            yield Flaw(("headers",), "the Host header is given as a header", "use host: NAME")
        if any(character in "\r\n\0" for character in value) or not _latin(value):
            yield Flaw(("headers",), f"the value of the header {name} cannot be sent", "printable characters only")


def _host(case: Case, probe: Probe) -> Iterator[Flaw]:
    if is_address(probe.host):
        named = False
    elif not _HOST.fullmatch(probe.host):
        hint = "a wildcard is no host that one can ask for" if "*" in probe.host else 'a name, or "@address"'
        yield Flaw(("host",), f"the host {probe.host!r} cannot be sent", hint)
        return
    else:
        named = any(names(rule_host, probe.host) for rule_host in rule_hosts(case.objects))
    hosts = rule_hosts(case.objects)
    written = [host for host in hosts if host]
    if named and not probe.named:
        yield Flaw(("named",), f"named: false, but a rule names {probe.host}", "take named: false out")
    if not named and not is_address(probe.host) and probe.named and written:
        hint = f"{did_you_mean(probe.host, written)} write named: false if that is on purpose".lstrip()
        yield Flaw(("host",), f"no rule names the host {probe.host}", hint)
    positive = probe.expect.outcome not in {NO_MATCH, RECORD}
    if positive and not named and "" not in hosts and not has_default_backend(case.objects):
        hint = "a rule without a host, or a default backend, would"
        yield Flaw(("host",), f"no rule of the case serves the host {probe.host}", hint)


def _expectation(case: Case, probe: Probe) -> Iterator[Flaw]:
    outcome, received = probe.expect.outcome, probe.expect.received
    if outcome not in _OUTCOMES:
        hint = did_you_mean(outcome, _OUTCOMES, otherwise=f"one of {either([*SHARED_BACKENDS, NO_MATCH, RECORD])}")
        yield Flaw(("expect",), f"nothing defines the backend {outcome!r}", hint)
    elif outcome in {NO_MATCH, RECORD}:
        if received is not None:
            yield Flaw(("expect",), f"received says what a backend got, but {outcome} names none")
    elif outcome not in (served := served_backends(case.objects)):
        hint = f"they lead to {either(sorted(served))}" if served else "they lead to none"
        yield Flaw(("expect",), f"no rule of the case leads to the backend {outcome}", hint)


def _latin(text: str) -> bool:
    return all(ord(character) < 256 for character in text)
