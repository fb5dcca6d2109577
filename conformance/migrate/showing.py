"""Which annotations of an Ingress an answer can show: others of the same family may be ignored all the same. Pure."""

from collections.abc import Mapping

from conformance.migrate.annotations import Known, known_annotations
from conformance.migrate.found import Found
from conformance.migrate.meaning import is_a, is_off
from conformance.migrate.question import Question


def held_annotations(found: Found, known: Known) -> Mapping[str, tuple[str, ...]]:
    """Return the short names of the known annotations of an Ingress, each once, by family."""
    held: dict[str, dict[str, None]] = {}
    for annotation in found.annotations:
        if name := known.family(annotation):
            held.setdefault(name, {})[known.short(annotation)] = None
    return {name: tuple(shorts) for name, shorts in held.items()}


def shown_by(question: Question, found: Found, *, alike: bool) -> tuple[str, ...]:
    """Return the annotations of an Ingress that the answers to a question say something of.

    Where they are ``alike``, these say nothing of a value that ours stood in for without being anything like it.
    """
    known = known_annotations()
    family = known.families.get(question.family)
    if family is None or not question.asks:
        return ()
    shows = {short for ask in family.ask if ask.id in question.asks for short in ask.shows}
    held = {short: value for key, value in found.annotations.items() if (short := known.short(key)) in shows}
    return tuple(
        short
        for short, value in held.items()
        if not alike or short not in family.holds or is_a(family.holds[short], value)
    )


def restricting(found: Found) -> frozenset[str]:
    """Return the known annotations of an Ingress that may keep requests out: guards, and lines of configuration."""
    known = known_annotations()
    annotations = dict(found.annotations)
    return frozenset(
        short
        for name, held in held_annotations(found, known).items()
        for short in held
        if short in known.families[name].restricting and not is_off(known.value(annotations, short))
    )
