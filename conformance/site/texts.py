"""Which runs were asked the same: an older run may have had another text of a case.

As far as reports say it, that is another level, other objects, probes or expectations. What ``compare`` leaves out, and
``diff`` proves nothing by, no page may show as if it could be compared.
"""

from collections.abc import Iterable, Sequence

from conformance.compare.answers import asked_alike
from conformance.compare.overview import UNSEEN
from conformance.report.model import CaseRecord
from conformance.site.columns import Column

NEWEST = 0


def newest(case_id: str, columns: Iterable[Column]) -> CaseRecord:
    """Return the record that titles and levels are taken from: that of the run that was started last."""
    return _newest(case_id, columns).cases[case_id]


def texts_of(case_id: str, columns: Sequence[Column]) -> tuple[int, ...]:
    """Return a number for each run, equal where they had the same text of the case; 0 is that of the newest run."""
    first = _newest(case_id, columns)
    seen = [first.cases[case_id]]
    numbers = []
    for column in columns:
        record, number = column.cases.get(case_id), NEWEST
        alike = column.report.suite.cases_digest == first.report.suite.cases_digest
        # What was not judged may lack probes, whatever its text was.
        if record is not None and not alike and record.verdict not in UNSEEN:
            alike_to = (index for index, other in enumerate(seen) if asked_alike(record, other))
            number = next(alike_to, len(seen))
            if number == len(seen):
                seen.append(record)
        numbers.append(number)
    return tuple(numbers)


def _newest(case_id: str, columns: Iterable[Column]) -> Column:
    having = [column for column in columns if case_id in column.cases]
    return max(having, key=lambda column: column.report.run.started)
