"""Of many paths of one kind a few are asked about, and speak for the others. Pure."""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace

from conformance.case.matching import items, mapping
from conformance.migrate.annotations import Known
from conformance.migrate.boundaries import Spot
from conformance.migrate.found import Found
from conformance.migrate.grouping import EVERY_HOST, Group
from conformance.migrate.question import LeftOut, Question
from conformance.migrate.values import held_value


@dataclass
class Sample:
    """Questions by the kind of path or host that they belong to: the first few of a kind speak for the others."""

    kinds: dict[Hashable, tuple[list[Question], dict[int, None]]] = field(default_factory=dict)
    counts: Counter[Hashable] = field(default_factory=Counter)

    def add(
        self, kind: tuple[Hashable, ...], most: int, found: Found, owner: int, asked: list[Question]
    ) -> list[LeftOut]:
        """Take on the questions about one path or host, of ``most`` of this kind; returns what is left out."""
        if not asked:
            return []
        questions, others = self.kinds.setdefault(kind, ([], {}))
        self.counts[kind] += 1
        if self.counts[kind] <= most:
            questions += asked
            return []
        others[owner] = None
        return [LeftOut("boundaries", f"other {kind[0]}s of this kind are asked in full", found.label, len(asked))]

    def questions(self) -> list[Question]:
        """Return them, each with the Ingresses that it speaks for."""
        return [
            replace(question, speaks_for=tuple(owner for owner in others if owner != question.owner))
            for questions, others in self.kinds.values()
            for question in questions
        ]


def signature(found: Found, known: Known) -> Hashable:
    """Return what makes two Ingresses alike: what their annotations hold while they are asked, and TLS or none.

    A value in whose place another is held, such as a range of addresses, makes no difference; nor does a name.
    """
    annotations = sorted(
        (key, _held(key, value, known)) for key, value in found.annotations.items() if not known.for_others(key)
    )
    return found.namespace, tuple(annotations), bool(found.tls)


def _held(annotation: str, value: str, known: Known) -> tuple[str, ...]:
    family, short = known.families.get(known.family(annotation)), known.short(annotation)
    if family is None:
        return (value,)
    if family.names.get(short, "hosts") != "hosts":
        return ("named elsewhere" if "/" in value else "named",)
    states = (False, True) if family.apart else (False,)
    return tuple(held_value(family, short, value, closed=closed) or "" for closed in states)


class Neighbours:
    """The other Ingresses of a group that may get the requests beside a path: those that have a beginning of it."""

    def __init__(self, group: Group, signatures: Iterable[Hashable]) -> None:
        self._rules: dict[tuple[str, str], dict[int, Hashable]] = {}
        for owner, (found, held) in enumerate(zip(group.ingresses, signatures, strict=True)):
            fallbacks = [(host, "", "") for host in found.hosts if found.spec.get("defaultBackend")]
            written = (
                (str(rule.get("host") or "").lower(), str(path.get("path") or ""), str(path.get("pathType")))
                for rule in found.rules
                for path in map(mapping, items(mapping(rule.get("http")).get("paths")) or [{}])
            )
            for host, path, path_type in (*written, *fallbacks):
                self._rules.setdefault((host, _folded(path)), {})[owner] = path_type, held

    def of(self, spot: Spot) -> frozenset[Hashable]:
        """Return what kinds of them there are."""
        path = _folded(spot.path)
        hosts = spot.rule_host, "*." + spot.host.partition(".")[2], EVERY_HOST
        paths = [path[:length] for length in range(len(path) + 1)]
        places = ((host, beginning) for host in hosts for beginning in paths)
        return frozenset(
            held for place in places for owner, held in self._rules.get(place, {}).items() if owner != spot.owner
        )


def _folded(path: str) -> str:
    return path.casefold().rstrip("/")
