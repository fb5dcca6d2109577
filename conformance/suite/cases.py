"""Where pytest finds the cases: ``pytest --pyargs conformance.suite`` collects this file as a list of them."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from conformance.case.model import Case
from conformance.case.selection import selected
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord
from conformance.report.seen import in_a_line
from conformance.suite.asked import asked_cases
from conformance.suite.options import run_options
from conformance.suite.verdicts import Failed, Verdicts

VERDICTS = pytest.StashKey[Verdicts]()
SELECTED = pytest.StashKey[frozenset[str]]()
"""What an earlier part of a resumed run had selected."""


class CaseTrouble(Exception):
    """The harness could not judge a case; shown without a traceback."""


class CaseFailure(AssertionError):
    """A case failed; shown without a traceback. Allure calls only an AssertionError failed, all else broken."""


class CaseFile(pytest.File):
    """Collects one item for each selected case."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items, in the order of the case files."""
        options = run_options(self.config)
        for case in selected(asked_cases(self.config), options.expression, options.levels):
            yield CaseItem.from_parent(self, name=case.id, case=case)


class CaseItem(pytest.Item):
    """One case; running it waits for the engine's final verdict."""

    def __init__(self, *, case: Case, **rest: Any) -> None:
        super().__init__(**rest)
        self.case = case
        self.record: CaseRecord | None = None
        self.add_marker(case.level.value)
        # So that -k finds what `cases list -k` finds.
        self.extra_keyword_matches.update(case.statements)
        self.user_properties.append(("statements", ",".join(case.statements)))

    def setup(self) -> None:
        """Wait for the verdict; what is the harness's own trouble is pytest's ERROR, never its FAILED."""
        verdicts = self.config.stash.get(VERDICTS, None)
        if verdicts is None:
            pytest.skip("no run: name a controller with --controller")
        try:
            self.record = verdicts.wait(self.case.id)
        except Failed as failure:
            raise CaseTrouble(str(failure)) from None
        if self.record.verdict is Verdict.ERROR:
            raise CaseTrouble(self.record.detail)

    def runtest(self) -> None:
        """Turn the verdict into pytest's words: unsupported is an expected failure."""
        record = self.record
        assert record is not None
        self.user_properties.append(("verdict", record.verdict.value))
        if record.reason:
            self.user_properties.append(("reason", record.reason.value))
        if record.verdict is Verdict.FAIL:
            raise CaseFailure("\n".join(explain(record)))
        if record.verdict is Verdict.UNSUPPORTED:
            pytest.xfail(record.detail)
        if record.verdict is Verdict.SKIPPED:
            pytest.skip(record.detail)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show a failing case in its own words."""
        if isinstance(excinfo.value, CaseFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def _repr_failure_py(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show trouble in its own words: during setup pytest asks this, and reads all sources for each case."""
        if isinstance(excinfo.value, CaseTrouble):
            return str(excinfo.value)
        return super()._repr_failure_py(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Say where the case stands and what it is called."""
        return self.path, None, self.case.id


def explain(record: CaseRecord) -> Iterable[str]:
    """Yield the lines that explain a failing case: the reason, each failing probe, and how to send it again."""
    yield f"{record.reason}: {record.detail}"
    yield f"  {record.title}"
    yield f"  {', '.join(record.statements)}  {record.spec_url}"
    for probe in record.probes:
        if probe.verdict is Verdict.PASS:
            continue
        yield f"  {in_a_line(probe)} ({len(probe.attempts)} attempts)"
        yield f"    {probe.curl}"
    for finding in record.findings:
        yield f"  {finding.kind}: {finding.detail}"
