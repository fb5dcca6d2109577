"""One observation that is several requests: one after another, all at the same time, or on one connection."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from conformance.case.model import RECORD, TALLY, Probe
from conformance.judge.probes import Attempt, as_expected
from conformance.plan.units import PlannedProbe
from conformance.probes.answer import Answer, WireProbe

Ask = Callable[[WireProbe], Attempt]


def several(planned: PlannedProbe, ask: Ask) -> Attempt:
    """Return one attempt for all requests: one that is wrong if any is, with the numbers of pods and of outcomes."""
    probe = planned.probe
    if probe.together:
        with ThreadPoolExecutor(probe.times, "together") as threads:
            seen = list(threads.map(ask, [planned.wire] * probe.times))
    elif probe.keeps_cookies:
        seen = _one_client(planned.wire, probe.times, ask)
    else:
        seen = [ask(planned.wire) for _ in range(probe.times)]
    pods = Counter(one.seen.pod for one in seen if one.seen.pod)
    tally = Counter(one.seen.outcome for one in seen)
    if probe.expect.outcome in {TALLY, RECORD} and len(tally) > 1:
        shown = replace(seen[0].seen, outcome="varies:" + ",".join(sorted(tally)))
        return replace(seen[0], seen=shown, pods=pods, tally=tally)
    alone = _alone(probe)
    wrong = [one for one in seen if not as_expected(alone, one, planned.ending, planned.facts)]
    return replace((wrong or seen)[0], at=seen[0].at, pods=pods, tally=tally)


def worst_of(planned: PlannedProbe, whole: Attempt, each: Sequence[Attempt]) -> Attempt:
    """Return what the requests on one connection were together: the first that is wrong, if only one shows it.

    ``whole`` has the outcome of all, ``each`` holds them one by one. Where outcomes differ, that is what is shown.
    """
    alone = _alone(planned.probe)
    if len({one.seen.outcome for one in each}) > 1:
        return whole
    wrong = [one for one in each if not as_expected(alone, one, planned.ending, planned.facts)]
    return replace(whole, answer=wrong[0].answer, seen=wrong[0].seen) if wrong else whole


def _one_client(wire: WireProbe, times: int, ask: Ask) -> list[Attempt]:
    """Ask as one client does: with each request it sends the cookies that the answers before have set."""
    kept: dict[str, str] = {}
    seen: list[Attempt] = []
    for _ in range(times):
        cookies = "; ".join(f"{name}={value}" for name, value in kept.items())
        seen.append(ask(replace(wire, headers=(*wire.headers, ("Cookie", cookies))) if cookies else wire))
        kept |= dict(_cookies(seen[-1].answer))
    return seen


def _cookies(answer: Answer) -> list[tuple[str, str]]:
    """Return name and value of each Set-Cookie field (RFC 6265, section 4.1.1), its attributes left out."""
    given = [value.partition(";")[0].partition("=") for name, value in answer.headers if name.lower() == "set-cookie"]
    return [(name.strip(), value.strip()) for name, equals, value in given if equals]


def _alone(probe: Probe) -> Probe:
    """Return the probe without what only several requests together can show, or only the first of them."""
    headers = {} if probe.keeps_cookies else probe.expect.headers
    alone = {"pods": None, "tally": {}, "headers": headers}
    return probe.model_copy(update={"expect": probe.expect.model_copy(update=alone)})
