"""An exact answer, as only level parity expects it: a status or a redirect, and whose it is. Pure."""

from collections.abc import Mapping

from conformance.case.model import Expectation, Wanted, values_fit
from conformance.judge.words import Reason
from conformance.probes.answer import Answer
from conformance.probes.outcome import Sighting


def reason_against_exact(expect: Expectation, seen: Sighting) -> tuple[Reason, str] | None:
    """Return why an answer is not the one that is expected, with a sentence; ``None`` if it is.

    A status is the controller's own unless the case names the backend whose answer it is.
    """
    whose = seen.server
    right = seen.outcome == expect.outcome
    if right and whose == expect.by:
        return None
    if right:
        who = f"backend {whose}" if whose else "the controller itself"
        return Reason.UNEXPECTED_MATCH if whose and not expect.by else Reason.WRONG_BACKEND, (
            f"{expect.outcome} came from {who}, not from {expect.by or 'the controller itself'}"
        )
    if seen.matched and not expect.by:
        return Reason.UNEXPECTED_MATCH, f"backend {whose} answered ({seen.outcome}) in place of {expect.outcome}"
    if seen.outcome.startswith("redirect:"):
        return Reason.REDIRECTED, f"a redirect came in place of {expect.outcome}: {seen.outcome}"
    if seen.outcome == "status:404":
        return Reason.NO_MATCH, f"404 came in place of {expect.outcome}"
    if seen.outcome.startswith("status:") or seen.matched:
        return Reason.WRONG_STATUS, f"{seen.outcome} came in place of {expect.outcome}"
    return Reason.NO_ANSWER, f"no answer ({seen.outcome}) in place of {expect.outcome}"


def reason_against_headers(wanted: Mapping[str, Wanted], answer: Answer, ending: str) -> tuple[Reason, str] | None:
    """Return which header of an answer is not as wanted; ``ending``, of unique hosts, is no part of a value."""
    for name, value in wanted.items():
        values = answer_values(answer, name, ending)
        if not values_fit(value, values):
            return Reason.WRONG_HEADER, f"the answer has the header {name} as {values!r:.200}, not {said(value)}"
    return None


def answer_values(answer: Answer, name: str, ending: str) -> list[str]:
    """Return the values of a header of the answer in their order, without what made hosts unique."""
    found = [value for key, value in answer.headers if key.lower() == name.lower()]
    return [value.replace(ending, "") if ending else value for value in found]


def reason_against_tally(wanted: Mapping[str, tuple[int, int]], seen: Mapping[str, int]) -> tuple[Reason, str] | None:
    """Return why the answers to several requests are not those that are wanted, by their numbers."""
    counted = ", ".join(f"{outcome} {count}" for outcome, count in sorted(seen.items())) or "none"
    for outcome, (least, most) in wanted.items():
        number = seen.get(outcome, 0)
        if not least <= number <= most:
            asked = f"{least} to {most}" if least != most else str(least)
            reason = Reason.WRONG_STATUS if ":" in outcome else Reason.WRONG_BACKEND
            return reason, f"{number} of {sum(seen.values())} answers are {outcome}, not {asked} (of {counted})"
    strange = sorted(seen.keys() - wanted.keys())
    if strange:
        return Reason.WRONG_STATUS if ":" in strange[0] else Reason.WRONG_BACKEND, (
            f"{seen[strange[0]]} of {sum(seen.values())} answers are {strange[0]} (of {counted})"
        )
    return None


def reason_against_arrivals(wanted: Mapping[str, int], arrived: Mapping[str, int]) -> tuple[Reason, str] | None:
    """Return which backend received another number of requests than is wanted, for one that was sent."""
    for backend, number in wanted.items():
        if backend not in arrived:
            return Reason.HARNESS, f"nobody counted what arrived at backend {backend}"
        if arrived[backend] != number:
            reason = Reason.UNEXPECTED_MATCH if number == 0 else Reason.WRONG_BACKEND
            return reason, f"backend {backend} received the request {arrived[backend]} times, not {number}"
    return None


def said(wanted: Wanted) -> str:
    """Return in a few words what is wanted of a header."""
    if wanted is None:
        return "absent"
    return f"{wanted!r:.200}" if isinstance(wanted, (str, tuple)) else f"like {wanted.like!r:.200}"
