"""Each run is a column: what it is called, where its page is, and what it says about each case."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from conformance.case.model import Level
from conformance.report.model import CaseRecord, Report
from conformance.site.names import file_names

_NUMBER = re.compile(r"(\d{1,9})")


@dataclass(frozen=True, eq=False)
class Column:
    """One run; equal to none but itself, so that comparing columns does not compare whole reports.

    ``slug`` names its page and is its word in queries; ``note`` tells runs of one version apart; ``short`` is the
    controller's name where no other run of the same kind has it, else the whole label.
    """

    report: Report
    slug: str
    note: str = ""
    short: str = ""

    @property
    def name(self) -> str:
        """The controller's name."""
        return self.report.controller.name

    @property
    def version(self) -> str:
        """The controller's version."""
        return self.report.controller.version

    @property
    def label(self) -> str:
        """Name, version and note in one line."""
        return _label(self.report, self.note)

    @cached_property
    def cases(self) -> dict[str, CaseRecord]:
        """The cases of the run by their ids; of two with one id, the last."""
        return {case.id: case for case in self.report.cases}


def columns_of(reports: Iterable[Report]) -> tuple[Column, ...]:
    """Return a column for each report, by name, version and time, in whatever order the reports came.

    Runs that were only compared with ingress-nginx stand last, as their section does.
    """
    ordered = sorted(reports, key=_place)
    notes = _notes(ordered)
    labels = [_label(report, note) for report, note in zip(ordered, notes, strict=True)]
    slugs = file_names(labels)
    names = Counter(report.controller.name for report in ordered)
    alike = Counter((report.controller.name, _subject(report)) for report in ordered)
    return tuple(
        Column(report, slugs[label], note, _short(report, label, names, alike))
        for report, note, label in zip(ordered, notes, labels, strict=True)
    )


def case_ids(columns: Iterable[Column]) -> tuple[str, ...]:
    """Return the ids of all cases: in the order of the run that has most of them, then what only others have.

    Cases of one section stand together.
    """
    fullest = sorted(columns, key=lambda column: -len(column.cases))
    seen = dict.fromkeys(case_id for column in fullest for case_id in column.cases)
    sections = {section: place for place, section in enumerate(dict.fromkeys(section_of(case) for case in seen))}
    return tuple(sorted(seen, key=lambda case: sections[section_of(case)]))


def section_of(case_id: str) -> str:
    """Return the part of a case's id before the slash."""
    return case_id.partition("/")[0]


def _short(report: Report, label: str, names: Counter[str], alike: Counter[tuple[str, str]]) -> str:
    name, subject = report.controller.name, _subject(report)
    if alike[name, subject] > 1:
        return label
    return f"{name} {subject}".strip() if names[name] > 1 else name


def _subject(report: Report) -> str:
    """Return ``parity`` where a run was only compared with ingress-nginx: it shares no case with a run that was not."""
    only = bool(report.cases) and all(case.level is Level.PARITY for case in report.cases)
    return Level.PARITY.value if only else ""


def _label(report: Report, note: str) -> str:
    return " ".join(part for part in (report.controller.name, report.controller.version, note) if part)


def _place(report: Report) -> tuple[str, list[tuple[int, str]], list[tuple[int, str]], str, str, str]:
    who = report.controller
    where = f"{report.cluster.provider} {report.cluster.kubernetes_version}"
    # The last decides between runs that were started within one second.
    rest = report.run.model_dump_json() + report.suite.model_dump_json() + who.model_dump_json()
    return _subject(report), natural(who.name), natural(who.version), where, report.run.started, rest


def natural(text: str) -> list[tuple[int, str]]:
    """Return a sorting key in which 3.10 comes after 3.9."""
    parts = _NUMBER.split(text)
    return [(int(part), "") if place % 2 else (-1, part) for place, part in enumerate(parts)]


def _notes(reports: list[Report]) -> list[str]:
    """Return what tells each report from others of the same version.

    That is what it was compared with, else its cluster, else its time, else its number.
    """
    notes = [""] * len(reports)
    for tell in (_subject, _cluster, lambda report: report.run.started):
        labels = [_label(report, note) for report, note in zip(reports, notes, strict=True)]
        again = Counter(labels)
        alike: dict[str, set[str]] = {}
        for report, label in zip(reports, labels, strict=True):
            alike.setdefault(label, set()).add(tell(report))
        for place, report in enumerate(reports):
            if again[labels[place]] > 1 and len(alike[labels[place]]) > 1:
                notes[place] = f"{notes[place]} {tell(report)}".strip()
    taken: set[str] = set()
    for place, report in enumerate(reports):
        note, number = notes[place], 1
        while _label(report, notes[place]) in taken:
            number += 1
            notes[place] = f"{note} #{number}".strip()
        taken.add(_label(report, notes[place]))
    return notes


def _cluster(report: Report) -> str:
    return f"{report.cluster.provider} {report.cluster.kubernetes_version}"
