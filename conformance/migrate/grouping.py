"""Which Ingresses must be judged together: those of one class that share a host, directly or by way of others. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from conformance.migrate.annotations import Known, known_annotations
from conformance.migrate.classes import by_class
from conformance.migrate.found import Found
from conformance.migrate.meaning import is_off

EVERY_HOST = ""
_WWW = "www."


@dataclass(frozen=True)
class Group:
    """Ingresses that share hosts, in the order of their namespaces and names."""

    ingresses: tuple[Found, ...]

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of all of them, each once."""
        return tuple(dict.fromkeys(host for found in self.ingresses for host in found.hosts))

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Their namespaces, each once."""
        return tuple(dict.fromkeys(found.namespace for found in self.ingresses))

    @property
    def catches_all(self) -> bool:
        """Whether it serves hosts that nobody names, and so touches what others are asked."""
        return EVERY_HOST in self.hosts


def groups(ingresses: Iterable[Found]) -> tuple[Group, ...]:
    """Return the groups, those of the first Ingresses first."""
    made = (Group(party) for part in by_class(ingresses).values() for party in sharing(part))
    return tuple(sorted(made, key=lambda group: _order(group.ingresses[0])))


def sharing(ingresses: Iterable[Found]) -> tuple[tuple[Found, ...], ...]:
    """Return those together that share a host, whatever their class."""
    found = sorted(ingresses, key=_order)
    leader = list(range(len(found)))

    def lead(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    known = known_annotations()
    first: dict[str, int] = {}
    for index, one in enumerate(found):
        for host in (*one.hosts, *_aliases(one, known), *_other_names(one, known)):
            leader[lead(index)] = lead(first.setdefault(host, index))
    for host, index in first.items():
        # A wildcard serves what others name, too.
        wide = "*." + host.partition(".")[2]
        if not host.startswith("*") and wide in first:
            leader[lead(index)] = lead(first[wide])
    members: dict[int, list[Found]] = {}
    for index, one in enumerate(found):
        members.setdefault(lead(index), []).append(one)
    return tuple(tuple(part) for part in members.values())


def _order(found: Found) -> tuple[str, str]:
    return found.namespace, found.name


def _other_names(found: Found, known: Known) -> Iterator[str]:
    """Yield the hosts with www, or without it, whose requests are redirected: a rule that has one is met by them."""
    if not is_off(known.value(dict(found.annotations), "from-to-www-redirect")):
        for host in found.hosts:
            if host != EVERY_HOST and not host.startswith("*"):
                yield host.removeprefix(_WWW) if host.startswith(_WWW) else _WWW + host


def _aliases(found: Found, known: Known) -> Sequence[str]:
    value = known.value(dict(found.annotations), "server-alias")
    return [alias.strip().lower() for alias in value.split(",") if alias.strip()]
