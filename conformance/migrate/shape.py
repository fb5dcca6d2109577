"""What makes two groups of Ingresses alike: everything but their names. Pure.

Alike means: the same number of objects, hosts (wildcard or not, and who covers whom), paths with the same types, the
same relations between paths (which is a part of which, and which is longer), the same annotations with the same
values, the same use of TLS, Services and ports. One group of each shape is judged, and speaks for the others.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.case.matching import items, mapping
from conformance.migrate.annotations import Known, known_annotations
from conformance.migrate.found import CLASS_ANNOTATION, Found
from conformance.migrate.grouping import Group

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]*")


def shape_of(group: Group) -> str:
    """Return a digest that is the same for groups that are alike."""
    canonical = json.dumps(_Canon(known_annotations()).group(group), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass
class _Canon:
    """Gives things numbers in the order in which they are met."""

    known: Known
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)

    def number(self, kind: str, name: str) -> str:
        return f"{kind}{self.numbers.setdefault((kind, name), len(self.numbers))}"

    def group(self, group: Group) -> Any:
        hosts = {host: self.number("host", host) for host in group.hosts}
        ingresses = [self.ingress(found, hosts) for found in group.ingresses]
        words = list(self.words)
        # What is a beginning of what matters to those that compare letters; what is longer, to those that sort.
        inside = [
            (a, b) for a, one in enumerate(words) for b, two in enumerate(words) if a != b and two.startswith(one)
        ]
        lengths = sorted({len(path) for path in self.paths})
        ranks = [lengths.index(len(path)) for path in self.paths]
        covers = [(hosts[h], hosts[w]) for h in hosts if h and (w := "*." + h.partition(".")[2]) in hosts and w != h]
        return [ingresses, inside, ranks, covers]

    def ingress(self, found: Found, hosts: Mapping[str, str]) -> Any:
        rules = [
            [
                self.host(str(rule.get("host") or ""), hosts),
                [self.path(mapping(path), found) for path in items(mapping(rule.get("http")).get("paths"))],
            ]
            for rule in found.rules
        ]
        tls = [
            [
                [self.host(str(host), hosts) for host in items(entry.get("hosts"))],
                self.number("secret", f"{found.namespace}/{entry['secretName']}") if entry.get("secretName") else "",
            ]
            for entry in found.tls
        ]
        default = found.spec.get("defaultBackend")
        return [
            self.number("namespace", found.namespace),
            rules,
            tls,
            self.backend(mapping(default), found) if default else None,
            sorted(self.annotation(*pair, found, hosts) for pair in found.annotations.items() if self.matters(pair[0])),
        ]

    def matters(self, annotation: str) -> bool:
        return annotation != CLASS_ANNOTATION and not self.known.for_others(annotation)

    def host(self, host: str, hosts: Mapping[str, str]) -> str:
        number = hosts.get(host.lower()) or self.number("host", host.lower())
        return f"*{number}" if host.startswith("*") else number if host else ""

    def path(self, path: Mapping[str, Any], found: Found) -> Any:
        written = str(path.get("path") or "")
        self.paths.append(written)
        elements = [self.element(element) for element in written.split("/")]
        return [path.get("pathType"), "/".join(elements), self.backend(mapping(path.get("backend")), found)]

    def element(self, element: str) -> str:
        if not _PLAIN.fullmatch(element):
            return element
        return f"e{self.words.setdefault(element, len(self.words))}"

    def backend(self, backend: Mapping[str, Any], found: Found) -> Any:
        service = mapping(backend.get("service"))
        if not service:
            return mapping(backend.get("resource")).get("kind")
        port = mapping(service.get("port"))
        name, number = str(port.get("name") or ""), port.get("number")
        # These two are what controllers take for TLS.
        kind = "tls" if number == 443 or name.startswith("https") else "name" if name else "number"
        whose = f"{found.namespace}/{service.get('name')}"
        return [self.number("service", whose), kind, self.number("port", f"{whose}:{name or number}")]

    def annotation(self, key: str, value: str, found: Found, hosts: Mapping[str, str]) -> tuple[str, str]:
        family = self.known.families.get(self.known.family(key))
        kind = family.names.get(self.known.short(key)) if family else None
        if kind not in {None, "hosts"}:
            name = value.removeprefix(f"{found.namespace}/")
            return key, self.number("service" if kind == "service" else str(kind), f"{found.namespace}/{name}")
        for host, number in sorted(hosts.items(), key=lambda pair: -len(pair[0])):
            if host:
                value = value.replace(host, f"<{number}>")
        return key, value
