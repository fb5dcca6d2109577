"""Who answered what to the requests of a case; the same answers stand together, and so do copies answered alike."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain

from conformance.compare.answers import probes_of
from conformance.compare.brief import brief
from conformance.compare.comparison_model import Answers, ProbeAnswers
from conformance.compare.copies import request_of
from conformance.compare.told import Told, told
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, ProbeRecord, Report

_Groups = Mapping[Told, tuple[str, ...]]
"""Who gave which answer."""
_Request = tuple[int, str, int]
"""Step, request without its copy, and which one of those that have the same id."""


def probe_answers(
    of: Mapping[str, CaseRecord], runs: Mapping[str, Report], *, all_wrong: bool
) -> Iterator[ProbeAnswers]:
    """Yield the requests answered differently, or not sent by all; where ``all_wrong``, also those somebody fails."""
    asked: Counter[_Request] = Counter()
    shown: dict[tuple[_Request, str, tuple[tuple[Told, tuple[str, ...]], ...]], list[int]] = {}
    every = {name: probes_of(case) for name, case in of.items()}
    for key in dict.fromkeys(chain(*every.values())):
        answered = {name: probes[key] for name, probes in every.items() if key in probes}
        probe = next(iter(answered.values()))
        name, copy = request_of(probe.id)
        request = probe.step, name, key[2]
        asked[request] += 1
        groups = _groups(answered, of, runs)
        wrong = all_wrong and any(one.verdict is not Verdict.PASS for one in answered.values())
        if len(groups) > 1 or len(answered) < len(every) or wrong:
            shown.setdefault((request, probe.expected.outcome, tuple(groups.items())), []).append(copy)
    for (request, expected, same), copies in shown.items():
        yield ProbeAnswers(
            id=request[1],
            step=request[0],
            expected=expected,
            copies=() if copies == [0] else tuple(copies),
            of_copies=asked[request],
            answers=tuple(
                Answers(outcome=outcome, reason=reason, detail=brief(detail), runs=who)
                for (outcome, reason, detail), who in same
            ),
        )


def _groups(answered: Mapping[str, ProbeRecord], of: Mapping[str, CaseRecord], runs: Mapping[str, Report]) -> _Groups:
    groups: dict[Told, tuple[str, ...]] = {}
    for name, probe in answered.items():
        said = told(probe, of[name].id, runs[name])
        groups[said] = (*groups.get(said, ()), name)
    return groups
