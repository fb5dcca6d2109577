"""Which rules cannot be compared: two equal errors say nothing of the owner's backend, nor does what we brought about.

Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance.migrate.annotations import known_annotations
from conformance.migrate.boundaries import EVERY_PATH
from conformance.migrate.found import Found
from conformance.migrate.hosts import has_tls
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
    def rules(self) -> tuple[RuleKey, ...]:
        """All rules that its request is about."""
        return self.rule, *self.question.shared

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
    plainly = _served_without_tls(ingresses, everything)
    neither = {
        one.rule: f"served by neither here: {one.question.rule} of {one.question.host} "
        f"({one.old.outcome} before, {one.new.outcome} after)"
        for one in everything
        if _must_serve(one.question, ingresses[one.question.owner])
        and not one.reached
        and not any(_meant(answer, ingresses[one.question.owner]) for answer in (one.old, one.new))
        and not (_is_pattern_missed(one) and one.rule in below)
        and one.rule not in plainly
    }
    return {**neither, **_only_redirected(ingresses, everything)}


def _served_without_tls(ingresses: tuple[Found, ...], everything: Sequence[Answered]) -> frozenset[RuleKey]:
    """Return the rules that are served over http, and asked over https for no TLS of their own."""
    plain = (one.rules for one in everything if one.question.kind == "without-tls" and one.reached)
    return frozenset(rule for rules in plain for rule in rules if not has_tls(ingresses[rule[0]], rule[2]))


def _only_redirected(ingresses: tuple[Found, ...], everything: Sequence[Answered]) -> Mapping[RuleKey, str]:
    """Return the rules that both only send to https, where nobody answers them: what is served there was not seen."""
    over_tls = {
        rule
        for one in everything
        if one.question.scheme == "https"
        and not one.question.variant
        and (one.reached or any(_meant(answer, ingresses[one.question.owner]) for answer in (one.old, one.new)))
        for rule in one.rules
    }
    return {
        one.rule: f"only redirected to https here: {one.question.rule} of {one.question.host}"
        for one in everything
        if one.question.serves
        and one.rule not in over_tls
        and all(_sent_to_https(answer, one.question) for answer in (one.old, one.new))
    }


def _sent_to_https(answer: Seen, question: Question) -> bool:
    """Tell whether an answer is a redirect from http to https of itself, whatever slash ends it."""
    if not answer.only_over_tls(question):
        return False
    location = urlsplit(answer.outcome.removeprefix("redirect:").partition(":")[2])
    return location.path.rstrip("/") == question.target.partition("?")[0].rstrip("/")


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
