"""Which rules with a pattern nobody asked: no answer shows that a request met one. Pure.

Some controllers know no patterns, or other ones. Where another rule takes the requests on both, equal answers are its.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.migrate.annotations import known_annotations
from conformance.migrate.boundaries import Spot, spots
from conformance.migrate.found import Found
from conformance.migrate.grouping import Group
from conformance.migrate.hosts import Hosts
from conformance.migrate.question import Question, RuleKey
from conformance.migrate.said import Seen
from conformance.migrate.unserved import Answered, unserved

_REDIRECTS = ("permanent-redirect", "temporal-redirect")


@dataclass(frozen=True)
class Unjudged:
    """The rules of a group that cannot be judged, each with the reason: those that nobody asked are ``missed``."""

    reasons: Mapping[RuleKey, str]
    missed: frozenset[RuleKey]

    def told_of(self, question: Question) -> Question:
        """Return the question with those Ingresses only of which its answers say something.

        Where a request missed a rule, its answers are another's: they say nothing of that Ingress, nor by way of it of
        others.
        """
        if not self.missed:
            return question
        gone = {rule[0] for rule in question.shared if rule in self.missed}
        kept = () if question.key in self.missed else question.speaks_for
        return replace(question, speaks_for=tuple(owner for owner in kept if owner not in gone))


def unjudged(group: Group, answered: Sequence[Answered]) -> Unjudged:
    """Return what cannot be judged of a group. Two errors say more than that a rule was missed."""
    missing = missed(group, answered)
    return Unjudged({**missing, **unserved(group.ingresses, answered)}, frozenset(missing))


def missed(group: Group, answered: Iterable[Answered]) -> Mapping[RuleKey, str]:
    """Return the rules with a pattern of which no answer, on either side, is known to be theirs, and why not."""
    of_rule: dict[RuleKey, list[Seen]] = defaultdict(list)
    for one in answered:
        for key in (one.rule, *one.question.shared):
            of_rule[key] += (one.old, one.new)
    hosts = Hosts(group)
    everyone = [spot for owner, found in enumerate(group.ingresses) for spot in spots(found, owner, hosts)]
    return {
        spot.key: f"no answer shows that a request met its pattern: {spot.rule} of {spot.host}"
        for spot in everyone
        if spot.pattern
        and (_hidden(spot, everyone) or not any(answer.names(spot.service) for answer in of_rule[spot.key]))
        and not any(_redirects(group.ingresses[spot.owner], answer) for answer in of_rule[spot.key])
    }


def _hidden(spot: Spot, everyone: Sequence[Spot]) -> bool:
    """Tell whether the rule's own Service may answer because of another rule, where it is not sure that this is met."""
    return not spot.sure and any(
        other.service == spot.service and other.rule_host == spot.rule_host and other.key != spot.key
        for other in everyone
        if spot.path.startswith(other.path.rstrip("/"))
    )


def _redirects(found: Found, answer: Seen) -> bool:
    """Tell whether an answer is the redirect that the Ingress asks for, of which no backend hears."""
    known, annotations = known_annotations(), dict(found.annotations)
    plain = [known.value(annotations, short).partition("$")[0] for short in _REDIRECTS]
    location = answer.outcome.removeprefix("redirect:").partition(":")[2]
    return answer.outcome.startswith("redirect:") and any(start and location.startswith(start) for start in plain)
