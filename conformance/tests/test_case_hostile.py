"""Case files that fuzzing found to be badly told of, or to end in a traceback later on."""

from pathlib import Path

import pytest

from conformance.case.load import load_cases
from conformance.case.problems import CaseErrors
from conformance.case.repeating import repeated
from conformance.errors import BadInput
from conformance.tests.test_case_load import GOOD

SUBMITTED = """\
  - name: refused
    statements: [P25]
    level: api
    title: One sentence
    submissions:
      - {id: yes, create: {kind: Ingress, metadata: {name: main}, spec: {rules: [{host: foo.com}]}}, expect: accepted}
      - {id: no, create: {kind: Ingress, metadata: {name: main}, spec: {rules: [{host: Foo.com}]}}, expect: refused}
"""
STEP = """\
    steps:
      - title: It changes
        do: [{apply: {kind: Ingress, metadata: {name: main}, spec: {rules: [{host: 10.0.0.1}]}}}]
"""
SECRET = """\
      - kind: Secret
        metadata: {name: pair}
        certificate: {names: [%s]}
"""


def problems_of(folder: Path, text: str) -> list[str]:
    file = folder / "it.yaml"
    file.write_text(text)
    with pytest.raises(CaseErrors) as caught:
        load_cases([file])
    return [str(problem).removeprefix(f"{file}:") for problem in caught.value.problems]


def test_what_is_quoted_from_the_file_ends(tmp_path: Path) -> None:
    [problem] = problems_of(
        tmp_path, GOOD.replace("name: a,", f"name: {'x' * 70_000},").replace("expect: a", "expect: b")
    )
    assert problem.startswith("17:")
    assert len(problem) < 1100


def test_what_is_quoted_from_the_file_is_not_obeyed(tmp_path: Path) -> None:
    service = '      - {kind: Service, metadata: {name: "\\e[31m\\u202e"}}\n'
    [problem] = problems_of(tmp_path, GOOD.replace("    objects:\n", f"    objects:\n{service}"))
    assert "the Service \\x1b[31m\\u202e selects no echo backend" in problem


def test_a_spec_is_a_mapping(tmp_path: Path) -> None:
    text = GOOD.replace(
        "    objects:\n", "    objects:\n      - {kind: IngressClass, metadata: {name: x}, spec: a text}\n"
    )
    [problem] = problems_of(tmp_path, text)
    assert "spec must be a mapping, not text" in problem


@pytest.mark.parametrize(
    "name", ["foo|com", "FOO.com", "ü.com", "ab--c.com", "a..b", "''", "x" * 64, "'*'", "foo.*.com"]
)
def test_a_certificate_is_for_a_name_that_can_be_certified(tmp_path: Path, name: str) -> None:
    [problem] = problems_of(tmp_path, GOOD.replace("    objects:\n", "    objects:\n" + SECRET % name))
    assert problem.startswith("12:31: no certificate can be made for ")


def test_a_certificate_is_for_a_name_that_stays_short_enough_in_a_run(tmp_path: Path) -> None:
    name = ".".join(["x" * 60] * 4)
    [problem] = problems_of(tmp_path, GOOD.replace("    objects:\n", "    objects:\n" + SECRET % name))
    assert "has 243 characters, too many" in problem


@pytest.mark.parametrize("name", ["foo.com", "'*.foo.com'", "a", "1.2.3.4", "a-b.c-d"])
def test_every_other_name_is_fine(tmp_path: Path, name: str) -> None:
    (tmp_path / "it.yaml").write_text(GOOD.replace("    objects:\n", "    objects:\n" + SECRET % name))
    assert load_cases([tmp_path])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "spec: https://example.org/spec#here\n",
            "spec is missing\n  hint: add spec: The default for the file's cases, an ht",
        ),
        (
            "section: mine\n",
            "section is missing\n  hint: add section: The first half of every id in this file, small le",
        ),
        (
            "name: first\n    ",
            "name is missing\n  hint: add name: The second half of the case's id, small letters, digi",
        ),
    ],
)
def test_what_is_missing_is_told_with_what_it_looks_like(tmp_path: Path, line: str, said: str) -> None:
    [problem] = problems_of(tmp_path, GOOD.replace(line, "", 1))
    assert said in problem


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("kind: Ingres", "the kind Ingres needs an apiVersion\n  hint: did you mean Ingress or IngressClass?"),
        ("kind: ingress", "the kind ingress needs an apiVersion\n  hint: did you mean Ingress or IngressClass?"),
        ("knd: Ingress", "unknown key 'knd'\n  hint: did you mean kind?"),
        ("Kind: Ingress", "unknown key 'Kind'\n  hint: did you mean kind?"),
        ("kind: IngressClass", "this probe has no host\n  hint: no rule has a host that is not a wildcard"),
    ],
)
def test_a_misspelt_kind_is_told_and_not_what_follows_from_it(tmp_path: Path, written: str, said: str) -> None:
    problem = problems_of(tmp_path, GOOD.replace("kind: Ingress", written))[0]
    assert problem.partition(": ")[2].startswith(said)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "{title: One: two}",
            "1:12: not YAML: did not find expected ',' or '}'\n  hint: a text with a colon and a space",
        ),
        (
            "title: One\n  more: x",
            "2:7: not YAML: mapping values are not allowed in this context\n  hint: indent it like",
        ),
        (
            "x: [a, b\ny: c",
            "2:2: not YAML: did not find expected ',' or ']'\n  hint: is a bracket or a quote left open",
        ),
    ],
)
def test_a_colon_too_many_is_told_apart_from_a_bracket_too_few(tmp_path: Path, line: str, said: str) -> None:
    [problem] = problems_of(tmp_path, line)
    assert problem.startswith(said)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "request: /foo,",
            "request: {path: /foo},",
            "request must be text or a list, not a mapping\n  hint: write one text or [ONE, TWO]",
        ),
        (
            "request: /foo,",
            "request: [{/foo}],",
            'request must be text, not a mapping\n  hint: {/foo} without quotes is a mapping: write "{/foo}", or',
        ),
        (
            "request: /foo,",
            "request: true,",
            "request must be text or a list, not true or false\n  hint: put it in quotes to make it text",
        ),
        (
            "expect: a}",
            "expect: true}",
            "expect must be text or a mapping, not true or false\n  hint: put it in quotes to make it text",
        ),
        (
            "expect: a}",
            "expect: {backend: a, headers: {X: true}}}",
            "X must be text, a list or a mapping, not true or false\n  hint: put it in quotes to make it text",
        ),
        ("title: One sentence", "title: [One]", "title must be text, not a list\n  hint: write one text"),
    ],
)
def test_what_to_write_in_place_of_a_value_of_another_kind(tmp_path: Path, old: str, new: str, said: str) -> None:
    [problem] = problems_of(tmp_path, GOOD.replace(old, new, 1))
    assert said in problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            GOOD.replace("path: /foo", "path: foo", 1),
            "17:28: path is 'foo', and must begin with a slash\n  hint: write it",
        ),
        (GOOD.replace("path: /foo", "path: /foo//", 1), "17:28: path is '/foo//', and must not hold //\n  hint: in an"),
        (GOOD.replace("path: /foo, ", "", 1), "17:21: path is missing\n  hint: write it with its first slash"),
        (GOOD.replace("Exact", "Exactly"), "17:44: pathType is 'Exactly'\n  hint: networking.k8s.io/v1 wants one of"),
        (
            GOOD.replace("host: foo", "host: Foo"),
            "14:21: host is 'Foo.com', which is no DNS name\n  hint: an API server",
        ),
        (
            GOOD.replace("rules:", "tls: [{hosts: [a_b]}]\n          rules:"),
            "13:26: hosts is 'a_b', which is no DNS name",
        ),
        (GOOD + STEP, "25:84: host is the address 10.0.0.1\n  hint: a rule names a host, or none"),
        (
            GOOD.replace("{service: {name: a", "{resource: {kind: X, name: y}, service: {name: a"),
            "17:60: backend has both a service and a resource",
        ),
    ],
)
def test_what_no_api_server_takes_is_told_before_a_run(tmp_path: Path, text: str, said: str) -> None:
    [problem] = problems_of(tmp_path, text)
    assert problem.startswith(said)


def test_what_is_submitted_may_be_what_no_api_server_takes(tmp_path: Path) -> None:
    (tmp_path / "it.yaml").write_text(GOOD + SUBMITTED)
    assert len(load_cases([tmp_path])) == 2


@pytest.mark.parametrize("name", ["'@class'", "'@none'", "mine"])
def test_a_class_may_be_what_only_the_run_knows(tmp_path: Path, name: str) -> None:
    (tmp_path / "it.yaml").write_text(GOOD.replace("rules:", f"ingressClassName: {name}\n          rules:"))
    assert load_cases([tmp_path])


def second_case(name: str, ingress: str) -> str:
    """A second case like the first one of GOOD."""
    case = GOOD.partition("cases:\n")[2]
    return case.replace("name: first", f"name: {name}").replace("name: main", f"name: {ingress}")


def test_no_two_objects_of_a_run_get_the_same_name(tmp_path: Path) -> None:
    """``first`` + ``x-main`` and ``first-x`` + ``main``: one would overwrite the other."""
    text = GOOD.replace("name: main", "name: x-main") + second_case("first-x", "main")
    [problem] = problems_of(tmp_path, text)
    assert "in a run, the Ingress mine-first-x-main would be one of this case and of mine/first" in problem
    (tmp_path / "it.yaml").write_text(GOOD + second_case("first-x", "main"))
    assert len(load_cases([tmp_path])) == 2


def test_what_the_suite_adds_has_a_name_of_its_own_too(tmp_path: Path) -> None:
    beside = GOOD.replace("    level: core", "    level: core\n    marker: beside")
    [problem] = problems_of(tmp_path, beside.replace("name: main", "name: beside"))
    assert "an Ingress cannot be named beside here" in problem
    [problem] = problems_of(tmp_path, beside.replace("name: first", "name: first-x") + second_case("first", "x-beside"))
    assert "in a run, the Ingress mine-first-x-beside would be one of this case and of mine/first-x" in problem


def test_a_repeat_of_a_case_is_no_other_case(tmp_path: Path) -> None:
    (tmp_path / "it.yaml").write_text(GOOD + second_case("first-x2", "main"))
    cases = load_cases([tmp_path])
    assert len(repeated(cases[:1], 3)) == 3
    with pytest.raises(BadInput, match="mine/first-x2 is there twice"):
        repeated(cases, 2)


@pytest.mark.parametrize("what", ["probe", "rule", "tls"])
def test_hosts_of_later_steps_stay_short_enough_too(tmp_path: Path, what: str) -> None:
    name = ".".join(["x" * 60] * 4)
    rule, tls, asked = (name if what == part else "foo.com" for part in ("rule", "tls", "probe"))
    step = (
        "    steps:\n      - title: It changes\n        do:\n          - apply:\n              kind: Ingress\n"
        "              metadata: {name: main}\n              spec:\n"
        f"                tls: [{{hosts: [{tls}]}}]\n                rules:\n                  - host: {rule}\n"
        "                    http:\n                      paths:\n"
        "                        - {path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}\n"
        f"        probes: [{{request: /, host: {asked}, named: false, expect: record}}]\n"
    )
    assert any("has 243 characters, too many" in problem for problem in problems_of(tmp_path, GOOD + step))
