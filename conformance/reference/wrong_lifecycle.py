"""Mutants that are wrong about change: what they miss, mix with the past, forget, or do not survive."""

import itertools
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from conformance.reference.behaviour import Behaviour
from conformance.reference.matching import choose
from conformance.reference.model import Backend, KeyPair, Path, Snapshot, Table
from conformance.reference.mutant import Mutant, behaving, fixed, reading
from conformance.reference.objects import Held, Object, Objects
from conformance.reference.state import Own, find, is_ours

Stamp = frozenset[tuple[Any, Any]]
"""Which versions of which Ingresses: it changes when one of them does, or comes, or goes."""


def _no_updates(kind: str, held: Object | None, told: Object | None, _: bool) -> Object | None:
    return held if kind == "ingresses" and held and told else told


def _no_deletes(kind: str, held: Object | None, told: Object | None, _: bool) -> Object | None:
    return told or (held if kind == "ingresses" else None)


def _half(kind: str, held: Object | None, told: Object | None, _: bool) -> Object | None:
    if kind != "ingresses" or not held or not told:
        return told
    old, new = (list(item["spec"].get("rules") or ()) for item in (held, told))
    middle = (len(new) + 1) // 2
    return {**told, "spec": {**told["spec"], "rules": new[:middle] + old[middle:]}}


def _third_turned(ingress: Object) -> Object:
    if ingress["metadata"].get("generation", 1) % 3:
        return ingress
    return {**ingress, "spec": {**ingress["spec"], "rules": list(map(_turned, ingress["spec"].get("rules") or ()))}}


def _turned(rule: Object) -> Object:
    paths = (rule.get("http") or {}).get("paths") or ()
    backends = [path["backend"] for path in (*paths[1:], *paths[:1])]
    turned = [{**path, "backend": backend} for path, backend in zip(paths, backends, strict=True)]
    return {**rule, "http": {"paths": turned}}


def _nothing_listed(kind: str, held: Object | None, told: Object | None, listed: bool) -> Object | None:
    return held if kind == "ingresses" and listed and told else told


def _endpoints_kept(kind: str, held: Object | None, told: Object | None, _: bool) -> Object | None:
    return held if kind == "endpointslices" and held and held.get("endpoints") else told


def _secrets_kept(kind: str, held: Object | None, told: Object | None, _: bool) -> Object | None:
    return held if kind == "secrets" and held and told else told


def _crash(kind: str, _: Object | None, told: Object | None, __: bool) -> Object | None:
    for rule in (told or {}).get("spec", {}).get("rules") or () if kind == "ingresses" else ():
        for path in (rule.get("http") or {}).get("paths") or ():
            if "(" in (path.get("path") or ""):
                raise RuntimeError(f"unexpected '(' in path {path['path']!r}")
    return told


def _class_remembered(_: float) -> Behaviour:
    seen: set[Any] = set()

    def once_ours(objects: Objects, own: Own, ingress: Object) -> bool:
        if is_ours(objects, own, ingress):
            seen.add(ingress["metadata"].get("uid"))
        return ingress["metadata"].get("uid") in seen

    return reading(is_ours=once_ours)


def _class_decided_once(_: float) -> Behaviour:
    decided: dict[Any, bool] = {}

    def at_first_sight(objects: Objects, own: Own, ingress: Object) -> bool:
        metadata = ingress["metadata"]
        return decided.setdefault((metadata.get("uid"), metadata.get("generation")), is_ours(objects, own, ingress))

    return reading(is_ours=at_first_sight)


def _classes_with_ingresses(_: float) -> Behaviour:
    """Classes are as they were when an Ingress of the first class was last heard of."""
    known: list[tuple[Stamp, Held]] = []

    def ours(objects: Objects, own: Own, ingress: Object) -> bool:
        everything = objects.ingresses.values()
        stamp = _stamp(item for item in everything if item["spec"].get("ingressClassName") == own.ingress_class)
        if not known or known[0][0] != stamp:
            known[:] = [(stamp, objects.ingressclasses)]
        return is_ours(replace(objects, ingressclasses=known[0][1]), own, ingress)

    return reading(is_ours=ours)


def _with_ingresses(part: str) -> Callable[[float], Behaviour]:
    """Return what loads that part of a snapshot only together with a change of the Ingresses that are served."""

    def make(_: float) -> Behaviour:
        last: list[Stamp] = []

        def settle(previous: Snapshot, fresh: Snapshot, objects: Objects) -> Snapshot:
            owners = {path.owner for paths in fresh.table.hosts.values() for path in paths}
            stamp = _stamp(objects.ingresses[owner] for owner in owners)
            if last == [stamp]:
                return replace(fresh, **{part: getattr(previous, part)})
            last[:] = [stamp]
            return fresh

        return reading(settle=settle)

    return make


def _stamp(ingresses: Iterable[Object]) -> Stamp:
    return frozenset((item["metadata"].get("uid"), item["metadata"].get("generation")) for item in ingresses)


def _found_once() -> Callable[[Held, Object, str], Object | None]:
    """Return a search that stays without success for an Ingress once it was, until the Ingress changes."""
    missing: set[Any] = set()

    def search(held: Held, ingress: Object, name: str) -> Object | None:
        metadata = ingress["metadata"]
        request = (metadata.get("uid"), metadata.get("generation"), name)
        found = find(held, ingress, name)
        if found is None:
            missing.add(request)
        return None if request in missing else found

    return search


def _freezing(_: float) -> Behaviour:
    frozen: list[Snapshot] = []

    def settle(previous: Snapshot, fresh: Snapshot, _: Objects) -> Snapshot:
        if not frozen and _has_equal_prefixes(fresh.table):
            frozen.append(previous)
        return frozen[0] if frozen else fresh

    return reading(settle=settle)


def _has_equal_prefixes(table: Table) -> bool:
    return any(
        one.kind == other.kind == "Prefix" and one.path == other.path + "/" and other.path != ""
        for paths in table.hosts.values()
        for one in paths
        for other in paths
    )


def _poisoned_by_wildcard(previous: Snapshot, fresh: Snapshot, _: Objects) -> Snapshot:
    return previous if any(host.startswith("*.") for host in fresh.table.hosts) else fresh


def _poisoned_by_resource(previous: Snapshot, fresh: Snapshot, _: Objects) -> Snapshot:
    odd = any(path.backend.refusal == 404 for paths in fresh.table.hosts.values() for path in paths)
    return previous if odd else fresh


def _poisoned_by_missing(previous: Snapshot, fresh: Snapshot, objects: Objects) -> Snapshot:
    backends = (path.backend for paths in fresh.table.hosts.values() for path in paths)
    return previous if any(_is_missing(backend, objects) for backend in backends) else fresh


def _is_missing(backend: Backend, objects: Objects) -> bool:
    """Tell whether a backend names a Service, or a port of one, that does not exist."""
    service = objects.services.get((backend.namespace, backend.service))
    ports = service["spec"].get("ports") or () if service else ()
    known = {str(port.get(field)) for port in ports for field in ("name", "port")}
    return backend.refusal == 503 and backend.port not in known


def _never_after_empty(_: float) -> Behaviour:
    """What had no endpoint when it was first seen, or later, never gets one."""
    empty: set[tuple[str, Path]] = set()

    def settle(_: Snapshot, fresh: Snapshot, objects: Objects) -> Snapshot:
        hosts = {
            host: tuple(judged(host, path, objects) for path in paths) for host, paths in fresh.table.hosts.items()
        }
        return replace(fresh, table=replace(fresh.table, hosts=hosts))

    def judged(host: str, path: Path, objects: Objects) -> Path:
        without = replace(path, backend=replace(path.backend, endpoints=()))
        if not path.backend.endpoints and not _is_missing(path.backend, objects):
            empty.add((host, without))
        return without if (host, without) in empty else path

    return reading(settle=settle)


def _worn_out(most: float) -> Behaviour:
    changes = itertools.count(1)

    def settle(previous: Snapshot, fresh: Snapshot, _: Objects) -> Snapshot:
        return previous if fresh.table != previous.table and next(changes) > most else fresh

    return reading(settle=settle)


def _with_gaps(seconds: float) -> Behaviour:
    changed = [0.0]

    def settle(previous: Snapshot, fresh: Snapshot, _: Objects) -> Snapshot:
        if fresh.table != previous.table:
            changed[0] = time.monotonic()
        return fresh

    def choose_outside_gaps(table: Table, authority: str, target: str) -> Backend | None:
        return choose(table, authority, target) if time.monotonic() - changed[0] >= seconds else None

    return replace(reading(settle=settle), choose=choose_outside_gaps)


def _lagging(seconds: float) -> Behaviour:
    """Routes are served later than status tells of them."""
    loaded: list[tuple[float, Table]] = []

    def settle(_: Snapshot, fresh: Snapshot, __: Objects) -> Snapshot:
        loaded.append((time.monotonic(), fresh.table))
        return fresh

    def choose_late(_: Table, authority: str, target: str) -> Backend | None:
        ripe = [table for at, table in loaded if time.monotonic() - at >= seconds]
        del loaded[: max(0, len(ripe) - 1)]
        return choose(ripe[-1] if ripe else Table(), authority, target)

    return replace(reading(settle=settle), choose=choose_late)


def _paths_kept(_: float) -> Behaviour:
    """Routes are only ever added: a path that an update removes stays."""

    def settle(previous: Snapshot, fresh: Snapshot, objects: Objects) -> Snapshot:
        hosts = dict(fresh.table.hosts)
        for host, paths in previous.table.hosts.items():
            now = hosts.get(host, ())
            told = {(path.owner, path.kind, path.path) for path in now}
            kept = (path for path in paths if (path.owner, path.kind, path.path) not in told)
            hosts[host] = (*now, *(path for path in kept if path.owner in objects.ingresses))
        return replace(fresh, table=replace(fresh.table, hosts=hosts))

    return reading(settle=settle)


def _stale_certificates(_: float) -> Behaviour:
    kept: dict[str, KeyPair] = {}

    def certificate(pairs: Mapping[str, KeyPair], name: str | None) -> KeyPair | None:
        host = (name or "").lower()
        for key in (host, "*." + host.partition(".")[2]):
            if key in pairs:
                return kept.setdefault(key, pairs[key])
        return None

    return behaving(certificate=certificate)


_WRONG: dict[str, tuple[str, Behaviour]] = {
    "updates-ignored": ("An Ingress is served for ever as it was first seen.", reading(hear=_no_updates)),
    "deletes-ignored": ("Deleted Ingresses are served on.", reading(hear=_no_deletes)),
    "half-update": ("Of an update only the first half of the rules is applied.", reading(hear=_half)),
    "third-load-mixed-up": (
        "At every third version of an Ingress each path of a rule leads to the backend of the next one.",
        reading(view=_third_turned),
    ),
    "existing-ignored": (
        "Ingresses that exist at start are not served until they change.",
        reading(hear=_nothing_listed),
    ),
    "endpoints-frozen": ("A Service's first endpoints are used for ever.", reading(hear=_endpoints_kept)),
    "secrets-frozen": ("A Secret is used for ever as it was first seen.", reading(hear=_secrets_kept)),
    "crash-on-odd-path": ("The process ends at the sight of a path with an opening parenthesis.", reading(hear=_crash)),
    "poisoned-by-resource": (
        "While any Ingress has a resource backend nothing new is loaded for anybody.",
        reading(settle=_poisoned_by_resource),
    ),
    "poisoned-by-missing-backend": (
        "While any Ingress names a Service or port that does not exist nothing new is loaded for anybody.",
        reading(settle=_poisoned_by_missing),
    ),
    "poisoned-by-wildcard": (
        "While any Ingress has a wildcard host nothing new is loaded for anybody.",
        reading(settle=_poisoned_by_wildcard),
    ),
}
MUTANTS = (
    *(fixed(name, sentence, behaviour) for name, (sentence, behaviour) in _WRONG.items()),
    Mutant("freezes-on-equal-prefixes", "Prefix /foo and /foo/ on one host: nothing is loaded ever after.", _freezing),
    Mutant("stale-certificate", "A host's first certificate is presented for ever.", _stale_certificates),
    Mutant("paths-never-removed", "Paths and hosts that an update removes are served on.", _paths_kept),
    Mutant("class-change-ignored", "An Ingress that once was ours is served under any class.", _class_remembered),
    Mutant(
        "certificates-with-ingresses",
        "A Secret that changes is noticed only when an Ingress changes.",
        _with_ingresses("certificates"),
    ),
    Mutant(
        "routes-with-ingresses",
        "Services and endpoints that change are noticed only when an Ingress changes.",
        _with_ingresses("table"),
    ),
    Mutant(
        "classes-with-ingresses",
        "Classes that change are noticed only when an Ingress changes.",
        _classes_with_ingresses,
    ),
    Mutant("late-class-ignored", "A class created after its Ingress is not noticed.", _class_decided_once),
    Mutant(
        "late-service-ignored",
        "A Service created after its Ingress is not noticed.",
        lambda _: reading(find_service=_found_once()),
    ),
    Mutant(
        "late-secret-ignored",
        "A Secret created after its Ingress is not noticed.",
        lambda _: reading(find_secret=_found_once()),
    ),
    Mutant(
        "late-endpoints-ignored", "A path whose Service once had no ready endpoint is never served.", _never_after_empty
    ),
    Mutant("worn-out", "After ARG (25) changes of its routes nothing new is loaded.", _worn_out, 25.0),
    Mutant("routes-lag", "Routes are served ARG (2) seconds after status has told of them.", _lagging, 2.0),
    Mutant("gap-on-change", "For ARG seconds after each change nothing is served.", _with_gaps, 0.5),
)
