"""How a controller's behaviour compares with ingress-nginx's, from the records of a case and of its twin. Pure.

``same``: every probe is as expected. ``ignored``: the case is answered as its twin is, which lacks the annotations
under test, or where two Ingresses claim the same, as the twin might be at another load. ``refused``: the API server or
the controller did not take the Ingress, while it takes the twin.
``differs``: anything else.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.case.model import Level, Received, Wanted, values_fit
from conformance.judge.words import Reason, Verdict
from conformance.report.model import CaseRecord, Parity, ProbeRecord, TwinRecord
from conformance.report.outcomes import backend_named

PREFIX = "nginx.ingress.kubernetes.io/"
RESTRICTING = re.compile(
    r"(whitelist|allowlist|denylist)-source-range|auth-(?!(response-headers|cache-key|cache-duration)$).+|satisfy|limit-.+"
    r"|enable-modsecurity|proxy-body-size|force-ssl-redirect"
)
"""Annotations, without their prefix, that keep requests out: where one has no effect, something stands open."""

OPEN = "open"
"""Said beside a word of parity where a case fails open."""

_HEADERS = "headers"


@dataclass(frozen=True)
class ParityCounts:
    """Of the cases of level parity that were not skipped: how many there are, the words of how many, how many without
    a word, and how many of them leave something open.
    """

    asked: int
    words: Mapping[Parity, int]
    unjudged: int
    opened: int


def parity_words(case: CaseRecord) -> str:
    """Return the word of parity, and that the case fails open; nothing where it has no word."""
    if case.parity is None:
        return ""
    return f"{case.parity.value}, {OPEN}" if case.fail_open else case.parity.value


def counts_of(cases: Iterable[CaseRecord]) -> ParityCounts:
    """Count the words of parity of a report's cases."""
    asked = [case for case in cases if case.level is Level.PARITY and case.verdict is not Verdict.SKIPPED]
    found = Counter(case.parity for case in asked)
    words = {word: found[word] for word in Parity}
    return ParityCounts(len(asked), words, found[None], sum(case.fail_open for case in asked))


def beside_twin(case: CaseRecord, twin: CaseRecord | None) -> CaseRecord:
    """Return the record of a case with what its twin saw, and with its word of parity; other levels have none."""
    if case.level is not Level.PARITY:
        return case
    beside = None if twin is None else TwinRecord(objects=twin.objects, probes=twin.probes)
    paired = case.model_copy(update={"twin": beside})
    if twin is not None and twin.verdict is Verdict.ERROR and _expects_nothing(case):
        detail = f"the same Ingress without the annotations could not be judged: {twin.detail}"
        return judged(paired.model_copy(update={"verdict": Verdict.ERROR, "reason": Reason.HARNESS, "detail": detail}))
    if case.verdict is Verdict.PASS and is_vacuous(paired):
        detail = "404 proves nothing: the same Ingress without the annotations is not served either"
        failed = {"verdict": Verdict.FAIL, "reason": Reason.NOT_PROGRAMMED, "detail": detail}
        paired = paired.model_copy(update=failed)
    return judged(paired)


def judged(case: CaseRecord) -> CaseRecord:
    """Return the record with the word and the mark that follow from the rest of it."""
    return case.model_copy(update={"parity": parity_of(case), "fail_open": fails_open(case)})


def is_vacuous(case: CaseRecord) -> bool:
    """Tell whether a controller that loads nothing would show the same: only 404 is expected, and the twin is dead."""
    if case.level is not Level.PARITY or case.twin is None or is_live(case.twin):
        return False
    return _expects_nothing(case)


def _expects_nothing(case: CaseRecord) -> bool:
    nothing = {"status:404", "no match"}
    return all(probe.expected.outcome in nothing and not probe.expected.more.get("by") for probe in case.probes)


def parity_of(case: CaseRecord) -> Parity | None:
    """Return the word for a case of level parity; ``None`` where nothing could be judged."""
    if case.level is not Level.PARITY or case.verdict not in {Verdict.PASS, Verdict.FAIL}:
        return None
    if case.verdict is Verdict.PASS:
        return Parity.SAME
    if case.twin is None or not is_live(case.twin):
        return Parity.DIFFERS
    if case.reason is Reason.NOT_PROGRAMMED:
        return Parity.REFUSED
    twins = {probe.id: probe for probe in case.twin.probes}
    if all(probe.id in twins and _shows_what(twins[probe.id], probe, case.id) for probe in case.probes):
        return Parity.IGNORED
    return Parity.REFUSED if _is_absent(case.probes, case.twin.probes) else Parity.DIFFERS


def fails_open(case: CaseRecord) -> bool:
    """Tell whether an annotation that restricts access let a backend answer what must be refused."""
    if case.level is not Level.PARITY or case.verdict is not Verdict.FAIL:
        return False
    if not any(RESTRICTING.fullmatch(name.removeprefix(PREFIX)) for name in _annotations(case)):
        return False
    return any(_let_in(probe) for probe in case.probes if probe.verdict is Verdict.FAIL)


def opened(old: CaseRecord, new: CaseRecord) -> bool:
    """Tell whether a case stands open that did not: of one that nobody could judge before, that is not known."""
    return new.fail_open and old.parity is not None and not old.fail_open


def _annotations(case: CaseRecord) -> Iterator[str]:
    for part in case.objects:
        meta = part.manifest.get("metadata")
        annotations = meta.get("annotations") if isinstance(meta, dict) else None
        yield from (key for key in annotations or {} if str(key).startswith(PREFIX))


def _let_in(probe: ProbeRecord) -> bool:
    """Tell whether the probe expects a refusal, and got a backend instead."""
    if probe.observed is None:
        return False
    tally = probe.expected.more.get("tally")
    if isinstance(tally, dict):
        refused = [outcome for outcome, (least, _) in tally.items() if outcome.startswith("status:") and least > 0]
        seen = (_last(probe).get("tally") or {}).keys()
        return bool(refused) and bool(seen) and not any(outcome.startswith("status:") for outcome in seen)
    wanted = probe.expected.outcome
    exact = wanted.startswith(("status:4", "status:5", "redirect:")) and not probe.expected.more.get("by")
    return exact and bool(probe.observed.backend)


def is_live(twin: TwinRecord) -> bool:
    """Tell whether everything of a twin was served that says whether it is."""
    return all(part.marker is None or part.marker.live_after is not None for part in twin.objects)


def _shows_what(twin: ProbeRecord, probe: ProbeRecord, case_id: str) -> bool:
    """Tell whether a probe shows what its twin does, or if either changed, a backend that both have shown.

    Where two Ingresses claim the same, some controllers toss a coin at each load: one toss says nothing.
    """
    shown, without = shown_answer(probe, case_id), shown_answer(twin, case_id)
    if shown[2:] != without[2:]:
        return False
    if shown == without:
        return True
    mine, others = _backends(probe), _backends(twin)
    tossed = len(others) > 1 or (len(mine) > 1 and "tally" not in probe.expected.more)
    return tossed and bool(mine & others)


def _backends(probe: ProbeRecord) -> set[str]:
    """Return the backends that a probe has ever reached; nothing if it has also seen something else."""
    seen = {attempt.outcome.removeprefix("varies:") for attempt in probe.attempts if attempt.counted}
    names = {name for outcomes in seen for name in outcomes.split(",")}
    return names if all(map(backend_named, names)) else set()


def _is_absent(probes: tuple[ProbeRecord, ...], twins: tuple[ProbeRecord, ...]) -> bool:
    """Tell whether a case is answered as a host that nobody names, while its twin is not."""
    asked = {probe.id for probe in probes}
    strange = {_outcome(twin) for twin in twins if twin.id not in asked}
    named = [_outcome(twin) for twin in twins if twin.id in asked]
    return all(_outcome(probe) in strange for probe in probes) and any(one not in strange for one in named)


def _outcome(probe: ProbeRecord) -> str:
    return probe.observed.outcome if probe.observed else ""


def _last(probe: ProbeRecord) -> Mapping[str, Any]:
    """Return what the deciding attempt showed of the answer, as far as the probe looks at it."""
    attempt = probe.deciding
    return (attempt.answered if attempt else None) or {}


def shown_answer(probe: ProbeRecord, case_id: str) -> tuple[Any, ...]:
    """Return of an answer what the case looks at, outcome and backend first, without the names that make hosts unique.

    Of a value that is only known by its looks, such as a random one, it matters whether it looks so.
    """
    attempt = probe.deciding
    received = (attempt.received if attempt else None) or {}
    kept = {key: without_ending(value, case_id) for key, value in received.items() if key != _HEADERS}
    wanted = Received.model_validate(probe.expected.received or {}).headers
    headers = Received.model_validate({_HEADERS: probe.expected.more.get(_HEADERS) or {}}).headers
    return (
        without_ending(_outcome(probe), case_id),
        (probe.observed.backend or "") if probe.observed else "",
        kept,
        _looks(wanted, received.get(_HEADERS), case_id),
        _looks(headers, _last(probe).get(_HEADERS), case_id),
        _last(probe).get("arrived"),
    )


def _looks(wanted: Mapping[str, Wanted], pairs: Any, case_id: str) -> tuple[Any, ...]:
    found = []
    for name, value in wanted.items():
        values = [without_ending(str(pair[1]), case_id) for pair in pairs or [] if str(pair[0]).lower() == name.lower()]
        found.append(values_fit(value, values) if not isinstance(value, (str, tuple)) and value else values)
    return tuple(map(str, found))


def without_ending(value: Any, case_id: str) -> Any:
    """Return a text without what makes the hosts of a case, or of its twin, unique."""
    section, _, name = case_id.partition("/")
    ending = rf"(\.copy\d+)?\.{re.escape(name)}(-twin)?\.{re.escape(section)}(\.[a-z0-9-]+)*?\.test"
    return re.sub(ending, "", value) if isinstance(value, str) else value
