"""What the site takes for the same and for different, and in what order it shows it."""

import pytest

from conformance.case.model import Level
from conformance.judge.words import Reason, Verdict
from conformance.report.model import Expected, Finding, Observed, Parity, Report
from conformance.site.cells import cells_of, group_name, in_short
from conformance.site.columns import case_ids, columns_of
from conformance.site.matrix import Matrix, matrix_of
from conformance.tests.reports import case_record, probe_record, report
from conformance.tests.site_reports import compared


def recorded(identifier: str, *outcomes: str) -> Report:
    """A run that recorded these outcomes for a case."""
    probes = tuple(
        probe_record(id=f"GET /{n}", expected=Expected(outcome="record"), observed=Observed(outcome=outcome))
        for n, outcome in enumerate(outcomes)
    )
    return report(case_record(identifier, level=Level.OBSERVED, probes=probes))


def called(made: Report, name: str, version: str = "1.0", **more: str) -> Report:
    """The same report of another controller."""
    controller = made.controller.model_copy(update={"name": name, "version": version, **more})
    return made.model_copy(update={"controller": controller})


def of(*reports: Report) -> Matrix:
    columns = columns_of(called(made, f"c{number}") for number, made in enumerate(reports))
    return matrix_of(columns, {case: case for case in case_ids(columns)})


def test_equal_recorded_answers_share_a_letter_and_most_runs_are_a() -> None:
    matrix = of(recorded("s/x", "b"), recorded("s/x", "a"), recorded("s/x", "a"))
    cells = matrix.rows[0].cells
    assert [cell.group_name for cell in cells] == ["B", "A", "A"]
    assert [cell.answer for cell in cells] == ["b", "a", "a"]
    assert all(cell.word == "recorded" and cell.recorded for cell in cells)


def test_a_pass_is_a_pass_whatever_status_no_match_came_as() -> None:
    seen = [Observed(outcome="status:404"), Observed(outcome="status:503")]
    probes = [probe_record(observed=observed) for observed in seen]
    matrix = of(*(report(case_record("s/x", probes=(probe,))) for probe in probes))
    assert matrix.rows[0].groups == "00"
    assert matrix.rows[0].same


def test_failures_with_other_answers_are_different() -> None:
    seen = [Observed(outcome="status:404"), Observed(outcome="b")]
    probes = [probe_record(Verdict.FAIL, observed=observed) for observed in seen]
    matrix = of(*(report(case_record("s/x", Verdict.FAIL, probes=(probe,))) for probe in probes))
    assert matrix.rows[0].groups == "01"


def test_what_fails_everywhere_alike_is_not_folded() -> None:
    failing = report(case_record("s/x", Verdict.FAIL))
    assert not of(failing, failing).rows[0].same


@pytest.mark.parametrize("verdict", [Verdict.UNSUPPORTED, Verdict.SKIPPED, Verdict.ERROR])
def test_only_passes_are_folded(verdict: Verdict) -> None:
    assert not of(report(case_record("s/x", verdict))).rows[0].same


def test_a_finding_keeps_a_row_open() -> None:
    poison = Finding(kind="poison", detail="…")
    matrix = of(report(case_record("s/x", findings=(poison,))), report(case_record("s/x")))
    assert not matrix.rows[0].same
    assert matrix.rows[0].findings == ("poison",)


def test_one_run_alone_shows_what_it_recorded_and_folds_what_passes() -> None:
    both = report(case_record("s/x"), recorded("s/y", "a").cases[0])
    assert {row.id: row.same for row in of(both).rows} == {"s/x": True, "s/y": False}


def test_a_run_without_the_case_says_nothing_and_is_counted_as_not_run() -> None:
    matrix = of(report(case_record("s/x"), case_record("s/y")), report(case_record("s/x")))
    missing = next(row for row in matrix.rows if row.id == "s/y")
    assert missing.letters == "pn"
    assert missing.groups == "0-"
    assert missing.same
    assert ("n", "·", "not run", 1) in matrix.sections[0].counts[1].parts
    assert matrix.sections[0].folded_text == "2 pass wherever they ran"


def test_worst_first_within_a_section_and_folded_last() -> None:
    cases = (
        case_record("s/passes"),
        case_record("s/claimed", Verdict.UNSUPPORTED),
        case_record("s/extended", Verdict.FAIL, Level.EXTENDED),
        case_record("s/core", Verdict.FAIL),
    )
    matrix = of(report(*cases))
    assert [row.name for row in matrix.rows] == ["core", "extended", "claimed", "passes"]


def test_counts_are_made_from_the_cases_and_not_from_the_summary() -> None:
    lying = report(case_record("s/x", Verdict.FAIL)).model_copy(update={"summary": {}})
    (level, counts), *rest = of(lying).levels
    assert (level, rest) == (Level.CORE, [])
    assert counts[0].parts == (("f", "✗", "fail", 1),)


def test_address_in_a_redirect_is_no_difference() -> None:
    def run(name: str, address: str) -> Report:
        return called(recorded("s/x", f"redirect:308:https://{address}/"), name, address=address)

    columns = columns_of([run("x", "10.0.0.1"), run("y", "10.0.0.2")])
    assert [cell.group for cell in cells_of("s/x", columns)] == [0, 0]


def test_columns_are_ordered_by_name_and_version_whatever_comes_first() -> None:
    made = report(case_record("s/x"))
    runs = [called(made, "b"), called(made, "a", "3.10"), called(made, "a", "3.9")]
    for order in (runs, runs[::-1]):
        columns = columns_of(order)
        assert [column.label for column in columns] == ["a 3.9", "a 3.10", "b 1.0"]
        assert [column.short for column in columns] == ["a 3.9", "a 3.10", "b"]


def test_runs_of_one_version_are_told_apart_by_cluster_then_time_then_number() -> None:
    made = report(case_record("s/x"))
    kind = made.model_copy(update={"cluster": made.cluster.model_copy(update={"provider": "kind"})})
    later = made.model_copy(update={"run": made.run.model_copy(update={"started": "2026-02-01T00:00:00+00:00"})})
    again = made.model_copy(update={"suite": made.suite.model_copy(update={"version": "0.2"})})
    assert [column.note for column in columns_of([made, kind])] == ["kind v1.37.2", "local v1.37.2"]
    assert [column.note for column in columns_of([made, later])] == [made.run.started, later.run.started]
    assert [column.note for column in columns_of([made, again])] == ["", "#2"]
    slugs = [column.slug for column in columns_of([made, kind, later, again])]
    assert len(set(slugs)) == 4


def test_a_run_that_was_only_compared_with_ingress_nginx_stands_last_and_says_so() -> None:
    judged = report(case_record("s/x"))
    asked = report(compared("n/x", Parity.SAME))
    runs = [called(asked, "b"), called(asked, "a"), called(judged, "b"), called(asked, "only"), called(judged, "a")]
    columns = columns_of(runs)
    assert [(column.label, column.short) for column in columns] == [
        ("a 1.0", "a"),
        ("b 1.0", "b"),
        ("a 1.0 parity", "a parity"),
        ("b 1.0 parity", "b parity"),
        ("only 1.0", "only"),
    ]
    later = columns_of([called(judged, "a"), called(judged, "a", "2.0"), called(asked, "a")])
    assert [column.short for column in later] == ["a 1.0", "a 2.0", "a parity"]


def test_reasons_and_groups_are_there_for_queries() -> None:
    failing = report(case_record("s/x", Verdict.FAIL, reason=Reason.UNSTABLE))
    row = of(failing, report(case_record("s/x"))).rows[0]
    assert (row.letters, row.reasons) == ("fp", "unstable")


def test_short_words() -> None:
    assert in_short(["a", "a", "b"]) == "a ×2, b"
    assert in_short(["x" * 99], 10) == "x" * 9 + "…"
    assert [group_name(number) for number in (-1, 0, 25, 26, 27, 702)] == ["", "A", "Z", "AA", "AB", "AAA"]


def test_a_case_that_is_compared_has_a_word_and_a_mark_in_place_of_its_verdict() -> None:
    matrix = of(
        report(compared("n/x", Parity.IGNORED, fail_open=True)),
        report(compared("n/x", Parity.SAME)),
        report(compared("n/x", Parity.REFUSED)),
    )
    (row,) = matrix.rows
    assert [(cell.sign, cell.word, cell.look) for cell in row.cells] == [
        ("", "ignored, open", "po"),
        ("", "same", "ps"),
        ("", "refused", "pr"),
    ]
    # The verdict stays for queries; the words stand beside it.
    assert (row.letters, row.parity) == ("fpf", "Isr")
    assert [cell.why for cell in row.cells] == ["", "", ""]


def test_another_word_or_mark_is_a_difference() -> None:
    words = [(Parity.IGNORED, False), (Parity.IGNORED, True), (Parity.DIFFERS, False), (Parity.DIFFERS, False)]
    matrix = of(*(report(compared("n/x", word, fail_open=opened)) for word, opened in words))
    assert matrix.rows[0].groups == "1200"


def test_words_are_counted_and_what_is_open_once_more() -> None:
    cases = (
        compared("n/x", Parity.IGNORED, fail_open=True),
        compared("n/y", Parity.IGNORED),
        compared("n/z", Parity.SAME),
        case_record("n/lost", Verdict.ERROR, Level.PARITY),
    )
    matrix = of(report(*cases))
    ((level, (count,)),) = matrix.levels
    assert (level, count.total) == (Level.PARITY, 4)
    assert [(word, number) for _, _, word, number in count.parts] == [
        ("same", 1),
        ("ignored", 2),
        ("open", 1),
        ("error", 1),
    ]
    assert matrix.sections[0].folded_text == "1 as ingress-nginx"


def test_what_is_open_stands_first() -> None:
    cases = (compared("n/x", Parity.DIFFERS), compared("n/y", Parity.IGNORED, fail_open=True))
    assert [row.name for row in of(report(*cases)).rows] == ["y", "x"]


def test_what_the_specification_says_stands_before_what_ingress_nginx_does() -> None:
    """Even where nothing of it fails."""
    matrix = of(report(compared("a/x", Parity.IGNORED, fail_open=True), case_record("b/x"), case_record("c/x")))
    assert [section.name for section in matrix.sections] == ["b", "c", "a"]


def test_sections_in_which_something_fails_stand_first() -> None:
    matrix = of(report(case_record("a/x"), case_record("b/x", Verdict.FAIL), case_record("c/x", Verdict.UNSUPPORTED)))
    assert [section.name for section in matrix.sections] == ["b", "a", "c"]
