"""The image of the echo backend holds what the backend imports, and runs as nobody."""

import ast
import re
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "echo" / "Dockerfile"
PINNED = re.compile(r"([a-z0-9-]+)==[0-9.]+")


def requirements() -> set[str]:
    lines = (ROOT / "echo" / "requirements.txt").read_text().splitlines()
    pins = [PINNED.fullmatch(line) for line in lines if not line.startswith("#")]
    assert all(pins), "every line names one version"
    return {pin[1] for pin in pins if pin}


def imported() -> set[str]:
    """Return the top-level names of others that the backend imports, through all of our modules that it reaches."""
    waiting, seen, others = ["conformance.echo.__main__"], set(), set()
    while waiting:
        module = waiting.pop()
        path = ROOT.parent.joinpath(*module.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if module in seen or not file.is_file():
            continue
        seen.add(module)
        for node in ast.walk(ast.parse(file.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            # `from package import module` may name a module, too.
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("conformance"):
                names += [f"{node.module}.{alias.name}" for alias in node.names]
            ours = [name for name in names if name.partition(".")[0] == "conformance"]
            waiting += ours
            others |= {name.partition(".")[0] for name in names} - {"conformance"}
    return others - sys.stdlib_module_names


def closure(names: set[str]) -> set[str]:
    """Return the distributions and all that they need on this kind of machine."""
    whole: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in whole:
            continue
        whole.add(name)
        try:
            needed = requires(name) or []
        except PackageNotFoundError:
            continue
        waiting += [re.split(r"[^A-Za-z0-9_.-]", line)[0] for line in needed if "extra ==" not in line]
    return whole


@pytest.mark.filterwarnings("ignore")
def test_its_requirements_are_its_imports() -> None:
    distributions = packages_distributions()
    direct = {distributions[name][0] for name in imported()}
    assert {"httptools", "h2"} <= direct
    needed = closure(direct)
    assert requirements() - needed == set(), "nothing that is not needed"
    # Markers leave some out, such as backports for an older Python.
    assert {
        name for name in needed if name in {d.lower() for ds in distributions.values() for d in ds}
    } <= requirements()


def test_it_runs_as_a_numbered_user_and_writes_nothing() -> None:
    words = DOCKERFILE.read_text()
    assert re.search(r"^USER [1-9]\d+:[1-9]\d+$", words, re.MULTILINE)
    assert "PYTHONDONTWRITEBYTECODE=1" in words
    assert "VOLUME" not in words
