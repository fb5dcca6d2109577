"""Requests that several backends of a case may claim: only there can a controller's choice be one of chance. Pure."""

from dataclasses import dataclass

from conformance.case.matching import Reference, references
from conformance.case.model import Case, Level, Manifest, Probe
from conformance.case.scenes import scenes


@dataclass(frozen=True, slots=True)
class Route:
    """Where one path of a rule leads, or a default backend, which has neither host nor path."""

    host: str
    path: str
    backend: str

    def may_claim(self, probe: Probe) -> bool:
        """Tell whether some controller could take the request for one of this rule, however loosely it compares.

        A wildcard may stand for any number of labels, or for none; a path for whatever begins with its letters.
        """
        asked, written = probe.host.partition(":")[0].removesuffix(".").lower(), self.host.lower().removeprefix("*.")
        wild = self.host.startswith("*.") and asked.endswith(f".{written}")
        return (wild or written in {"", asked}) and probe.target.lower().startswith(self.path.lower().rstrip("/"))


def contested(case: Case) -> bool:
    """Tell whether a judged request may be claimed by more than one backend, of those that stand in the end.

    Only what stands after the last step is ever loaded anew: of rivals that a step takes away this says nothing.
    """
    *_, last = scenes(case)
    routes = _routes(last.objects)
    judged = [probe for probe in last.probes if probe.expect.demanding]
    return any(len({route.backend for route in routes if route.may_claim(probe)}) > 1 for probe in judged)


def tied(case: Case) -> bool:
    """Tell whether only annotations decide between backends: a case of level parity, or its twin, has equal claims.

    Two rules are equal that have the same host and path.
    """
    if case.level is not Level.PARITY:
        return False
    backends: dict[tuple[str, str], set[str]] = {}
    for route in _routes(case.objects):
        if any(map(route.may_claim, case.probes)):
            backends.setdefault((route.host.lower(), route.path), set()).add(route.backend)
    return any(len(rivals) > 1 for rivals in backends.values())


def _routes(objects: tuple[Manifest, ...]) -> list[Route]:
    return [_route(objects, reference) for reference in references(objects)]


def _route(objects: tuple[Manifest, ...], named: Reference) -> Route:
    backend = f"{named.namespace}/{named.service}:{named.port}"
    match named.pointer:
        case ("objects", int(index), "spec", "rules", int(rule), "http", "paths", int(path), _):
            written = objects[index]["spec"]["rules"][rule]
            return Route(str(written.get("host") or ""), str(written["http"]["paths"][path].get("path") or ""), backend)
    return Route("", "", backend)
