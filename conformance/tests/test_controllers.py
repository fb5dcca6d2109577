"""The catalogue: its files, how an entry is found, and what is said of a wrong one."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conformance.case.load import load_cases
from conformance.controllers.catalogue import FOLDER, catalogue, find, names
from conformance.controllers.command import invocation, process_of
from conformance.controllers.entry import Entry
from conformance.controllers.manifests import own_manifests
from conformance.controllers.reading import EntryErrors
from conformance.controllers.schema import SCHEMA_FILE, schema_text
from conformance.controllers.sources import GoFileSource, GoSource, PathSource
from conformance.errors import BadInput
from conformance.suite.opening import LocalOpening
from conformance.tests.entries import OWN, SOURCE, TOKEN, refused, site

CLAIM = "{statement: P13, unsupported: true, why: Plain prefixes, link: 'https://example.com/p'}"
SECRETIVE = "{apiVersion: v1, kind: Secret, metadata: {name: x}, stringData: {a: '{token}'}}"
MANIFESTS = """\
manifests:
  source: https://example.com/install
  files: [https://example.com/v1/deploy.yaml]
  images: [example.com/mine:1.0]
  namespace: mine
  ready: deployment/mine
  reach: {service: mine}
  verified: false
"""


class TestBuiltIn:
    def test_names(self) -> None:
        assert [entry.name for entry in catalogue()] == list(names())
        assert {"traefik", "traefik-strict", "reference", "contour", "skipper", "istio", "easyhaproxy"} <= set(names())

    @pytest.mark.parametrize("name", names())
    def test_file_is_short_and_fits_the_schema(self, name: str) -> None:
        text = (FOLDER / f"{name}.yaml").read_text()
        assert len(text.splitlines()) <= 60, "long parts may lie in files of their own: docs/add-a-controller.md"
        jsonschema.validate(yaml.safe_load(text), json.loads(SCHEMA_FILE.read_text()))

    def test_claims_are_about_cases_that_there_are(self) -> None:
        claimed = {case for entry in catalogue() for claim in entry.claims for case in claim.case}
        assert claimed <= {case.id for case in load_cases()}

    @pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
    def test_modules_are_pinned(self, entry: Entry) -> None:
        for source in entry.process.programs.values() if entry.process else ():
            if isinstance(source, (GoSource, GoFileSource)):
                assert Path(source.go, "go.sum").stat().st_size > 0

    @pytest.mark.parametrize("entry", [entry for entry in catalogue() if entry.manifests], ids=lambda entry: entry.name)
    def test_images_have_tags_that_do_not_float(self, entry: Entry) -> None:
        assert entry.manifests is not None
        for image in entry.manifests.images:
            tag = image.partition("@")[0].rpartition(":")[2]
            assert re.search(r"\d+\.\d+\.\d+", tag), f"{image} is another image next month"

    def test_kongs_chart_is_told_the_tags_that_the_entry_names(self) -> None:
        installation = find("kong").manifests
        assert installation is not None
        values = installation.charts[0].values
        told = [values["controller"]["ingressController"]["image"]["tag"], values["gateway"]["image"]["tag"]]
        assert told == [image.rpartition(":")[2] for image in installation.images]

    def test_emissary_has_the_wildcard_host_of_its_quick_start(self) -> None:
        # Without a Host of its own, the Host of a case with TLS would take plain requests away from all others.
        installation = find("emissary").manifests
        assert installation is not None
        annotations = installation.charts[-1].values["service"]["annotations"]
        host = yaml.safe_load(annotations["getambassador.io/config"])
        assert (host["kind"], host["spec"]["hostname"]) == ("Host", "*")
        assert host["spec"]["requestPolicy"]["insecure"]["action"] == "Route"

    def test_no_two_controllers_are_looked_for_under_one_name(self) -> None:
        # What is on PATH would otherwise be judged as whichever of them was asked for.
        processes = {entry.name: entry.process for entry in catalogue() if entry.process and not entry.variant_of}
        mains = {name: process.programs.get(process.command[0][1:-1]) for name, process in processes.items()}
        paths = sorted(source.path for source in mains.values() if isinstance(source, PathSource))
        assert "haproxytech-ingress" in paths
        assert paths == sorted(set(paths))

    def test_haproxy_ingress_finds_templates_and_scripts_in_its_working_folder(self, tmp_path: Path) -> None:
        entry, folder, rootfs = find("haproxy-ingress"), tmp_path / "folder", tmp_path / "theirs"
        files = ("etc/templates/haproxy/haproxy.tmpl", "etc/lua/auth-request.lua", "haproxy-reload.sh")
        for name in files:
            (rootfs / name).parent.mkdir(parents=True, exist_ok=True)
            (rootfs / name).write_text(name)
        programs = {"binary": ("/b/controller",), "haproxy": ("/h/haproxy",), "socat": ("/s/socat",)}
        invoked = invocation(entry, {**programs, "rootfs": (str(rootfs),)}, site(folder), {"PATH": os.environ["PATH"]})
        for name in invoked.folders:
            (folder / name).mkdir(parents=True)
        for _ in range(2):
            (folder / "var/run/haproxy").mkdir(parents=True)
            (folder / "var/run/haproxy/admin.sock").touch()
            for command in invoked.before:
                subprocess.run(command, cwd=folder, env=invoked.env, check=True)
            assert all((folder / "rootfs" / name).read_text() == name for name in files)
            assert (folder / "etc/haproxy/lua/auth-request.lua").is_file()
            # One that is started again would ask for the listeners of the HAProxy before it, and end.
            assert not (folder / "var/run/haproxy").exists()
        assert f"--local-filesystem-prefix={folder}" in invoked.argv
        assert invoked.env["PATH"].startswith("/h:/s:")
        assert sorted(path.relative_to(rootfs).as_posix() for path in rootfs.rglob("*.*")) == sorted(files)

    def test_nginx_inc_runs_in_a_pod_that_a_replica_set_adopts(self, tmp_path: Path) -> None:
        entry = find("nginx-inc")
        made = {m["kind"]: m for m in own_manifests(entry, site(tmp_path, namespace="nginx-inc").values())}
        assert list(made).index("Pod") < list(made).index("ReplicaSet")
        pod, wanted = made["Pod"], made["ReplicaSet"]["spec"]
        assert pod["metadata"]["name"] == site(tmp_path, namespace="nginx-inc").values()["pod"]
        assert wanted["replicas"] == 1
        assert wanted["selector"]["matchLabels"] == pod["metadata"]["labels"]
        assert wanted["template"] == {"metadata": {"labels": pod["metadata"]["labels"]}, "spec": pod["spec"]}

    def test_schema_is_current(self) -> None:
        assert SCHEMA_FILE.read_text() == schema_text(), "run: python -m conformance.controllers.schema"

    def test_variant_takes_what_it_does_not_give(self) -> None:
        base, strict = find("traefik"), find("traefik-strict")
        assert strict.variant_of == "traefik"
        assert process_of(strict).command[:-1] == process_of(base).command
        assert "strictprefixmatching" in process_of(strict).command[-1]
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
        assert invoked.files["token"] == TOKEN
        assert not any(TOKEN in text for name, text in invoked.files.items() if name != "token")

    def test_traefik_finds_a_default_certificate(self, tmp_path: Path) -> None:
        invoked = invocation(find("traefik-strict"), {"traefik": ("/bin/traefik",)}, site(tmp_path), {})
        (store,) = yaml.safe_load(invoked.files["default.yaml"])["tls"]["stores"].values()
        for path in store["defaultCertificate"].values():
            assert Path(path).parent == tmp_path
            assert Path(path).name in invoked.files


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
        assert (entry.name, entry.instances, entry.unsupported) == ("mine", 16, {})

    def test_own_variant_of_an_own_entry(self, write: Any) -> None:
        write(OWN)
        text = "variant-of: ./mine.yaml\nname: other\ndescription: Louder.\nprocess:\n  env: {LOUD: '1'}\n"
        entry = find(write(text + "  add-arguments: [--loud]\n", "other.yaml"))
        assert process_of(entry).command == ("{mine}", "--listen={address}:{http-port}", "--loud")
        assert process_of(entry).env == {"LOUD": "1"}

    def test_go_modules_lie_beside_the_file(self, write: Any, tmp_path: Path) -> None:
        write(OWN.replace(SOURCE, "{go: modules/m, package: example.com/m}"), "there/mine.yaml")
        text = "variant-of: there/mine.yaml\nname: other\ndescription: D.\n"
        for name in ("there/mine.yaml", write(text, "other.yaml")):
            (source,) = process_of(find(name)).programs.values()
            assert isinstance(source, GoSource)
            assert source.go == str(tmp_path / "there/modules/m")

    def test_a_copy_names_what_was_not_copied_with_it(self, write: Any, tmp_path: Path) -> None:
        said = refused(write((FOLDER / "traefik.yaml").read_text()))
        assert "installations/traefik.yaml: cannot be read" in said
        assert "copy what it names as well" in said
        # As docs/add-a-controller.md says it.
        copy = Path(shutil.copytree(FOLDER, tmp_path / "mine"))
        assert find(str((copy / "traefik.yaml").rename(copy / "my-entry.yaml"))).name == "traefik"

    def test_one_for_pods_only(self, write: Any) -> None:
        head, _, _ = OWN.partition("process:")
        entry = find(write(head + MANIFESTS))
        assert (entry.process, entry.manifests is not None) == (None, True)
        with pytest.raises(BadInput, match="only in pods"):
            process_of(entry)
        variant = "variant-of: ./mine.yaml\nname: v\ndescription: D.\nprocess: {add-arguments: [x]}\n"
        assert "no process that could be varied" in refused(write(variant, "v.yaml"))

    def test_claims(self, write: Any) -> None:
        why = "Plain prefixes (https://example.com/p)"
        assert find(write(f"{OWN}claims: [{CLAIM}]\n")).unsupported == {"P13": why}
        several = CLAIM.replace("P13", "[P13, P14]")
        assert find(write(f"{OWN}claims: [{several}]\n")).unsupported == {"P13": why, "P14": why}
        case = CLAIM.replace("statement: P13", "case: hosts/no-host")
        assert find(write(f"{OWN}claims: [{case}]\n")).unsupported == {"hosts/no-host": why}

    def test_what_is_installed_has_the_version_of_the_entry_unless_it_says_another(self, write: Any) -> None:
        def version(text: str, name: str = "mine.yaml") -> str:
            manifests = find(write(text, name)).manifests
            assert manifests is not None
            return manifests.version

        assert version(OWN + MANIFESTS.replace("  files:", "  version: 0.9.0\n  files:")) == "0.9.0"
        assert version(OWN + MANIFESTS) == "1.0"
        variant = "variant-of: ./mine.yaml\nname: v\ndescription: D.\n"
        assert version(variant, "v.yaml") == "1.0"
        assert version(f"{variant}version: '2.0'\n{MANIFESTS}", "v.yaml") == "2.0"


class TestProblems:
    @pytest.mark.parametrize(
        ("change", "place", "words"),
        [
            (("{address}", "{adress}"), "12:23", "{adress} stands for nothing"),
            (("{address}", "{adress}"), "", "did you mean address"),
            (("licence: MIT", "license: MIT"), "5:1", "did you mean licence"),
            (("licence: MIT\n", ""), "1:1", "licence is missing"),
            (("name: mine\n", ""), "1:1", "name is missing\n  hint: add name: small letters, digits and dashes"),
            (("url: https://example.com/mine\n", ""), "1:1", "hint: add url: an https:// address without spaces"),
            (('"1.0"', "1.0"), "6:10", "put it in quotes"),
            (('"{mine}"', "{mine}"), "12:13", 'hint: {mine} without quotes is a mapping: write "{mine}", or mine if'),
            (('["{mine}",', "{mine} #"), "12:12", 'hint: {mine} without quotes is a mapping: write ["{mine}"]'),
            (("name: mine\n", "name: Mine!\n"), "1:7", "small letters"),
            (("{path: mine, install:", "{install:"), "11:11", "one of wheel, python, path, data, debian, go"),
            (("path: mine", "wheel: mine, file: mine"), "11:19", "wheel cannot be 'mine'"),
            (("    mine: {path", "    token: {path"), "11:12", "a program cannot be called token"),
            (("https://example.com/mine", "ftp://x"), "4:6", "url cannot be 'ftp://x'"),
            (("process:", "instances: many\nprocess:"), "9:12", "instances must be a whole number"),
            (("process:", "instances: 17\nprocess:"), "9:12", "instances cannot be 17\n  hint: at most 16"),
            (("process:", "process:\n  files: {../x: y}"), "10:17", "a path below the instance's folder"),
            (("process:", "process:\n  files: {./token: y}"), "10:20", "token is written by the suite"),
            (("process:", "process:\n  files: {/etc/passwd: y}"), "10:24", "is a place of the machine"),
            (("process:", "process:\n  private: {folders: {etc: ''}}"), "10:28", "a folder cannot be called 'etc'"),
            (("process:", "process:\n  tokens: {mine: {account: a, audience: b}}"), "10:18", "mine is a program"),
            (("process:", "process:\n  namespace: My_Own"), "10:14", "a namespace cannot be called"),
            (("process:", "process:\n  before: [[x, '{adress}']]"), "10:16", "{adress} stands for nothing"),
            (("process:", "process:\n  beside: {x: ['{mine-folder}/x', '{foldr}']}"), "10:35", "{foldr} stands for"),
            (("process:", f"process:\n  objects: [{SECRETIVE}]"), "10:13", "{token} stands for nothing in an object"),
            (("process:", "process:\n  env: {A=B: y}"), "10:14", "a variable cannot be called 'A=B'"),
            (("process:", "process:\n  objects: [{kind: X}]"), "10:13", "no apiVersion, metadata.name"),
            (("process:", f"claims: [{CLAIM.replace('P13', 'P99')}]\nprocess:"), "9:22", "there is no statement 'P99'"),
            (("process:", f"claims: [{CLAIM}, {CLAIM}]\nprocess:"), "9:", "P13 is claimed twice"),
            (("process:", f"claims: [{CLAIM.replace('P13', '[P13, P99]')}]\nprocess:"), "9:28", "no statement 'P99'"),
            (("process:", f"claims: [{CLAIM.replace('statement: P13, ', '')}]\nprocess:"), "9:10", "not said what is"),
            (("process:", f"claims: [{CLAIM.replace('P13', 'P13, case: x')}]\nprocess:"), "9:33", "be called 'x'"),
            (("process:", f"claims: [{CLAIM.replace('P13', 'P13, case: [a/b, a/b]')}]\nprocess:"), "9:39", "a/b is"),
            (("process:", "process:\n  empty-folders: [/etc/x]"), "10:19", "/etc/x is a place of the machine"),
            (("process:", "process:\n  empty-folders: [private]"), "10:19", "private is written by the suite"),
        ],
    )  # fmt: skip
    def test_are_placed_and_explained(self, write: Any, change: tuple[str, str], place: str, words: str) -> None:
        assert change[0] in OWN
        message = refused(write(OWN.replace(*change)))
        assert f"mine.yaml:{place}" in message
        assert words in message

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (("licence: MIT\n", ""), "licence is missing\n  hint: add licence: SPDX identifier"),
            (
                (", controller: example.com/mine", ""),
                "controller is missing\n  hint: add controller: spec.contr",
            ),
            (("title: Mine\n", ""), "title is missing\n  hint: add title: How reports name it"),
            (("https://example.com/mine", "ftp://x"), "url cannot be 'ftp://x'\n  hint: an https:// address"),
            (("path: mine", "wheel: x, file: y"), "wheel cannot be 'x'\n  hint: NAME==VERSION, such as"),
            (('["{mine}", "--listen={address}:{http-port}"]', "[]"), "command is empty\n  hint: write [ONE, TWO]"),
            (("{name: mine,", "{name: [mine,"), "not YAML: did not find expected ',' or ']'\n  hint: is a bracket or"),
            (("project: Me", "project: ["), "\n  hint: is a bracket or a quote left open before this place"),
        ],
    )
    def test_say_what_to_write_instead(self, write: Any, change: tuple[str, str], said: str) -> None:
        assert change[0] in OWN
        assert said in refused(write(OWN.replace(*change)))

    def test_it_must_run_somehow(self, write: Any) -> None:
        head, _, _ = OWN.partition("process:")
        assert "give process, manifests, or both" in refused(write(head))
        without = MANIFESTS.replace("  files: [https://example.com/v1/deploy.yaml]\n", "")
        assert "nothing to install" in refused(write(head + without))

    @pytest.mark.parametrize("image", ["traefik:v1", "example.com/mine", "example.com/mine:1@sha256:0", "a.b/c:1 "])
    def test_an_image_has_registry_and_tag(self, write: Any, image: str) -> None:
        said = refused(write(OWN + MANIFESTS.replace("example.com/mine:1.0", f'"{image}"')))
        assert "mine.yaml:16:12: an image cannot be called" in said
        assert "such as docker.io/library/traefik:v3.7.15" in said

    @pytest.mark.parametrize(
        ("change", "place", "character"),
        [
            (("project: Me", 'project: "Me\\e]0;x\\a"'), "2:10", r"\x1b"),
            (("title: Mine", 'title: "Mine\\u202e"'), "3:8", r"\u202e"),
            (('"1.0"', '"1.0\\u009b"'), "6:10", r"\x9b"),
            (("Build it", '"Build\\0 it"'), "11:", r"\x00"),
            (('{http-port}"', '{http-port}\\r"'), "12:23", r"\r"),
            (("process:", 'notes: [{text: "a\\e[2J"}]\nprocess:'), "9:16", r"\x1b"),
            (("process:", 'process:\n  rbac: [{apiGroups: ["\\a"], verbs: [get]}]'), "10:23", r"\x07"),
            (("process:", 'process:\n  files: {"a\\eb": x}'), "10:", r"\x1b"),
        ],
    )
    def test_no_terminal_is_told_what_to_do(
        self, write: Any, change: tuple[str, str], place: str, character: str
    ) -> None:
        assert change[0] in OWN
        message = refused(write(OWN.replace(*change).replace(" from its repository.}", "}")))
        assert f"mine.yaml:{place}" in message
        assert f"the control character {character} is in this text\n  hint: take it out" in message
        assert message.replace("\n", "").isprintable()

    def test_files_objects_and_lines_may_hold_what_their_readers_understand(self, write: Any) -> None:
        data = '{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {a: "b\\e"}}'
        process = f'process:\n  files: {{a: "b\\e"}}\n  objects: [{data}]\n  env: {{A: "b\\n\\tc"}}'
        assert find(write(OWN.replace("process:", process))).name == "mine"

    def test_module_must_stand_alone(self, write: Any) -> None:
        text = OWN.replace(SOURCE, "{python: json.tool}")
        assert "let it stand alone" in refused(write(text.replace('"{mine}"', '"{mine} -v"')))
        assert process_of(find(write(text))).command[0] == "{mine}"

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


def test_a_report_says_of_a_way_to_run_that_nobody_has_tried_it() -> None:
    def version(name: str) -> str:
        return LocalOpening(find(name), {}, Future(), 0.0).controller.version

    assert version("ingress-nginx") == f"{find('ingress-nginx').version} (process unverified)"
    assert version("traefik") == find("traefik").version
