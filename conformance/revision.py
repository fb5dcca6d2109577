"""Which revision of the suite's code this is, where it runs from a checkout."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DECIDES = (
    *("conformance", "cases", "pyproject.toml"),
    *(":(exclude)conformance/tests", ":(exclude)conformance/proof/kill-matrix.json"),
)
"""What may change a verdict: the code with its catalogue of controllers, the cases, and what it is installed with.

Documents, scripts, tests and published results may not. Who publishes writes results between one run and the next.
"""

_LIMIT = 5.0


def revision(root: Path = ROOT) -> str:
    """Return what ``git describe`` says of the checkout at ``root``; nothing where there is none, or no git.

    It ends with ``-dirty`` if anything that may change a verdict is not as it was committed, or not committed at all:
    a file that is new is read like any other.
    """
    if not (root / ".git").exists():
        return ""
    described = _git(root, "describe", "--always", "--tags", "--abbrev=12")
    changed = _git(root, "status", "--porcelain", "--untracked-files=normal", "--", *DECIDES)
    # Of what is not known to be unchanged, no revision is named.
    if not described or changed is None:
        return ""
    return f"{described}-dirty" if changed else described


def _git(root: Path, *words: str) -> str | None:
    """Return what git says; ``None`` where it says nothing that can be relied on."""
    # Its code runs already, whoever owns it.
    command = ["git", "--no-optional-locks", "-c", f"safe.directory={root}", *words]
    # Within a hook, git would be told of another repository.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            command, cwd=root, env=env, capture_output=True, text=True, errors="replace", timeout=_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else done.stdout.strip()
