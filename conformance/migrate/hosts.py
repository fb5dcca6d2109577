"""What the Ingresses of a group say together of a host, as its paths have one server. Pure."""

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
        self._of_patterns = frozenset(
            host for found in group.ingresses if _reads_patterns(found) for host in found.hosts
        )

    def reads_patterns(self, rule_host: str) -> bool:
        """Tell whether the paths of a host are read as regular expressions."""
        return rule_host in self._of_patterns


def sample_host(rule_host: str) -> str:
    """Return a host that a rule with this host serves."""
    return f"one{rule_host[1:]}" if rule_host.startswith("*") else rule_host or UNNAMED


def _reads_patterns(found: Found) -> bool:
    known, annotations = known_annotations(), dict(found.annotations)
    return not all(is_off(known.value(annotations, short)) for short in _PATTERNS)
