"""The built-in cases and what is published beside them."""

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from conformance.case.builtin import builtin_folder, folders_of
from conformance.case.coverage import coverage
from conformance.case.digest import asked_digest, cases_digest
from conformance.case.lint_expectations import is_positive
from conformance.case.load import load_cases
from conformance.case.model import RECORD, SPECIFICATION, Case, Level
from conformance.case.problems import CaseErrors
from conformance.case.scenes import scenes
from conformance.case.schema import MODELS, json_schema, schema_text
from conformance.case.selection import selected
from conformance.case.source import NOT_CASES
from conformance.case.statements import load_statements

FOLDER = builtin_folder()
FILES = sorted(path for path in FOLDER.glob("*.yaml") if path.name not in NOT_CASES)
CASES = selected(load_cases(), levels=SPECIFICATION)

PATH_ROWS = """
Prefix / | /, /a, /a/b/, /a?x=1 | a
Exact /foo | /foo, /foo?x=1 | a
Exact /foo | /bar | no match
Exact /foo | /foo/ | no match
Exact /foo/ | /foo | no match
Prefix /foo | /foo, /foo/ | a
Prefix /foo/ | /foo, /foo/ | a
Prefix /aaa/bb | /aaa/bbb | no match
Prefix /aaa/bbb | /aaa/bbb | a
Prefix /aaa/bbb/ | /aaa/bbb | a
Prefix /aaa/bbb | /aaa/bbb/ | a
Prefix /aaa/bbb | /aaa/bbb/ccc | a
Prefix /aaa/bbb | /aaa/bbbxyz | no match
Prefix /, Prefix /aaa | /aaa/ccc | b
Prefix /, Prefix /aaa, Prefix /aaa/bbb | /aaa/bbb | c
Prefix /, Prefix /aaa, Prefix /aaa/bbb | /ccc | a
Prefix /aaa | /ccc | no match
Prefix /foo, Exact /foo | /foo | b
"""


@pytest.mark.parametrize("levels", [SPECIFICATION, (Level.PARITY,), (Level.CORE, Level.PARITY), tuple(Level)])
def test_no_case_of_a_level_stands_outside_its_folders(levels: tuple[Level, ...]) -> None:
    asked = selected(load_cases(folders_of(levels)), levels=levels)
    assert {case.id for case in asked} == {case.id for case in selected(load_cases(), levels=levels)}


@pytest.mark.parametrize("name", MODELS)
def test_the_published_schemas_are_current(name: str) -> None:
    published = (FOLDER / f"{name}.schema.json").read_text()
    assert published == schema_text(name), f"run: python -m conformance.case.schema {name} > cases/{name}.schema.json"
    jsonschema.Draft202012Validator.check_schema(json.loads(published))


def test_the_schema_module_writes_the_schema() -> None:
    done = subprocess.run([sys.executable, "-m", "conformance.case.schema"], capture_output=True, text=True, check=True)
    assert done.stdout == schema_text()


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_case_files_fit_the_published_schema(file: Path) -> None:
    jsonschema.Draft202012Validator(json_schema()).validate(yaml.safe_load(file.read_text()))
    assert file.read_text().startswith("# yaml-language-server: $schema=case-file.schema.json\n")


def test_the_schema_refuses_what_the_loader_refuses() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    document = yaml.safe_load((FOLDER / "backends.yaml").read_text())
    document["cases"][0]["objects"][0]["spec"]["rules"][0]["hots"] = "x"
    assert not validator.is_valid(document)


def test_the_statements_fit_their_schema() -> None:
    jsonschema.Draft202012Validator(json_schema("statements")).validate(
        yaml.safe_load((FOLDER / "statements.yaml").read_text())
    )


def test_the_statements_are_those_of_the_inventory() -> None:
    # Those of the ingress-nginx profile begin with N.
    ids = [statement.id for statement in load_statements().statements() if not statement.id.startswith("N-")]
    counts = {"P": 30, "H": 14, "B": 15, "T": 3, "S": 13, "C": 10, "L": 11}
    assert sorted(ids) == sorted(f"{letter}{n:02}" for letter, count in counts.items() for n in range(1, count + 1))


def test_the_rows_of_the_page_stand_as_rows() -> None:
    tables = yaml.safe_load((FOLDER / "path-types.yaml").read_text())["tables"]
    # The last row has copies, which a table has for all of its rows.
    rows = [row for table in tables[:2] for row in table["rows"]]
    assert [f"{', '.join(row[2])} | {', '.join(row[3])} | {row[4]}" for row in rows] == PATH_ROWS.strip().splitlines()
    assert [row[1] for row in rows] == [f"P{number:02}" for number in range(1, 19)]
    hosts = yaml.safe_load((FOLDER / "hosts.yaml").read_text())["tables"][0]
    assert [(*row[2], *row[3], row[4]) for row in hosts["rows"]] == [
        ("*.foo.com", "bar.foo.com", "a"),
        ("*.foo.com", "baz.bar.foo.com", "no match"),
        ("*.foo.com", "foo.com", "no match"),
    ]


def test_every_statement_of_these_sections_has_a_case() -> None:
    covered = {found.statement.id for found in coverage(load_statements(), CASES) if found.cases}
    last = {"P": 30, "H": 14, "S": 13, "C": 10}
    expected = {f"{section}{number:02}" for section, end in last.items() for number in range(1, end + 1)}
    assert expected | {"B01", "B02", "B03", "B05", "B12", "B13"} <= covered


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_is_fair_and_can_fail(case: Case) -> None:
    probes = [probe for scene in scenes(case) for probe in scene.probes]
    recorded = [probe for probe in probes if not probe.expect.demanding]
    measured = any(step.latency for step in case.steps)
    if case.level is Level.OBSERVED:
        assert measured or recorded == probes, "the level observed passes no judgement"
    elif case.level is not Level.API:
        stands_by = case.marker == "beside" or case.steps
        assert not recorded or stands_by, "what is only recorded belongs at the level observed, or beside a change"
        assert any(map(is_positive, probes)), "nothing proves that the case's rules are there"
    levels = {level for found in load_statements().statements() if found.id in case.statements for level in found.level}
    assert case.level in levels or case.level is not Level.CORE, "no statement of the case is at its level"


def test_no_probe_of_one_case_contradicts_another() -> None:
    """The same objects and request must not be expected to give two answers."""
    seen: dict[str, tuple[str, str]] = {}
    for case in CASES:
        for probe in case.probes:
            if probe.expect.outcome != RECORD:
                asked = probe.model_dump(exclude={"id", "expect", "witness", "named"})
                key = json.dumps([case.objects, asked], sort_keys=True)
                outcome, where = seen.setdefault(key, (probe.expect.outcome, case.id))
                assert outcome == probe.expect.outcome, f"{where} and {case.id}"


def test_each_odd_case_has_its_reason() -> None:
    """Odd cases cost the most time of a run; the list is here so that it doesn't grow unseen."""
    assert sum(case.placement == "odd" for case in CASES) <= 30


def test_the_digest_is_canonical() -> None:
    digest = cases_digest(CASES)
    assert re.fullmatch("sha256:[0-9a-f]{64}", digest)
    shuffled = list(CASES)
    random.Random(1).shuffle(shuffled)
    assert cases_digest(shuffled) == digest
    moved = [case.model_copy(update={"where": "elsewhere:1"}) for case in CASES]
    assert cases_digest(moved) == digest
    changed = [CASES[0].model_copy(update={"title": "another"}), *CASES[1:]]
    assert cases_digest(changed) != digest
    assert cases_digest(CASES[1:]) != digest


def test_what_a_case_asks_is_all_of_it_but_its_prose() -> None:
    case = next(case for case in CASES if case.probes and case.steps and case.steps[0].actions)
    asked = asked_digest(case)
    step = case.steps[0]
    for prose in (
        {"title": "another"},
        {"statements": ("P01",)},
        {"spec_url": "https://example.org/"},
        {"steps": (step.model_copy(update={"title": "another"}), *case.steps[1:])},
    ):
        assert asked_digest(case.model_copy(update=prose)) == asked
    manifest = {**case.objects[0], "metadata": {"name": "another"}}
    for asks in (
        {"level": Level.API},
        {"objects": (manifest, *case.objects[1:])},
        {"probes": case.probes[1:]},
        {"steps": (step.model_copy(update={"actions": ()}), *case.steps[1:])},
        {"placement": "own" if case.placement != "own" else "alone"},
        {"copies": case.copies + 1},
    ):
        assert asked_digest(case.model_copy(update=asks)) != asked, asks


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{id: P01, level: core,", "{id: P01, level: cor,", "level cannot be 'cor'"),
        ("{id: P01, level: core,", "{id: P02, level: core,", "the statement P02 is there twice"),
        ("{id: P01, level: core,", "{id: P1, level: core,", "id cannot be 'P1'"),
        ("page: ", "page: [", "not YAML"),
    ],
)
def test_statements_are_checked_too(old: str, new: str, message: str, tmp_path: Path) -> None:
    text = (FOLDER / "statements.yaml").read_text()
    assert old in text
    (tmp_path / "statements.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(CaseErrors, match=re.escape(message)):
        load_statements(tmp_path / "statements.yaml")
    with pytest.raises(CaseErrors, match="cannot be read"):
        load_statements(tmp_path / "none.yaml")
