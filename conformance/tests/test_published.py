"""What is published under ``reports/`` is of the cases, and of the entries, as they are.

Whoever changes a case, or how a controller is started, makes the reports anew.
"""

from pathlib import Path

import pytest

from conformance.clusters.local.addresses import API_ADDRESS, API_PORT
from conformance.controllers.catalogue import find
from conformance.controllers.command import shown_command
from conformance.controllers.site import Site
from conformance.report.reading import read_report
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


@pytest.mark.parametrize("report", published())
def test_the_controller_of_a_published_report_was_started_as_it_is_today(report: str) -> None:
    told = read_report(REPORTS / report).report.controller
    entry = find(told.name)
    class_name, controller = entry.names(1)
    server = f"https://{API_ADDRESS}:{API_PORT}"
    site = Site(server, Path("ca"), "token", Path("folder"), told.address, class_name, controller)
    assert told.arguments == shown_command(entry, site.shown())
    assert told.version == entry.version


def test_there_are_published_reports_of_both_kinds() -> None:
    assert {name.startswith("parity/") for name in published()} == {True, False}
