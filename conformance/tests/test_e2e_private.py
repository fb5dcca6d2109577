"""A controller that believes to be in a pod: what it sees is its own, and nothing of it is left on the machine."""

from pathlib import Path

import pytest

from conformance.tests.live import run, shell_controller

pytestmark = pytest.mark.e2e

SCRIPT = (
    "cd /var/run/secrets/kubernetes.io/serviceaccount; echo in $(cat namespace) with $(wc -c < token) bytes;"
    " echo pid $$ parent $PPID; cat /etc/not/there/before; echo made > /etc/not/there/by-it; ls /etc/not/there;"
    " echo api $KUBERNETES_SERVICE_HOST; grep -q root /etc/passwd && echo passwd; exit 7"
)
MORE = """\
  in-cluster: true
  private: {processes: true, folders: {/etc/not/there: ""}}
  files: {/etc/not/there/before: "pod {pod} of {namespace}"}
"""


def test_what_it_sees(tmp_path: Path) -> None:
    entry = Path(shell_controller(tmp_path, "inside", SCRIPT))
    entry.write_text(entry.read_text() + MORE)
    outcome = run(tmp_path / "out", "run", str(entry), "-k", "exact-itself", "--marker-limit", "2")
    assert outcome.status == 3
    words = outcome.errors
    assert "in inside with" in words
    assert "with 0 bytes" not in words
    # The first process of its namespace looks after it, and nobody else is there.
    assert "parent 1" in words
    assert "pod inside-0 of inside" in words
    assert "by-it" in words
    assert "api 10.100.0.1" in words
    # What lies beside a folder of its own is still the machine's.
    assert "passwd" in words
    assert not Path("/etc/not").exists()
