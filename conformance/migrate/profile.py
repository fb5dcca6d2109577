"""What the cases of level parity say of a move away from ingress-nginx, whose recorded answers they hold. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.case.model import Case, Level
from conformance.compare.answers import answer
from conformance.compare.runs import run_identity
from conformance.judge.words import Verdict
from conformance.migrate.annotations import known_annotations
from conformance.migrate.model import (
    WORST_FIRST,
    AnnotationRecord,
    Change,
    IngressRecord,
    Migration,
    Omission,
    Place,
    Said,
    Sort,
    Source,
    Status,
)
from conformance.migrate.recorded_turn import RecordedTurn, recorded_turn
from conformance.migrate.replay import line_for_other
from conformance.migrate.restoring import Restores
from conformance.migrate.wording import STANDS_FOR_OLD
from conformance.report.model import CaseRecord, Parity, ProbeRecord, Report
from conformance.visible import visible

ProbeName = tuple[str, str]
"""The ids of a case and of a probe, as they stand in a report."""

PREFIX = "nginx.ingress.kubernetes.io/"
_SORTS = {
    Parity.SAME: Sort.UNCHANGED,
    Parity.IGNORED: Sort.IGNORED,
    Parity.DIFFERS: Sort.DIFFERS,
    Parity.REFUSED: Sort.DIFFERS,
}
_STATUS: Mapping[Sort, Status] = {
    Sort.UNSAFE: "unsafe",
    Sort.DIFFERS: "differs",
    Sort.IGNORED: "ignored",
    Sort.UNCHANGED: "kept",
    Sort.NOT_JUDGED: "not asked",
}


@dataclass(frozen=True)
class _Case:
    record: CaseRecord
    sort: Sort
    places: tuple[Place, ...]
    turns: tuple[RecordedTurn, ...] = ()

    @property
    def label(self) -> str:
        return visible(self.record.id)


def recorded_probes(cases: Iterable[Case]) -> frozenset[ProbeName]:
    """Return the probes that rest on a recording; of the others, documents and sources say what ingress-nginx does."""
    return frozenset(
        (case.id, f"step {number}: {probe.id}" if number else probe.id)
        for case in cases
        for number, probes in enumerate([case.probes, *(step.probes for step in case.steps)])
        for probe in probes
        if probe.recorded
    )


def profile_of(new: Report, recorded: Collection[ProbeName]) -> Migration:
    """Return what changes in the cases of level parity, against what is known of ingress-nginx."""
    judged = [_judged(case, new, recorded) for case in new.cases if case.level is Level.PARITY]
    counted = Counter(one.sort for one in judged)
    counts = {sort: counted[sort] for sort in WORST_FIRST if counted[sort]}
    restores = Restores(new.controller.name)
    changes = [_change(one, restores) for one in judged if one.places]
    return Migration(
        old=None,
        new=run_identity(new.controller.name, new),
        basis="profile",
        summary=_summary(counts, f"{new.controller.name} {new.controller.version}"),
        counts=counts,
        requests=sum(len(one.record.probes) for one in judged),
        changes=tuple(sorted(changes, key=lambda change: WORST_FIRST.index(change.sort))),
        annotations=tuple(_annotations(judged)),
        ingresses=tuple(_ingress(one) for one in judged),
        left_out=tuple(_without_a_case()),
        problems=(),
    )


def _judged(case: CaseRecord, new: Report, recorded: Collection[ProbeName]) -> _Case:
    sort = _sort(case)
    if sort in {Sort.UNCHANGED, Sort.NOT_JUDGED}:
        return _Case(case, sort, ())
    failed = [probe for probe in case.probes if probe.verdict is Verdict.FAIL]
    return _Case(
        case, sort, tuple(_place(case, probe, new, recorded) for probe in failed), tuple(map(recorded_turn, failed))
    )


def _sort(case: CaseRecord) -> Sort:
    if case.parity is None:
        return Sort.NOT_JUDGED
    return Sort.UNSAFE if case.fail_open else _SORTS[case.parity]


def _place(case: CaseRecord, probe: ProbeRecord, new: Report, recorded: Collection[ProbeName]) -> Place:
    asked_of_old = line_for_other(probe.curl, new.controller.address, STANDS_FOR_OLD)
    source: Source = "recorded" if (case.id, probe.id) in recorded else "documented"
    return Place(
        ingress=visible(case.id),
        rule=visible(case.title),
        request=visible(probe.id),
        old=Said(outcome=visible(probe.expected.outcome), facts={}, curl=asked_of_old, source=source),
        new=Said(outcome=visible(answer(probe, new)), facts=_facts(probe), curl=probe.curl),
    )


def _facts(probe: ProbeRecord) -> dict[str, str]:
    return {"detail": visible(probe.detail)} if probe.detail else {}


def _change(one: _Case, restores: Restores) -> Change:
    families = _families(one.record)
    opened = "Open: " if one.sort is Sort.UNSAFE else ""
    word = f" ({one.record.parity.value})" if one.record.parity else ""
    restore = [hint for family in families for hint in restores.for_question(family, "")]
    restore += [hint for turn in one.turns for hint in restores.for_question(turn.family, turn.kind, turn.headers)]
    return Change(
        sort=one.sort,
        kind=visible(one.record.id),
        family=families[0] if families else "",
        annotations=tuple(map(visible, _names(one.record))),
        title=visible(f"{opened}{one.record.title}{word}"),
        before=one.places[0].old.outcome,
        after=one.places[0].new.outcome,
        ingresses=(one.label,),
        places=one.places,
        restore=tuple(dict.fromkeys(restore)),
    )


def _ingress(one: _Case) -> IngressRecord:
    section, _, name = one.record.id.partition("/")
    return IngressRecord(
        namespace=visible(section),
        name=visible(name),
        origin=visible(one.record.spec_url),
        sort=one.sort,
        detail=visible(one.record.detail if one.sort is Sort.NOT_JUDGED else one.record.title),
    )


def _annotations(judged: Sequence[_Case]) -> Iterator[AnnotationRecord]:
    worst: dict[str, Sort] = {}
    cases: dict[str, list[str]] = {}
    for one in judged:
        for name in _names(one.record):
            worst[name] = min(one.sort, worst.get(name, Sort.UNCHANGED), key=WORST_FIRST.index)
            cases.setdefault(name, []).append(one.label)
    for name, sort in sorted(worst.items(), key=lambda pair: (WORST_FIRST.index(pair[1]), pair[0])):
        yield AnnotationRecord(
            name=visible(name),
            sort=sort,
            status=_STATUS[sort],
            detail="",
            ingresses=tuple(cases[name]),
        )


def _names(case: CaseRecord) -> tuple[str, ...]:
    metas = [part.manifest.get("metadata") for part in case.objects]
    found = [meta.get("annotations") or {} for meta in metas if isinstance(meta, dict)]
    return tuple(dict.fromkeys(key.removeprefix(PREFIX) for part in found for key in part if key.startswith(PREFIX)))


def _families(case: CaseRecord) -> tuple[str, ...]:
    known = known_annotations()
    return tuple(dict.fromkeys(family for name in _names(case) if (family := known.family(PREFIX + name))))


def _without_a_case() -> Iterator[Omission]:
    for why, names in known_annotations().without_a_case.items():
        yield Omission(kind="no case", why=why, count=len(names), examples=names)


def _summary(counts: dict[Sort, int], new: str) -> str:
    parts = [
        (Sort.UNSAFE, "stand open"),
        (Sort.DIFFERS, "are answered differently"),
        (Sort.IGNORED, "are answered as if the annotation were not there"),
        (Sort.NOT_JUDGED, "could not be judged"),
        (Sort.UNCHANGED, "are the same"),
    ]
    told = ", ".join(f"{counts[sort]} {words}" for sort, words in parts if counts.get(sort))
    total = sum(counts.values())
    said = told or "nothing was judged"
    known = "From ingress-nginx, as it was recorded or documented,"
    return f"{known} to {new}, {total} cases of what ingress-nginx does: {said}."
