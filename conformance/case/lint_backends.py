"""Checks of the backends that a case's objects name and define."""

from collections.abc import Iterator

from conformance.case.flaw import Flaw
from conformance.case.matching import SHARED_PORTS, defined_services, references
from conformance.case.model import SHARED_BACKENDS, Case
from conformance.case.problems import did_you_mean, either


def backend_flaws(case: Case) -> Iterator[Flaw]:
    """Yield what is wrong with the Services that the case defines and the backends that its Ingresses name."""
    yield from _defined(case)
    yield from _referred(case)


def _defined(case: Case) -> Iterator[Flaw]:
    for service in defined_services(case.objects):
        place = ("objects", service.index)
        if service.name in SHARED_BACKENDS:
            hint = f"every namespace has {either(SHARED_BACKENDS)} already"
            yield Flaw(
                (*place, "metadata", "name"), f"a Service cannot be named {service.name} like a shared one", hint
            )
        if service.backend not in SHARED_BACKENDS:
            hint = f"write selector: {{backend: NAME}} with one of {either(SHARED_BACKENDS)}"
            yield Flaw((*place, "spec", "selector"), f"the Service {service.name} selects no echo backend", hint)


def _referred(case: Case) -> Iterator[Flaw]:
    own = {(service.namespace, service.name): service for service in defined_services(case.objects)}
    for reference in references(case.objects):
        service = own.get((reference.namespace, reference.service))
        if service is None and reference.service not in SHARED_BACKENDS:
            known = (*SHARED_BACKENDS, *(name for namespace, name in own if namespace == reference.namespace))
            hint = did_you_mean(reference.service, known, otherwise=f"known: {either(known)}")
            message = f"nothing defines the backend {reference.service!r}"
            yield Flaw((*reference.pointer, "service", "name"), message, hint)
            continue
        ports = service.ports if service else SHARED_PORTS
        if reference.port not in ports:
            shown = either([str(port) for port in ports])
            hint = f"it has {shown}" if ports else "it has no ports"
            message = f"the Service {reference.service} has no port {reference.port}"
            yield Flaw((*reference.pointer, "service", "port"), message, hint)
