"""What makes two groups of Ingresses alike: everything but their names. Pure.

Alike means: the same number of objects, hosts (wildcard or not, with ``www.`` or not, and who is below whom), paths
with the same types, the same relations between paths (which is a part of which, in which letters, and which is longer),
the same annotations with the same values, the same use of TLS, Services and ports. One group of each shape is judged,
and speaks for the others: so whatever may change a request, or who answers it, belongs to the shape.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from conformance.case.matching import items, mapping
from conformance.migrate.annotations import Known, known_annotations
from conformance.migrate.found import CLASS_ANNOTATION, Found
from conformance.migrate.grouping import Group
from conformance.migrate.stand_ins import seems_tls

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]*")
_LETTER = re.compile(r"[a-z]")
_IN_A_VALUE = re.compile(r"(?<=/)[^/?#\s;,\"'{}()|^$]+")
"""What may be an element of a path in the value of an annotation."""

_ASKED_LABELS = frozenset({"www", "one", "two"})
"""What questions put in front of a host: where a rule has such a host, they meet that rule."""


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
        ingresses = [self.ingress(found) for found in group.ingresses]
        # After all paths: a value may name one that another Ingress has.
        path_words = frozenset(self.words)
        annotations = [self.annotations(found, hosts, path_words) for found in group.ingresses]
        lengths = sorted({len(path) for path in self.paths})
        ranks = [lengths.index(len(path)) for path in self.paths]
        every_host = [name for kind, name in self.numbers if kind == "host"]
        below = [(self.number("host", a), self.number("host", b), *how) for a, b, *how in _below(every_host)]
        return [ingresses, annotations, list(_beginnings(list(self.words))), ranks, below]

    def ingress(self, found: Found) -> Any:
        rules = [
            [
                self.host(str(rule.get("host") or "")),
                [self.path(mapping(path), found) for path in items(mapping(rule.get("http")).get("paths"))],
            ]
            for rule in found.rules
        ]
        tls = [
            [
                [self.host(str(host)) for host in items(entry.get("hosts"))],
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
        ]

    def annotations(self, found: Found, hosts: Mapping[str, str], path_words: frozenset[str]) -> Any:
        return [
            self.annotation(key, value, found, hosts, path_words)
            for key, value in sorted(found.annotations.items())
            if key != CLASS_ANNOTATION and not self.known.for_others(key)
        ]

    def host(self, host: str) -> str:
        if not host:
            return ""
        number = self.number("host", host.lower())
        # With www in front, what is redirected is the name without, and the other way round.
        return f"*{number}" if host.startswith("*") else f"www.{number}" if host.lower().startswith("www.") else number

    def path(self, path: Mapping[str, Any], found: Found) -> Any:
        written = str(path.get("path") or "")
        self.paths.append(written)
        elements = [self.element(element) for element in written.split("/")]
        return [path.get("pathType"), "/".join(elements), self.backend(mapping(path.get("backend")), found)]

    def element(self, element: str) -> str:
        if not element:
            return ""
        number = self.words.setdefault(element, len(self.words))
        if not _PLAIN.fullmatch(element):
            return element
        # Where there is no letter, none is asked in capitals, or percent-encoded.
        return f"e{number}" if _LETTER.search(element) else f"d{number}"

    def backend(self, backend: Mapping[str, Any], found: Found) -> Any:
        service = mapping(backend.get("service"))
        if not service:
            return mapping(backend.get("resource")).get("kind")
        port = mapping(service.get("port"))
        name, number = str(port.get("name") or ""), port.get("number")
        # By the name, or by these numbers, controllers choose what they speak.
        kind = f"named {name}" if name else f"number {number}" if seems_tls(number) else "number"
        whose = f"{found.namespace}/{service.get('name')}"
        return [self.number("service", whose), kind, self.number("port", f"{whose}:{name or number}")]

    def annotation(
        self, key: str, value: str, found: Found, hosts: Mapping[str, str], path_words: frozenset[str]
    ) -> tuple[str, str, Sequence[int]]:
        family = self.known.families.get(self.known.family(key))
        kind = family.names.get(self.known.short(key)) if family else None
        if kind not in {None, "hosts"}:
            name = value.removeprefix(f"{found.namespace}/")
            # Of some names a controller takes none without its namespace.
            return key, f"{'own ' if name != value else ''}{self.named(name, str(kind), found)}", ()
        for host, number in sorted(hosts.items(), key=lambda pair: -len(pair[0])):
            # A host of one label may be part of any word.
            if "." in host:
                value = value.replace(host, f"<{number}>")
        elements = {element: self.element(element) for element in _IN_A_VALUE.findall(value)}
        said = [self.words[element] for element in elements]
        if not value.startswith("/") and "://" not in value:
            return key, value, said
        shown = {element: f"<{known}>" if element in path_words else element for element, known in elements.items()}
        return key, _IN_A_VALUE.sub(lambda match: shown[match[0]], value), said

    def named(self, name: str, kind: str, found: Found) -> str:
        """Return what an annotation names; nothing stands in for what another namespace has."""
        # A Secret of certificates may be one that TLS uses, too.
        number = self.number("secret" if kind == "certificates" else kind, f"{found.namespace}/{name}")
        return f"other {number}" if "/" in name else number if name else ""


def _beginnings(words: Sequence[str]) -> Iterator[tuple[int, int, bool]]:
    """Yield which word is a beginning of which, or all of it, and whether in the same letters.

    Beginnings matter to those that compare letters; other letters to those that ignore their case or decode them.
    """
    folded = [unquote(word).casefold() for word in words]
    by_text: dict[str, list[int]] = {}
    for number, text in enumerate(folded):
        by_text.setdefault(text, []).append(number)
    # Lengths are few even where words are many, or one is very long.
    lengths = sorted({len(text) for text in by_text})
    for longer, text in enumerate(folded):
        for length in lengths:
            if length > len(text):
                break
            for shorter in by_text.get(text[:length], ()):
                if shorter != longer:
                    yield shorter, longer, words[longer].startswith(words[shorter])


def _below(hosts: Sequence[str]) -> Iterator[tuple[str, str, int, str]]:
    """Yield which host is below which, or covered by it: by how many labels, and the first of them if it is asked."""
    known = set(hosts)
    for host in hosts:
        first, _, above = host.partition(".")
        depth = 1
        while above:
            for other in (above, f"*.{above}"):
                if other in known and other != host:
                    yield host, other, depth, first if first in _ASKED_LABELS else ""
            above = above.partition(".")[2]
            depth += 1
