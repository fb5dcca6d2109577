"""Which backend serves a request: the specification's algorithm.

Sources: https://kubernetes.io/docs/concepts/services-networking/ingress/#path-types, ``#multiple-matches``,
``#hostname-wildcards``, ``#default-backend``, and the comments of the ``networking.k8s.io/v1`` types.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conformance.reference.model import Backend, Path, Table


def host_name(authority: str) -> str:
    """Return the host of a Host header: without its port, in lower case (RFC 9110, section 4.2.3)."""
    name, colon, port = authority.rpartition(":")
    return (name if colon and port.isdigit() else authority).lower()


def request_path(target: str) -> str:
    """Return the path of a request target in origin or absolute form, byte for byte (RFC 9112, section 3.2)."""
    path = target.split("?", 1)[0]
    if not path.startswith("/") and "://" in path:
        path = "/" + path.split("://", 1)[1].partition("/")[2]
    return path


def choose_host(hosts: Mapping[str, object], name: str) -> str:
    """Return the key of ``hosts`` for ``name``: itself, else the wildcard in place of its first label, else ""."""
    wildcard = "*." + name.partition(".")[2]
    return next((host for host in (name, wildcard) if host in hosts), "")


def path_matches(rule: Path, path: str) -> bool:
    """Tell whether the path is the rule's (Exact), or begins with the rule's elements (Prefix; the rest as Prefix).

    The rule's trailing slash counts for nothing; the request's makes one more, empty, element.
    """
    if rule.kind == "Exact":
        return path == rule.path
    wanted = rule.path.removesuffix("/").split("/")
    return path.split("/")[: len(wanted)] == wanted


def precedence(rule: Path) -> tuple[int, bool]:
    """Return what the winner has most of: length first, Exact only among equally long paths."""
    return len(rule.path), rule.kind == "Exact"


def pick(rules: Sequence[Path]) -> Path:
    """Return the rule of the highest precedence among those that match, the first (so the oldest) among equals."""
    return max(rules, key=precedence)


@dataclass(frozen=True, slots=True)
class Matching:
    """The seams of the algorithm; the defaults are the specification's."""

    host_name: Callable[[str], str] = host_name
    request_path: Callable[[str], str] = request_path
    choose_host: Callable[[Mapping[str, object], str], str] = choose_host
    path_matches: Callable[[Path, str], bool] = path_matches
    pick: Callable[[Sequence[Path]], Path] = pick


SPECIFIED = Matching()


def choose(table: Table, authority: str, target: str, how: Matching = SPECIFIED) -> Backend | None:
    """Return the backend for a request, or None: the host is chosen first, then a path among that host's only.

    What no path of the chosen host matches goes to the default backend of the Ingress that names the host, if it has
    one; what is for a host that nobody names, to the oldest default backend of all.
    """
    host = how.choose_host(table.hosts, how.host_name(authority))
    path = how.request_path(target)
    matching = [rule for rule in table.hosts.get(host, ()) if how.path_matches(rule, path)]
    return how.pick(matching).backend if matching else table.defaults.get(host)
