"""Which differences are one: a rule that is not served at all differs in every request around it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.migrate.model import Sort
from conformance.migrate.question import Question
from conformance.migrate.said import Seen
from conformance.migrate.verdicts import Difference

_TOGETHER = {"one-letter-more": "longer-sibling", "without-tls-slash": "without-tls"}
_SPOKEN_FOR = (Sort.DIFFERS, Sort.IGNORED)


@dataclass(frozen=True)
class Turn:
    """A question whose answers differ. ``beside`` are those about annotations whose request it is as well."""

    question: Question
    difference: Difference
    old: Seen
    new: Seen
    beside: tuple[Question, ...] = ()

    @property
    def may_be_why(self) -> tuple[Question, ...]:
        """The questions about annotations that may be why, where it is about none itself."""
        return () if self.question.family or not _free(self) else self.beside

    @property
    def families(self) -> tuple[str, ...]:
        """The families of these."""
        return tuple(one.family for one in self.may_be_why)

    @property
    def kind(self) -> str:
        """What it is told as: what was asked, but where the redirect to https is lost, which is one thing."""
        return self.question.kind if self.difference.lost_tls is None else "without-tls"

    @property
    def of_annotation(self) -> Sort:
        """How the annotations stand that it is about: it is none of theirs that http is served."""
        return self.difference.lost_tls or self.difference.sort

    @property
    def turned(self) -> tuple[str, str]:
        """From which answer to which: in short where that tells them apart."""
        if self.old.brief != self.new.brief:
            return self.old.brief, self.new.brief
        return self.old.outcome, self.new.outcome

    @property
    def key(self) -> tuple[object, ...]:
        """What changes with the same key have in common: they are told as one."""
        kind = _TOGETHER.get(self.kind, self.kind)
        past = bool(self.question.keeps) and self.difference.sort is Sort.UNSAFE
        kind = f"{kind} past {self.question.family}" if past else kind
        apart = past or not self.question.family or kind == "without-tls"
        about = kind if apart else self.question.family
        sort, opens = self.difference.sort, self.difference.opens
        return sort, about, self.old.brief, self.new.brief, opens, self.facts, self.families

    @property
    def facts(self) -> tuple[str, ...]:
        """Which facts differ, where the same one answered."""
        if self.old.outcome != self.new.outcome:
            return ()
        return tuple(name for name, value in self.old.facts.items() if self.new.facts.get(name) != value)

    def like(self, other: "Turn") -> bool:
        """Tell whether it turned as another did, with nothing that differs but what differs there."""
        return self.turned == other.turned and set(self.facts) <= set(other.facts)


def rooted(turns: Sequence[Turn], of_group: Sequence[Turn]) -> Iterator[tuple[Turn, Turn]]:
    """Yield each difference with the one that it follows from: itself, or that of its rule's path, or an annotation's.

    Where the path is no longer served, nothing around it is. Where it is, and an annotation turned in the same way, it
    is the annotation. What becomes less safe always stands for itself; but a guard that is gone keeps out nothing,
    however it is spelled. ``of_group`` are those of all scenes, these included: what is asked in objects of its
    own is not served there, either.
    """
    paths = {(t.question.owner, t.question.rule): t for t in of_group if t.question.kind == "path" and _free(t)}
    families: dict[tuple[int, tuple[str, str]], list[Turn]] = {}
    for turn in turns:
        if turn.question.family and _free(turn):
            families.setdefault((turn.question.owner, turn.turned), []).append(turn)
    gone = {turn.question.guarded: turn for turn in turns if not _free(turn) and not turn.question.keeps}
    for turn in turns:
        unsafe = gone.get(turn.question.guarded, turn) if turn.question.keeps else turn
        yield turn, _root(turn, paths, families) if _free(turn) else unsafe


def _free(turn: Turn) -> bool:
    return turn.difference.sort in _SPOKEN_FOR


def _root(
    turn: Turn, paths: dict[tuple[int, str], Turn], families: dict[tuple[int, tuple[str, str]], list[Turn]]
) -> Turn:
    path = paths.get((turn.question.owner, turn.question.rule))
    if path is not None and path.new.brief == turn.new.brief and not path.new.reached:
        return path
    if not turn.question.family:
        family = next((one for one in families.get((turn.question.owner, turn.turned), ()) if turn.like(one)), None)
        if family is not None and (path is None or path.turned == turn.turned):
            return family
        if path is not None and turn.like(path):
            return path
    return turn
