"""The curl line of a failing probe shows the same answer when it is pasted into `cluster shell`."""

from pathlib import Path
from typing import Any

import pytest

from conformance.tests.live import begin, run

pytestmark = pytest.mark.e2e

FAILING = "prefix-rule-slash or prefix-of-characters or two-services or default-backend-beside-paths or encoded-umlaut"
BETWEEN = "----next----"


def test_curl_lines_of_failing_probes_reproduce_what_was_seen(tmp_path: Path) -> None:
    report = run(tmp_path, "run", "traefik", "-k", FAILING).report
    probes = [(case["id"], probe) for case in report["cases"] for probe in case["probes"] if probe["verdict"] == "fail"]
    assert len(probes) >= 6
    script = f"\necho; echo {BETWEEN}\n".join(probe["curl"] for _, probe in probes)
    names = sorted({case_id for case_id, _ in probes})
    live = begin(tmp_path, "cluster", "shell", "--controller", "traefik", *names, "-c", script)
    output, errors = live.process.communicate(timeout=120)
    answers = output.split(BETWEEN)
    assert len(answers) == len(probes), errors
    for (case_id, probe), answer in zip(probes, answers, strict=True):
        assert shown(probe) in answer, f"{case_id} {probe['id']}: {probe['curl']}\n{answer}"
    assert live.leftovers() == []


def shown(probe: dict[str, Any]) -> str:
    """Return what an answer must contain to be the one that the report tells of."""
    observed = probe["observed"]
    if observed["backend"]:
        return f"/{observed['backend']}/"
    return f"HTTP/1.1 {observed['status']}"
