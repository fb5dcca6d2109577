"""Case files that fuzzing found to be badly told of, or to end in a traceback later on."""

from pathlib import Path

import pytest

from conformance.case.load import load_cases
from conformance.case.problems import CaseErrors
from conformance.tests.test_case_load import GOOD

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
