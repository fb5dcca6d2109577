"""How two answers to one question differ, and whether that is less safe. Pure."""

from dataclasses import dataclass

from conformance.migrate.aspects import aspect_of
from conformance.migrate.model import Sort
from conformance.migrate.question import Question
from conformance.migrate.said import ABSENT, Seen

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
REFUSALS = ("status:401", "status:403", "status:407")
_CLAIMED = "received X-Forwarded-For"
_HOST = "received Host"


@dataclass(frozen=True)
class Difference:
    """How a question's answers differ. ``opens``: reachable now, though no guard is passed by.

    ``lost_tls``: http is served that was sent to https, whatever was asked; and how the answers differ beside that.
    """

    sort: Sort
    opens: bool = False
    lost_tls: Sort | None = None


def difference(
    question: Question, old: Seen, new: Seen, plain: Seen | None, plain_old: Seen | None = None
) -> Difference | None:
    """Return how the answers differ, ``None`` if they do not.

    ``plain`` is what the new controller answers to the same rule without what the question adds, if it was asked;
    ``plain_old`` what the old one does. Of another spelling of what a guard keeps, it is the guard's own request, and
    of a question that is held against another, that.
    """
    if question.keeps:
        return _around_a_guard(question, old, new, plain, plain_old)
    if question.against and plain and plain_old and plain.reached and not plain_old.reached:
        return None  # The guard itself is not there any more, which is told already.
    aspect = aspect_of(question, old, new, plain_old)
    if old.compared(question) == new.compared(question) and not (aspect and aspect.differs):
        return None
    if aspect and aspect.blind:
        return None
    if _less_safe(question, old, new, plain_old) or (aspect and aspect.unsafe):
        return Difference(Sort.UNSAFE)
    # Where an annotation cuts off what takes too long, the backend was reached before as well.
    opens = new.served and not old.reached and not old.outcome.startswith("redirect:") and not question.heeded
    ignored = aspect.ignored if aspect else _as_if_absent(question, old, new, plain)
    sort = Sort.IGNORED if question.family and ignored else Sort.DIFFERS
    if new.reached and old.only_over_tls(question):
        # The old controller may do so by itself, though no Ingress of the host says it.
        return Difference(Sort.UNSAFE, lost_tls=sort)
    return Difference(sort, opens)


def _less_safe(question: Question, old: Seen, new: Seen, plain_old: Seen | None) -> bool:
    if question.guards and new.reached and _kept_out(question, old, plain_old):
        return True
    if old.outcome in REFUSALS and new.reached:
        # Not asked about the guard, but let past it: such as another spelling of a path.
        return True
    if question.kind == "claimed-address":
        return old.facts.get(_CLAIMED) != new.facts.get(_CLAIMED) and "not" not in new.facts.get(_CLAIMED, "not")
    if question.kind == "cors-other-origin":
        return _allowed(question, new) > _allowed(question, old)
    return False


def _allowed(question: Question, answer: Seen) -> int:
    """Return what a browser allows to a page of the asked origin: nothing, to read the answer, or with its cookies.

    Another origin in the header allows this one nothing, and none is given cookies by ``*``.
    """
    allowed, origin = answer.facts.get(ALLOW_ORIGIN), dict(question.headers).get("Origin")
    return (allowed in {"*", origin}) + (allowed == origin and answer.facts.get(ALLOW_CREDENTIALS) == "true")


def _around_a_guard(
    question: Question, old: Seen, new: Seen, own_new: Seen | None, own_old: Seen | None
) -> Difference | None:
    """Return how the answers to another spelling differ, as far as a guard is about it: only who is let in counts.

    Which backend answers, and where no rule is, the same request shows while the guard is open.
    """
    if new.reached and not old.reached:
        past = _refused(old, own_old) or (_held(own_old) and question.keeps in new.services)
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


def without_effect(question: Question, answer: Seen, new: Seen, plain: Seen | None) -> bool:
    """Tell whether answers that do not differ are as if the annotation were not there.

    ``plain`` is what the old controller answers without what is added for the annotation.
    """
    if aspect := aspect_of(question, answer, new, plain):
        return aspect.idle
    if not answer.reached or any(answer.facts.get(name, ABSENT) != ABSENT for name in question.compares):
        return False
    if question.family == "canary":
        return plain is not None and plain.outcome == answer.outcome
    host = answer.facts.get(_HOST)
    return _as_sent(question, answer) if host is None else host == question.host


def says_nothing(question: Question, old: Seen, new: Seen, *, held: bool = True) -> bool:
    """Tell whether answers that do not differ show nothing of an annotation: an error, say, where it keeps nobody out.

    ``held`` says that both keep out what the question is held against.
    """
    if question.guards and question.variant and old.outcome == "status:404":
        return True  # With its guard closed the Ingress is not there at all, which is no refusal.
    if question.guards and not question.keeps and old.reached and new.reached and not old.names(question.service):
        return True  # Another rule took the request, so that nobody came to the guard.
    if aspect := aspect_of(question, old, new, held=held):
        return aspect.silent
    return not (question.guards or old.reached or old.outcome.startswith(("redirect:", "status:2", "status:3")))


def stays_open(question: Question, old: Seen, new: Seen) -> bool:
    """Tell whether a guard lets its own request pass to its Service on both: there was nothing to lose."""
    passed = old.served and new.served and old.names(question.service)
    return question.guards and not question.keeps and passed
