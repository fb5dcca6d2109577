"""Who may answer a request, worked out from the specification's words, one sentence after another.

This shares no code and no data structure with the reference controller: it reads Ingress objects as the API gives
them, and returns every answer that the specification allows. Where it leaves the choice open (the same host and path
in two Ingresses, several default backends) that is more than one. Statements are named by their ids, as
``cases coverage`` lists them.

Sources: https://kubernetes.io/docs/concepts/services-networking/ingress/ (``#path-types``, ``#hostname-wildcards``,
``#default-backend``) and the comments of the types IngressRule and HTTPIngressPath of networking.k8s.io/v1.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NOBODY = None
Ingress = Mapping[str, Any]


@dataclass(frozen=True)
class Candidate:
    """A path of a rule that has been found to apply."""

    path: str
    exact: bool
    service: str


def may_answer(ingresses: Sequence[Ingress], authority: str, target: str) -> frozenset[str | None]:
    """Return the services that may answer a request, ``NOBODY`` among them where it may go unanswered.

    ``authority`` is the Host header, ``target`` the request target in origin form.
    """
    name = authority.partition(":")[0].lower()  # H09, H10
    path = target.partition("?")[0]  # P02: a query is no part of the path
    rules = [(number, rule) for number, one in enumerate(ingresses) for rule in one["spec"].get("rules") or []]
    chosen = _by_host(rules, name)
    found = [candidate for _, rule in chosen for candidate in _applying(rule, path)]
    if found:
        return _preferred(found)
    every = {number: service for number, one in enumerate(ingresses) if (service := _default(one))}
    naming = [number for number, rule in chosen if rule.get("host")]
    if any(number in every for number in naming):
        # B03: what none of its paths matches goes to the default backend of the Ingress that names the host.
        return frozenset(every[number] for number in naming if number in every)
    if naming:
        # Whether another Ingress's default backend takes what this one leaves is left to the controller.
        return frozenset({NOBODY, *every.values()})
    # B02, B15: a host that no rule names goes to a default backend, one of them if there are several (B06).
    return frozenset(every.values()) or frozenset({NOBODY})


def _by_host(rules: Sequence[tuple[int, Any]], name: str) -> list[tuple[int, Any]]:
    """Return the rules whose host this is; a host is decided on before any path is looked at (H05)."""
    named = [(n, rule) for n, rule in rules if str(rule.get("host") or "").lower() == name]
    if named:
        # H02, H03: a precise host serves its own name; nothing falls through to the wildcard. H07: all Ingresses.
        return named
    starred = [(n, rule) for n, rule in rules if _under_star(str(rule.get("host") or "").lower(), name)]
    if starred:
        return starred
    # H04, H06: rules without a host are for every other name, and for the address itself.
    return [(n, rule) for n, rule in rules if not rule.get("host")]


def _under_star(pattern: str, name: str) -> bool:
    """H01, H12: the star stands for exactly one label, the first; all the others are equal."""
    if not pattern.startswith("*."):
        return False
    wanted, given = pattern.split(".")[1:], name.split(".")
    return len(given) == len(wanted) + 1 and given[0] != "" and given[1:] == wanted


def _applying(rule: Any, path: str) -> Iterator[Candidate]:
    for one in (rule.get("http") or {}).get("paths") or []:
        written, exact = one["path"], one["pathType"] == "Exact"
        if written == path if exact else _elements_begin(written, path):
            yield Candidate(written, exact, one["backend"]["service"]["name"])


def _elements_begin(prefix: str, path: str) -> bool:
    """P06 to P13, P19: element by element from the left, case-sensitive.

    P10, P11: a slash at the end of the rule does not count, and one at the end of the request does no harm.
    """
    wanted = [element for element in prefix.split("/") if element]
    given = [element for element in path.split("/") if element]
    return all(index < len(given) and given[index] == element for index, element in enumerate(wanted))


def _preferred(found: Sequence[Candidate]) -> frozenset[str | None]:
    # P14, P15, P20, P21: the longest of the matching paths comes first, whatever the order they are written in.
    longest = max(len(candidate.path) for candidate in found)
    equal = [candidate for candidate in found if len(candidate.path) == longest]
    # P18, P22: only among paths that are still equal an Exact one is preferred.
    exact = [candidate for candidate in equal if candidate.exact]
    # H08: the same host, path and type twice is open.
    return frozenset(candidate.service for candidate in exact or equal)


def _default(ingress: Ingress) -> str | None:
    backend = ingress["spec"].get("defaultBackend")
    return str(backend["service"]["name"]) if backend else None
