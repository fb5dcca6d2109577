"""A run that had another text of a case: marked, counted by its own levels, and compared with nothing but its like."""

import json
from typing import Any

from lxml import html

from conformance.case.model import Level
from conformance.case.statements import load_statements
from conformance.judge.words import Verdict
from conformance.report.model import CaseRecord, Expected, Report
from conformance.site.columns import columns_of
from conformance.site.pages import site
from conformance.site.texts import texts_of
from conformance.tests.reports import case_record, probe_record, report
from conformance.tests.rich_report import named


def run(name: str, started: str, *cases: CaseRecord, digest: str = "") -> Report:
    made = named(report(*cases), name)
    return made.model_copy(
        update={
            "run": made.run.model_copy(update={"started": f"2026-01-{started}T00:00:00+00:00"}),
            "suite": made.suite.model_copy(update={"cases_digest": f"sha256:{digest or started}"}),
        }
    )


def pages(*reports: Report) -> dict[str, str]:
    return {name: page.decode() for name, page in site(reports, load_statements()) if name.endswith(".html")}


def text_of(page: str) -> str:
    return " ".join("".join(map(str, html.document_fromstring(page).itertext())).split())


def record(outcome: str, **changes: Any) -> CaseRecord:
    return case_record("hosts/x", **{"probes": (probe_record(expected=Expected(outcome=outcome)),), **changes})


def numbers(*reports: Report) -> tuple[int, ...]:
    return texts_of("hosts/x", columns_of(reports))


OLD = run("old", "01", case_record("hosts/x", Verdict.FAIL, Level.EXTENDED), case_record("hosts/y"))
NEW = run("new", "02", case_record("hosts/x", level=Level.OBSERVED), case_record("hosts/y"))


def test_texts_differ_by_level_probes_or_expectations_and_the_newest_run_has_number_0() -> None:
    assert numbers(run("a", "01", record("a")), run("b", "02", record("a"))) == (0, 0)
    assert numbers(run("a", "01", record("b")), run("b", "02", record("a"))) == (1, 0)
    assert numbers(run("a", "03", record("b")), run("b", "02", record("a"))) == (0, 1)
    assert numbers(run("a", "01", record("a", level=Level.OBSERVED)), run("b", "02", record("a"))) == (1, 0)
    assert numbers(run("a", "01", record("a", probes=())), run("b", "02", record("a"))) == (1, 0)
    assert numbers(run("a", "01", record("b")), run("b", "01", record("b")), run("c", "02", record("a"))) == (1, 1, 0)


def test_texts_differ_by_what_the_case_asked_where_both_say_it() -> None:
    old, new, unsaid = record("a", asked_digest="sha256:0"), record("a", asked_digest="sha256:1"), record("a")
    assert numbers(run("a", "01", old), run("b", "02", new)) == (1, 0)
    assert numbers(run("a", "01", new), run("b", "02", new)) == (0, 0)
    assert numbers(run("a", "01", unsaid), run("b", "02", new), run("c", "01", old)) == (0, 0, 1)


def test_what_was_not_judged_is_not_taken_for_another_text_because_it_lacks_probes() -> None:
    skipped = record("a", verdict=Verdict.SKIPPED, probes=())
    assert numbers(run("a", "01", skipped), run("b", "02", record("a"))) == (0, 0)


def test_runs_are_counted_by_the_levels_they_were_judged_by() -> None:
    for name in ("index.html", "controller/old-1.0.html"):
        counts = {
            row[0].text: text_of(html.tostring(row).decode())
            for row in html.fromstring(pages(OLD, NEW)[name]).iter("tr")
        }
        assert "1 ✗ fail" in counts["extended"], name
        assert "✗" not in counts.get("observed", ""), name


def test_a_cell_of_another_text_is_marked_and_its_level_told_and_the_mark_explained() -> None:
    made = pages(OLD, NEW)
    row = next(row for row in html.fromstring(made["index.html"]).iter("tr") if row.get("data-i") == "hosts/x")
    new, old = (text_of(html.tostring(cell).decode()) for cell in row.iter("td"))
    assert old.endswith("as extended † another text of the case")
    assert "†" not in new
    assert "† marks what a run judged by another text of the case" in text_of(made["index.html"])
    assert "old 1.0 (1)." in text_of(made["index.html"])
    assert "With old the case had another text than in the newest run: the level extended." in text_of(
        made["case/hosts--x.html"]
    )
    assert "The newest run was asked otherwise in 1 case" in text_of(made["controller/old-1.0.html"])
    assert "†" not in made["case/hosts--y.html"]


def test_runs_with_one_text_have_no_mark_anywhere() -> None:
    alike = run("other", "03", *NEW.cases)
    assert not any("†" in page or "another text" in page for page in pages(NEW, alike).values())


def test_the_migration_view_is_told_which_cells_are_of_one_text() -> None:
    scripts = html.document_fromstring(pages(OLD, NEW)["migrate.html"]).iter("script")
    data = next(script.text for script in scripts if script.get("id") == "data")
    cases = {case[0]: case[6:] for case in json.loads(data or "")["cases"]}
    assert cases == {"hosts/x": [[0, 1]], "hosts/y": []}


def test_a_version_that_was_asked_otherwise_is_not_called_worse() -> None:
    passed = run("one", "01", record("b"), digest="a")
    failed = run("one", "02", record("a", verdict=Verdict.FAIL), digest="b")
    newer = failed.model_copy(update={"controller": failed.controller.model_copy(update={"version": "2.0"})})
    page = pages(passed, newer)["controller/one-2.0.html"]
    assert "pass → fail: no-match (another text of the case)" in page
    assert "worse</b>" not in page
