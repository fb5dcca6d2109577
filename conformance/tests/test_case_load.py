"""Case files that are wrong: every message with its place and hint, and all of them at once."""

import os
import textwrap
from pathlib import Path

import pytest

from conformance.case.load import load, load_cases
from conformance.case.problems import CaseErrors

GOOD = """\
section: mine
title: My own cases
spec: https://example.org/spec#here
cases:
  - name: first
    statements: [P18]
    level: core
    title: One sentence
    objects:
      - kind: Ingress
        metadata: {name: main}
        spec:
          rules:
            - host: foo.com
              http:
                paths:
                  - {path: /foo, pathType: Exact, backend: {service: {name: a, port: {number: 80}}}}
                  - {path: /foo, pathType: Prefix, backend: {service: {name: b, port: {name: alt}}}}
    probes:
      - {request: /foo, expect: a}
      - {request: [/foo/, "/foo/x?y=1"], expect: b}
      - {request: /foo, host: other.com, named: false, expect: no match}
"""


def problems_of(folder: Path, text: str | bytes) -> list[str]:
    """Return the problems of a file, each as LINE:COL: message | hint."""
    file = folder / "it.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(CaseErrors) as caught:
        load_cases([file])
    assert caught.value.exit_status == 2
    return [str(problem).removeprefix(f"{file}:").replace("\n  hint: ", " | ") for problem in caught.value.problems]


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def test_a_good_file_becomes_frozen_cases(tmp_path: Path) -> None:
    (tmp_path / "it.yaml").write_text(GOOD)
    (case,) = load_cases([tmp_path])
    assert (case.id, case.section, case.name, case.level) == ("mine/first", "mine", "first", "core")
    assert case.placement == "packed"
    assert case.marker == "own"
    assert case.spec_url == "https://example.org/spec#here"
    assert case.where == f"{tmp_path / 'it.yaml'}:5"
    assert case.objects[0]["apiVersion"] == "networking.k8s.io/v1"
    assert [(probe.id, probe.host, probe.target, probe.expect.outcome) for probe in case.probes] == [
        ("GET /foo", "foo.com", "/foo", "a"),
        ("GET /foo/", "foo.com", "/foo/", "b"),
        ("GET /foo/x?y=1", "foo.com", "/foo/x?y=1", "b"),
        ("GET other.com/foo", "other.com", "/foo", "no match"),
    ]


def test_a_probe_says_everything_it_can(tmp_path: Path) -> None:
    probe = (
        '{scheme: https, method: POST, request: "/foo?q=1", body: hello, headers: {X-A: ["1", "2"]}, '
        "expect: {backend: a, received: {method: POST, host: foo.com, port: 8080, headers: {X-A: '1'}}}}"
    )
    (tmp_path / "it.yaml").write_text(changed("{request: /foo, expect: a}", probe))
    made = load_cases([tmp_path])[0].probes[0]
    assert made.id == "https POST /foo?q=1"
    assert made.headers == (("X-A", "1"), ("X-A", "2"))
    assert made.body == "hello"
    assert made.expect.received is not None
    assert made.expect.received.port == 8080


WRONG: dict[str, tuple[str | bytes, str]] = {
    "unknown key": (
        changed("pathType: Exact", "pathTyp: Exact"),
        "17:34: unknown key 'pathTyp' | did you mean pathType or path?",
    ),
    "unknown key in a probe": (
        changed("host: other.com", "hots: other.com"),
        "22:25: unknown key 'hots' | did you mean host?",
    ),
    "unknown key with nothing near": (
        changed("title: My own cases", "title: My own cases\nzzzzzz: 1"),
        "3:1: unknown key 'zzzzzz' | known here: cases, section, spec, tables, title",
    ),
    "unknown level": (
        changed("level: core", "level: corre"),
        "7:12: level cannot be 'corre' | did you mean core?",
    ),
    "missing key": (
        changed("    title: One sentence\n", ""),
        "5:5: title is missing | add title: One sentence",
    ),
    "text that YAML reads as a number": (
        changed("title: One sentence", "title: 80"),
        "8:12: title must be text, not a number | put it in quotes to make it text",
    ),
    "wrong kind of value": (
        changed("objects:", "objects: 3\n    x:"),
        "9:14: objects must be a list, not a number | write [ONE, TWO], or - ONE on a line of its own",
    ),
    "a name that is no label": (
        changed("name: first", "name: First_One"),
        "5:11: name cannot be 'First_One' | small letters, digits and dashes, at most 40 characters",
    ),
    "a spec that is no address": (
        changed("https://example", "example"),
        "3:7: spec cannot be 'example.org/spec#here' | an https:// address",
    ),
    "duplicate key": (
        changed("level: core", "level: core\n    level: api"),
        "8:5: the key 'level' is there twice | it is first on line 7",
    ),
    "a tab": (changed("    level", "\tlevel"), "7:1: not YAML: found character that cannot start any token"),
    "a wildcard without quotes": (
        changed("host: other.com", "host: *.foo.com"),
        "22:32: not YAML: did not find expected alphabetic or numeric character | a text that begins",
    ),
    "the address without quotes": (
        changed("host: other.com", "host: @address"),
        '22:31: not YAML: found character that cannot start any token | put it in quotes: "@address"',
    ),
    "a colon in a text": (
        changed("title: One", "title: One: two"),
        "8:15: not YAML: mapping values are not allowed in this context | a text with a colon and a space in it needs",
    ),
    "unknown alias": (changed("host: other.com", "host: *other"), "22:31: *other refers to nothing in this file"),
    "second document": (GOOD + "---\n", "23:1: a second document begins here | one file holds one section: take"),
    "an empty file": ("", "1:1: the file is empty | a case file begins with its section and title"),
    "a list for a root": (
        "- a\n",
        "1:1: the file is a list, not a mapping | it needs the keys section, title, spec",
    ),
    "a text for a root": ("hello\n", "1:1: the file is text, not a mapping"),
    "no cases at all": ("section: a\ntitle: abc\nspec: https://a\n", "1:1: the file has neither cases nor tables"),
    "a merge key": (changed("metadata: {name", "metadata: {<<: {name: x}, name"), "11:20: merge keys (<<) are not"),
    "a tag": (changed("title: One", "title: !!python/object:os.system One"), "8:12: the tag 'tag:yaml.org,2002:python"),
    "a list as a key": (changed("level: core", "[a, b]: core"), "7:5: a list or mapping cannot be a key"),
    "bad UTF-8": (GOOD.encode().replace(b"One", b"\xc3\x28"), "8:12: byte 0xc3 is not UTF-8 | save the file as UTF-8"),
    "a control character": (changed("One", "O\0e"), "8:13: not YAML: control characters are not allowed"),
    "deep": ("[" * 100, "1:41: nested more than 40 levels deep"),
    "itself": ("&a [*a]\n", "1:5: *a refers to what it stands in"),
    "too deep": ("[" * 100_000, "1:1001: not YAML: exceeded maximum nesting depth"),
    "a host that no rule names": (
        changed(", named: false", ""),
        "22:31: no rule names the host other.com | did you mean foo.com? write named: false if that is on purpose",
    ),
    "a misspelt host": (
        changed("{request: /foo, expect: a}", "{request: /foo, host: fooo.com, expect: no match}"),
        "20:31: no rule names the host fooo.com | did you mean foo.com? write",
    ),
    "named: false on a host that is named": (
        changed("expect: a}", "named: false, expect: a}"),
        "20:32: named: false, but a rule names foo.com | take named: false out",
    ),
    "a positive probe that no rule serves": (
        changed("named: false, expect: no match", "named: false, expect: a"),
        "22:31: no rule of the case serves the host other.com",
    ),
    "an unknown backend in a rule": (
        changed("name: a, port", "name: aa, port"),
        "17:77: nothing defines the backend 'aa' | did you mean a?",
    ),
    "an unknown port in a rule": (
        changed("number: 80", "number: 8080"),
        "17:86: the Service a has no port 8080 | it has 80, http, 8081 or alt",
    ),
    "an unknown backend in an expectation": (
        changed("expect: a}", "expect: nomatch}"),
        "20:33: nothing defines the backend 'nomatch' | did you mean no match?",
    ),
    "a backend that no rule leads to": (
        changed("expect: a}", "expect: c}"),
        "20:33: no rule of the case leads to the backend c | they lead to a or b",
    ),
    "an unknown statement": (
        changed("[P18]", "[P18, P99]"),
        "6:23: there is no statement P99",
    ),
    "a statement of the wrong form": (
        changed("[P18]", "p18"),
        "6:17: 'p18' is no statement id | a capital letter and two digits, such as P18",
    ),
    "level api": (changed("level: core", "level: api"), "7:12: the level api does not go with what the case sends"),
    "a looser placement": (
        changed("level: core", "level: core\n    placement: packed").replace(
            "metadata: {name: main}", "metadata: {name: main, labels: {x: y}}"
        ),
        "8:16: placement packed is looser than the objects allow (own)",
    ),
    "two probes with one id": (
        changed("expect: a}", "expect: a}\n      - {request: /foo, expect: a}"),
        "21:9: two probes have the id 'GET /foo' | give one of them an id: of its own",
    ),
    "one id for several probes": (
        changed("{request: [/foo/", "{id: x, request: [/foo/"),
        "21:14: one id cannot name several probes",
    ),
    "a request without a slash": (
        changed("request: /foo,", "request: foo,"),
        "20:19: the request 'foo' does not begin",
    ),
    "a request with a space": (changed("request: /foo,", "request: /fo o,"), "20:19: the request '/fo o' has a char"),
    "a Host header": (changed("expect: a}", "headers: {Host: x}, expect: a}"), "20:34: the Host header is given as a"),
    "a wildcard as a probe's host": (
        changed("host: other.com", 'host: "*.other.com"'),
        "22:31: the host '*.other.com' cannot be sent | a wildcard is no host that one can ask for",
    ),
    "received of no match": (
        changed("expect: no match", "expect: {backend: no match, received: {method: GET}}"),
        "22:64: received says what a backend got, but no match names none",
    ),
    "an object twice": (
        changed(
            "    probes:",
            ("      - {kind: ConfigMap, metadata: {name: x}}\n" * 2) + "    probes:",
        ),
        "20:44: two objects are ConfigMap x",
    ),
    "an unknown kind": (
        changed("    probes:", "      - {kind: Servce, metadata: {name: x}}\n    probes:"),
        "19:9: the kind Servce needs an apiVersion | did you mean Service or Secret?",
    ),
    "a Service named like a shared one": (
        changed(
            "    probes:",
            "      - {kind: Service, metadata: {name: b}, spec: {selector: {backend: b}, ports: []}}\n    probes:",
        ),
        "19:42: a Service cannot be named b like a shared one",
    ),
    "a Service that selects nothing": (
        changed(
            "    probes:", "      - {kind: Service, metadata: {name: web}, spec: {ports: [{port: 1}]}}\n    probes:"
        ),
        "19:54: the Service web selects no echo backend",
    ),
    "no probes": (GOOD[: GOOD.index("    probes:")], "5:5: the case has no probes"),
    "no match and nothing positive": (
        GOOD[: GOOD.index("      - {request: /foo, expect: a}")] + "      - {request: /bar, expect: no match}\n",
        "20:33: no match is expected, but nothing positive in the same case",
    ),
    "a host that grows too long": (
        changed("host: foo.com", f"host: {'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.com"),
        "10:9: the host aaaaaaaaaa",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_with_its_place(name: str, tmp_path: Path) -> None:
    text, expected = WRONG[name]
    found = problems_of(tmp_path, text)
    assert any(problem.startswith(expected) for problem in found), "\n".join(found)


def test_a_wrong_value_is_one_problem_not_one_for_each_branch_of_a_union(tmp_path: Path) -> None:
    assert len(problems_of(tmp_path, changed("expect: a}", "expect: 3}"))) == 1
    assert len(problems_of(tmp_path, changed("[P18]", "3"))) == 1
    assert len(problems_of(tmp_path, changed("request: /foo, expect: a", "request: {x: y}, expect: a"))) == 1


def test_all_problems_of_all_files_are_said_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(changed("level: core", "level: cor").replace("pathType: Exact", "pathtype: Exact"))
    (tmp_path / "c.yaml").write_text(GOOD)
    (tmp_path / "d.yaml").write_text("[")
    with pytest.raises(CaseErrors) as caught:
        load_cases([tmp_path, tmp_path / "none.yaml"])
    places = [str(problem).removeprefix(f"{tmp_path}/").partition(": ")[0] for problem in caught.value.problems]
    assert sorted(places) == [
        "b.yaml:17:34",
        "b.yaml:7:12",
        "c.yaml:5:11",
        "d.yaml:2:1",
        f"{tmp_path / 'none.yaml'}".removeprefix(f"{tmp_path}/"),
    ]
    text = str(caught.value)
    assert f"{tmp_path / 'c.yaml'}:5:11: the id mine/first is there twice" in text
    assert f"hint: it is first at {tmp_path / 'a.yaml'}:5" in text


def test_many_problems_are_counted_not_all_shown(tmp_path: Path) -> None:
    keys = "".join(f"x{number}: 1\n" for number in range(500))
    (tmp_path / "it.yaml").write_text(GOOD + keys)
    with pytest.raises(CaseErrors) as caught:
        load_cases([tmp_path])
    assert len(caught.value.problems) == 500
    assert str(caught.value).endswith("it.yaml: 400 more problems")


def test_aliases_are_taken_up_to_a_limit(tmp_path: Path) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "the aliases stand for more than 20000 values" in problems_of(tmp_path, bomb)[0]


def test_files_that_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "huge.yaml").write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    expected = {
        "loop": "cannot be read",
        "empty": "holds no case files",
        "pipe": "is not a regular file",
        "huge.yaml": "is larger than 4 MiB",
        "none": "cannot be read: no such file or directory",
        "nul\0": "is no path",
        "x" * 5000: "cannot be read: file name too long",
    }
    for name, message in expected.items():
        with pytest.raises(CaseErrors) as caught:
            load_cases([tmp_path / name])
        assert message in str(caught.value)
    (tmp_path / "parent").mkdir()
    (tmp_path / "parent" / "folder.yaml").mkdir()
    with pytest.raises(CaseErrors, match="cannot be read: is a directory"):
        load_cases([tmp_path / "parent"])


def test_a_file_is_read_once_however_often_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "it.yaml").write_text(GOOD)
    (tmp_path / "link.yaml").symlink_to(tmp_path / "it.yaml")
    loaded = load([tmp_path, tmp_path / "it.yaml", tmp_path / "link.yaml"])
    assert (len(loaded.cases), loaded.files) == (1, 1)


def test_statements_in_a_folder_are_no_case_file(tmp_path: Path) -> None:
    (tmp_path / "it.yaml").write_text(GOOD)
    (tmp_path / "statements.yaml").write_text("anything")
    assert load([tmp_path]).files == 1


def test_a_mark_at_the_head_of_a_file_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "it.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert len(load_cases([tmp_path])) == 1


def test_paths_below_the_working_folder_are_shown_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "it.yaml").write_text("[")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CaseErrors, match=r"^it\.yaml:2:1: not YAML"):
        load_cases([tmp_path / "it.yaml"])


def test_default_backends_need_no_marker_and_may_serve_any_host(tmp_path: Path) -> None:
    text = textwrap.dedent(
        """\
        section: mine
        title: My own cases
        spec: https://example.org/
        cases:
          - name: all
            statements: B02
            level: core
            title: One sentence
            objects:
              - kind: Ingress
                metadata: {name: main, namespace: other}
                spec: {defaultBackend: {service: {name: a, port: {number: 80}}}}
            probes:
              - {request: /, host: foo.com, expect: other/a}
              - {request: /, host: "@address", expect: other/a}
        """
    )
    assert problems_of(tmp_path, text) == [
        (
            "12:15: an Ingress without rules has no room for a marker"
            " | write marker: none; a marker rule would make it another kind of Ingress"
        )
    ]
    (tmp_path / "it.yaml").write_text(text.replace("level: core", "level: core\n    marker: none"))
    (case,) = load_cases([tmp_path])
    assert case.placement == "alone"
    assert [probe.id for probe in case.probes] == ["GET foo.com/", "GET @address/"]


def test_a_probe_without_a_host_where_no_rule_has_one(tmp_path: Path) -> None:
    found = problems_of(tmp_path, changed("host: foo.com", 'host: "*.foo.com"'))
    assert found[0].startswith("20:9: this probe has no host | no rule has a host that is not a wildcard")
