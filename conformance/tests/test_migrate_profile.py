"""What the cases of level parity say of a move away from ingress-nginx."""

import pytest

from conformance.case.model import Level
from conformance.judge.words import Verdict
from conformance.migrate.model import Sort
from conformance.migrate.profile import profile_of
from conformance.report.model import CaseRecord, Parity
from conformance.tests.reports import case_record, probe_record, report


def judged(parity: Parity, *, fail_open: bool = False) -> CaseRecord:
    verdict = Verdict.PASS if parity is Parity.SAME else Verdict.FAIL
    probes = (probe_record(verdict), probe_record(Verdict.PASS))
    made = case_record("ingress-nginx/one", verdict, Level.PARITY, probes=probes, parity=parity)
    return made.model_copy(update={"fail_open": fail_open})


@pytest.mark.parametrize(
    ("case", "sort"),
    [
        (judged(Parity.SAME), Sort.UNCHANGED),
        (judged(Parity.DIFFERS), Sort.DIFFERS),
        (judged(Parity.REFUSED), Sort.DIFFERS),
        (judged(Parity.IGNORED), Sort.IGNORED),
        (judged(Parity.IGNORED, fail_open=True), Sort.UNSAFE),
        (judged(Parity.SAME).model_copy(update={"parity": None}), Sort.NOT_JUDGED),
    ],
    ids=["same", "differs", "refused", "ignored", "open", "not judged"],
)
def test_the_word_of_parity_decides_and_what_failed_is_shown(case: CaseRecord, sort: Sort) -> None:
    found = profile_of(report(case))
    assert found.counts == {sort: 1}
    changed = sort not in {Sort.UNCHANGED, Sort.NOT_JUDGED}
    assert [len(change.places) for change in found.changes] == ([1] if changed else [])
    assert "ingress-nginx, as it was recorded," in found.summary
