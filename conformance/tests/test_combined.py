"""Several reports in one matrix: differences first, nothing hidden, nothing obeyed."""

import io
from collections.abc import Sequence

from rich.console import Console

from conformance.case.model import Level
from conformance.judge.words import Reason, Verdict
from conformance.report.combined import differ, print_combined, rows
from conformance.report.model import CaseRecord, Parity, Report
from conformance.tests.reports import case_record, report


def of(name: str, *cases: CaseRecord) -> Report:
    made = report(*cases)
    return made.model_copy(update={"controller": made.controller.model_copy(update={"name": name})})


def printed(reports: Sequence[Report], width: int = 100) -> str:
    out = io.StringIO()
    print_combined(reports, Console(file=out, width=width))
    return out.getvalue()


def failing(identifier: str, level: Level = Level.CORE) -> CaseRecord:
    return case_record(identifier, Verdict.FAIL, level, reason=Reason.NO_MATCH)


ALIKE = case_record("s/alike")
LEFT = of("left", ALIKE, failing("s/apart"), failing("s/lost"), failing("s/also", Level.EXTENDED))
RIGHT = of("right", ALIKE, case_record("s/apart"), failing("s/lost"), case_record("s/also", level=Level.EXTENDED))


def test_rows_keep_the_order_and_say_what_is_absent() -> None:
    found = rows([LEFT, of("short", ALIKE), RIGHT])
    assert list(found) == ["s/alike", "s/apart", "s/lost", "s/also"]
    assert [case and case.verdict.value for case in found["s/apart"]] == ["fail", None, "pass"]
    assert differ(found["s/apart"])
    assert not differ(found["s/alike"])


def test_differences_come_first_and_core_before_all() -> None:
    lines = printed([LEFT, RIGHT]).splitlines()
    assert lines[0].split() == ["core", "left", "right"]
    assert lines[1].split() == ["s/apart", "✗", "✓"]
    assert lines[2].split() == ["extended", "left", "right"]
    assert lines[3].split() == ["s/also", "✗", "✓"]
    assert "s/alike" not in "\n".join(lines)
    assert "the same verdict for all, fail: 1 case: s/lost" in lines
    assert "the same verdict for all, pass: 1 case" in lines


def test_counts_of_each() -> None:
    words = {line.split()[0]: line.split()[1:] for line in printed([LEFT, RIGHT]).splitlines() if line}
    assert words["left"][:3] == ["3", "1", "2"]
    assert words["right"][:3] == ["3", "2", "1"]


def parity(identifier: str, word: Parity, *, fail_open: bool = False) -> CaseRecord:
    made = case_record(identifier, Verdict.PASS if word is Parity.SAME else Verdict.FAIL, Level.PARITY)
    return made.model_copy(update={"parity": word, "fail_open": fail_open})


def test_runs_of_level_parity_are_told_in_its_words() -> None:
    one = of("one", parity("n/x", Parity.SAME), parity("n/y", Parity.IGNORED), parity("n/z", Parity.SAME))
    two = of(
        "two", parity("n/x", Parity.IGNORED, fail_open=True), parity("n/y", Parity.IGNORED), parity("n/z", Parity.SAME)
    )
    lines = printed([one, two]).splitlines()
    assert [line.split() for line in lines[:2]] == [["parity", "one", "two"], ["n/x", "same", "open"]]
    assert "the same verdict for all, ignored: 1 case: n/y" in lines
    assert "the same verdict for all, same: 1 case" in lines
    assert lines[-3].split() == ["controller", "parity", "same", "differs", "ignored", "refused", "open", "seconds"]
    assert lines[-1].split()[:-1] == ["two", "3", "1", "0", "2", "0", "1"]


def test_not_all_of_many_are_named() -> None:
    many = [failing(f"s/{number}") for number in range(30)]
    (line,) = [line for line in printed([of("a", *many), of("b", *many)]).splitlines() if "for all, fail" in line]
    assert line.endswith("s/19 and 10 more")


def test_a_case_that_one_run_lacks_is_no_agreement() -> None:
    lines = printed([of("whole", ALIKE), of("short")]).splitlines()
    assert lines[1].split() == ["s/alike", "✓", "?"]


def test_many_controllers_get_letters() -> None:
    names = [f"controller-with-a-long-name-{number}" for number in range(6)]
    reports = [of(name, failing("s/x") if number else case_record("s/x")) for number, name in enumerate(names)]
    lines = printed(reports, width=80).splitlines()
    assert lines[:6] == [f"{'ABCDEF'[number]}  {name}" for number, name in enumerate(names)]
    assert lines[8].split() == ["s/x", "✓", "✗", "✗", "✗", "✗", "✗"]


def test_a_run_cut_short_is_said() -> None:
    short = LEFT.model_copy(update={"run": LEFT.run.model_copy(update={"complete": False})})
    assert "the run of left was cut short" in printed([short, RIGHT])


def test_nothing_is_obeyed() -> None:
    text = printed([of("[red]a\x1b[2J", failing("s/[bold]")), of("b", case_record("s/[bold]"))])
    assert "s/[bold]" in text
    assert "[red]a\\x1b[2J" in text
    assert "\x1b" not in text
