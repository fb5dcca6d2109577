"""From a group of Ingresses to questions. Pure."""

import base64
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from conformance.case.matching import items, mapping
from conformance.migrate.annotations import Known, known_annotations
from conformance.migrate.asking import family_questions, paths_not_asked
from conformance.migrate.boundaries import around, host_questions, spots
from conformance.migrate.found import Found
from conformance.migrate.grouping import Group
from conformance.migrate.question import Agenda, LeftOut, Question
from conformance.migrate.showing import held_annotations
from conformance.migrate.stand_ins import USER

IN_FULL = 2
"""So many paths of one kind are asked with all their boundaries; the others only whether they are served."""

MOST_QUESTIONS = 400
"""Of one group, which may be thousands of Ingresses on one host."""

CREDENTIALS = ("Authorization", f"Basic {base64.b64encode(f'{USER}:{USER}'.encode()).decode()}")
"""The user of the Secret that stands in for yours."""

CLAIMED = ("X-Forwarded-For", "203.0.113.7")
"""A client that says it is somebody else (RFC 5737 keeps the address for documents)."""


def agenda(group: Group, *, first_of_all: bool = False) -> Agenda:
    """Return what is asked about a group, the most telling first, and what is left out.

    ``first_of_all`` adds what says more of the controllers than of the objects, and is asked only once.
    """
    known = known_annotations()
    left: list[LeftOut] = []
    asked: list[Question] = []
    in_full = _InFull()
    hosts: set[str] = set()
    for index, found in enumerate(group.ingresses):
        signature = _signature(found, known)
        for spot in spots(found, index):
            served, rest = around(spot)
            asked.append(served)
            left += in_full.add(("path", spot.signature, signature), found, index, rest)
            if spot.host not in hosts:
                hosts.add(spot.host)
                left += in_full.add(("host", spot.host_signature, signature), found, index, host_questions(spot))
        asked += family_questions(found, index, known)
        left += [*_not_asked(found, known), *paths_not_asked(found, index, known)]
    boundaries = in_full.questions()
    if first_of_all and asked:
        asked.append(
            replace(
                asked[0],
                kind="claimed-address",
                headers=(CLAIMED,),
                received=("X-Forwarded-For",),
                compares=(),
                serves=False,
            )
        )
    everything = list(_once(_with_credentials([*asked, *boundaries], group, known)))
    guards = [question for question in everything if question.guards]
    rest = [question for question in everything if not question.guards]
    kept = [*guards, *rest][:MOST_QUESTIONS]
    if len(everything) > len(kept):
        why = f"more than {MOST_QUESTIONS} questions about one group of Ingresses that share hosts"
        left.append(LeftOut("questions", why, group.ingresses[0].label, len(everything) - len(kept)))
    return Agenda(tuple(kept), tuple(left))


@dataclass
class _InFull:
    """Boundaries by the kind of path or host that they belong to: the first few of a kind speak for the others."""

    kinds: dict[object, tuple[list[Question], dict[int, None]]] = field(default_factory=dict)
    counts: Counter[object] = field(default_factory=Counter)

    def add(self, kind: tuple[object, ...], found: Found, owner: int, rest: list[Question]) -> list[LeftOut]:
        """Take on the boundaries of one path or host; returns what is left out."""
        questions, owners = self.kinds.setdefault(kind, ([], {}))
        owners[owner] = None
        self.counts[kind] += 1
        if self.counts[kind] <= IN_FULL:
            questions += rest
            return []
        return [LeftOut("boundaries", f"other {kind[0]}s of this kind are asked in full", found.label, len(rest))]

    def questions(self) -> list[Question]:
        """Return them, each with the Ingresses that it speaks for."""
        return [
            replace(question, speaks_for=tuple(owner for owner in owners if owner != question.owner))
            for questions, owners in self.kinds.values()
            for question in questions
        ]


def _signature(found: Found, known: Known) -> object:
    return (
        found.namespace,
        tuple(sorted((key, value) for key, value in found.annotations.items() if not known.for_others(key))),
        bool(found.tls),
    )


def _once(questions: Iterable[Question]) -> Iterator[Question]:
    """Yield each request once, whatever the number of reasons to send it."""
    merged: dict[object, Question] = {}
    for question in questions:
        first = merged.get(question.sent)
        merged[question.sent] = question if first is None else _joined(first, question)
    yield from merged.values()


def _joined(first: Question, question: Question) -> Question:
    """Return one question for two that send the same: a guard's stands, else the first.

    One about another annotation is kept beside it: what that annotation does would else count as never asked.
    """
    chosen, other = (question, first) if question.guards and not first.guards else (first, question)
    apart = other.family not in {"", chosen.family}
    beside: dict[str, Question] = {}
    for one in (*first.also, *((replace(other, also=()),) if apart else ())):
        if one.family != chosen.family:
            beside[one.family] = _joined(beside[one.family], one) if one.family in beside else one
    owners = (first.owner, *first.speaks_for, question.owner, *question.speaks_for)
    said_of = (chosen,) if apart else (first, question)
    return replace(
        chosen,
        speaks_for=tuple(dict.fromkeys(owner for owner in owners if owner != chosen.owner)),
        compares=tuple(dict.fromkeys(name for one in said_of for name in one.compares)),
        received=tuple(dict.fromkeys(name for one in said_of for name in one.received)),
        serves=first.serves or question.serves,
        asks=tuple(dict.fromkeys(name for one in said_of for name in one.asks)),
        also=tuple(beside.values()),
    )


def _with_credentials(questions: Iterable[Question], group: Group, known: Known) -> Iterator[Question]:
    """Add the password where a host asks for one: else nothing but the guard would be seen."""
    families = {name for name, family in known.families.items() if family.credentials}
    guarded = {
        host
        for found in group.ingresses
        if any(known.family(annotation) in families for annotation in found.annotations)
        for host in found.hosts
    }
    for question in questions:
        host = question.host.partition(":")[0].lower()
        named = {host, "*." + host.partition(".")[2], ""}
        own = question.family in families and not question.variant
        yield replace(question, headers=(*question.headers, CREDENTIALS)) if named & guarded and not own else question


def _not_asked(found: Found, known: Known) -> Iterator[LeftOut]:
    for name, held in held_annotations(found, known).items():
        family = known.families[name]
        if family.cannot:
            yield LeftOut(", ".join(held), family.cannot, found.label)
        for short in held:
            if short in family.not_asked:
                yield LeftOut(short, family.not_asked[short], found.label)
    for rule in found.rules:
        for path in items(mapping(rule.get("http")).get("paths")):
            if mapping(mapping(path).get("backend")).get("resource"):
                yield LeftOut("resource-backend", "nothing stands in for a resource as a backend", found.label)
