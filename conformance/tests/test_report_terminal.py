"""The report on a terminal and in a pipe: complete, in order, and harmless."""

import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from conformance.case.model import Level
from conformance.judge.words import Reason, Verdict
from conformance.report.model import CertificateRecord, Finding, Observed, Report
from conformance.report.terminal import GROUP, print_report
from conformance.tests.reports import CURL, case_record, probe_record, report
from conformance.visible import visible

HOSTILE = {
    "an escape sequence": "\x1b[2J\x1b]0;owned\x07",
    "markup": "[red]red[/red] [/] [link=https://evil.test]x[/link] [bold",
    "a text that runs backwards": "\u202egnp.exe",
    "an eight-bit sequence": "\x9b31m",
    "a line that overwrites itself": "all well\r✗ all wrong\x08\x08",
    "a line separator": "one\u2028two\u0085three",
    "an emoji code": ":warning: :boom:",
    "a lone surrogate": "\ud800",
    "no width": "\u200b\u2066\ufeff",
}
INVISIBLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def printed(shown: Report, width: int = 80) -> str:
    """What a pipe gets."""
    paper = io.StringIO()
    print_report(shown, Console(file=paper, width=width, highlight=False))
    return paper.getvalue()


def on_terminal(shown: Report, width: int = 80) -> str:
    """What a terminal gets, without its colours."""
    paper = io.StringIO()
    print_report(shown, Console(file=paper, width=width, force_terminal=True, color_system="standard"))
    return re.sub(r"\x1b\[[0-9;]*m", "", paper.getvalue())


def failing(**changes: Any) -> Report:
    return report(case_record("s/wrong", Verdict.FAIL, **changes))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("show", [printed, on_terminal])
def test_what_a_controller_answers_is_never_obeyed(text: str, show: object) -> None:
    assert callable(show)
    case = case_record(
        "s/wrong",
        Verdict.FAIL,
        detail=f"saw {text}",
        title=f"title {text}",
        probes=(probe_record(Verdict.FAIL, id=f"id {text}", curl=f"curl {text}"),),
        findings=(Finding(kind="poison", detail=f"poison {text}"),),
    )
    skipped = case_record("s/skipped", Verdict.SKIPPED, detail=f"because {text}")
    said = show(report(case, skipped))
    assert not INVISIBLE.search(said)
    if text.isprintable():
        assert said.count(text) >= 5, "markup is text"


@given(st.text(max_size=40))
def test_harmless_text_is_printable_and_printable_text_is_left_alone(text: str) -> None:
    assert visible(text, keep="").isprintable()
    assert (visible(text, keep="") == text) == text.isprintable()


def test_nothing_is_coloured_in_a_pipe() -> None:
    assert "\x1b" not in printed(failing())


@pytest.mark.parametrize("width", [20, 40, 80, 300])
@pytest.mark.parametrize("show", [printed, on_terminal])
def test_a_curl_line_comes_out_whole_on_one_line(width: int, show: object) -> None:
    assert callable(show)
    assert CURL in [line.strip() for line in show(failing(), width).split("\n")]


def test_a_curl_line_with_a_body_of_two_lines_stays_as_it_must_be_pasted() -> None:
    curl = "curl --data-raw 'one\ntwo' http://10.0.0.9:80/"
    shown = printed(report(case_record("s/wrong", Verdict.FAIL, probes=(probe_record(Verdict.FAIL, curl=curl),))))
    assert curl in shown


@pytest.mark.parametrize("width", [20, 80, 200])
def test_no_line_in_a_pipe_ends_in_blanks_or_is_cut(width: int) -> None:
    long = "a sentence that goes on and on " * 20 + "to its end"
    shown = printed(failing(detail=long, title=long), width)
    assert all(line == line.rstrip() for line in shown.split("\n"))
    assert "…" not in shown
    assert shown.count(long) == 2


def test_on_a_terminal_sentences_are_wrapped_under_their_case() -> None:
    long = "a sentence that goes on and on " * 20
    lines = [line for line in on_terminal(failing(detail=long)).split("\n") if "goes on" in line]
    assert len(lines) > 5
    assert all(line.startswith("    ") and len(line) <= 80 for line in lines)


@pytest.mark.parametrize("count", [1, 9, 10, 11, 95, 300])
@pytest.mark.parametrize("width", [20, 40, 80, 132])
def test_every_case_has_its_sign_however_narrow_the_page(count: int, width: int) -> None:
    shown = printed(report(*(case_record(f"path-types/{n}") for n in range(count))), width)
    rows = [line for line in shown.split("\n") if set(line.removeprefix("path-types")) <= {"✓", " "} and "✓" in line]
    assert sum(row.count("✓") for row in rows) == count
    groups = [group for row in rows for group in row.removeprefix("path-types").split()]
    assert all(len(group) == GROUP for group in groups[:-1])
    assert all(len(row) <= max(width, len("path-types  ") + GROUP) for row in rows)
    assert len([row for row in rows if row.startswith("path-types")]) == 1


SIGNS = {
    ("core", "pass"): "✓ pass",
    ("core", "fail"): "✗ fail",
    ("core", "unsupported"): "○ unsupported",
    ("core", "skipped"): "- skipped",
    ("core", "error"): "! error",
    ("observed", "pass"): "• recorded, not judged",
}


def test_the_legend_explains_the_signs_that_are_used_and_no_other() -> None:
    for (level, verdict), words in SIGNS.items():
        lines = printed(report(case_record("s/one", Verdict(verdict), Level(level)))).split("\n")
        assert f"s  {words[0]}" in lines
        assert words in lines
        others = [other for other in SIGNS.values() if other != words]
        assert not any(other in line for line in lines for other in others)


def test_what_fails_comes_first_and_core_before_the_rest() -> None:
    cases = [
        case_record("s/fine"),
        case_record("s/claimed", Verdict.UNSUPPORTED),
        case_record("s/broken", Verdict.ERROR),
        case_record("s/wrong-extended", Verdict.FAIL, Level.EXTENDED),
        case_record("s/wrong-core", Verdict.FAIL, Level.CORE),
    ]
    shown = printed(report(*cases))
    order = ["✗ s/wrong-core", "✗ s/wrong-extended", "! s/broken", "○ s/claimed", "demo 1.0\n", "✗ fail", "level"]
    positions = [shown.index(words) for words in order]
    assert positions == sorted(positions)
    assert "s/fine" not in shown


def test_a_failing_case_says_what_was_expected_and_seen_and_only_failing_probes_are_shown() -> None:
    probes = (probe_record(id="GET /right", curl="curl right"), probe_record(Verdict.FAIL, observed=None))
    shown = printed(report(case_record("s/wrong", Verdict.FAIL, probes=probes)))
    assert "✗ s/wrong  core  P01  no-match\n" in shown
    assert "GET /: expected a, saw nothing" in shown
    assert "curl right" not in shown


def test_the_right_backend_with_the_wrong_certificate_is_not_shown_as_if_it_were_right() -> None:
    shown = CertificateRecord(
        names=("one.test", "two.test", "three.test", "four.test"),
        issuer="CN=\x1b[31mred",
        sha256="0123456789abcdef" * 4,
        not_before="",
        not_after="",
        key="ECDSA P-256",
    )
    wrong = probe_record(
        Verdict.FAIL,
        observed=Observed(outcome="a", certificate=shown),
        reason=Reason.WRONG_CERTIFICATE,
        detail="a certificate that no Secret holds was presented in place of that of tls",
    )
    text = printed(report(case_record("s/wrong", Verdict.FAIL, probes=(wrong,))))
    assert "expected a, saw a: a certificate that no Secret holds was presented in place of that of tls" in text
    assert (
        "(for one.test, two.test, three.test and 1 more, issued by CN=\\x1b[31mred, SHA-256 0123456789abcdef…)" in text
    )


def test_findings_contradicted_claims_and_reasons_to_skip_are_told() -> None:
    cases = [
        case_record("s/a", findings=(Finding(kind="interference", detail="it failed in company"),)),
        case_record("s/b", contradiction="P01 is declared unsupported, but the case passes"),
        case_record("s/c", Verdict.SKIPPED, detail="no room"),
        case_record("s/d", Verdict.SKIPPED, detail="no room"),
        case_record("s/e", Verdict.FAIL, contradiction="the case fails, and no claim says so"),
    ]
    lines = printed(report(*cases)).split("\n")
    assert "interference: s/a: it failed in company" in lines
    assert "contradiction: s/b: P01 is declared unsupported, but the case passes" in lines
    assert "skipped: 2 cases: no room" in lines
    assert not any("no claim" in line for line in lines)


def test_the_counts_stand_under_their_verdicts() -> None:
    cases = [case_record(f"s/{n}") for n in range(12)] + [case_record("s/x", Verdict.SKIPPED, Level.API)]
    lines = printed(report(*cases)).split("\n")
    table = [line.split() for line in lines if line.split()[:1] in (["level"], ["core"], ["api"])]
    assert table == [
        ["level", "pass", "fail", "unsupported", "skipped", "error"],
        ["core", "12", "0", "0", "0", "0"],
        ["api", "0", "0", "0", "1", "0"],
    ]


def test_the_footer_says_where_and_how_long() -> None:
    last = printed(report(case_record("s/one"))).rstrip("\n").split("\n")[-1]
    assert last == (
        "demo 1.0 on local Kubernetes v1.37.2: 1 case in 6.5 s (cluster 1.0, controller 2.0, observing 3.0)"
    )


def test_a_run_that_was_cut_short_does_not_look_whole() -> None:
    assert "cut short" in printed(report(case_record("s/one"), complete=False))
    assert "cut short" not in printed(report(case_record("s/one")))


def test_a_report_without_cases_can_be_printed() -> None:
    assert "0 cases" in printed(report())
