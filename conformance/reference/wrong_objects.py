"""Mutants that read the API's objects wrongly: classes, rules, Services, endpoints, Secrets, status."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conformance.reference import state
from conformance.reference.behaviour import Behaviour, certificate
from conformance.reference.certificates import context
from conformance.reference.model import Key, KeyPair, Path, Snapshot, Table
from conformance.reference.mutant import Mutant, behaving, fixed, reading
from conformance.reference.objects import Held, Object, Objects
from conformance.reference.state import Own, find, is_ours

_DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"


def _annotation_only_ignored(objects: Objects, own: Own, ingress: Object) -> bool:
    return "ingressClassName" in ingress["spec"] and is_ours(objects, own, ingress)


def _classless(objects: Objects, own: Own, ingress: Object) -> bool:
    annotated = "kubernetes.io/ingress.class" in (ingress["metadata"].get("annotations") or {})
    return is_ours(objects, own, ingress) or not (annotated or ingress["spec"].get("ingressClassName"))


def _default_refused(objects: Objects, own: Own, ingress: Object) -> bool:
    named = objects.ingressclasses.get(("", ingress["spec"].get("ingressClassName") or ""))
    annotations = (named or {"metadata": {}})["metadata"].get("annotations") or {}
    return annotations.get(_DEFAULT_CLASS) != "true" and is_ours(objects, own, ingress)


def _one_class(objects: Objects, own: Own, ingress: Object) -> bool:
    return ingress["spec"].get("ingressClassName", own.ingress_class) == own.ingress_class and is_ours(
        objects, own, ingress
    )


def _any_existing_class(objects: Objects, own: Own, ingress: Object) -> bool:
    exists = ("", ingress["spec"].get("ingressClassName")) in objects.ingressclasses
    return exists or is_ours(objects, own, ingress)


def _field_ignored(objects: Objects, own: Own, ingress: Object) -> bool:
    return is_ours(objects, own, _with_spec(ingress, ingressClassName=None))


def _one_namespace(objects: Objects, own: Own, ingress: Object) -> bool:
    spaces = (key[0] for key, other in objects.ingresses.items() if is_ours(objects, own, other))
    return is_ours(objects, own, ingress) and ingress["metadata"]["namespace"] == min(spaces)


def _with_spec(ingress: Object, **changes: Any) -> Object:
    return {**ingress, "spec": {**ingress["spec"], **changes}}


def _first_rule(ingress: Object) -> Object:
    return _with_spec(ingress, rules=list(ingress["spec"].get("rules") or ())[:1])


def _first_path(ingress: Object) -> Object:
    rules = [
        {**rule, "http": {"paths": (rule.get("http") or {}).get("paths", [])[:1]}}
        for rule in ingress["spec"].get("rules") or ()
    ]
    return _with_spec(ingress, rules=rules)


def _tls_hosts_only(ingress: Object) -> Object:
    secured = {host for entry in ingress["spec"].get("tls") or () for host in entry.get("hosts") or ()}
    rules = ingress["spec"].get("rules") or ()
    return _with_spec(ingress, rules=[rule for rule in rules if not secured or rule.get("host") in secured])


def _no_resources(ingress: Object) -> Object:
    paths = [path for rule in ingress["spec"].get("rules") or () for path in (rule.get("http") or {}).get("paths", ())]
    odd = any("resource" in path["backend"] for path in paths) or "resource" in ingress["spec"].get(
        "defaultBackend", {}
    )
    return _with_spec(ingress, rules=[], defaultBackend=None) if odd else ingress


def _plain_paths_only(ingress: Object) -> Object:
    def plain(path: Object) -> bool:
        return re.fullmatch(r"[A-Za-z0-9/_-]*", path.get("path") or "") is not None

    rules = [
        {**rule, "http": {"paths": [path for path in rule["http"]["paths"] if plain(path)]}}
        if rule.get("http")
        else rule
        for rule in ingress["spec"].get("rules") or ()
    ]
    return _with_spec(ingress, rules=rules)


def _newest_first(ingress: Object) -> tuple[str, Key]:
    created, key = state.age(ingress)
    return _reversed(created), (_reversed(key[0]), _reversed(key[1]))


def _reversed(text: str) -> str:
    """Return text that sorts the other way round; what was created in the same second goes by its name."""
    return "".join(chr(0x10FFFF - ord(character)) for character in text)


def _first_owner_only(_: Snapshot, fresh: Snapshot, __: Objects) -> Snapshot:
    def kept(paths: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(path for path in paths if path.owner == paths[0].owner)

    hosts = {host: kept(paths) for host, paths in fresh.table.hosts.items()}
    return replace(fresh, table=replace(fresh.table, hosts=hosts))


def _default_for_first_host(_: Snapshot, fresh: Snapshot, __: Objects) -> Snapshot:
    first: dict[Key, str] = {}
    for host, paths in fresh.table.hosts.items():
        if paths:
            first.setdefault(paths[0].owner, host)
    kept = {host: backend for host, backend in fresh.table.defaults.items() if not host or host in first.values()}
    return replace(fresh, table=replace(fresh.table, defaults=kept))


def _missing_drops(_: Snapshot, fresh: Snapshot, objects: Objects) -> Snapshot:
    spoiled = {
        path.owner
        for paths in fresh.table.hosts.values()
        for path in paths
        if path.backend.refusal == 503 and (path.backend.namespace, path.backend.service) not in objects.services
    }
    hosts = {
        host: tuple(path for path in paths if path.owner not in spoiled) for host, paths in fresh.table.hosts.items()
    }
    return replace(fresh, table=replace(fresh.table, hosts=hosts))


def _two_swapped(_: Snapshot, fresh: Snapshot, __: Objects) -> Snapshot:
    hosts = dict(fresh.table.hosts)
    named = sorted(host for host in hosts if host)
    if len(named) > 1:
        one, other = named[:2]
        hosts[one], hosts[other] = hosts[other], hosts[one]
    return replace(fresh, table=Table(hosts, fresh.table.defaults))


def _any_namespace(held: Held, ingress: Object, name: str) -> Object | None:
    return find(held, ingress, name) or next((held[key] for key in sorted(held) if key[1] == name), None)


def _first_of_that_name(held: Held, _: Object, name: str) -> Object | None:
    return next((held[key] for key in sorted(held) if key[1] == name), None)


def _all_secrets_or_none(held: Held, ingress: Object, name: str) -> Object | None:
    named = [entry.get("secretName") or "" for entry in ingress["spec"].get("tls") or ()]
    return find(held, ingress, name) if all(find(held, ingress, one) for one in named) else None


def _first_port(service: Object, _: Mapping[str, object]) -> Object | None:
    return next(iter(service["spec"].get("ports") or ()), None)


def _first_port_for_names(service: Object, wanted: Mapping[str, object]) -> Object | None:
    return _first_port(service, wanted) if wanted.get("name") else state.service_port(service, wanted)


def _numbers_only(service: Object, wanted: Mapping[str, object]) -> Object | None:
    return None if wanted.get("name") else state.service_port(service, wanted)


def _by_target_port(service: Object, wanted: Mapping[str, object]) -> Object | None:
    number = wanted.get("number")
    by_target = (port for port in service["spec"].get("ports") or () if port.get("targetPort", port["port"]) == number)
    return state.service_port(service, wanted) if wanted.get("name") else next(by_target, None)


def _service_number(port: Object, _: Object) -> int | None:
    number = port["port"]
    return number if isinstance(number, int) else None


def _high_port_kept(port: Object, endpoint_slice: Object) -> int | None:
    return _service_number(port, endpoint_slice) if port["port"] >= 1024 else state.pod_port(port, endpoint_slice)


def _first_pair(pairs: Mapping[str, KeyPair], _: str | None) -> KeyPair | None:
    return next((pairs[host] for host in sorted(pairs)), None)


def _other_pair(pairs: Mapping[str, KeyPair], name: str | None) -> KeyPair | None:
    right = certificate(pairs, name)
    return next((pairs[host] for host in sorted(pairs) if right and pairs[host] != right), right)


def _tenant_for_strangers(pairs: Mapping[str, KeyPair], name: str | None) -> KeyPair | None:
    return certificate(pairs, name) or _first_pair(pairs, name)


def _precise_names_only(pairs: Mapping[str, KeyPair], name: str | None) -> KeyPair | None:
    return pairs.get((name or "").lower())


def _nothing_beside_broken(_: Snapshot, fresh: Snapshot, __: Objects) -> Snapshot:
    versions = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    return Snapshot() if any(context(pair, versions) is None for pair in fresh.certificates.values()) else fresh


def _with_all_parts(held: Held, ingress: Object, name: str) -> Object | None:
    """Return the Secret, with something that is no certificate and no key in the place of what it lacks."""
    found = find(held, ingress, name)
    data = (found or {}).get("data") or {}
    parts = {part: data.get(part) or "AA==" for part in ("tls.crt", "tls.key")}
    return {**found, "data": {**data, **parts}} if found else None


_HOSTILE_NAME = "\x1b[2J\x1b[31m<script>alert(1)</script>\"'&"

_WRONG: dict[str, tuple[str, Behaviour]] = {
    "class-ignored": ("Ingresses of every class are served.", reading(is_ours=lambda *_: True)),
    "class-controller-ignored": (
        "Ingresses of every class that exists are served, whoever its controller is.",
        reading(is_ours=_any_existing_class),
    ),
    "class-field-ignored": ("Only the old class annotation is read.", reading(is_ours=_field_ignored)),
    "one-namespace-only": ("Only the Ingresses of one namespace are served.", reading(is_ours=_one_namespace)),
    "annotation-ignored": ("The old class annotation is not read.", reading(is_ours=_annotation_only_ignored)),
    "classless-served": ("Ingresses without any class are served.", reading(is_ours=_classless)),
    "default-class-refused": (
        "Ingresses of our class are not served when it is the default class.",
        reading(is_ours=_default_refused),
    ),
    "one-class-only": ("Of our classes only the one of our own name is served.", reading(is_ours=_one_class)),
    "first-rule-only": ("Of each Ingress only the first rule is served.", reading(view=_first_rule)),
    "first-path-only": ("Of each rule only the first path is served.", reading(view=_first_path)),
    "plain-paths-only": (
        "Paths with other characters than letters, digits, dashes, underscores and slashes are dropped.",
        reading(view=_plain_paths_only),
    ),
    "plain-hosts-of-tls-dropped": (
        "Of an Ingress with TLS only the hosts with TLS are served.",
        reading(view=_tls_hosts_only),
    ),
    "resource-backend-drops-ingress": (
        "An Ingress with a resource backend is not served at all.",
        reading(view=_no_resources),
    ),
    "missing-service-drops-ingress": (
        "An Ingress that names a missing Service loses all its paths.",
        reading(settle=_missing_drops),
    ),
    "default-backend-of-one-host": (
        "Of an Ingress's hosts only the first gets its default backend.",
        reading(settle=_default_for_first_host),
    ),
    "newest-wins": ("Of two Ingresses with the same host and path the newer one wins.", reading(age=_newest_first)),
    "one-ingress-per-host": ("A host's further Ingresses are ignored.", reading(settle=_first_owner_only)),
    "two-hosts-swapped": ("The first two hosts of all serve each other's paths.", reading(settle=_two_swapped)),
    "service-of-any-namespace": (
        "A Service missing in the Ingress's namespace is taken from another.",
        reading(find_service=_any_namespace),
    ),
    "service-namespace-ignored": (
        "Services are found by name alone: the first namespace's is taken.",
        reading(find_service=_first_of_that_name),
    ),
    "port-ignored": ("A Service's first port is used whatever port is named.", reading(service_port=_first_port)),
    "named-port-ignored": (
        "A port given by name is taken to be the Service's first.",
        reading(service_port=_first_port_for_names),
    ),
    "named-port-dropped": ("A port given by name is not found.", reading(service_port=_numbers_only)),
    "target-port-expected": (
        "A port number is looked up among the Service's target ports.",
        reading(service_port=_by_target_port),
    ),
    "target-port-ignored": ("Pods are reached on the Service's port number.", reading(pod_port=_service_number)),
    "high-ports-not-mapped": (
        "A Service's port of 1024 or more is used on the pods as it is.",
        reading(pod_port=_high_port_kept),
    ),
    "unready-endpoints-served": ("Endpoints that are not ready get traffic.", reading(is_ready=lambda _: True)),
    "secret-of-any-namespace": (
        "A Secret missing in the Ingress's namespace is taken from another.",
        reading(find_secret=_any_namespace),
    ),
    "secret-namespace-ignored": (
        "Secrets are found by name alone: the first namespace's is taken.",
        reading(find_secret=_first_of_that_name),
    ),
    "missing-secret-spoils-others": (
        "An Ingress of which one Secret is missing presents none of its certificates.",
        reading(find_secret=_all_secrets_or_none),
    ),
    "broken-secret-stops-serving": (
        "While any certificate is broken, or lacks its key, nothing is served.",
        reading(find_secret=_with_all_parts, settle=_nothing_beside_broken),
    ),
    "sni-ignored": ("Every TLS client gets the first host's certificate.", behaving(certificate=_first_pair)),
    "default-certificate-always": (
        "Every TLS client gets the default certificate.",
        behaving(certificate=lambda *_: None),
    ),
    "wrong-certificate": ("TLS hosts present another host's certificate.", behaving(certificate=_other_pair)),
    "certificate-for-strangers": (
        "Clients that ask for an unknown name get some tenant's certificate.",
        behaving(certificate=_tenant_for_strangers),
    ),
    "wildcard-certificate-ignored": (
        "TLS hosts with a wildcard present the default certificate.",
        behaving(certificate=_precise_names_only),
    ),
    "no-tls-1-3": ("TLS 1.3 is refused.", behaving(tls_versions=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2))),
    "no-tls-1-2": ("TLS 1.2 is refused.", behaving(tls_versions=(ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3))),
    "tls-half-way": ("TLS handshakes stop half-way.", behaving(completes_handshakes=False)),
    "hostile-certificate": (
        "The default certificate's name is made of terminal escape sequences and HTML.",
        behaving(default_certificate_name=_HOSTILE_NAME),
    ),
    "gigantic-certificate": (
        "Every TLS client gets a default certificate with ten thousand names.",
        behaving(
            certificate=lambda *_: None,
            default_certificate_hosts=tuple(f"host-{number}.example.org" for number in range(10_000)),
        ),
    ),
    "status-never": ("Status is never written.", behaving(wants_status=lambda *_: False)),
    "status-foreign": ("Status is written to others' Ingresses too.", behaving(wants_status=lambda *_: True)),
    "status-wrong-address": ("Status gets an address where nobody listens.", behaving(status_address="192.0.2.1")),
}


def _sweeping(seconds: float) -> Behaviour:
    return behaving(wants_status=lambda *_: True, status_period=seconds)


MUTANTS = (
    *(fixed(name, sentence, behaviour) for name, (sentence, behaviour) in _WRONG.items()),
    Mutant(
        "status-swept-foreign",
        "Status is written every ARG (5) seconds only, to others' Ingresses too.",
        _sweeping,
        5.0,
    ),
)
