"""What the Ingresses of a group say together of a host, as its paths have one server. Pure."""

from collections.abc import Sequence
from typing import Any

from conformance.case.matching import items, names
from conformance.migrate.annotations import known_annotations
from conformance.migrate.found import Found
from conformance.migrate.grouping import Group
from conformance.migrate.meaning import is_off

UNNAMED = "unnamed.invalid"
"""A host that no rule names, to meet rules without one (RFC 2606 keeps it free)."""

_PATTERNS = ("use-regex", "rewrite-target")
"""With one of these ingress-nginx reads all paths of the host as regular expressions, whatever their type."""


class Hosts:
    """The hosts of a group, and what holds for all of their rules, whichever Ingress says it."""

    def __init__(self, group: Group) -> None:
        everyone = [(found, host) for found in group.ingresses for host in found.hosts]
        self._of_patterns = frozenset(host for found, host in everyone if _reads_patterns(found))
        self._with_tls = frozenset(host for found, host in everyone if has_tls(found, host))

    def has_tls(self, rule_host: str) -> bool:
        """Tell whether any Ingress with a rule for a host has TLS for it: then it may be meant for all of its rules."""
        return rule_host in self._with_tls

    def reads_patterns(self, rule_host: str) -> bool:
        """Tell whether the paths of a host are read as regular expressions."""
        return rule_host in self._of_patterns


def sample_host(rule_host: str) -> str:
    """Return a host that a rule with this host serves."""
    return f"one{rule_host[1:]}" if rule_host.startswith("*") else rule_host or UNNAMED


def has_tls(found: Found, rule_host: str) -> bool:
    """Tell whether the Ingress has TLS for a host; an entry without hosts is for all of them."""
    entries: Sequence[Any] = [items(entry.get("hosts")) for entry in found.tls]
    sample = sample_host(rule_host)
    return any(
        not hosts or any(str(h).lower() == rule_host or names(str(h), sample) for h in hosts) for hosts in entries
    )


def redirects(found: Found) -> bool:
    """Tell whether the Ingress asks for https whoever holds the certificate: the controller may have one of its own."""
    return not is_off(known_annotations().value(dict(found.annotations), "force-ssl-redirect"))


def _reads_patterns(found: Found) -> bool:
    known, annotations = known_annotations(), dict(found.annotations)
    return not all(is_off(known.value(annotations, short)) for short in _PATTERNS)
