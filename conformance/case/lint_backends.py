"""Checks of the backends that a case's objects name and define, those that its steps write included."""

from collections.abc import Iterator, Sequence

from conformance.case.flaw import Flaw
from conformance.case.matching import SHARED_PORTS, DefinedService, Pointer, Reference, defined_services, references
from conformance.case.model import SHARED_BACKENDS, Case, Manifest
from conformance.case.problems import did_you_mean, either

_Services = dict[tuple[str, str], DefinedService]


def backend_flaws(case: Case) -> Iterator[Flaw]:
    """Yield what is wrong with the Services that the case defines and the backends that its Ingresses name."""
    yield from _own(case)
    written = list(places(case))
    everything = [manifest for _, manifest in written]
    services: _Services = {(one.namespace, one.name): one for one in defined_services(everything)}
    for place, manifest in written:
        for service in defined_services([manifest]):
            yield from _defined(case, service, place)
    unused = set(case.absent)
    for place, manifest in written:
        for reference in references([manifest]):
            flaw, missing = _referred(case, reference, services)
            if missing in case.absent:
                unused.discard(missing)
            elif flaw is not None:
                yield Flaw((*place, *reference.pointer[2:], *flaw.pointer), flaw.message, flaw.hint)
    for name in sorted(unused):
        hint = "absent lists what an Ingress names though nothing defines it"
        yield Flaw(("absent",), f"no Ingress names {name}, or something defines it", hint)


def places(case: Case) -> Iterator[tuple[Pointer, Manifest]]:
    """Yield every object that the case ever writes, with its place."""
    for index, manifest in enumerate(case.objects):
        yield ("objects", index), manifest
    for number, step in enumerate(case.steps):
        for which, action in enumerate(step.actions):
            if action.apply is not None:
                yield ("steps", number, "do", which, "apply"), action.apply


def _own(case: Case) -> Iterator[Flaw]:
    names = [backend.name for backend in case.backends]
    for number, name in enumerate(names):
        if name in SHARED_BACKENDS:
            hint = f"every namespace has {either(SHARED_BACKENDS)} already"
            yield Flaw(("backends", number), f"a backend cannot be named {name} like a shared one", hint)
        if name in names[:number]:
            yield Flaw(("backends", number), f"two backends have the name {name}", "give each a name of its own")


def _defined(case: Case, service: DefinedService, place: Pointer) -> Iterator[Flaw]:
    if service.name in SHARED_BACKENDS:
        hint = f"every namespace has {either(SHARED_BACKENDS)} already"
        yield Flaw((*place, "metadata", "name"), f"a Service cannot be named {service.name} like a shared one", hint)
    if service.name in {backend.name for backend in case.backends}:
        hint = "a backend of the case's own has a Service already"
        yield Flaw((*place, "metadata", "name"), f"the Service {service.name} is there twice", hint)
    if service.backend not in SHARED_BACKENDS and not service.external:
        hint = f"write selector: {{backend: NAME}} with one of {either(SHARED_BACKENDS)}"
        yield Flaw((*place, "spec", "selector"), f"the Service {service.name} selects no echo backend", hint)


def _referred(case: Case, reference: Reference, services: _Services) -> tuple[Flaw | None, str]:
    """Return what is wrong with a reference, and how ``absent`` would say that it is meant."""
    service = services.get((reference.namespace, reference.service))
    plain = SHARED_BACKENDS if reference.namespace else (*SHARED_BACKENDS, *(b.name for b in case.backends))
    if service is None and reference.service not in plain:
        known = _known(plain, services, reference.namespace)
        hint = did_you_mean(reference.service, known, otherwise=f"known: {either(known)}")
        hint = f"{hint}; absent: [{reference.service}] says that it is meant"
        message = f"nothing defines the backend {reference.service!r}"
        return Flaw(("service", "name"), message, hint), reference.service
    ports = service.ports if service else SHARED_PORTS
    if reference.port not in ports:
        hint = f"it has {either([str(port) for port in ports])}" if ports else "it has no ports"
        message = f"the Service {reference.service} has no port {reference.port}"
        return Flaw(("service", "port"), message, hint), f"{reference.service}:{reference.port}"
    return None, ""


def _known(plain: Sequence[str], services: _Services, namespace: str) -> tuple[str, ...]:
    return (*plain, *(name for space, name in services if space == namespace))
