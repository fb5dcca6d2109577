"""Which rules cannot be compared: two equal errors say nothing of the owner's backend, nor does what we brought about.

Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.migrate.annotations import known_annotations
from conformance.migrate.boundaries import EVERY_PATH
from conformance.migrate.found import Found
from conformance.migrate.question import Question, RuleKey
from conformance.migrate.said import Seen
from conformance.migrate.scene import unknown_annotations
from conformance.migrate.verdicts import REFUSALS

_BELOW = frozenset({"sub-path", "rewritten"})


@dataclass(frozen=True)
class Answered:
    """A question and what both controllers answered. ``also`` are the questions that the same answers are for."""

    question: Question
    old: Seen
    new: Seen
    also: tuple["Answered", ...] = ()

    @property
    def rule(self) -> RuleKey:
        """The rule that it is about."""
        return self.question.key

    @property
    def place(self) -> tuple[str, str, str]:
        """Where its request goes, whatever else it says: two rules may claim the same."""
        return self.question.scheme, self.question.host, self.question.target

    @property
    def reached(self) -> bool:
        """Whether a backend answered on either side."""
        return self.old.reached or self.new.reached


def unserved(ingresses: tuple[Found, ...], answered: Iterable[Answered]) -> Mapping[RuleKey, str]:
    """Return the rules whose own request neither serves, redirects nor refuses as it should, and what came instead."""
    everything = list(answered)
    below = {one.rule for one in everything if one.question.kind in _BELOW and one.reached}
    return {
        one.rule: f"served by neither here: {one.question.rule} of {one.question.host} "
        f"({one.old.outcome} before, {one.new.outcome} after)"
        for one in everything
        if _must_serve(one.question, ingresses[one.question.owner])
        and not one.reached
        and not any(_meant(answer, ingresses[one.question.owner]) for answer in (one.old, one.new))
        and not (_is_pattern_missed(one) and one.rule in below)
    }


def doubtful(ingresses: tuple[Found, ...], answered: Iterable[Answered]) -> Mapping[tuple[int, str], str]:
    """Return the rules, by Ingress and text, that the old controller does not serve, maybe for want of a stand-in.

    An annotation that the suite does not know may name an object of the owner's cluster, which is not here.
    """
    unknown = [tuple(unknown_annotations([found])) for found in ingresses]
    return {
        one.rule[:2]: f"not served before: {one.question.rule} of {one.question.host} ({one.old.outcome}), and "
        f"{', '.join(names)} may name what nothing stands in for here"
        for one in answered
        if (names := unknown[one.question.owner])
        and _must_serve(one.question, ingresses[one.question.owner])
        and not one.old.reached
        and not _meant(one.old, ingresses[one.question.owner])
    }


def _must_serve(question: Question, found: Found) -> bool:
    """Tell whether the rule has a backend for its own request: one without paths may have none."""
    return question.serves and (not question.rule.startswith(EVERY_PATH) or bool(found.spec.get("defaultBackend")))


def _meant(answer: Seen, found: Found) -> bool:
    """Tell whether an answer without a backend is what the Ingress may be there for."""
    if answer.outcome.startswith("redirect:"):
        return True
    known = known_annotations()
    families = (known.families.get(known.family(key)) for key in found.annotations)
    return answer.outcome in REFUSALS and any(family and family.guards for family in families)


def _is_pattern_missed(one: Answered) -> bool:
    """Tell whether the request may have missed the rule: of some patterns only the plain beginning is asked for."""
    exact = one.question.rule.startswith("Exact ")
    return not exact and one.old.outcome == one.new.outcome == "status:404"
