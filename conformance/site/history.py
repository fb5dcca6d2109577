"""The versions of one controller beside each other: how many cases pass, and which changed from one to the next."""

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.case.model import Level
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord
from conformance.report.parity import opened, parity_words
from conformance.site.cells import said
from conformance.site.columns import Column, case_ids
from conformance.site.texts import NEWEST, newest, texts_of
from conformance.site.words import OLDER_TEXT

WIDTH = 240
_LEVELS = (Level.CORE, Level.EXTENDED, Level.PARITY)


@dataclass(frozen=True)
class Change:
    """A case that says something else than in the version before."""

    id: str
    title: str
    before: str
    after: str
    worse: bool


@dataclass(frozen=True)
class Version:
    """One version: for each judged level how many cases pass, of how many, and the bar's width; and what changed."""

    column: Column
    passes: tuple[tuple[str, int, int, int], ...]
    changes: tuple[Change, ...]


def history_of(column: Column, columns: Sequence[Column]) -> tuple[Version, ...]:
    """Return the runs of this column's controller in the order of their versions; none if there is only one version."""
    own = [other for other in columns if other.name == column.name]
    if len({other.version for other in own}) < 2:
        return ()
    before = [None, *own[:-1]]
    return tuple(
        Version(one, _passes(one), _changes(last, one) if last else ()) for last, one in zip(before, own, strict=True)
    )


def _passes(column: Column) -> tuple[tuple[str, int, int, int], ...]:
    found = []
    for level in _LEVELS:
        cases = [case for case in column.cases.values() if case.level is level]
        passed = sum(1 for case in cases if case.verdict is Verdict.PASS)
        if cases:
            found.append((level.value, passed, len(cases), round(WIDTH * passed / len(cases))))
    return tuple(found)


def _changes(old: Column, new: Column) -> tuple[Change, ...]:
    changes = []
    for case_id in case_ids([old, new]):
        before, after = old.cases.get(case_id), new.cases.get(case_id)
        if before is None or after is None:
            continue
        if said(before, old.report.controller) == said(after, new.report.controller):
            continue
        lost = before.verdict is Verdict.PASS and after.verdict is not Verdict.PASS
        redefined = any(text != NEWEST for text in texts_of(case_id, [old, new]))
        worse = (lost and not redefined) or opened(before, after)
        title = newest(case_id, [old, new]).title
        now = f"{_words(after)} ({OLDER_TEXT})" if redefined else _words(after)
        changes.append(Change(case_id, title, _words(before), now, worse))
    return tuple(sorted(changes, key=lambda change: not change.worse))


def _words(case: CaseRecord) -> str:
    word = parity_words(case) or case.verdict.value
    return f"{word}: {case.reason.value}" if case.reason else word
