"""The difference between two reports. Pure."""

from collections.abc import Iterator, Mapping

from conformance.compare.answers import answer, asked_alike, expectation, probes_of
from conformance.compare.diff_model import Change, Conclusion, Diff, Kind, ProbeChange, Side
from conformance.compare.runs import run_identity
from conformance.compare.transitions import Became, added, became, removed
from conformance.errors import BadInput
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, ProbeRecord, Report

_KINDS = tuple(Kind)


def difference(old: Report, new: Report, *, ignore_missing: bool = False) -> Diff:
    """Return what changed from ``old`` to ``new``.

    ``ignore_missing`` leaves out what the new report does not have: for a run of only some cases.

    Raises:
        BadInput: a report holds no case, or the two have none in common: nothing could be compared.
    """
    before, after = ({case.id: case for case in report.cases} for report in (old, new))
    for name, cases in (("OLD", before), ("NEW", after)):
        if not cases:
            raise BadInput(f"{name} holds no case, so there is nothing to compare", hint="was the run interrupted?")
    if not before.keys() & after.keys():
        raise BadInput("the two reports have no case in common", hint="compare runs of the same cases")
    changes: list[Change] = []
    for case_id in dict.fromkeys([*before, *after]):
        change = _change(before.get(case_id), after.get(case_id), old, new)
        if change is not None and not (ignore_missing and case_id not in after):
            changes.append(change)
    conclusion, why = _conclusion(before, after, new, changes, ignore_missing)
    return Diff(
        old=run_identity("OLD", old),
        new=run_identity("NEW", new),
        conclusion=conclusion,
        why=tuple(why),
        notes=tuple(_notes(old, new, before, after)),
        unchanged=len(before.keys() & after.keys()) - sum(None not in {c.old, c.new} for c in changes),
        changes=tuple(sorted(changes, key=lambda change: _KINDS.index(change.kind))),
    )


def _change(before: CaseRecord | None, after: CaseRecord | None, old: Report, new: Report) -> Change | None:
    probes = tuple(_probe_changes(before, after, old, new))
    found: Became | None
    if before is None:
        assert after is not None
        found = added(after)
    elif after is None:
        found = removed(before)
    else:
        found = became(before, after, answers_differ=bool(probes))
    if found is None:
        return None
    shown = after or before
    assert shown is not None
    kind, why = found
    return Change(
        id=shown.id,
        level=shown.level,
        title=shown.title,
        kind=kind,
        why=why,
        old=_side(before),
        new=_side(after),
        probes=probes,
    )


def _side(record: CaseRecord | ProbeRecord | None) -> Side | None:
    return None if record is None else Side(verdict=record.verdict, reason=record.reason, detail=record.detail)


def _probe_changes(
    before: CaseRecord | None, after: CaseRecord | None, old: Report, new: Report
) -> Iterator[ProbeChange]:
    was, now = (probes_of(case) if case else {} for case in (before, after))
    for key in dict.fromkeys([*was, *now]):
        one, other = was.get(key), now.get(key)
        saw, sees = answer(one, old) if one else None, answer(other, new) if other else None
        alike = one is not None and other is not None and expectation(one) == expectation(other)
        if alike and saw == sees and one is not None and other is not None and one.verdict is other.verdict:
            continue
        probe = other or one
        assert probe is not None
        expected = probe.expected.outcome
        if one is not None and other is not None and one.expected.outcome != expected:
            expected = f"{expected} (was {one.expected.outcome})"
        yield ProbeChange(
            id=probe.id,
            step=probe.step,
            expected=expected,
            old=saw,
            new=sees,
            old_judged=_side(one),
            new_judged=_side(other),
            curl=probe.curl,
        )


def _conclusion(
    before: Mapping[str, CaseRecord],
    after: Mapping[str, CaseRecord],
    new: Report,
    changes: list[Change],
    ignore_missing: bool,
) -> tuple[Conclusion, list[str]]:
    counts = {kind: sum(change.kind is kind for change in changes) for kind in Kind}
    right = [case_id for case_id, case in before.items() if case.verdict is Verdict.PASS]
    held = sum(case_id in after and after[case_id].verdict is Verdict.PASS for case_id in right)
    why = [f"{held} of {len(right)} cases that passed in OLD pass in NEW"]
    left_out = sum(case_id not in after for case_id in right)
    if ignore_missing and left_out:
        why.append(f"{left_out} cases that passed in OLD are not in NEW, and were left out as asked")
    if counts[Kind.REGRESSION]:
        return Conclusion.REGRESSION, [f"{_cases(counts[Kind.REGRESSION])} got worse", *why]
    if counts[Kind.UNPROVEN]:
        why.insert(0, f"{_cases(counts[Kind.UNPROVEN])} that passed cannot be said to pass still")
    if not new.run.complete:
        why.insert(0, "NEW was cut short: not every case has been judged")
    if not right:
        why.insert(0, "nothing passed in OLD, so nothing could get worse")
    elif not held:
        why.insert(0, "nothing that passed in OLD is seen to pass in NEW")
    proven = held and not counts[Kind.UNPROVEN] and new.run.complete
    return (Conclusion.NO_REGRESSION if proven else Conclusion.UNPROVEN), why


def _notes(
    old: Report, new: Report, before: Mapping[str, CaseRecord], after: Mapping[str, CaseRecord]
) -> Iterator[str]:
    """Yield what else differs between the runs."""
    if old.digest and old.digest == new.digest:
        yield "OLD and NEW are the same report"
    if old.controller.name != new.controller.name:
        yield (
            f"different controllers: {old.controller.name} and {new.controller.name}; "
            "worse means that the second does not do what the first does"
        )
    pairs = [
        ("controller version", old.controller.version, new.controller.version),
        ("cluster", old.cluster.provider, new.cluster.provider),
        ("Kubernetes", old.cluster.kubernetes_version, new.cluster.kubernetes_version),
        ("suite version", old.suite.version, new.suite.version),
    ]
    pairs += [
        (f"option {key}", str(old.suite.options.get(key)), str(new.suite.options.get(key)))
        for key in sorted({*old.suite.options, *new.suite.options})
    ]
    yield from (f"{what}: {was} became {now}" for what, was, now in pairs if was != now)
    if old.controller.name == new.controller.name and _arguments(old) != _arguments(new):
        yield "the controller's arguments differ"
    if old.suite.cases_digest != new.suite.cases_digest:
        lost, come = len(before.keys() - after.keys()), len(after.keys() - before.keys())
        others = sum(not asked_alike(before[case_id], after[case_id]) for case_id in before.keys() & after.keys())
        both = f"{_cases(others)} in both {'asks' if others == 1 else 'ask'} something else"
        yield f"the cases differ (other digest): {lost} only in OLD, {come} only in NEW; {both}, as far as they say"
    if not old.run.complete:
        yield "OLD was cut short: what it did not judge could not be compared"
    if old.run.started > new.run.started:
        yield "NEW began before OLD: are the two in the right order?"


def _arguments(report: Report) -> list[str]:
    """Return the controller's arguments without the address, which differs from run to run."""
    address = report.controller.address
    return [text.replace(address, "") if address else text for text in report.controller.arguments]


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count} cases"
