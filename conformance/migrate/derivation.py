"""From a group of Ingresses to questions. Pure."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import replace

from conformance.case.matching import items, mapping
from conformance.migrate.annotations import Known, known_annotations
from conformance.migrate.asking import family_questions
from conformance.migrate.boundaries import around, host_questions, spots
from conformance.migrate.found import Found
from conformance.migrate.grouping import Group
from conformance.migrate.question import Agenda, LeftOut, Question
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
    boundaries: list[Question] = []
    seen: dict[object, int] = {}
    hosts: set[str] = set()
    for index, found in enumerate(group.ingresses):
        for spot in spots(found, index):
            kind = (spot.signature, _signature(found, known))
            seen[kind] = seen.get(kind, 0) + 1
            served, rest = around(spot)
            asked.append(served)
            if seen[kind] <= IN_FULL:
                boundaries += rest
            else:
                left.append(LeftOut("boundaries", "other paths of this kind are asked in full", found.label, len(rest)))
            if spot.host in hosts:
                continue
            hosts.add(spot.host)
            beside = host_questions(spot)
            sort = ("host", spot.host_signature, _signature(found, known))
            seen[sort] = seen.get(sort, 0) + 1
            if seen[sort] <= IN_FULL:
                boundaries += beside
            else:
                left.append(LeftOut("hosts", "other hosts of this kind are asked in full", found.label, len(beside)))
        asked += family_questions(found, index, known)
        left += _not_asked(found, known)
    if first_of_all and asked:
        asked.append(
            replace(asked[0], kind="claimed-address", headers=(CLAIMED,), received=("X-Forwarded-For",), compares=())
        )
    everything = list(_once(_with_credentials([*asked, *boundaries], group, known)))
    guards = [question for question in everything if question.guards]
    rest = [question for question in everything if not question.guards]
    kept = [*guards, *rest][:MOST_QUESTIONS]
    if len(everything) > len(kept):
        why = f"more than {MOST_QUESTIONS} questions about one group of Ingresses that share hosts"
        left.append(LeftOut("questions", why, group.ingresses[0].label, len(everything) - len(kept)))
    return Agenda(tuple(kept), tuple(left))


def _signature(found: Found, known: Known) -> object:
    return (
        found.namespace,
        tuple(sorted((key, value) for key, value in found.annotations.items() if not known.for_others(key))),
        bool(found.tls),
    )


def _once(questions: Iterable[Question]) -> Iterator[Question]:
    """Yield each request once: where several reasons send the same, that of a guard stands, else the first."""
    merged: dict[object, Question] = {}
    for question in questions:
        first = merged.get(question.sent)
        if first is None:
            merged[question.sent] = question
            continue
        chosen = question if question.guards and not first.guards else first
        merged[question.sent] = replace(
            chosen,
            compares=tuple(dict.fromkeys((*first.compares, *question.compares))),
            received=tuple(dict.fromkeys((*first.received, *question.received))),
        )
    yield from merged.values()


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
    for name in dict.fromkeys(known.family(annotation) for annotation in found.annotations):
        family = known.families.get(name)
        if family and family.cannot:
            yield LeftOut(name, family.cannot, found.label)
    for rule in found.rules:
        for path in items(mapping(rule.get("http")).get("paths")):
            if mapping(mapping(path).get("backend")).get("resource"):
                yield LeftOut("resource-backend", "nothing stands in for a resource as a backend", found.label)
