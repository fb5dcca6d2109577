"""What the page of a case of level parity shows of its twin: the same objects without the annotations under test."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.report.model import CaseRecord, ObjectRecord, Parity, ProbeRecord
from conformance.report.parity import is_live
from conformance.site.cells import outcome
from conformance.site.columns import Column
from conformance.site.evidence import Evidence, plain, together
from conformance.site.usual import header_pairs
from conformance.site.words import PARITY_LETTERS, PARITY_TEXTS

Having = Sequence[tuple[Column, CaseRecord]]
Beside = Mapping[tuple[str, str], ProbeRecord]
"""The probes of twins, by the slug of the run and their id."""

NO_TWINS: Beside = {}

_WORST_FIRST = (*(word for word in Parity if word is not Parity.SAME), Parity.SAME)


@dataclass(frozen=True)
class Compared:
    """How the runs compare with ingress-nginx in a case: ``words`` are those that some run has, with look and meaning.

    ``opened`` are the runs in which a restriction has no effect, ``dead`` those in which the twin was not served
    either; ``lacks`` are the annotations that the twin lacks.
    """

    words: tuple[tuple[str, str, str], ...]
    opened: tuple[Column, ...]
    dead: tuple[Column, ...]
    lacks: tuple[str, ...]


def compared(having: Having) -> Compared:
    """Return what the page says of a case before it shows any probe."""
    there = {case.parity for _, case in having}
    lacks = dict.fromkeys(name for _, case in having for name in _lacking(case))
    return Compared(
        tuple((f"p{PARITY_LETTERS[word]}", word.value, PARITY_TEXTS[word]) for word in _WORST_FIRST if word in there),
        tuple(column for column, case in having if case.fail_open),
        tuple(column for column, case in having if case.twin is not None and not is_live(case.twin)),
        tuple(lacks),
    )


def beside(having: Having) -> Beside:
    """Return the probes of all twins."""
    return {
        (column.slug, probe.id): probe for column, case in having if case.twin is not None for probe in case.twin.probes
    }


def twin_answers(asked: Iterable[tuple[Column, ProbeRecord]], twins: Beside) -> tuple[Evidence, ...]:
    """Return what the twin of each run answered to a probe: as much of it as the probe looks at."""
    found = [(column, twins.get((column.slug, probe.id)), probe) for column, probe in asked]
    return together([_evidence(column, twin, probe) for column, twin, probe in found if twin is not None])


def _evidence(column: Column, twin: ProbeRecord, probe: ProbeRecord) -> Evidence:
    last = twin.deciding
    answered, received = (last.answered or {}, last.received or {}) if last else ({}, {})
    facts = [("", outcome(twin, column.report.controller))]
    if answered.get("tally"):
        facts.append(("of all requests", plain(answered["tally"])))
    facts += [(f"received {key}", plain(value)) for key, value in received.items() if key != "headers"]
    facts += [(f"received {name}:", value) for name, value in header_pairs(received.get("headers"))]
    headers = tuple(header_pairs(answered.get("headers")))
    given = {name.lower() for name, _ in headers}
    wanted = probe.expected.more.get("headers")
    names = [name for name, value in wanted.items() if value is not None] if isinstance(wanted, dict) else []
    return Evidence((column,), tuple(facts), headers, tuple(name for name in names if name.lower() not in given))


def _lacking(case: CaseRecord) -> Iterator[str]:
    if case.twin is not None:
        kept = set(_annotations(case.twin.objects))
        yield from (name for name in _annotations(case.objects) if name not in kept)


def _annotations(objects: Iterable[ObjectRecord]) -> Iterator[str]:
    for one in objects:
        meta: Any = one.manifest.get("metadata")
        notes = meta.get("annotations") if isinstance(meta, dict) else None
        if isinstance(notes, dict):
            yield from map(str, notes)
