"""Tables: a case a row, with backends by order and a witness where no match is expected."""

import re
import textwrap
from pathlib import Path

import pytest

from conformance.case.builtin import builtin_folders
from conformance.case.draft import Draft
from conformance.case.load import load_cases, parse_cases
from conformance.case.model import Case
from conformance.case.problems import CaseErrors

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"
HEAD = """\
section: mine
title: My own cases
spec: https://example.org/spec
tables:
  - title: A table
    level: core
    columns: [name, statement, hosts, paths, requests, request-hosts, expect, title]
    rows:
      - """


def case_of(row: str) -> Case:
    (found,) = parse_cases(HEAD + row, "it.yaml")
    assert isinstance(found, Draft), found
    return found.case


def problem_of(row: str, head: str = HEAD) -> str:
    (found,) = parse_cases(head + row, "it.yaml")
    assert not isinstance(found, Draft), found
    return str(found)


def paths_of(case: Case) -> list[tuple[str, str, str, str]]:
    return [
        (rule["host"], path["pathType"], path.get("path", "-"), path["backend"]["service"]["name"])
        for rule in case.objects[0]["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]


def probes_of(case: Case) -> list[tuple[str, str, str]]:
    return [(probe.id, probe.host, probe.expect.outcome) for probe in case.probes]


def test_defaults_fill_what_a_row_leaves_out() -> None:
    case = case_of("[x, P01, ~, ~, ~, ~, a, A title]")
    assert paths_of(case) == [("foo.com", "Prefix", "/", "a")]
    assert probes_of(case) == [("GET /", "foo.com", "a")]
    assert (case.placement, case.level, case.where) == ("packed", "core", "it.yaml:9")
    assert case.spec_url == "https://example.org/spec"


def test_backends_follow_the_order_of_paths() -> None:
    case = case_of("[x, [P01, P02], foo.com, [Prefix /, Exact /b, ImplementationSpecific], [/b, /c], ~, b, A title]")
    assert case.statements == ("P01", "P02")
    assert paths_of(case) == [
        ("foo.com", "Prefix", "/", "a"),
        ("foo.com", "Exact", "/b", "b"),
        ("foo.com", "ImplementationSpecific", "-", "c"),
    ]


def test_backends_follow_the_order_of_hosts() -> None:
    case = case_of('[x, H01, ["*.foo.com", bar.com], Prefix /, [/, /x], [www.foo.com, bar.com], b, A title]')
    assert paths_of(case) == [("*.foo.com", "Prefix", "/", "a"), ("bar.com", "Prefix", "/", "b")]
    assert probes_of(case) == [
        ("GET www.foo.com/", "www.foo.com", "b"),
        ("GET www.foo.com/x", "www.foo.com", "b"),
        ("GET /", "bar.com", "b"),
        ("GET /x", "bar.com", "b"),
    ]
    assert case.placement == "own"


def test_no_match_brings_its_witness() -> None:
    case = case_of("[x, P04, ~, [Exact /foo], [/foo/], ~, no match, A title]")
    assert probes_of(case) == [("witness GET /foo", "foo.com", "a"), ("GET /foo/", "foo.com", "no match")]
    assert [probe.witness for probe in case.probes] == [True, False]


def test_the_witness_of_a_wildcard_asks_for_www() -> None:
    case = case_of('[x, H01, ["*.foo.com"], ~, ~, [foo.com], no match, A title]')
    assert probes_of(case)[0] == ("witness GET www.foo.com/", "www.foo.com", "a")
    assert [probe.named for probe in case.probes] == [True, False]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("Exact /a b", "/a%20b"),
        ("Exact /ä", "/%C3%A4"),
        ("Exact /a%20b", "/a%20b"),
        ("Exact /a?b#c", "/a%3Fb%23c"),
        ('Exact /{3}"|^`<>', '/{3}"|^`<>'),
    ],
)
def test_the_witness_sends_what_a_request_line_can_hold_as_it_is_written(path: str, target: str) -> None:
    quoted = path.replace('"', '\\"')
    case = case_of(f'[x, P24, ~, "{quoted}", [/no], ~, no match, A title]')
    assert case.probes[0].target == target


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("[x, P01, ~]", "9:9: the row has 3 cells, the table has 8 columns\n  hint: the columns are name, statement"),
        ("[X, P01, ~, ~, ~, ~, a, A title]", "9:10: name cannot be 'X'"),
        ("[~, P01, ~, ~, ~, ~, a, A title]", "9:10: name cannot be ''"),
        (
            "[x, ~, ~, ~, ~, ~, a, A title]",
            "9:13: statement is missing\n  hint: write the id of what it tests, such as P18",
        ),
        ("[x, P01, ~, ~, ~, ~, ~, A title]", "9:30: expect is missing"),
        ("[x, P01, ~, ~, ~, ~, a, ~]", "9:33: title is missing\n  hint: write one sentence"),
        ("[x, P01, ~, ~, ~, ~, [a, b], t]", "9:30: expect takes one value, not 2"),
        ("[x, P01, ~, Prefx /a, ~, ~, a, t]", "9:21: 'Prefx /a' does not begin with a path type\n  hint: did you mean"),
        ("[x, P01, ~, Prefix, ~, ~, a, t]", "9:21: 'Prefix' has no path"),
        (
            "[x, P01, [a.com, b.com], [Prefix /, Exact /], ~, ~, a, t]",
            "9:18: several hosts and several paths in one row\n  hint: write it as a case",
        ),
        (
            "[x, P01, ~, [Prefix /1, Prefix /2, Prefix /3, Prefix /4, Prefix /5, Prefix /6], ~, ~, a, t]",
            "9:21: more than 5 paths",
        ),
        ('[x, P01, "*.foo.com", ~, ~, ~, a, t]', "9:18: the first host is a wildcard"),
        ("[x, P01, ~, [Prefix /a, Exact /a], [/b], ~, no match, t]", "9:21: another path equals the first"),
        ("[x, P01, ~, 3, ~, ~, a, t]", "9:21: rows must be text or a list, not a number"),
        ("[x, P01, ~, {a: b}, ~, ~, a, t]", "9:21: rows must be text or a list, not a mapping"),
    ],
)
def test_rows_that_cannot_be_understood(row: str, message: str) -> None:
    assert problem_of(row).startswith(f"it.yaml:{message}")


def test_columns_of_level_placement_and_spec() -> None:
    head = (
        HEAD.replace("    level: core\n", "")
        .replace("hosts, paths, requests, request-hosts", "level, placement, spec")
        .replace("https://example.org/spec\n", "https://example.org/spec\n")
    )
    (found,) = parse_cases(head + "[x, P01, extended, odd, https://example.org/x, a, A title]", "it.yaml")
    assert isinstance(found, Draft)
    assert (found.case.level, found.case.placement, found.case.spec_url) == ("extended", "odd", "https://example.org/x")
    wrong = {
        "[x, P01, ~, odd, ~, a, t]": "8:18: level is missing",
        "[x, P01, cor, odd, ~, a, t]": "8:18: level cannot be 'cor'\n  hint: did you mean core?",
        "[x, P01, core, od, ~, a, t]": "8:24: placement cannot be 'od'\n  hint: did you mean odd?",
        "[x, P01, core, odd, x, a, t]": "8:29: spec is not an https:// address",
    }
    for row, message in wrong.items():
        assert problem_of(row, head).startswith(f"it.yaml:{message}")


def test_headers_that_cannot_be_understood() -> None:
    text = textwrap.dedent(
        """\
        section: mine
        title: My own cases
        spec: https://example.org/spec
        tables:
          - title: A table
            columns: [name, name, expect, title]
            rows: [[a, b, c, d]]
        """
    )
    assert [str(problem).removeprefix("it.yaml:") for problem in parse_cases(text, "it.yaml")] == [
        "6:14: the column statement is missing",
        "6:21: the column name is there twice",
    ]
    (problem,) = parse_cases(text.replace("name, name", "name, statment"), "it.yaml")
    assert str(problem) == "it.yaml:6:21: columns cannot be 'statment'\n  hint: did you mean statement?"


def test_flaws_of_a_row_are_placed_at_its_cells(tmp_path: Path) -> None:
    rows = [
        "[x, P1, ~, ~, ~, ~, a, A title]",
        "[y, P01, ~, ~, [foo], ~, a, A title]",
        "[z, P01, ~, ~, ~, [bar.com], a, A title]",
        "[w, P01, ~, ~, ~, ~, c, A title]",
        "[x, P01, ~, ~, [/, /], ~, a, A title]",
        "[v, P01, ~, [Prefix /a, Exact b], /a, ~, a, A title]",
        "[u, P01, [a.com, Bar.com], Prefix /c//d, /c, ~, a, A title]",
    ]
    (tmp_path / "it.yaml").write_text(HEAD + "\n      - ".join(rows))
    with pytest.raises(CaseErrors) as caught:
        load_cases([tmp_path])
    assert [str(problem).partition("it.yaml:")[2].partition("\n")[0] for problem in caught.value.problems] == [
        "9:13: 'P1' is no statement id",
        "10:24: the request 'foo' does not begin with /",
        "11:27: no rule of the case serves the host bar.com",
        "12:30: no rule of the case leads to the backend c",
        "13:10: the id mine/x is there twice",
        "13:24: two probes have the id 'GET /'",
        "14:33: path is 'b', and must begin with a slash",
        "15:26: host is 'Bar.com', which is no DNS name",
        "15:36: path is '/c//d', and must not hold //",
    ]


@pytest.mark.skipif(not CONTRIBUTING.exists(), reason="only in a checkout")
def test_the_example_for_contributors_is_a_whole_file(tmp_path: Path) -> None:
    text = CONTRIBUTING.read_text(encoding="utf-8")
    (example,) = re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    (tmp_path / "my-cases.yaml").write_text(example)
    shown = re.findall(r"cases show (\S+) --cases", text)
    # Beside the built-in cases as well: nothing collides.
    loaded = {case.id for case in load_cases([tmp_path, *builtin_folders()])}
    assert {*shown, "mine/exact-below", "mine/longer-wins"} <= loaded
    assert shown == ["mine/exact-itself"]
