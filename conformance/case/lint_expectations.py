"""Checks of what probes expect: it must be something that the case's own objects can bring about."""

from collections.abc import Iterator

from conformance.case.flaw import Flaw
from conformance.case.lint_parity import exact_flaws
from conformance.case.manifests import OTHER_NAMESPACE
from conformance.case.matching import mapping, name_of, namespace_of, served_backends
from conformance.case.model import (
    HAS_ADDRESS,
    NO_ADDRESS,
    NO_MATCH,
    RECORD,
    SHARED_BACKENDS,
    TALLY,
    TLS_REFUSED,
    Case,
    Certificate,
    Level,
    Probe,
)
from conformance.case.problems import did_you_mean, either
from conformance.case.scenes import Scene

_STATUS = (HAS_ADDRESS, NO_ADDRESS, RECORD)
_NO_BACKEND = (NO_MATCH, RECORD, TLS_REFUSED)


def is_positive(probe: Probe) -> bool:
    """Tell whether a probe expects a backend."""
    return probe.status_of is None and bool(probe.expect.server)


def expectation_flaws(case: Case, scene: Scene, probe: Probe) -> Iterator[Flaw]:
    """Yield what is wrong with the expectation of a probe."""
    if probe.status_of is not None:
        yield from _status(scene, probe)
        return
    yield from _outcome(case, scene, probe)
    yield from _more(case, probe)
    yield from _arrived(probe)
    if probe.expect.certificate is not None:
        yield from _certificate(scene, probe, probe.expect.certificate)


def _status(scene: Scene, probe: Probe) -> Iterator[Flaw]:
    known = [_full_name(manifest) for manifest in scene.objects if manifest.get("kind") == "Ingress"]
    if probe.status_of not in known:
        hint = did_you_mean(str(probe.status_of), known, otherwise=f"there is {either(known)}" if known else "")
        yield Flaw(("status",), f"the case has no Ingress {probe.status_of}", hint)
    expect = probe.expect
    if expect.outcome not in _STATUS:
        yield Flaw(("expect",), f"a status cannot be {expect.outcome!r}", f"write {either(_STATUS)}")
    if expect.received or expect.arrived or expect.certificate or expect.pods or expect.alpn or expect.continued:
        yield Flaw(("expect",), "a status is no answer: nothing else can be expected of it")


def _outcome(case: Case, scene: Scene, probe: Probe) -> Iterator[Flaw]:
    outcome = probe.expect.outcome
    if probe.expect.exact or outcome == TALLY:
        yield from exact_flaws(case, scene, probe)
        return
    own = [backend.name for backend in case.backends]
    shared = [*SHARED_BACKENDS, *(f"{OTHER_NAMESPACE}/{name}" for name in SHARED_BACKENDS)]
    known = [*own, *shared, *_NO_BACKEND]
    if outcome in {HAS_ADDRESS, NO_ADDRESS}:
        yield Flaw(("expect",), f"{outcome} is said of a status, not of a request", "write status: INGRESS")
    elif outcome not in known:
        shown = either([*own, *SHARED_BACKENDS, NO_MATCH, RECORD])
        hint = did_you_mean(outcome, known, otherwise=f"one of {shown}")
        yield Flaw(("expect",), f"nothing defines the backend {outcome!r}", hint)
    elif (
        is_positive(probe)
        and case.level is not Level.PARITY
        and outcome not in (served := served_backends(scene.objects, own))
    ):
        hint = f"they lead to {either(sorted(served))}" if served else "they lead to none"
        yield Flaw(("expect",), f"no rule of the case leads to the backend {outcome}", hint)
    if outcome == TLS_REFUSED and probe.scheme == "http":
        yield Flaw(("scheme",), "tls refused is expected, but the scheme is http", "write scheme: https")


def _more(case: Case, probe: Probe) -> Iterator[Flaw]:
    expect, outcome = probe.expect, probe.expect.outcome
    if not is_positive(probe):
        for part, given in (("received", expect.received), ("pods", expect.pods), ("continued", expect.continued)):
            if given:
                yield Flaw(("expect",), f"{part} says what a backend got, but {outcome} names none")
    elif expect.pods is not None:
        if outcome not in {backend.name for backend in case.backends}:
            hint = "define one under backends; the shared ones have one pod each"
            yield Flaw(("expect",), f"pods are counted, but {outcome} is no backend of the case's own", hint)
        if probe.times < expect.pods:
            hint = "write times: with a few requests for each pod"
            yield Flaw(("times",), f"{probe.times} requests cannot reach {expect.pods} pods", hint)
    if expect.alpn is not None and probe.scheme == "http":
        yield Flaw(("expect",), "alpn says something about TLS, but the scheme is http", "write scheme: https")


def _arrived(probe: Probe) -> Iterator[Flaw]:
    for name in probe.expect.arrived:
        if name.rpartition("/")[2] not in SHARED_BACKENDS:
            hint = f"one of {either(SHARED_BACKENDS)}, whose pods last as long as the run"
            yield Flaw(("expect",), f"arrived counts at the shared backends, and {name} is none", hint)
    several = probe.times > 1 or probe.on_one_connection > 1 or probe.raw
    if probe.expect.arrived and (several or probe.expect.outcome == RECORD):
        yield Flaw(("expect",), "arrived is about one plain request, of which something is expected")


def _certificate(scene: Scene, probe: Probe, wanted: Certificate) -> Iterator[Flaw]:
    place = ("expect", "certificate")
    if probe.scheme == "http":
        yield Flaw(place, "a certificate is expected, but the scheme is http", "write scheme: https")
    if (wanted.secret is None) != wanted.foreign:
        yield Flaw(place, "a certificate is either that of a secret or foreign", "write one of the two")
    if wanted.secret is None:
        return
    known = [_full_name(manifest) for manifest in scene.objects if _holds_certificate(manifest)]
    if wanted.secret not in known:
        hint = did_you_mean(wanted.secret, known, otherwise=f"there is {either(known)}" if known else "there is none")
        yield Flaw(place, f"the case has no Secret {wanted.secret} with a sound certificate by then", hint)


def _holds_certificate(manifest: dict[str, object]) -> bool:
    certificate = mapping(manifest.get("certificate"))
    return manifest.get("kind") == "Secret" and bool(certificate) and not certificate.get("flaw")


def _full_name(manifest: dict[str, object]) -> str:
    space, name = namespace_of(manifest), name_of(manifest)
    return f"{space}/{name}" if space else name
