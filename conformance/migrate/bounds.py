"""Which questions about a group are sent where there are too many, and what cannot be judged by them. Pure."""

from collections.abc import Hashable, Iterator, Sequence

from conformance.migrate.grouping import Group
from conformance.migrate.question import Agenda, LeftOut, Question


def bounded(everything: Sequence[Question], left: Sequence[LeftOut], group: Group, most: int, beside: int) -> Agenda:
    """Return what is asked: at most ``most`` questions, and ``beside`` about more than whether each rule is served.

    Whether each rule is served comes first, then what each guard keeps out, then how else that may be reached.
    """
    first = sorted(everything, key=_rank)
    serving = sum(not _rank(question) for question in first)
    bound = min(most, serving + beside)
    kept, cut = first[:bound], first[bound:]
    told = list(left)
    if cut:
        why = f"more than {most} questions, or {beside} beside those what is served, of Ingresses that share hosts"
        told.append(LeftOut("questions", why, group.ingresses[0].label, len(cut)))
    # Without these nobody can say that it stays as it is. A guard may be asked about on other paths, or in other words.
    answered = {(owner, question.family) for question in _parts(kept) for owner in _owners(question)}
    unasked = {
        owner
        for question in _parts(cut)
        if _serves(question) or _is_guard(question)
        for owner in _owners(question)
        if _serves(question) or (owner, question.family) not in answered
    }
    of_kinds = set(_guards_of_kinds(kept))
    partly = {(owner, family) for owner, family, kind in _guards_of_kinds(cut) if (owner, family, kind) not in of_kinds}
    return Agenda(tuple(kept), tuple(told), frozenset(unasked), frozenset(partly))


def _parts(questions: Sequence[Question]) -> Iterator[Question]:
    """Yield the questions with those about other annotations that their requests answer."""
    for question in questions:
        yield from (question, *question.also)


def _guards_of_kinds(questions: Sequence[Question]) -> Iterator[tuple[int, str, Hashable]]:
    """Yield about whose guards, of which family, they ask on what kind of path."""
    for question in _parts(questions):
        if _is_guard(question):
            for owner in _owners(question):
                yield owner, question.family, question.path_kind


def _owners(question: Question) -> tuple[int, ...]:
    return question.owner, *question.speaks_for


def _rank(question: Question) -> int:
    if _serves(question) or question.kind == "claimed-address":
        return 0
    if _is_guard(question):
        return 1
    return 2 if question.guards else 3


def _serves(question: Question) -> bool:
    """Tell whether it asks if a rule is served: with a password that another Ingress of its host wants, or without."""
    return question.serves or question.kind == "without-password"


def _is_guard(question: Question) -> bool:
    return question.guards and bool(question.family) and not question.keeps
