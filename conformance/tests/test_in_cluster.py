"""Running inside a cluster: the pod's own account, and the program of the image that always says when it is done."""

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from conformance.clusters.current.connecting import connect
from conformance.clusters.current.settings import Settings
from conformance.errors import HarnessFailure

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "examples" / "in-cluster"


@pytest.fixture
def pod(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "192.0.2.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")


@pytest.mark.usefixtures("pod")
def test_a_pod_without_an_account_is_told_what_it_lacks() -> None:
    with pytest.raises(HarnessFailure, match="own account") as told:
        connect(Settings())
    assert "serviceAccountName" in told.value.hint


@pytest.mark.usefixtures("pod")
def test_a_kubeconfig_goes_before_the_pods_account(tmp_path: Path) -> None:
    with pytest.raises(HarnessFailure, match="no kubeconfig"):
        connect(Settings(kubeconfig=str(tmp_path / "none")))
    with pytest.raises(HarnessFailure, match="no kubeconfig"):
        connect(Settings(context="somewhere"))


def judge(results: Path, *arguments: str) -> int:
    environment = {**os.environ, "SONOBUOY_RESULTS_DIR": str(results)}
    command = [sys.executable, str(FOLDER / "judge.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, timeout=300, check=False).returncode


def test_a_run_that_cannot_judge_is_done_and_is_an_error(tmp_path: Path) -> None:
    assert judge(tmp_path, "traefik", "--kubeconfig", str(tmp_path / "none")) == 3
    archive = Path((tmp_path / "done").read_text())
    assert archive.parent == tmp_path
    assert archive.name.endswith(".tar.gz"), "Sonobuoy unpacks what is called so, and nothing else"
    with tarfile.open(archive) as packed:
        assert packed.getnames() == ["junit.xml"], "nothing was run, so there is nothing else"
        junit = packed.extractfile("junit.xml")
        assert junit is not None
        (case,) = ET.parse(junit).getroot().iter("testcase")
    assert case.find("error") is not None


SUITE = """import pathlib, sys
words = sys.argv[1:]
out = pathlib.Path(words[words.index("--out") + 1]) if "--out" in words else None
if words[0] == "run":
    (out / "traefik").mkdir(parents=True)
    for name in ("report.json", "events.jsonl", "progress.tmp"):
        (out / "traefik" / name).write_text(name * 1000)
    sys.exit(1)
if "junit" in words:
    (out / "junit.xml").write_text("<testsuites/>")
if "markdown" in words:
    print("113 cases passed")
"""
"""A stand-in for the suite: a run in which a case fails."""


def test_a_job_leaves_everything_in_the_log_of_its_pod(tmp_path: Path) -> None:
    (tmp_path / "suite.py").write_text(SUITE)
    script = (
        f"import sys, pathlib; sys.path.insert(0, {str(FOLDER)!r}); import judge; "
        f"judge.RESULTS = pathlib.Path({str(tmp_path / 'results')!r}); "
        f"judge.SUITE = [sys.executable, {str(tmp_path / 'suite.py')!r}]; sys.exit(judge.main(['traefik']))"
    )
    without = {name: value for name, value in os.environ.items() if name != "SONOBUOY_RESULTS_DIR"}
    told = subprocess.run(
        [sys.executable, "-B", "-c", script], env=without, capture_output=True, timeout=60, check=False
    )
    assert told.returncode == 1, "the status of the pod is that of the run"
    assert told.stdout.rstrip().endswith(b"113 cases passed"), "the end of the log says how it went"
    # As the Job and the documentation say.
    (pipe,) = re.findall(r"job/ingress-conformance \| (.+)", (FOLDER / "job.yaml").read_text())
    assert pipe in (FOLDER.parents[1] / "kind.md").read_text()
    subprocess.run(["sh", "-c", pipe], input=told.stdout, cwd=tmp_path, timeout=60, check=True)
    assert (tmp_path / "traefik" / "report.json").read_text() == "report.json" * 1000
    assert (tmp_path / "traefik" / "events.jsonl").exists()
    assert (tmp_path / "junit.xml").exists()
    assert not (tmp_path / "traefik" / "progress.tmp").exists()


def test_the_job_has_the_account_of_the_published_rights() -> None:
    job = yaml.safe_load((FOLDER / "job.yaml").read_text())
    rights = list(yaml.safe_load_all((FOLDER.parents[1] / "rbac.yaml").read_text()))
    account = next(manifest for manifest in rights if manifest["kind"] == "ServiceAccount")
    assert job["metadata"]["namespace"] == account["metadata"]["namespace"]
    assert job["spec"]["template"]["spec"]["serviceAccountName"] == account["metadata"]["name"]


def test_the_plugin_mounts_what_sonobuoy_collects() -> None:
    plugin = yaml.safe_load((FOLDER / "sonobuoy-plugin.yaml").read_text())
    assert plugin["sonobuoy-config"]["result-format"] == "junit"
    assert plugin["sonobuoy-config"]["result-files"] == ["junit.xml"]
    assert {"name": "results", "mountPath": "/tmp/sonobuoy/results"} in plugin["spec"]["volumeMounts"]
