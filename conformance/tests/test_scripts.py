"""The scripts that a person or CI runs in a fresh clone."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ("scripts/run", "scripts/test", "scripts/prove-all", "scripts/environment.bash", ".ci/run")
NEEDED = ("bash", "sha256sum", "sed", "rm", "cat", "flock", "dirname", "tail")

pytestmark = pytest.mark.skipif(not (ROOT / "scripts" / "run").exists(), reason="only in a checkout")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A checkout without an environment, beside a folder of programs that PATH is to be."""
    clone = tmp_path / "a clone"
    shutil.copytree(ROOT / "scripts", clone / "scripts")
    (clone / "pyproject.toml").write_text("[project]\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in NEEDED:
        at = shutil.which(name)
        assert at, name
        (programs / name).symlink_to(at)
    return clone


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{shutil.which('bash')}\n{text}")
    path.chmod(0o755)


def run(clone: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the clone from somewhere else, with no other programs than those of the fixture."""
    variables = {"PATH": str(clone.parent / "bin"), **environment}
    bash = shutil.which("bash")
    assert bash
    command = [bash, str(clone / arguments[0]), *arguments[1:]]
    return subprocess.run(command, env=variables, cwd="/", capture_output=True, text=True, timeout=60, check=False)


def made(clone: Path, extra: str) -> None:
    """Pretend that the environment has been made: its pip, and the product, say how they are called."""
    said = '[[ $* == *"{}"* ]] && echo "$@" >> "${{0%/*}}/../{}"'
    python = "\n".join([said.format("pip install", "installed"), said.format("compileall", "compiled"), "exit 0"])
    script(clone / ".venv/bin/python", python)
    for program in ("ingress-conformance", "pytest"):
        script(clone / ".venv/bin" / program, f'echo {program} "$@"')
    assert run(clone, f"scripts/{'test' if extra == 'dev' else 'run'}", "x").returncode == 0


def installed(clone: Path) -> list[str]:
    log = clone / ".venv/installed"
    return log.read_text().splitlines() if log.exists() else []


@pytest.mark.parametrize("name", SCRIPTS)
def test_syntax(name: str) -> None:
    subprocess.run(["bash", "-n", str(ROOT / name)], check=True)


@pytest.mark.parametrize("name", [name for name in SCRIPTS if not name.endswith(".bash")])
def test_can_be_run_and_stops_at_the_first_failure(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)
    assert "set -euo pipefail" in (ROOT / name).read_text()


@pytest.mark.parametrize("name", ["scripts/run", "scripts/test"])
def test_python_too_old(clone: Path, name: str) -> None:
    script(clone.parent / "bin/python3", 'echo "Python 3.9.2"; exit 1')
    done = run(clone, name)
    assert done.returncode == 3
    assert "Python 3.11 or newer is needed, and python3 is Python 3.9.2" in done.stderr
    assert not (clone / ".venv").exists()


def test_python_without_venv(clone: Path) -> None:
    script(clone.parent / "bin/python3", '[[ $* != *ensurepip* ]] && { echo "Python 3.12.1"; exit 0; }; exit 1')
    done = run(clone, "scripts/run")
    assert done.returncode == 3
    assert "python3-venv" in done.stderr


def test_python_chosen_by_the_user(clone: Path) -> None:
    script(clone.parent / "bin/python3", "exit 0")
    assert "and nothing-like-it is not there" in run(clone, "scripts/run", PYTHON="nothing-like-it").stderr


def test_run_passes_its_arguments_on(clone: Path) -> None:
    made(clone, "plain")
    assert run(clone, "scripts/run", "traefik", "-k", "a b").stdout == "ingress-conformance run traefik -k a b\n"
    assert run(clone, "scripts/run").stdout == "ingress-conformance run --help\n"


def test_environment_is_made_once_and_again_when_the_project_changes(clone: Path) -> None:
    made(clone, "plain")
    assert len(installed(clone)) == 1
    assert installed(clone)[0].endswith(f"--editable {clone}")
    run(clone, "scripts/run", "x")
    assert len(installed(clone)) == 1
    (clone / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    run(clone, "scripts/run", "x")
    assert len(installed(clone)) == 2


def test_the_project_is_compiled_once_it_is_installed(clone: Path) -> None:
    made(clone, "plain")
    run(clone, "scripts/run", "x")
    assert (clone / ".venv/compiled").read_text() == f"-m compileall -q {clone}/conformance\n"


def test_tools_of_development_are_added_and_stay(clone: Path) -> None:
    made(clone, "plain")
    assert run(clone, "scripts/test", "-k", "echo").stdout == "pytest -k echo\n"
    assert installed(clone)[-1].endswith(f"--editable {clone}[dev]")
    run(clone, "scripts/run", "x")
    assert len(installed(clone)) == 2
    (clone / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    run(clone, "scripts/run", "x")
    assert installed(clone)[-1].endswith("[dev]")


@pytest.mark.parametrize(
    ("proof", "tests", "status", "words"),
    [
        (0, 0, 0, ["quick proof: holds", "faults: holds", "published reports: holds"]),
        (0, 1, 1, ["quick proof: holds", "killed runs: does NOT hold", "hostile answers: does NOT hold"]),
        (3, 0, 3, ["quick proof: could not be tried (exit status 3)", "faults: holds"]),
        (1, 4, 1, ["quick proof: does NOT hold", "faults: could not be tried (exit status 4)"]),
        (3, 1, 1, ["quick proof: could not be tried (exit status 3)", "faults: does NOT hold"]),
    ],
)
def test_everything_is_proved_whatever_came_of_the_first(
    clone: Path, proof: int, tests: int, status: int, words: list[str]
) -> None:
    made(clone, "dev")
    script(clone / ".venv/bin/ingress-conformance", f"exit {proof}")
    script(clone / ".venv/bin/pytest", f'echo "$*"; exit {tests}')
    done = run(clone, "scripts/prove-all")
    assert done.returncode == status, done.stderr
    for name in ("e2e_faults", "e2e_hostile", "e2e_killed", "published"):
        assert f"conformance/tests/test_{name}.py\n" in done.stdout
        assert (ROOT / "conformance" / "tests" / f"test_{name}.py").exists()
    for word in words:
        assert f"\n{word}, " in done.stdout


def test_failed_installation_is_told_and_tried_again(clone: Path) -> None:
    made(clone, "plain")
    (clone / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    script(clone / ".venv/bin/python", '[[ $* == *"pip install"* ]] && { echo "no such index"; exit 1; }; exit 0')
    for _ in range(2):
        done = run(clone, "scripts/run", "x")
        assert done.returncode == 3
        assert "no such index" in done.stderr


def test_system_packages_are_named_and_not_installed(clone: Path) -> None:
    made(clone, "plain")
    script(clone.parent / "bin/apt-get", "echo installing >&2")
    missing = [
        tool for tool in ("unshare", "ip", "nft") if not shutil.which(tool, path="/usr/local/sbin:/usr/sbin:/sbin")
    ]
    done = run(clone, "scripts/run", "x")
    assert "installing" not in done.stderr
    assert ("apt-get install" in done.stderr) is bool(missing)
