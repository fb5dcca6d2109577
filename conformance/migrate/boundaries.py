"""The places where a rule begins and ends, and the requests just inside and outside of them. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from conformance.case.matching import items, mapping
from conformance.migrate.found import Found
from conformance.migrate.hosts import UNNAMED, Hosts, has_tls, redirects, sample_host
from conformance.migrate.patterns import REGEX, path_for
from conformance.migrate.question import Question, RuleKey

_SENT_AS_WRITTEN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in "?#")
_LETTER = re.compile(r"[a-z]", re.IGNORECASE)
EVERY_PATH = "every path"
"""How a rule is called that has no paths."""

RESPELLED = frozenset(
    {
        "sub-path",
        "slash",
        "double-slash",
        "dot-segments",
        "other-case",
        "percent-encoded",
        "without-tls",
        "tls-unasked",
        "host-with-port",
        "host-in-capitals",
    }
)
"""The boundaries that may lead to the same backend by another spelling."""

HSTS = ("Strict-Transport-Security",)


@dataclass(frozen=True)
class Spot:
    """One path of one rule: ``host`` is one that the rule serves, ``path`` a path that it serves, without patterns.

    ``tls`` says that it is asked over TLS, ``own_tls`` that its own Ingress has it for the host. ``service`` is the
    Service that it leads to, as namespace/name; empty if there is none. ``pattern`` says that
    ``path`` only stands for a pattern, so that it must be seen to meet the rule, ``sure`` that it does by what it says.
    """

    owner: int
    host: str
    rule_host: str
    path: str
    written: str
    path_type: str
    tls: bool
    own_tls: bool
    service: str = ""
    pattern: bool = False
    sure: bool = True

    @property
    def scheme(self) -> str:
        """How it is asked: over TLS where an Ingress has it for this host, or its own wants it."""
        return "https" if self.tls else "http"

    @property
    def rule(self) -> str:
        """The rule in few words."""
        return f"{self.path_type} {self.written or '(no path)'}"

    @property
    def key(self) -> RuleKey:
        """By what answers name the rule."""
        return self.owner, self.rule, self.host

    @property
    def host_signature(self) -> tuple[str, bool]:
        """What makes two hosts of an Ingress alike: wildcard, named or every host; with TLS or without."""
        wild = self.rule_host[:1] if self.rule_host.startswith("*") or not self.rule_host else "named"
        return wild, self.tls

    @property
    def signature(self) -> tuple[object, ...]:
        """What makes two paths of an Ingress alike."""
        elements = [element for element in self.path.split("/") if element]
        odd = tuple(element for element in elements if not re.fullmatch(r"[a-z0-9_-]+", element))
        wild = self.host_signature[0]
        regex = self.written if self.pattern else ""
        return self.path_type, len(elements), self.path.endswith("/"), odd, regex, (self.tls, self.own_tls), wild

    @property
    def spelling(self) -> tuple[object, ...]:
        """What makes two paths alike in how they can be spelled: all that but how deep they are."""
        path_type, depth, *rest = self.signature
        return path_type, bool(depth), *rest


def spots(found: Found, owner: int, hosts: Hosts) -> Iterator[Spot]:
    """Yield the paths of an Ingress; a rule without paths, and a default backend, stand for every path."""
    for rule in found.rules:
        rule_host = str(rule.get("host") or "").lower()
        for path in items(mapping(rule.get("http")).get("paths")) or [{}]:
            yield _spot(found, owner, rule_host, mapping(path), hosts)
    if found.spec.get("defaultBackend") and not found.rules:
        yield _spot(found, owner, "", {}, hosts)


def _spot(found: Found, owner: int, rule_host: str, path: Mapping[str, Any], hosts: Hosts) -> Spot:
    written, path_type = str(path.get("path") or ""), str(path.get("pathType") or EVERY_PATH)
    # A path of another type is what is written, unless something on its host says otherwise.
    read = hosts.reads_patterns(rule_host)
    pattern = bool(REGEX.search(written)) and (read or path_type == "ImplementationSpecific")
    plain, sure = path_for(written, read=read) if pattern else (written or "/", True)
    backend = mapping(path.get("backend") or found.spec.get("defaultBackend"))
    service = str(mapping(backend.get("service")).get("name") or "")
    return Spot(
        owner,
        sample_host(rule_host),
        rule_host,
        quote(plain, safe=_SENT_AS_WRITTEN),
        written,
        path_type,
        hosts.has_tls(rule_host) or redirects(found),
        has_tls(found, rule_host),
        f"{found.namespace}/{service}" if service else "",
        pattern,
        sure,
    )


def around(spot: Spot) -> tuple[list[Question], list[Question]]:
    """Return the requests that show whether the rule is served, and those just beside it.

    Where TLS is only another Ingress's, or the controller's, some serve the rule without: that is asked of each.
    """
    served = replace(_ask(spot, "path", spot.path, compares=HSTS if spot.tls else ()), serves=True)
    bare = spot.path.rstrip("/")
    rest = [_ask(spot, "sub-path", f"{bare}/x")]
    if bare:
        rest.append(_ask(spot, "slash", bare if spot.path.endswith("/") else f"{bare}/"))
        rest.append(_ask(spot, "one-letter-more", f"{bare}z"))
        rest.append(_ask(spot, "longer-sibling", f"{bare}-other/x"))
        rest.append(_ask(spot, "double-slash", f"/{spot.path}"))
        rest.append(_ask(spot, "dot-segments", f"/elsewhere/..{spot.path}"))
        if spot.path.swapcase() != spot.path:
            rest.append(_ask(spot, "other-case", spot.path.swapcase()))
        if (letter := _LETTER.search(spot.path)) is not None:
            encoded = f"{spot.path[: letter.start()]}%{ord(letter[0]):02x}{spot.path[letter.end() :]}"
            rest.append(_ask(spot, "percent-encoded", encoded))
    if spot.tls:
        rest.append(_ask(spot, "without-tls", spot.path, scheme="http", guards=True))
    return ([served], rest) if spot.own_tls or not spot.tls else ([served, rest[-1]], rest[:-1])


def host_questions(spot: Spot) -> list[Question]:
    """Return what is asked once for each host: beside it, and on paths that nobody names."""
    asked = [_ask(spot, "unknown-path", "/nobody/names/this")]
    if not spot.tls:
        asked.append(_ask(spot, "tls-unasked", spot.path, scheme="https"))
    if spot.host != UNNAMED:
        asked.append(_ask(spot, "sub-domain", spot.path, host=f"two.{spot.host}"))
        asked.append(_ask(spot, "host-with-port", spot.path, host=f"{spot.host}:8080"))
        asked.append(_ask(spot, "host-in-capitals", spot.path, host=spot.host.upper()))
    if spot.rule_host.startswith("*."):
        asked.append(_ask(spot, "bare-domain", spot.path, host=spot.rule_host[2:]))
    return asked


def _ask(
    spot: Spot,
    kind: str,
    target: str,
    *,
    scheme: str = "",
    host: str = "",
    guards: bool = False,
    compares: tuple[str, ...] = (),
) -> Question:
    return Question(
        kind=kind,
        host=host or spot.host,
        target=target,
        owner=spot.owner,
        rule=spot.rule,
        service=spot.service,
        path_kind=spot.signature,
        scheme=scheme or spot.scheme,
        guards=guards,
        compares=compares,
    )
