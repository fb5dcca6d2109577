"""From a group of Ingresses to questions. Pure."""

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from conformance.case.matching import items, mapping
from conformance.migrate.alike import Neighbours, Sample, signature
from conformance.migrate.annotations import Known, known_annotations
from conformance.migrate.asking import family_questions, first_of_kinds, paths_not_asked, respelled
from conformance.migrate.boundaries import around, host_questions, spots
from conformance.migrate.bounds import bounded
from conformance.migrate.claimed import CLAIMED
from conformance.migrate.found import Found
from conformance.migrate.grouping import Group
from conformance.migrate.hosts import Hosts
from conformance.migrate.question import Agenda, LeftOut, Question
from conformance.migrate.showing import held_annotations
from conformance.migrate.stand_ins import USER

IN_FULL = 2
"""So many paths of one kind are asked with all their boundaries; the others only whether they are served."""

GUARDED = 10
"""On so many paths of one kind guards are asked for."""

MOST_QUESTIONS = 5000
"""Of one group, which may be thousands of Ingresses on one host."""

BESIDE_SERVING = 400
"""Of these, so many about more than whether each path is served."""

CREDENTIALS = ("Authorization", f"Basic {base64.b64encode(f'{USER}:{USER}'.encode()).decode()}")
"""The user of the Secret that stands in for yours."""


def agenda(group: Group, *, claimant: int | None = None) -> Agenda:
    """Return what is asked about a group, the most telling first, and what is left out.

    ``claimant`` is the Ingress on whose path it is asked, too, whether a client may claim another address.
    """
    known = known_annotations()
    left: list[LeftOut] = []
    serving: list[Question] = []
    of_patterns: list[Question] = []
    asked: list[Question] = []
    sample = Sample()
    signatures = [signature(found, known) for found in group.ingresses]
    neighbours = Neighbours(group, signatures)
    hosts, asked_hosts = Hosts(group), set[str]()
    for index, (found, held) in enumerate(zip(group.ingresses, signatures, strict=True)):
        of_ingress = list(first_of_kinds(spots(found, index, hosts)))
        for spot, first in of_ingress:
            served, rest = around(spot)
            (of_patterns if spot.pattern else serving).extend(served)
            left += sample.add(("path", spot.signature, held), IN_FULL, found, index, rest)
            if spot.host not in asked_hosts:
                asked_hosts.add(spot.host)
                left += sample.add(("host", spot.host_signature, held), IN_FULL, found, index, host_questions(spot))
            if first:
                others, guards, long = _by_cost(list(family_questions(spot, found, known)), served, known)
                asked += others
                of_path, of_host = respelled(spot, found, known)
                beside = neighbours.of(spot)
                # Where nobody else may get the request, one of a kind is enough.
                kind, most = (held, beside), IN_FULL if beside else 1
                left += sample.add(("guard", spot.signature, *kind), GUARDED, found, index, guards)
                left += sample.add(("long question", spot.signature, *kind), IN_FULL, found, index, long)
                left += sample.add(("guarded path", spot.spelling, *kind), most, found, index, of_path)
                left += sample.add(("guarded host", spot.host_signature, *kind), most, found, index, of_host)
        left += [
            *_not_asked(found, known),
            *paths_not_asked(found, [spot for spot, first in of_ingress if not first], known),
        ]
    # Of equal requests the first stands, and a pattern's may be another rule's.
    serving += of_patterns
    claims = [_claim(question) for question in serving if question.owner == claimant][:1]
    # Of equal requests the first stands: whether a path is served, and a guard's own before another that is spelled so.
    sampled = sorted(sample.questions(), key=lambda question: bool(question.keeps))
    everything = _once(_with_credentials([*serving, *claims, *asked, *sampled], group, known))
    return bounded(list(everything), left, group, MOST_QUESTIONS, BESIDE_SERVING)


def _by_cost(
    of_families: Sequence[Question], served: Sequence[Question], known: Known
) -> tuple[list[Question], list[Question], list[Question]]:
    """Return the questions that are asked on each path, those of guards, and those that take long."""
    long = [question for question in of_families if question.long]
    guards = [
        question
        for question in of_families
        if (question.guards or question.against) and question not in long
        if not _free(question, served, known)
    ]
    return [question for question in of_families if question not in (*guards, *long)], guards, long


def _free(question: Question, served: Sequence[Question], known: Known) -> bool:
    """Tell whether a question costs no request, as it is one of its path; not where the password is added."""
    sent = {one.sent for one in served}
    return question.sent in sent and not known.families[question.family].credentials


def _claim(served: Question) -> Question:
    return replace(
        served, kind="claimed-address", headers=(CLAIMED,), received=(CLAIMED[0],), compares=(), serves=False
    )


def _once(questions: Iterable[Question]) -> Iterator[Question]:
    """Yield each request once, whatever the number of reasons to send it."""
    merged: dict[object, Question] = {}
    for question in questions:
        first = merged.get(question.sent)
        merged[question.sent] = question if first is None else _joined(first, question)
    yield from merged.values()


def _joined(first: Question, question: Question) -> Question:
    """Return one question for two that send the same: a guard's stands, and before all an annotation's, else the first.

    One about another annotation is kept beside it: what that annotation does would else count as never asked.
    """
    later = question.guards and (not first.guards or bool(question.family and not first.family))
    chosen, other = (question, first) if later else (first, question)
    apart = other.family not in {"", chosen.family}
    beside: dict[str, Question] = {}
    for one in (*first.also, *((replace(other, also=()),) if apart else ())):
        if one.family != chosen.family:
            beside[one.family] = _joined(beside[one.family], one) if one.family in beside else one
    # Whether a rule is served says nothing of others of its kind.
    spoken_for = () if first.serves and not question.serves else question.speaks_for
    owners = (first.owner, *first.speaks_for, question.owner, *spoken_for)
    rules = (first.key, *first.shared, question.key, *question.shared)
    said_of = (chosen,) if apart else (first, question)
    return replace(
        chosen,
        speaks_for=tuple(dict.fromkeys(owner for owner in owners if owner != chosen.owner)),
        shared=tuple(dict.fromkeys(rule for rule in rules if rule != chosen.key)),
        compares=tuple(dict.fromkeys(name for one in said_of for name in one.compares)),
        received=tuple(dict.fromkeys(name for one in said_of for name in one.received)),
        serves=first.serves or question.serves,
        asks=tuple(dict.fromkeys(name for one in said_of for name in one.asks)),
        also=tuple(beside.values()),
    )


def _with_credentials(questions: Iterable[Question], group: Group, known: Known) -> Iterator[Question]:
    """Add the password where a host asks for one: else nothing but the guard would be seen.

    Whether a rule is served of an Ingress that asks for none is asked without it, too: its guard may be the host's.
    """
    families = {name for name, family in known.families.items() if family.credentials}
    asking = {
        owner
        for owner, found in enumerate(group.ingresses)
        if any(known.family(annotation) in families for annotation in found.annotations)
    }
    guarded = {host for owner in asking for host in group.ingresses[owner].hosts}
    for question in questions:
        host = question.host.partition(":")[0].lower()
        named = {host, "*." + host.partition(".")[2], ""}
        own = (question.family in families and not question.variant) or bool(question.against)
        adds = bool(named & guarded) and not own
        yield replace(question, headers=(*question.headers, CREDENTIALS)) if adds else question
        if adds and question.serves and question.owner not in asking:
            yield replace(question, kind="without-password", compares=(), serves=False)


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
