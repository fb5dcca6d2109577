"""Which revision of the suite's code this is, where it runs from a checkout."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LIMIT = 5.0


def revision(root: Path = ROOT) -> str:
    """Return what ``git describe`` says of the checkout at ``root``; nothing where there is none, or no git."""
    if not (root / ".git").exists():
        return ""
    # Its code runs already, whoever owns it.
    command = ["git", "-c", f"safe.directory={root}", "describe", "--always", "--tags", "--dirty", "--abbrev=12"]
    # Within a hook, git would be told of another repository.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            command, cwd=root, env=env, capture_output=True, text=True, errors="replace", timeout=_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if done.returncode else done.stdout.strip()
