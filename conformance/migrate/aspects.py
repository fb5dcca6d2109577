"""Questions that are about one thing alone: by what an annotation is seen to be heeded, or not, and what shows neither.

Pure. All other questions compare everything about an answer: see :mod:`conformance.migrate.verdicts`.
"""

from dataclasses import dataclass

from conformance.migrate.question import Question
from conformance.migrate.said import ABSENT, Seen, as_answered
from conformance.migrate.shares import alike, differ


@dataclass(frozen=True)
class Aspect:
    """What is said of two answers to a question. Each kind of question has a class of its own.

    ``plain`` is what the old controller answers without what the question adds. ``held`` says that both controllers
    keep out what the question is held against.
    """

    question: Question
    old: Seen
    new: Seen
    plain: Seen | None = None
    held: bool = True

    @property
    def blind(self) -> bool:
        """Whether the old controller redirected what a backend should have answered: that is another annotation's."""
        return not self.question.guards and not self.old.reached and self.old.outcome.startswith("redirect:")

    @property
    def differs(self) -> bool:
        """Whether numbers differ; outcomes and facts are compared for all kinds alike."""
        return False

    @property
    def unsafe(self) -> bool:
        """Whether the new answer is less safe, though no guard lets through what it kept out."""
        return False

    @property
    def ignored(self) -> bool:
        """Whether the new controller answers as if the annotation were not there, and the old one did not."""
        return False

    @property
    def idle(self) -> bool:
        """Whether answers that do not differ are as if the annotation were not there."""
        return False

    @property
    def silent(self) -> bool:
        """Whether answers that do not differ show nothing of the annotation."""
        return not self.old.reached


class Limit(Aspect):
    """How many of several requests a limit lets through: a few may take a little longer by chance."""

    @property
    def differs(self) -> bool:
        """See :class:`Aspect`."""
        return self._more(self.old, self.new) or self._more(self.new, self.old)

    @property
    def unsafe(self) -> bool:
        """See :class:`Aspect`."""
        return self.question.guards and not self.old.reached and self._more(self.new, self.old)

    @property
    def silent(self) -> bool:
        """See :class:`Aspect`: a limit lets some through, and others not. None that do may mean anything."""
        if self.old.reached:
            return not _told(self.question, self.old)
        return not (self.old.through and self.new.through and self.old.outcome.startswith("status:"))

    def _more(self, one: Seen, other: Seen) -> bool:
        chance = self.question.chance
        return one.through is not None and other.through is not None and one.through - other.through > chance


class CutOff(Aspect):
    """An answer that the annotation brings about, and nothing else does."""

    @property
    def ignored(self) -> bool:
        """See :class:`Aspect`."""
        return self.new.reached and self.old.outcome in self.question.heeded

    @property
    def idle(self) -> bool:
        """See :class:`Aspect`."""
        return self.old.reached

    @property
    def silent(self) -> bool:
        """See :class:`Aspect`."""
        return not (_told(self.question, self.old) if self.old.reached else self.old.outcome in self.question.heeded)


class Share(Aspect):
    """How many of several requests a Service gets."""

    @property
    def differs(self) -> bool:
        """See :class:`Aspect`."""
        return self.old.shares is not None and self.new.shares is not None and differ(self.old.shares, self.new.shares)

    @property
    def ignored(self) -> bool:
        """See :class:`Aspect`."""
        return self.new.shares is not None and not self._any(self.new) and self._any(self.old)

    @property
    def idle(self) -> bool:
        """See :class:`Aspect`: where it gets all without a weight, too, it may be the only Service there is."""
        alone = self.plain is not None and self.question.gets in self.plain.services and len(self.old.shares or ()) == 1
        return not self._any(self.old) or alone

    @property
    def silent(self) -> bool:
        """See :class:`Aspect`."""
        return self.old.shares is None or self.new.shares is None or not alike(self.old.shares, self.new.shares)

    def _any(self, answer: Seen) -> bool:
        return any(self.question.gets in name.split(" or ") for name in answer.shares or ())


class Copy(Aspect):
    """How many copies of a request arrive elsewhere."""

    @property
    def differs(self) -> bool:
        """See :class:`Aspect`."""
        return None not in {self.old.copies, self.new.copies} and self.old.copies != self.new.copies

    @property
    def ignored(self) -> bool:
        """See :class:`Aspect`."""
        return self.new.reached and self.new.copies == 0 and bool(self.old.copies)

    @property
    def idle(self) -> bool:
        """See :class:`Aspect`."""
        return self.old.copies == 0

    @property
    def silent(self) -> bool:
        """See :class:`Aspect`."""
        return not self.old.reached or None in {self.old.copies, self.new.copies}


class OfTheBackend(Aspect):
    """What becomes of headers that the backend was asked to answer with."""

    @property
    def ignored(self) -> bool:
        """See :class:`Aspect`."""
        return self.new.reached and self._as_sent(self.new) and not self._lost(self.old)

    @property
    def idle(self) -> bool:
        """See :class:`Aspect`."""
        return self.old.reached and self._as_sent(self.old)

    @property
    def silent(self) -> bool:
        """See :class:`Aspect`: where none came at all, the backend may not have been told to send them."""
        return not self.old.reached or self._lost(self.old)

    def _as_sent(self, answer: Seen) -> bool:
        return all(answer.facts.get(name) == value for name, value in as_answered(self.question).items())

    def _lost(self, answer: Seen) -> bool:
        return all(answer.facts.get(name, ABSENT) == ABSENT for name, _ in self.question.answers)


class Claim(Aspect):
    """What reaches the backend of headers that a client claims, and that only somebody else may say."""

    @property
    def unsafe(self) -> bool:
        """See :class:`Aspect`."""
        return self.old.reached and self.new.reached and self._believed(self.new) and not self._believed(self.old)

    @property
    def ignored(self) -> bool:
        """See :class:`Aspect`."""
        return self.new.reached and _nothing_of_it(self.question, self.new)

    @property
    def idle(self) -> bool:
        """See :class:`Aspect`."""
        return self.old.reached and (self._believed(self.old) or _nothing_of_it(self.question, self.old))

    def _believed(self, answer: Seen) -> bool:
        return any(claimed in answer.facts.get(f"received {name}", "") for name, claimed in self.question.claims)


class Against(Aspect):
    """Whether an annotation alters what another question shows of a guard; ``lets_in`` says which way."""

    @property
    def idle(self) -> bool:
        """See :class:`Aspect`."""
        return self.question.lets_in and not self.old.reached

    @property
    def silent(self) -> bool:
        """See :class:`Aspect`: nothing shows that there is a guard at all where it keeps nobody out."""
        return not self.held


class LetIn(Aspect):
    """Whether a guard lets in whom it must, and what the backend hears of it."""

    @property
    def ignored(self) -> bool:
        """See :class:`Aspect`."""
        return self.old.reached and self.new.reached and _nothing_of_it(self.question, self.new)

    @property
    def idle(self) -> bool:
        """See :class:`Aspect`."""
        return not self.old.reached or _nothing_of_it(self.question, self.old)


def aspect_of(
    question: Question, old: Seen, new: Seen, plain: Seen | None = None, *, held: bool = True
) -> Aspect | None:
    """Return what is said of two answers to a question about one thing, ``None`` if it is about everything."""
    kinds: tuple[tuple[object, type[Aspect]], ...] = (
        (question.gets, Share),
        (question.number > 1, Limit),
        (question.heeded, CutOff),
        (question.copies, Copy),
        (question.answers, OfTheBackend),
        (question.claims, Claim),
        (question.against, Against),
        (question.lets_in, LetIn),
    )
    return next((kind(question, old, new, plain, held) for asked, kind in kinds if asked), None)


def _told(question: Question, answer: Seen) -> bool:
    """Tell whether what the query asks of the backend got there: a rewritten path may have lost it."""
    return question.target.partition("?")[2] in answer.facts.get("target", "")


def _nothing_of_it(question: Question, answer: Seen) -> bool:
    """Tell whether the backend gets none of the headers that a question is about, if it is about any."""
    facts = [answer.facts.get(f"received {name}", ABSENT) for name in question.received]
    return bool(facts) and set(facts) == {ABSENT}
