"""What one run says about one case, made comparable: the cells of the matrix, and which of them say the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from conformance.case.model import Level
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, ControllerRecord, ProbeRecord
from conformance.report.parity import OPEN, parity_words
from conformance.site.columns import Column
from conformance.site.texts import NEWEST, texts_of
from conformance.site.words import (
    ABSENT,
    ABSENT_LETTER,
    LETTERS,
    PARITY_LETTERS,
    RECORDED,
    RECORDED_LETTER,
    SIGNS,
)

NOTHING = "nothing"
"""Stands where a probe was never sent."""

ANSWER_LENGTH = 48


@dataclass(frozen=True)
class Cell:
    """One case of one run.

    ``group`` is equal where two runs say the same about the case; ``letter`` is the class of its verdict (see
    ``words.LETTERS``); ``answer`` is what was recorded, or what the failing probes saw. Compared with ingress-nginx,
    it has a word of parity in place of sign and verdict, and its letter (see ``words.PARITY_LETTERS``). ``level`` is
    that of its own run, and ``text`` the number of the case's text there (see ``texts``).
    """

    verdict: Verdict | None
    letter: str
    sign: str
    word: str
    reason: str
    answer: str
    group: int
    parity: str = ""
    level: Level | None = None
    text: int = NEWEST

    @property
    def older(self) -> bool:
        """Whether the run had another text of the case than the newest run."""
        return self.text != NEWEST

    @property
    def open(self) -> bool:
        """Whether a restriction of ingress-nginx has no effect."""
        return self.parity.isupper()

    @property
    def look(self) -> str:
        """The class that the style sheet knows it by."""
        return "po" if self.open else f"p{self.parity}" if self.parity else self.letter

    @property
    def why(self) -> str:
        """The reason, where the word does not already say it."""
        return "" if self.parity.lower() in {"i", "r"} else self.reason

    @property
    def counted(self) -> tuple[tuple[str, str, str], ...]:
        """As what it is counted, each with look, sign and word: what is open counts as such, too."""
        if not self.open:
            return ((self.look, self.sign, self.word),)
        return ((f"p{self.parity.lower()}", "", self.word.partition(",")[0]), (self.look, "", OPEN))

    @property
    def recorded(self) -> bool:
        """Whether it was only recorded, so that the outcome and not the verdict is to be shown."""
        return self.letter == RECORDED_LETTER

    @property
    def group_name(self) -> str:
        """A, B, …: the groups of equal answers."""
        return group_name(self.group)


Key = tuple[str, ...]


def cells_of(case_id: str, columns: Sequence[Column]) -> tuple[Cell, ...]:
    """Return the cells of a case. Groups are numbered by size, then by the column that comes first."""
    records = [column.cases.get(case_id) for column in columns]
    keys = [
        said(record, column.report.controller) if record else ()
        for record, column in zip(records, columns, strict=True)
    ]
    ranked = sorted(dict.fromkeys(key for key in keys if key), key=lambda key: -keys.count(key))
    numbers = {key: number for number, key in enumerate(ranked)}
    return tuple(
        _cell(record, column.report.controller, numbers.get(key, -1), text)
        for record, column, key, text in zip(records, columns, keys, texts_of(case_id, columns), strict=True)
    )


def is_recorded(record: CaseRecord) -> bool:
    """Tell whether the case was recorded and not judged."""
    return record.level is Level.OBSERVED and record.verdict is Verdict.PASS


def said(record: CaseRecord, controller: ControllerRecord) -> Key:
    """Return what a run says about a case, for comparison: a pass is a pass, whatever status ``no match`` came as."""
    if is_recorded(record):
        return ("recorded", *(f"{p.step} {p.id}\0{outcome(p, controller)}" for p in record.probes))
    if record.verdict is Verdict.PASS:
        return ("pass", parity_words(record))
    seen = [f"{p.step} {p.id}\0{outcome(p, controller)}" for p in record.probes if p.verdict is not Verdict.PASS]
    return (record.verdict.value, record.reason or "", parity_words(record), *seen)


def outcome(probe: ProbeRecord, controller: ControllerRecord) -> str:
    """Return what a probe saw, without what differs from run to run: the controller's address in a redirect."""
    if probe.observed is None:
        return NOTHING
    text, address = probe.observed.outcome, controller.address
    return text.replace(address, "ADDRESS") if address and text.startswith("redirect:") else text


def group_name(number: int) -> str:
    """Return A for 0, B for 1, …, AA after Z; nothing for a run that has no answer."""
    name = ""
    while number >= 0:
        name, number = chr(ord("A") + number % 26) + name, number // 26 - 1
    return name


def in_short(outcomes: Iterable[str], length: int = ANSWER_LENGTH) -> str:
    """Return a list of outcomes in one short line: equal neighbours are counted, what is too long is cut."""
    runs = [(seen, sum(1 for _ in again)) for seen, again in groupby(outcomes)]
    text = ", ".join(f"{seen} ×{count}" if count > 1 else seen for seen, count in runs)
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _cell(record: CaseRecord | None, controller: ControllerRecord, group: int, text: int) -> Cell:
    if record is None:
        return Cell(None, ABSENT_LETTER, ABSENT, "not run", "", "", -1)
    reason = record.reason.value if record.reason else ""
    if is_recorded(record):
        answer = in_short(outcome(probe, controller) for probe in record.probes)
        return Cell(
            record.verdict, RECORDED_LETTER, RECORDED, "recorded", reason, answer, group, level=record.level, text=text
        )
    wrong = [outcome(probe, controller) for probe in record.probes if probe.verdict is not Verdict.PASS]
    verdict = record.verdict
    sign, word, parity = SIGNS[verdict], verdict.value, ""
    if record.parity is not None:
        letter = PARITY_LETTERS[record.parity]
        sign, word, parity = "", parity_words(record), letter.upper() if record.fail_open else letter
    return Cell(verdict, LETTERS[verdict], sign, word, reason, in_short(wrong), group, parity, record.level, text)
