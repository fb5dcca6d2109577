"""What is published under ``reports/`` is of the cases as they are: whoever changes a case makes the reports anew."""

from pathlib import Path

import pytest

from conformance.tests.test_cli_verify import run

pytestmark = [pytest.mark.e2e, pytest.mark.nightly]
REPORTS = Path(__file__).parents[2] / "reports"


def published() -> list[str]:
    """The published reports, as paths below ``reports``."""
    return sorted(str(file.relative_to(REPORTS)) for file in REPORTS.glob("**/report.json"))


@pytest.mark.parametrize("report", published())
def test_a_published_report_is_sound(report: str) -> None:
    done = run(REPORTS / report)
    assert done.returncode == 0, done.stdout


def test_there_are_published_reports_of_both_kinds() -> None:
    assert {name.startswith("parity/") for name in published()} == {True, False}
