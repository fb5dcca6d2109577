"""The suite's own trouble stands in pytest's output in its own words, and costs nothing."""

import subprocess
import sys
from pathlib import Path


def test_trouble_is_told_without_a_traceback(tmp_path: Path) -> None:
    """Where a run cannot begin every case has trouble: to show the source of each took longer than all the rest."""
    suite = (sys.executable, "-m", "pytest", "--pyargs", "conformance.suite", "-p", "no:cacheprovider")
    asked = ("--controller", "x", "--cluster", "current", "--context", "nope", "--ingress-class", "y")
    where = ("--kubeconfig", str(tmp_path / "none"), "--out", str(tmp_path / "out"), "-k", "exact-root")
    done = subprocess.run([*suite, *asked, *where], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1, done.stdout + done.stderr
    told = done.stdout[done.stdout.index("ERROR at setup of path-types/exact-root") :]
    assert "none: there is no kubeconfig" in told.splitlines()[1]
    assert "CaseTrouble" not in told
    assert "def setup" not in told
