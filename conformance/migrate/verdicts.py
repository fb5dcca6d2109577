"""How two answers to one question differ, and whether that is less safe. Pure."""

from dataclasses import dataclass

from conformance.migrate.model import Sort
from conformance.migrate.question import Question
from conformance.migrate.said import ABSENT, Seen, as_answered
from conformance.migrate.shares import alike, differ

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
REFUSALS = ("status:401", "status:403", "status:407")
_CLAIMED = "received X-Forwarded-For"
_HOST = "received Host"


@dataclass(frozen=True)
class Difference:
    """How a question's answers differ. ``opens``: reachable now, though no guard is passed by."""

    sort: Sort
    opens: bool = False


def difference(
    question: Question, old: Seen, new: Seen, plain: Seen | None, plain_old: Seen | None = None
) -> Difference | None:
    """Return how the answers differ, ``None`` if they do not.

    ``plain`` is what the new controller answers to the same rule without what the question adds, if it was asked;
    ``plain_old`` what the old one does. Of another spelling of what a guard keeps, it is the guard's own request, and
    of a question that is held against another, that.
    """
    if question.against and plain and plain_old and plain.reached and not plain_old.reached:
        return None  # The guard itself is not there any more, which is told already.
    if question.keeps:
        return _around_a_guard(question, old, new, plain, plain_old)
    more, fewer = _more(question, new, old), _more(question, old, new)
    same = old.compared(question) == new.compared(question)
    if same and not (more or fewer or _dealt_anew(old, new) or _copied_anew(old, new)):
        return None
    if _less_safe(question, old, new, plain_old):
        return Difference(Sort.UNSAFE)
    # Where an annotation cuts off what takes too long, the backend was reached before as well.
    opens = new.served and not old.reached and not old.outcome.startswith("redirect:") and not question.heeded
    if question.family and _as_if_absent(question, old, new, plain):
        return Difference(Sort.IGNORED, opens)
    return Difference(Sort.DIFFERS, opens)


def _less_safe(question: Question, old: Seen, new: Seen, plain_old: Seen | None) -> bool:
    if question.guards and (new.reached or _more(question, new, old)) and _kept_out(question, old, plain_old):
        return True
    if old.outcome in REFUSALS and new.reached:
        # Not asked about the guard, but let past it: such as another spelling of a path.
        return True
    if question.claims:
        return old.reached and new.reached and _believed(question, new) and not _believed(question, old)
    if question.kind == "claimed-address":
        return old.facts.get(_CLAIMED) != new.facts.get(_CLAIMED) and "not" not in new.facts.get(_CLAIMED, "not")
    if question.kind == "cors-other-origin":
        return old.facts.get(ALLOW_ORIGIN) == ABSENT and new.facts.get(ALLOW_ORIGIN, ABSENT) != ABSENT
    return False


def _around_a_guard(
    question: Question, old: Seen, new: Seen, own_new: Seen | None, own_old: Seen | None
) -> Difference | None:
    """Return how the answers to another spelling differ, as far as a guard is about it: only who is let in counts.

    Which backend answers, and where no rule is, the same request shows while the guard is open.
    """
    if new.reached and not old.reached:
        past = _refused(old, own_old) or (_held(own_old) and question.keeps in _who(new))
        return Difference(Sort.UNSAFE) if past else None
    if old.reached and not new.reached:
        return Difference(Sort.DIFFERS) if _refused(new, own_new) else None
    varies = any(answer.outcome.startswith("varies:") for answer in (old, new))
    return Difference(Sort.DIFFERS) if varies and old.outcome != new.outcome else None


def _refused(answer: Seen, own: Seen | None) -> bool:
    """Tell whether a guard refused: by a status for it, or as it refuses its own request."""
    return answer.outcome in REFUSALS or (own is not None and _held(own) and answer.brief == own.brief)


def _held(own: Seen | None) -> bool:
    """Tell whether a guard kept out its own request. A 404 is no refusal: there was no such rule to guard."""
    return own is not None and not own.reached and own.outcome != "status:404"


def _who(answer: Seen) -> list[str]:
    """Return the Services of which one answered: several may share a stand-in."""
    return answer.outcome.removeprefix("backend ").split(" or ")


def _more(question: Question, one: Seen, other: Seen) -> bool:
    """Tell whether of several requests clearly more got through: a few may take a little longer by chance."""
    return one.through is not None and other.through is not None and one.through - other.through > question.chance


def _kept_out(question: Question, old: Seen, plain_old: Seen | None) -> bool:
    """Tell whether the old controller refused.

    A guard that an annotation asks for is lost whatever kept the request out: some drop an Ingress whose guard they
    cannot build, and answer 404. Without an annotation a 404 is no refusal, but where a rule is served over TLS only.
    """
    if question.family or old.outcome != "status:404":
        return not old.reached
    return question.kind.startswith("without-tls") and plain_old is not None and plain_old.reached


def _as_if_absent(question: Question, old: Seen, new: Seen, plain: Seen | None) -> bool:
    """Tell whether the new controller answers as if the annotation were not there: the request went through as sent."""
    if question.heeded:
        return new.reached and old.outcome in question.heeded
    if question.gets:
        return new.shares is not None and not _gets_any(question, new) and _gets_any(question, old)
    if question.copies:
        return new.reached and new.copies == 0 != old.copies
    if question.answers:
        return new.reached and _unchanged(question, new) and not _lost(question, old)
    if question.claims:
        return new.reached and not _said(question, new)
    if question.lets_in:
        return new.reached and old.reached and _nothing_more(question, new)
    if not new.reached or (
        question.compares and any(new.facts.get(name, ABSENT) != ABSENT for name in question.compares)
    ):
        return False
    if question.family == "canary":
        return plain is not None and plain.outcome == new.outcome and old.outcome != new.outcome
    if (host := new.facts.get(_HOST)) is not None and old.facts.get(_HOST) is not None:
        return host == question.host != old.facts[_HOST]
    return _as_sent(question, new) and (old.outcome != new.outcome or old.facts != new.facts)


def _as_sent(question: Question, answer: Seen) -> bool:
    received = [answer.facts.get(f"received {name}", ABSENT) for name in question.received]
    target = answer.facts.get("target")
    # Where another question has the target, what reaches the backend says it.
    return target == question.target if target is not None else set(received) <= {ABSENT}


def without_effect(question: Question, answer: Seen, plain: Seen | None) -> bool:
    """Tell whether an answer is as if the annotation were not there; ``plain`` is that without what is added for it."""
    if question.heeded:
        return answer.reached
    if question.gets:
        # Where it gets all without a weight, too, it may be the only Service there is.
        alone = plain is not None and question.gets in _who(plain) and len(answer.shares or ()) == 1
        return not _gets_any(question, answer) or alone
    if question.copies:
        return answer.copies == 0
    if question.answers:
        return answer.reached and _unchanged(question, answer)
    if question.claims:
        return answer.reached and (_believed(question, answer) or not _said(question, answer))
    if question.lets_in:
        return not answer.reached or _nothing_more(question, answer)
    if not answer.reached or any(answer.facts.get(name, ABSENT) != ABSENT for name in question.compares):
        return False
    if question.family == "canary":
        return plain is not None and plain.outcome == answer.outcome
    host = answer.facts.get(_HOST)
    return _as_sent(question, answer) if host is None else host == question.host


def _dealt_anew(old: Seen, new: Seen) -> bool:
    return old.shares is not None and new.shares is not None and differ(old.shares, new.shares)


def _copied_anew(old: Seen, new: Seen) -> bool:
    return old.copies is not None and new.copies is not None and old.copies != new.copies


def _unchanged(question: Question, answer: Seen) -> bool:
    """Tell whether the backend's headers came as it sent them."""
    return all(answer.facts.get(name) == value for name, value in as_answered(question).items())


def _lost(question: Question, answer: Seen) -> bool:
    """Tell whether they did not come at all: the backend may not have been told to send them."""
    return all(answer.facts.get(name, ABSENT) == ABSENT for name, _ in question.answers)


def _said(question: Question, answer: Seen) -> list[str]:
    """Return what reaches the backend of the headers that a client claims."""
    facts = (answer.facts.get(f"received {name}", ABSENT) for name, _ in question.claims)
    return [fact for fact in facts if fact != ABSENT]


def _believed(question: Question, answer: Seen) -> bool:
    """Tell whether it is what the client claims."""
    return any(claimed in fact for fact in _said(question, answer) for _, claimed in question.claims)


def _nothing_more(question: Question, answer: Seen) -> bool:
    """Tell whether the backend gets none of the headers that a question is about, if it is about any."""
    facts = [answer.facts.get(f"received {name}", ABSENT) for name in question.received]
    return bool(facts) and set(facts) == {ABSENT}


def _gets_any(question: Question, answer: Seen) -> bool:
    return any(question.gets in name.split(" or ") for name in answer.shares or ())


def says_nothing(question: Question, answer: Seen, new: Seen, held: bool = True) -> bool:
    """Tell whether answers that do not differ show nothing of an annotation: an error, say, where it keeps nobody out.

    ``held`` says that both keep out what the question is held against: else nothing shows that there is a guard at all.
    Of a limit only a refusal by a status shows something, or that all were served though the backend was slow.
    """
    if answer.shares is not None and new.shares is not None:
        return not alike(answer.shares, new.shares)
    if question.copies:
        return not answer.reached or None in {answer.copies, new.copies}
    if question.answers:
        return not answer.reached or _lost(question, answer)
    if question.claims:
        return not answer.reached
    if question.against:
        return not held
    if question.lets_in:
        return not answer.reached
    if question.heeded:
        return not (_told(question, answer) if answer.reached else answer.outcome in question.heeded)
    if answer.through is not None:
        return not (_told(question, answer) if answer.reached else answer.outcome.startswith("status:"))
    return not (question.guards or answer.reached or answer.outcome.startswith(("redirect:", "status:2", "status:3")))


def _told(question: Question, answer: Seen) -> bool:
    """Tell whether what the query asks of the backend got there: a rewritten path may have lost it."""
    return question.target.partition("?")[2] in answer.facts.get("target", "")


def stays_open(question: Question, old: Seen, new: Seen) -> bool:
    """Tell whether a guard lets its own request pass on both: there was nothing to lose."""
    return question.guards and not question.keeps and old.served and new.served
