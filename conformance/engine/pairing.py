"""Records of cases and of their twins, put together: neither says alone whether an annotation had an effect."""

import threading
from dataclasses import dataclass, field

from conformance.case.model import Case
from conformance.plan.twins import has_twin
from conformance.report.model import CaseRecord
from conformance.report.parity import beside_twin


@dataclass
class Pairs:
    """Holds a record until its other half is there."""

    _cases: dict[str, CaseRecord] = field(default_factory=dict)
    _twins: dict[str, CaseRecord] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def join(self, case: Case, record: CaseRecord) -> tuple[CaseRecord, ...]:
        """Take a final record; return the one that is whole by now, if any."""
        whole = case.twin_of or case.id
        with self._lock:
            if not (case.twin_of or has_twin(case)):
                return (beside_twin(record, None),)
            (self._twins if case.twin_of else self._cases)[whole] = record
            if whole not in self._cases or whole not in self._twins:
                return ()
            return (beside_twin(self._cases.pop(whole), self._twins.pop(whole)),)

    def left(self) -> tuple[CaseRecord, ...]:
        """Return, once, the records of cases whose twins have none."""
        with self._lock:
            left, self._cases = tuple(self._cases.values()), {}
        return tuple(beside_twin(record, None) for record in left)
